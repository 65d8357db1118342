"""Figures of the schedules themselves: nothing is trained for them."""


rule plot_schedules:
    output:
        pdf="results/{experiment}/figures/schedules/{drawing}.pdf",
        svg=report(
            "results/{experiment}/figures/schedules/{drawing}.svg",
            caption="../report/schedules.rst",
            category="Schedules",
            labels={"result": "{drawing}", "kind": "figure"},
        ),
    log:
        "results/{experiment}/figures/schedules/{drawing}.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        blocks=lambda wildcards: (
            {key: config[key] for key in ("schedules", "learning_rates", "trainings")}
            | {"uses": schedule_uses()}
            if wildcards.drawing == "configured"
            else {}
        ),
        defaults=identity({name: definition(name) for name in ("schedule", "learning_rate")}),
        code=code_of("kl_annealing.reporting.schedule_figures"),
    script:
        "../scripts/plot_schedules.py"
