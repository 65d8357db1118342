"""Before the work: the effective configuration, and what would run and for how long."""


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
