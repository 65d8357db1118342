"""Classification: one job tells the classes of sentences from one run's latents, by amount of labels."""


rule classify_run:
    input:
        last="results/runs/{task}/{run}/last.pt",
        best="results/runs/{task}/{run}/best.pt",
        settings="results/runs/{task}/{run}/config.json",
        timing="results/runs/{task}/{run}/timing.json",
        corpus=corpus_of,
    output:
        scores="results/runs/{task}/{run}/classifications/{classification}/scores.csv",
        calibration="results/runs/{task}/{run}/classifications/{classification}/calibration.csv",
        metrics="results/runs/{task}/{run}/classifications/{classification}/metrics.json",
    log:
        "results/runs/{task}/{run}/classifications/{classification}/classify.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="6h",
    params:
        settings=lambda wildcards: canonical(counted_classification(classification_of(wildcards))),
        code=code_of_run("kl_annealing.classification.run"),
    script:
        "../scripts/classify_run.py"
