"""Before the work: the effective configuration, and what would run and for how long."""

from kl_annealing.data import downloads


def corpora_without_download():
    """Return the prepared corpora that the plan can have at once, to measure on."""
    names = dict.fromkeys(run.settings["dataset"]["name"] for run in RUNS.values())
    return [f"data/prepared/{name}.h5" for name in names if not downloads(DATASETS[name])]


rule write_config:
    output:
        "results/{experiment}/config.yaml",
    log:
        "results/{experiment}/config.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        config=config,
    script:
        "../scripts/write_config.py"


rule plan:
    input:
        corpora_without_download(),
    log:
        f"results/{experiment}/plan.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        runs=[
            record | {"settings": RUNS[record["folder"]].settings}
            for study in STUDIES
            for record in run_records(study)
        ],
        corpora={name: f"data/prepared/{name}.h5" for name in DATASETS},
        runtime=config["runtime"],
        csv=f"results/{experiment}/plan.csv",
    script:
        "../scripts/plan_runs.py"
