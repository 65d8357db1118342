"""Which kinds of data and models a task takes, and what else composes with them."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schema import Problem

KINDS = {
    "toy": ("one_hot",),
    "language_model": ("files", "token_ids", "corpus", "grammar", "lstm_mixture"),
    "images": ("chardata", "omniglot", "digits"),
    "dialog": ("dialogs", "dialog_corpus", "dialog_grammar"),
    "tense": ("tense", "tense_corpus", "conjugation"),
}
SENTENCE_MODELS = ("vae", "autoreg", "cved")
DIALOG_MODELS = ("cvae", "kgcvae")
TENSE_MODELS = ("tense_vae",)
MODELS = {
    "toy": SENTENCE_MODELS,
    "language_model": SENTENCE_MODELS,
    "images": ("image_vae", "pixelcnn"),
    "dialog": DIALOG_MODELS,
    "tense": TENSE_MODELS,
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
    else:
        yield from _training_problems(task, blocks["training"])


def _training_problems(task: str, training: Mapping[str, Any]) -> Iterator[Problem]:
    """Return what a training cannot do with what a task is about."""
    if task == "images" and (size := training["batch_size"]) < 2:
        text = "batch normalisation trains on two images or more; allowed: at least 2"
        yield Problem("training.batch_size", text, f" = {size}")
    if task in ("images", "dialog", "tense") and training["posterior_means"] is not None:
        text = "the grid of z is laid for sentences; allowed: null"
        yield Problem("training.posterior_means", text)
