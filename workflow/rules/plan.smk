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
        config={key: block for key, block in config.items() if key not in OF_THE_MACHINE}
        | {"whole": True},
    script:
        "../scripts/write_config.py"


rule plan:
    input:
        prepared_corpora(made_here=True),
    log:
        f"results/{experiment}/plan.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        runs=[
            record
            | {
                "settings": RUNS[record["folder"]].settings,
                "evaluation_settings": EVALUATIONS[study],
            }
            for study in STUDIES
            for record in (*parent_records(study), *run_records(study))
        ],
        corpora={name: f"data/prepared/{name}.h5" for name in DATASETS},
        csv=f"results/{experiment}/plan.csv",
    script:
        "../scripts/plan_runs.py"
