"""What classifiers ask of the runs and of the dataset whose sentences they tell apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import has_latent
from kl_annealing.config.corpora import sentence_bounds
from kl_annealing.config.points import Blocks
from kl_annealing.data.sources import has_labels
from kl_annealing.schema import Problem

Definition = Mapping[str, Any]
LEAST_CLASSES = 2
WITHOUT_ENCODER = ("svi", "sa_vae")  # strategies whose posterior is more than their encoder


def classification_problems(
    settings: Mapping[str, Any] | None, name: str, definition: Definition, blocks: Blocks
) -> Iterator[Problem]:
    """Return what of a run, and of its dataset, a `classification` block cannot be asked of."""
    if settings is None:
        return
    if not has_latent(blocks["model"]):
        text = f"model {blocks['model']['kind']} has no latent variable to classify by"
        yield Problem("classification", f"{text}; allowed: null, or another model")
    if not has_labels(definition):
        text = f"the sentences of dataset {name} have no labels; allowed: null, or another dataset"
        yield Problem("classification", text)
        return
    strategy = blocks["strategy"]["kind"]
    if "fine_tuned" in settings["classifiers"] and strategy in WITHOUT_ENCODER:
        text = f"strategy {strategy} refines posteriors, which no encoder alone gives"
        line = f"{text}; allowed: logistic_regression, published"
        yield Problem("classification.classifiers", line, " = 'fine_tuned'")
    yield from _fraction_problems(settings, name, definition)


def _fraction_problems(
    settings: Mapping[str, Any], name: str, definition: Definition
) -> Iterator[Problem]:
    """Find fractions that are fewer labels than classes, or more of a class than it has."""
    classes, bounds = definition.get("classes"), sentence_bounds(definition, "train")
    if bounds is None:
        return
    sentences, place = bounds[1], "classification.fractions"
    least = len(classes) if classes else LEAST_CLASSES
    most = min(classes.values()) * len(classes) / sentences if classes else 1
    samplings = settings["samplings"]
    for fraction in settings["fractions"]:
        balanced = "balanced" in samplings and (fraction < 1 or "uniform" not in samplings)
        if fraction * sentences < least:
            text = f"of {sentences} sentences of {name} is fewer labels than its {least} classes"
            line = f"{text}; allowed: {least / sentences:.2g} up"
            yield Problem(place, line, f" = {fraction}")
        elif balanced and fraction > most:
            text = f"of {name}, balanced, asks for more labels than its smallest class has"
            line = f"{text}; allowed: at most {most:.3g}, or samplings [uniform]"
            yield Problem(place, line, f" = {fraction}")
