"""Training: one job a run, resumable after any interruption, so that a retry goes on."""


ruleorder: train_parent > train_run


rule train_run:
    input:
        corpus=corpus_of,
        parent=parent_of,
    output:
        settings="results/runs/{task}/{run}/config.json",
        last="results/runs/{task}/{run}/last.pt",
        best="results/runs/{task}/{run}/best.pt",
        history="results/runs/{task}/{run}/history.csv",
        snapshots="results/runs/{task}/{run}/snapshots.h5",
        timing="results/runs/{task}/{run}/timing.json",
    log:
        "results/runs/{task}/{run}/train.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="12h",
    params:
        run=counted_text_of,
        code=code_of_run("kl_annealing.training:fit", "kl_annealing.data:read_corpus"),
    script:
        "../scripts/train_run.py"


# Apart, so that `--until train_run` does not end where the runs that others start from are trained.
use rule train_run as train_parent with:
    wildcard_constraints:
        run="|".join(PARENTS) or "(?!)",
