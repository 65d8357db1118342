"""The published claims, judged by the runs of this configuration's studies."""


rule judge_claims:
    input:
        claims=workflow.source_path("../claims.yaml"),
        metrics=expand("results/{{experiment}}/metrics/{study}.csv", study=STUDIES),
    output:
        csv="results/{experiment}/claims.csv",
        md="results/{experiment}/claims.md",
        tex="results/{experiment}/claims.tex",
        html=report(
            "results/{experiment}/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"result": "verdicts", "kind": "table"},
        ),
        rst="results/{experiment}/claims.rst",
    log:
        "results/{experiment}/claims.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        studies=list(STUDIES),
        code=code_of(
            "kl_annealing.reporting.claims",
            "kl_annealing.reporting.claims_tables",
            "kl_annealing.reporting.study:read_metrics",
            "kl_annealing.reporting.tables.table:write",
        ),
    script:
        "../scripts/judge_claims.py"
