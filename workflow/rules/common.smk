"""The configuration becomes runs; every rule's input functions and digests come from here."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# `script:` finds the package by itself, but after an installed one. Rules and scripts use the code
# beside this Snakefile, of which the digests speak, and need no installation.
package = str(Path(workflow.basedir) / "workflow" / "scripts")
sys.path.insert(0, package)
inherited = filter(None, [os.environ.get("PYTHONPATH")])
os.environ.update(PYTHONPATH=os.pathsep.join([package, *inherited]))

from kl_annealing.axes import has_latent
from kl_annealing.canonical import canonical, identity
from kl_annealing.config import (
    classification_settings,
    evaluation_settings,
    resolve,
    target_problems,
    validate,
)
from kl_annealing.counted import counted_classification, counted_evaluation, counted_part
from kl_annealing.data import dataset_digest, downloads, has_images, read_datasets
from kl_annealing.errors import InputError
from kl_annealing.makers import paths_of_parts
from kl_annealing.jobs.orphans import PARENT
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies
from kl_annealing.schema import definition
from kl_annealing.source_code import code_of

os.environ[PARENT] = str(os.getpid())  # in a job that Snakemake runs through another, that one's

try:
    validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())
except InputError as error:
    raise WorkflowError(str(error)) from None

experiment = config["experiment"]
DATASETS = {**read_datasets(), **config["datasets"]}
STUDIES = resolve(config, {name: dataset_digest(entry) for name, entry in DATASETS.items()})
RUNS = {run.folder: run for runs in STUDIES.values() for each in runs for run in each.lineage}
PARENTS = {run.parent.name for run in RUNS.values() if run.parent}
EVALUATIONS = {study: evaluation_settings(config, study) for study in STUDIES}
EVALUATION_NAMES = {
    study: identity(counted_evaluation(settings)) for study, settings in EVALUATIONS.items()
}
CLASSIFICATIONS = classification_settings(config)
CLASSIFICATION_NAMES = {
    study: identity(counted_classification(settings)) for study, settings in CLASSIFICATIONS.items()
}
GENERATION_NAME = identity(config["generation"])
IMAGES_NAME = identity(config["image_generation"])
IMAGE_SETS = [name for name, entry in DATASETS.items() if has_images(entry)]
CORPORA = [name for name, entry in DATASETS.items() if not has_images(entry)]
TEXTS = ("prior", "reconstruction", "interpolation")
DRAWINGS = ("shapes", "published", "switching", "configured")  # figures of the schedules


wildcard_constraints:
    experiment=experiment,
    task="[a-z_]+",
    run="[^/]+",
    evaluation="[0-9a-f]+",
    classification="[0-9a-f]+",
    study="|".join(STUDIES),
    dataset="|".join(DATASETS),
    figure="|".join(FIGURES),
    table="|".join(TABLES),
    drawing="|".join(DRAWINGS),
    kind="|".join(TEXTS),


# The arguments as typed: Snakemake has no targets yet when it reads this, and of a wrong one it says
# no more than that no rule makes it.
unknown = list(
    target_problems(
        sys.argv[1:],
        experiment,
        {
            "figures": FIGURES,
            "tables": TABLES,
            "studies": STUDIES,
            "drawings": DRAWINGS,
            "runs": RUNS,
            "texts": [
                *(f"{kind}_{name}" for kind in TEXTS for name in config["generation"]["decoders"]),
                "images",
            ],
        },
    )
)
if unknown:
    raise WorkflowError("\n".join(unknown))


def run_of(wildcards):
    """Return the resolved settings of a run by its folder."""
    return RUNS[f"results/runs/{wildcards.task}/{wildcards.run}"].settings


# Snakemake compares parameters as they are written: settings that decide whether a file is out of
# date are handed over in their one form, of which an order of keys or a 1.0 for a 1 is no part.
def counted_text_of(wildcards):
    """Return what counts of a run's settings: written-out and new defaults retrain no run."""
    return canonical(counted_part(run_of(wildcards)))


def modules_of(settings):
    """Return the modules that a run's settings choose, beside those that every run has."""
    return ["kl_annealing.models:build_model", *paths_of_parts(settings)]


def code_of_run(*roots):
    """Return a function of the wildcards: the digest of `roots` and of the run's own modules."""
    return lambda wildcards: code_of(*roots, *modules_of(run_of(wildcards)))


def evaluation_of(wildcards):
    """Return the settings of an evaluation by its name."""
    for study, name in EVALUATION_NAMES.items():
        if name == wildcards.evaluation:
            return EVALUATIONS[study]
    raise WorkflowError(f"{wildcards.evaluation} is no evaluation of this configuration's studies")


def classification_of(wildcards):
    """Return the settings of a classification by its name."""
    for study, name in CLASSIFICATION_NAMES.items():
        if name == wildcards.classification:
            return CLASSIFICATIONS[study]
    raise WorkflowError(
        f"{wildcards.classification} is no classification of this configuration's studies"
    )


def classified(study, file):
    """Return a file of the classification of each run of a study, none where it asks for none."""
    if study not in CLASSIFICATIONS:
        return []
    name = CLASSIFICATION_NAMES[study]
    return [f"{run.folder}/classifications/{name}/{file}" for run in STUDIES[study]]


def corpus_of(wildcards):
    """Return the prepared corpus of a run."""
    return f"data/prepared/{run_of(wildcards)['dataset']['name']}.h5"


def parent_of(wildcards):
    """Return the files of the run from whose weights a run starts, none for fresh weights."""
    run = RUNS[f"results/runs/{wildcards.task}/{wildcards.run}"]
    if run.parent is None:
        return []
    iterate = run.settings["initial"]["iterate"]
    return [
        f"{run.parent.folder}/{name}" for name in (f"{iterate}.pt", "config.json", "timing.json")
    ]


def prepared_corpora(made_here=False):
    """Return the prepared corpora of all runs, or those of them that need no download."""
    names = dict.fromkeys(run.settings["dataset"]["name"] for run in RUNS.values())
    wanted = [name for name in names if not (made_here and downloads(DATASETS[name]))]
    return [f"data/prepared/{name}.h5" for name in wanted]


def dataset_definition(name):
    """Return a dataset's entry of the table or of the configuration."""
    return DATASETS[name]


def study_settings(study):
    """Return a study's block of the configuration."""
    return config["studies"][study]


def runs_of_study(study):
    """Return the runs of a study."""
    return STUDIES[study]


def record_of(study, run, evaluation):
    """Return a run as plain values, for scripts; `evaluation` is None where nothing measures it.

    `classification` is the folder of its classification, None where nothing classifies.
    """
    metrics = evaluation and f"{run.folder}/evaluations/{evaluation}/metrics.json"
    name = CLASSIFICATION_NAMES.get(study)
    return {
        "study": study,
        "folder": run.folder,
        "task": run.task,
        "names": run.names,
        "evaluation": evaluation,
        "metrics": metrics,
        "classification": name and f"{run.folder}/classifications/{name}",
    }


def run_records(study):
    """Return the records of a study's runs."""
    return [record_of(study, run, EVALUATION_NAMES[study]) for run in STUDIES[study]]


def parent_records(study):
    """Return the records of the runs that are trained only because others of the study need them."""
    asked = {run.folder for runs in STUDIES.values() for run in runs}
    parents = {parent.folder: parent for run in STUDIES[study] for parent in run.lineage[:-1]}
    return [
        record_of(f"{study} (parents)", run, None)
        for run in parents.values()
        if run.folder not in asked
    ]


def reported_split_of(settings):
    """Return the split that figures and tables are about, of an evaluation's settings."""
    return "test" if "test" in settings["splits"] else "valid"


def first_runs(study):
    """Return the runs of a study's first seed."""
    first = study_settings(study)["seeds"][0]
    return [run for run in runs_of_study(study) if run.names["seed"] == first]


def latent_runs(study):
    """Return the runs of a study's first seed that have a latent variable."""
    return [run for run in first_runs(study) if has_latent(run.settings["model"])]


def arrays_of_study(study):
    """Return the values of every sentence of each run of a study's first seed."""
    evaluation = EVALUATION_NAMES[study]
    return [f"{run.folder}/evaluations/{evaluation}/evaluation.h5" for run in first_runs(study)]


def schedule_figures():
    """Return the figures of the schedules themselves."""
    return [
        f"results/{experiment}/figures/schedules/{name}.{suffix}"
        for name in DRAWINGS
        for suffix in ("pdf", "svg")
    ]


def schedule_uses():
    """Return the schedules and trainings that runs combine."""
    names = ("schedule", "learning_rate", "training")
    return sorted(
        {
            tuple(run.names[name] for name in names)
            for runs in STUDIES.values()
            for each in runs
            for run in each.lineage
        }
    )


def study_figures():
    """Return the figures that the studies ask for."""
    return [
        f"results/{experiment}/figures/{study}/{figure}.{suffix}"
        for study in STUDIES
        for figure in study_settings(study)["figures"]
        for suffix in ("pdf", "svg")
    ]


def study_tables():
    """Return the tables that the studies ask for."""
    return [
        f"results/{experiment}/tables/{study}/{table}.{suffix}"
        for study in STUDIES
        for table in study_settings(study)["tables"]
        for suffix in ("csv", "md", "tex")
    ]


def generated_texts():
    """Return the generated texts that the studies ask for, of each study's first seed.

    A language model has no latent to reconstruct or interpolate from.
    """
    return [
        f"{run.folder}/generated/{GENERATION_NAME}/{kind}_{decoder}.txt"
        for study in STUDIES
        for run in first_runs(study)
        for kind in study_settings(study)["generate"]
        if kind == "prior" or has_latent(run.settings["model"])
        for decoder in config["generation"]["decoders"]
    ]


def generated_images(study):
    """Return the images that a study's runs of its first seed draw, where they draw any."""
    return [
        f"{run.folder}/generated/{IMAGES_NAME}/images.h5"
        for run in STUDIES[study]
        if run.task == "images" and run.names["seed"] == study_settings(study)["seeds"][0]
    ]


def results_of_experiment():
    """Return all that the experiment is asked for."""
    return [
        *schedule_figures(),
        *study_figures(),
        *study_tables(),
        *generated_texts(),
        *small_files_of_runs(),  # Snakemake misses no file that only finished ones were made of
        *(f"results/{experiment}/metrics/{study}.csv" for study in STUDIES),
        f"results/{experiment}/claims.csv",
        f"results/{experiment}/metrics.csv",
        f"results/{experiment}/config.yaml",
    ]


def small_files_of_runs():
    """Return what every number of the results can be traced to, of each run: no weights or arrays."""
    records = [record for study in STUDIES for record in run_records(study)]
    measured = [record["metrics"] for record in records]
    scores = [
        path
        for study in STUDIES
        for file in ("scores.csv", "calibration.csv", "metrics.json")
        for path in classified(study, file)
    ]
    trained = [
        f"{folder}/{name}"
        for folder in RUNS
        for name in ("config.json", "history.csv", "timing.json")
    ]
    return list(dict.fromkeys([*trained, *measured, *scores]))


def drawn_report():
    """Return the report where one was drawn: a command beside the rules makes it."""
    path = f"results/{experiment}/report.html"
    return [path] if os.path.isfile(path) else []
