"""Remedies for KL vanishing in variational autoencoders, from raw data to a verdict on each claim.

snakemake --cores all                                          the full reproduction
snakemake --cores all --configfile workflow/scales/demo.yaml   the same on generated data, minutes
snakemake --cores 1 plan                                       what would run, and how long
snakemake --cores all archive_results                          the results as one file
"""


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/whole.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/runs.smk"
include: "workflow/rules/studies.smk"
include: "workflow/rules/wanted.smk"
include: "workflow/rules/start.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/schedules.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/plan.smk"
include: "workflow/rules/archive.smk"


rule all:
    default_target: True
    input:
        results_of_experiment(),
    localrule: True
