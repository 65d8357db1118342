"""The results of the experiment as one file, to keep or to hand on."""


rule archive_results:
    input:
        results_of_experiment(),
        drawn_report(),
        f"results/{experiment}/claims.md",
    output:
        f"results/{experiment}.tar.gz",
    log:
        f"results/{experiment}/archive.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        code=code_of("kl_annealing.reporting.archive"),
    script:
        "../scripts/archive_results.py"
