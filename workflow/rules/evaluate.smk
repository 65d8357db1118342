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


rule embed_latents:
    input:
        arrays="results/runs/{task}/{run}/evaluations/{evaluation}/evaluation.h5",
        corpus=corpus_of,
    output:
        "results/runs/{task}/{run}/evaluations/{evaluation}/tsne.h5",
    log:
        "results/runs/{task}/{run}/evaluations/{evaluation}/tsne.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        mem_mb=2000,
        runtime="1h",
    params:
        split=lambda wildcards: reported_split_of(evaluation_of(wildcards)),
        code=code_of("kl_annealing.evaluation.tsne"),
    script:
        "../scripts/embed_latents.py"
