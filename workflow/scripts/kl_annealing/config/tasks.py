"""Which kinds of data and models a task takes, and what else composes with them."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schema import Problem

KINDS = {
    "toy": ("one_hot",),
    "language_model": ("files", "corpus", "grammar"),
    "images": ("chardata", "omniglot", "digits"),
}
_SENTENCES = ("vae", "autoreg")
MODELS = {
    "toy": _SENTENCES,
    "language_model": _SENTENCES,
    "images": ("image_vae", "pixelcnn"),
}


def task_problems(
    task: str, dataset: Mapping[str, Any], blocks: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Return a problem for each part of a run that is none for the task.

    `dataset` is a name and a kind, `blocks` are those of the run.
    """
    given = f" = {task!r}"
    if dataset["kind"] not in KINDS[task]:
        allowed = ", ".join(KINDS[task])
        text = f"{dataset['name']} is of kind {dataset['kind']}; {task} takes {allowed}"
        yield Problem("task", text, given)
    kind = blocks["model"]["kind"]
    if kind not in MODELS[task]:
        text = f"the model is of kind {kind}; {task} takes {', '.join(MODELS[task])}"
        yield Problem("task", text, given)
    elif task == "images":
        yield from _image_problems(blocks)


def _image_problems(blocks: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Return what does not compose with an image model."""
    posterior, size = blocks["posterior"]["kind"], blocks["training"]["batch_size"]
    if posterior != "gaussian":
        text = "an image model has a diagonal Gaussian; allowed: gaussian"
        yield Problem("posterior.kind", text, f" = {posterior!r}")
    if weight := blocks["objective"].get("bag_of_words"):
        text = "an image has no words; allowed: 0"
        yield Problem("objective.bag_of_words", text, f" = {weight}")
    if size < 2:
        text = "batch normalisation trains on two images or more; allowed: at least 2"
        yield Problem("training.batch_size", text, f" = {size}")
