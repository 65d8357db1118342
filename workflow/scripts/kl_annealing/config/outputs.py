"""What a figure or table asks of the study that wants it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from kl_annealing.axes import has_latent
from kl_annealing.config.tasks import KINDS
from kl_annealing.schema import Problem

GENERATED = ("grammar", "one_hot")


class Output(Protocol):
    """A figure or table, as far as validation knows it."""

    axes: tuple[str, ...]  # single keys that a grid of the study must vary
    requires: tuple[str, ...]  # names of REQUIREMENTS, which each of its runs must meet


Wanted = Sequence[tuple[str, Output]]


def output_problems(path: str, study: Mapping[str, Any], wanted: Wanted) -> Iterator[Problem]:
    """Return the axes that the study lacks for the figures and tables that it wants."""
    axes = {axis for grid in study["grids"] for axis in grid}
    for name, output in wanted:
        for axis in output.axes:
            if axis not in axes:
                text = f"{name} compares values of {axis}; make it an axis of a grid"
                yield Problem(f"{path}.grids", text)


def run_problems(run: Mapping[str, Any], wanted: Wanted) -> Iterator[Problem]:
    """Return what one run lacks for the figures and tables that its study wants.

    `run` is its blocks, and its `dataset` as name and kind.
    """
    for name, output in wanted:
        for requirement in output.requires:
            yield from REQUIREMENTS[requirement](name, run)


def generation_problems(
    run: Mapping[str, Any], texts: Sequence[str], test_sentences: tuple[int, int] | None
) -> Iterator[Problem]:
    """Return a problem where two test sentences are to be interpolated and there is one at most.

    `texts` are the study's kinds of text for which no sentences are named.
    """
    if texts and run["dataset"]["kind"] in KINDS["images"]:
        line = "there is no text of images; allowed: the figures samples and reconstructions"
        yield Problem("generate", line)
    elif "interpolation" in texts and has_latent(run["model"]) and _at_most_one(test_sentences):
        line = (
            f"interpolation takes two test sentences, {run['dataset']['name']} has one; allowed: "
            "a pair of sentences in generation.interpolate"
        )
        yield Problem("generate", line)


def _at_most_one(bounds: tuple[int, int] | None) -> bool:
    return bounds is not None and bounds[1] < 2


def _known_entropy(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    dataset, kind = run["dataset"]["name"], run["dataset"]["kind"]
    if kind not in GENERATED:
        text = f"{name} needs data of known entropy; {dataset} is not generated here"
        yield Problem("dataset", text)


def _snapshots(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if not run["training"]["snapshots"]:
        yield Problem("training.snapshots", f"{name} reads the snapshots", " = []")


def _images(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if run["dataset"]["kind"] not in KINDS["images"]:
        text = f"{name} shows images; {run['dataset']['name']} is text"
        yield Problem("dataset", text)


def _two_dimensions(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    latent_dim = run["model"].get("latent_dim", 0)
    if latent_dim != 2:
        yield Problem("model.latent_dim", f"{name} draws 2 dimensions", f" = {latent_dim}")


REQUIREMENTS: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Problem]]] = {
    "images": _images,
    "known_entropy": _known_entropy,
    "snapshots": _snapshots,
    "two_dimensions": _two_dimensions,
}
