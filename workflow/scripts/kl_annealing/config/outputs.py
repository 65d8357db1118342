"""What a figure or table asks of the study that wants it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from kl_annealing.axes import has_bound, has_latent
from kl_annealing.canonical import plain
from kl_annealing.config.tasks import KINDS
from kl_annealing.schema import Problem

GENERATED = ("grammar", "one_hot", "lstm_mixture", "dialog_grammar")


class Output(Protocol):
    """A figure or table, as far as validation knows it."""

    axes: tuple[str, ...]  # single keys that a grid of the study must vary
    shows: tuple[str, ...]  # the only axes that it tells apart; empty: all
    one: tuple[str, ...]  # axes of which it takes one value
    requires: tuple[str, ...]  # names of REQUIREMENTS, which each of its runs must meet
    latent: bool  # whether a run of the study must have a latent variable
    claims: bool  # whether there must be a claim about the study
    responses: bool  # whether its evaluation must have responses of dialogs
    classified: bool  # whether its sentences must be classified
    tested: bool  # whether the test split must be measured


Wanted = Sequence[tuple[str, Output]]


def output_problems(path: str, study: Mapping[str, Any], wanted: Wanted) -> Iterator[Problem]:
    """Return the axes that the study lacks for the figures and tables that it wants, or has beside.

    What a figure does not tell apart it would average.
    """
    axes = dict.fromkeys(axis for grid in study["grids"] for axis in grid)
    for name, output in wanted:
        missing = [axis for axis in output.axes if axis not in axes]
        texts = [f"{name} compares values of {axis}; make it an axis of a grid" for axis in missing]
        if output.shows:
            texts += _hidden(name, output.shows, study, axes)
        several = [axis for axis in output.one if _takes_several(study, axis)]
        texts += [f"{name} is of one {axis}; give {axis} one value" for axis in several]
        yield from (Problem(f"{path}.grids", text) for text in texts)


def _hidden(
    name: str, shows: Sequence[str], study: Mapping[str, Any], axes: Iterable[str]
) -> Iterator[str]:
    """Return a line for each axis of which a figure would not show every value."""
    for axis in axes:
        if axis not in shows and _takes_several(study, axis):
            yield (
                f"{name} shows {', '.join(shows)} and would average over {axis}; "
                f"give {axis} one value, or leave {name} out"
            )
        elif axis in shows and not all(axis in grid for grid in study["grids"]):
            yield f"{name} shows {axis}; make it an axis of every grid, or of none"


def _takes_several(study: Mapping[str, Any], axis: str) -> bool:
    usual = [study.get(axis, "as its block has it")]
    values = (value for grid in study["grids"] for value in grid.get(axis, usual))
    return len({str(plain(value)) for value in values}) > 1


def claim_problems(
    path: str, study: str, wanted: Wanted, claimed: Collection[str]
) -> Iterator[Problem]:
    """Return the tables of claims that a study wants without a claim about it.

    `claimed` are the studies that claims are about.
    """
    if study not in claimed:
        about = f"the claims of workflow/claims.yaml are about {', '.join(sorted(claimed))}"
        for name in (name for name, output in wanted if output.claims):
            yield Problem(path, f"{name} needs a claim about the study; {about}")


def unanswered_problems(
    path: str, evaluation: Mapping[str, Any], wanted: Wanted
) -> Iterator[Problem]:
    """Return the tables of responses that a study of dialogs wants without measuring any."""
    if evaluation.get("responses") is None:
        for name in (name for name, output in wanted if output.responses):
            line = f"{name} is about responses; allowed: a mapping, {{}} is as published"
            yield Problem(f"{path}.evaluation.responses", line, " = null")


def untested_problems(
    path: str, evaluation: Mapping[str, Any], wanted: Wanted
) -> Iterator[Problem]:
    """Find the tables of test examples that a study wants without measuring the test split."""
    splits, names = evaluation["splits"], [name for name, output in wanted if output.tested]
    if names and "test" not in splits:
        line = f"has nothing for {', '.join(names)}; allowed: splits with test among them"
        yield Problem(f"{path}.evaluation.splits", line, f" = {splits}")


def unclassified_problems(path: str, classification: Any, wanted: Wanted) -> Iterator[Problem]:
    """Return the figures and tables of classifiers that a study wants without any."""
    if classification is None:
        for name in (name for name, output in wanted if output.classified):
            line = f"{name} is about classifiers; allowed: a mapping, {{}} is every default"
            yield Problem(f"{path}.classification", line, " = null")


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
    if texts and (instead := _INSTEAD.get(run["dataset"]["kind"])):
        yield Problem("generate", instead)
    elif "prior" in texts and not has_bound(run["posterior"]):
        line = "an autoencoder has no prior to draw from; allowed: reconstruction, interpolation"
        yield Problem("generate", line)
    elif "interpolation" in texts and has_latent(run["model"]) and _at_most_one(test_sentences):
        line = (
            f"interpolation takes two test sentences, {run['dataset']['name']} has one; allowed: "
            "a pair of sentences in generation.interpolate"
        )
        yield Problem("generate", line)


_INSTEAD = {
    **dict.fromkeys(
        KINDS["images"],
        "there is no text of images; allowed: the figures samples and reconstructions",
    ),
    **dict.fromkeys(
        KINDS["dialog"],
        "responses need a context; allowed: evaluation.responses, and the table responses",
    ),
    **dict.fromkeys(
        KINDS["tense"],
        "words need a tense; allowed: the tables conversions and tuples",
    ),
}


def _at_most_one(bounds: tuple[int, int] | None) -> bool:
    return bounds is not None and bounds[1] < 2


def _known_entropy(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    dataset, kind = run["dataset"]["name"], run["dataset"]["kind"]
    if kind not in GENERATED:
        text = f"{name} needs data of known entropy; {dataset} is not generated here"
        yield Problem("dataset", text)
    if run["model"]["kind"] == "kgcvae":
        text = (
            f"{name} compares NLLs of responses, that of kgcvae is given their acts; allowed: cvae"
        )
        yield Problem("model.kind", text, " = 'kgcvae'")


def _snapshots(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if not run["training"]["snapshots"]:
        yield Problem("training.snapshots", f"{name} reads the snapshots", " = []")


def _images(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if run["dataset"]["kind"] not in KINDS["images"]:
        text = f"{name} shows images; {run['dataset']['name']} is text"
        yield Problem("dataset", text)


def _dialogs(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if run["dataset"]["kind"] not in KINDS["dialog"]:
        text = f"{name} is about dialogs; {run['dataset']['name']} is none of them"
        yield Problem("dataset", text)


def _tenses(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if run["dataset"]["kind"] not in KINDS["tense"]:
        text = f"{name} is about verbs in four tenses; {run['dataset']['name']} has none"
        yield Problem("dataset", text)


def _two_dimensions(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    latent_dim = run["model"].get("latent_dim", 0)
    if latent_dim != 2:
        yield Problem("model.latent_dim", f"{name} draws 2 dimensions", f" = {latent_dim}")


def _posterior_means(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if run["training"]["posterior_means"] is None:
        line = f"{name} reads the posterior means; allowed: a mapping, {{}} is as published"
        yield Problem("training.posterior_means", line, " = null")


def _trajectories(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    options = run["training"]["posterior_means"]
    if options is not None and options["trajectory_steps"] == 0:
        line = f"{name} draws the first steps; allowed: 1 or more"
        yield Problem("training.posterior_means.trajectory_steps", line, " = 0")


def _bound(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    if not has_bound(run["posterior"]):
        line = f"{name} compares bounds on the likelihood, of which an autoencoder has none"
        yield Problem("posterior.kind", line, f" = {run['posterior']['kind']!r}")


def _mutual_information(name: str, run: Mapping[str, Any]) -> Iterator[Problem]:
    kind = run["posterior"]["kind"]
    if has_latent(run["model"]) and kind != "gaussian":
        line = f"{name} draws the information of each evaluation, which gaussian posteriors have"
        yield Problem("posterior.kind", line, f" = {kind!r}")


REQUIREMENTS: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Problem]]] = {
    "bound": _bound,
    "images": _images,
    "dialogs": _dialogs,
    "tenses": _tenses,
    "known_entropy": _known_entropy,
    "snapshots": _snapshots,
    "two_dimensions": _two_dimensions,
    "posterior_means": _posterior_means,
    "trajectories": _trajectories,
    "mutual_information": _mutual_information,
}
