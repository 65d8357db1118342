"""The configuration becomes runs, and what is wrong with it is told."""

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
from kl_annealing.counted import counted_classification, counted_evaluation
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
