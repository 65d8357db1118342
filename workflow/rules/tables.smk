"""Metrics of all runs as tidy CSV, and the tables of the studies as CSV, Markdown and LaTeX."""


rule summarise_study:
    input:
        metrics=lambda wildcards: [record["metrics"] for record in run_records(wildcards.study)],
        classified=lambda wildcards: classified(wildcards.study, "metrics.json"),
        settings=lambda wildcards: [f"{run.folder}/config.json" for run in STUDIES[wildcards.study]],
        timings=lambda wildcards: [f"{run.folder}/timing.json" for run in STUDIES[wildcards.study]],
    output:
        "results/{experiment}/metrics/{study}.csv",
    log:
        "results/{experiment}/metrics/{study}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        runs=lambda wildcards: run_records(wildcards.study),
        code=code_of("kl_annealing.reporting.summary"),
    script:
        "../scripts/summarise_study.py"


rule collect_metrics:
    input:
        expand("results/{{experiment}}/metrics/{study}.csv", study=STUDIES),
    output:
        report(
            "results/{experiment}/metrics.csv",
            caption="../report/metrics.rst",
            category="All runs",
            labels={"result": "metrics of every run", "kind": "table"},
        ),
    log:
        "results/{experiment}/metrics.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        code=code_of("kl_annealing.reporting.summary"),
    script:
        "../scripts/collect_metrics.py"


rule write_table:
    input:
        unpack(
            lambda wildcards: TABLES[wildcards.table].inputs(
                [run.folder for run in STUDIES[wildcards.study]],
                metrics=f"results/{experiment}/metrics/{wildcards.study}.csv",
                claims=workflow.source_path("../claims.yaml"),
                arrays=arrays_of_study(wildcards.study),
                scores=classified(wildcards.study, "scores.csv"),
            )
        ),
    output:
        csv="results/{experiment}/tables/{study}/{table}.csv",
        md="results/{experiment}/tables/{study}/{table}.md",
        tex="results/{experiment}/tables/{study}/{table}.tex",
        html=report(
            "results/{experiment}/tables/{study}/{table}.html",
            caption="../report/table.rst",
            category="{study}",
            labels={"result": "{table}", "kind": "table"},
        ),
    log:
        "results/{experiment}/tables/{study}/{table}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        runs=lambda wildcards: run_records(wildcards.study),
        code=lambda wildcards: code_of(TABLES[wildcards.table].maker),
    script:
        "../scripts/write_table.py"
