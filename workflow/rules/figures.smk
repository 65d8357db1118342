"""Figures of the studies, PDF and SVG: each from results files alone, by name."""


rule plot_figure:
    input:
        unpack(
            lambda wildcards: FIGURES[wildcards.figure].inputs(
                [run.folder for run in STUDIES[wildcards.study]],
                metrics=f"results/{experiment}/metrics/{wildcards.study}.csv",
                planes=f"results/{experiment}/planes/{wildcards.study}.h5",
                images=generated_images(wildcards.study),
                scores=classified(wildcards.study, "scores.csv"),
                calibration=classified(wildcards.study, "calibration.csv"),
            )
        ),
    output:
        pdf="results/{experiment}/figures/{study}/{figure}.pdf",
        svg=report(
            "results/{experiment}/figures/{study}/{figure}.svg",
            caption="../report/figure.rst",
            category="{study}",
            labels={"result": "{figure}", "kind": "figure"},
        ),
    log:
        "results/{experiment}/figures/{study}/{figure}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        runs=lambda wildcards: run_records(wildcards.study),
        schedules=list(config["schedules"]),
        code=lambda wildcards: code_of(FIGURES[wildcards.figure].maker),
    script:
        "../scripts/plot_figure.py"
