"""Data: raw files, verified, in data/raw; prepared corpora and their vocabularies in data/prepared."""

from dataclasses import asdict

from kl_annealing.data import file_entry, prepare_modules, raw_paths, working_part


rule download_file:
    output:
        "data/raw/{dataset}/{file}",
    log:
        "data/logs/download_{dataset}_{file}.log",
    wildcard_constraints:
        file="[^/]+",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        entry=lambda wildcards: asdict(
            file_entry(wildcards.dataset, DATASETS[wildcards.dataset], wildcards.file)
        ),
    script:
        "../scripts/download_dataset.py"


rule prepare_dataset:
    input:
        lambda wildcards: raw_paths(wildcards.dataset, DATASETS[wildcards.dataset]).values(),
    output:
        corpus="data/prepared/{dataset}.h5",
        vocabulary="data/prepared/{dataset}.vocabulary.txt",
    log:
        "data/logs/prepare_{dataset}.log",
    wildcard_constraints:
        dataset="|".join(CORPORA),
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime="30m",
    params:
        definition=lambda wildcards: canonical(working_part(DATASETS[wildcards.dataset])),
        digest=lambda wildcards: dataset_digest(DATASETS[wildcards.dataset]),
        code=lambda wildcards: code_of(*prepare_modules(DATASETS[wildcards.dataset])),
    script:
        "../scripts/prepare_dataset.py"


use rule prepare_dataset as prepare_images with:
    output:
        "data/prepared/{dataset}.h5",
    wildcard_constraints:
        dataset="|".join(IMAGE_SETS),
