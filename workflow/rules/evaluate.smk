"""Evaluation: one job measures everything of one run, both iterates."""


rule evaluate_run:
    input:
        last="results/runs/{task}/{run}/last.pt",
        best="results/runs/{task}/{run}/best.pt",
        settings="results/runs/{task}/{run}/config.json",
        timing="results/runs/{task}/{run}/timing.json",
        corpus=corpus_of,
    output:
        metrics="results/runs/{task}/{run}/metrics.json",
        arrays="results/runs/{task}/{run}/evaluation.h5",
    log:
        "results/runs/{task}/{run}/evaluate.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="6h",
    params:
        settings=config["evaluation"],
        device=config["runtime"]["device"],
        code=code_of("gaussians", "objectives", "devices", "models", "evaluation"),
    script:
        "../scripts/evaluate_run.py"
