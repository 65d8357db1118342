"""Evaluation: one job measures everything of one run, both iterates, by one set of settings."""


rule evaluate_run:
    input:
        last="results/runs/{task}/{run}/last.pt",
        best="results/runs/{task}/{run}/best.pt",
        settings="results/runs/{task}/{run}/config.json",
        timing="results/runs/{task}/{run}/timing.json",
        corpus=corpus_of,
    output:
        metrics="results/runs/{task}/{run}/evaluations/{evaluation}/metrics.json",
        arrays="results/runs/{task}/{run}/evaluations/{evaluation}/evaluation.h5",
    log:
        "results/runs/{task}/{run}/evaluations/{evaluation}/evaluate.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="6h",
    params:
        settings=lambda wildcards: canonical(counted_evaluation(evaluation_of(wildcards))),
        code=code_of_run("kl_annealing.evaluation.run"),
    script:
        "../scripts/evaluate_run.py"


# One job a study: a t-SNE takes less time than to import what makes it.
rule embed_latents:
    input:
        arrays=lambda wildcards: [
            f"{run.folder}/evaluations/{EVALUATION_NAMES[wildcards.study]}/evaluation.h5"
            for run in latent_runs(wildcards.study)
        ],
        corpora=lambda wildcards: [
            f"data/prepared/{run.settings['dataset']['name']}.h5"
            for run in latent_runs(wildcards.study)
        ],
    output:
        "results/{experiment}/planes/{study}.h5",
    log:
        "results/{experiment}/planes/{study}.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        mem_mb=2000,
        runtime="2h",
    params:
        runs=lambda wildcards: [run.name for run in latent_runs(wildcards.study)],
        split=lambda wildcards: reported_split_of(EVALUATIONS[wildcards.study]),
        code=code_of("kl_annealing.evaluation.tsne"),
    script:
        "../scripts/embed_latents.py"
