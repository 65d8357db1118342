"""From named blocks and grids to resolved runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import AXES, idle_axes
from kl_annealing.canonical import canonical, plain
from kl_annealing.config.points import Blocks, Point, blocks_of, parent_of, points
from kl_annealing.counted import counted_part
from kl_annealing.runs import Run, title_of
from kl_annealing.schema import completed


def resolve(config: Mapping[str, Any], datasets: Mapping[str, str]) -> dict[str, list[Run]]:
    """Return the runs of every study, without duplicates.

    `config` is valid (`validate`), `datasets` gives each dataset's digest.
    """
    return {name: _distinct(_runs(config, name, datasets)) for name in active_studies(config)}


def evaluation_block(config: Mapping[str, Any], study: str) -> dict[str, Any]:
    """Return the `evaluation` block with a study's own changes, as they are written."""
    return {**config["evaluation"], **config["studies"][study]["evaluation"]}


def evaluation_settings(config: Mapping[str, Any], study: str) -> dict[str, Any]:
    """Return how the runs of a study are measured, defaults written out."""
    return completed(evaluation_block(config, study), "evaluation")


def classification_settings(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return how each study that asks for it classifies sentences, defaults written out."""
    return {
        name: study["classification"]
        for name, study in active_studies(config).items()
        if study["classification"] is not None
    }


def active_studies(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the studies that are not switched off, by `false` or by another list of `only`."""
    studies, only = config["studies"], config.get("only")
    names = studies if only is None else [only] if isinstance(only, str) else only
    return {name: studies[name] for name in studies if name in names and studies[name] is not False}


def _runs(config: Mapping[str, Any], name: str, datasets: Mapping[str, str]) -> Iterator[Run]:
    study = config["studies"][name]
    for grid in study["grids"]:
        for point in points(study, grid):
            run = _run(config, name, datasets, point)
            yield from (run.seeded(seed) for seed in study["seeds"])


def _run(config: Mapping[str, Any], study: str, datasets: Mapping[str, str], point: Point) -> Run:
    """Return the run of a combination, with the one from whose weights it starts; no seed yet."""
    dataset, blocks = point.names["dataset"], _meaningful(blocks_of(config, point))
    start = parent_of(point, blocks["initial"])
    parent = start and _run(config, study, datasets, start)
    if parent:
        blocks["initial"] = _with_parent(blocks["initial"], parent)
    settings = plain(
        {
            "task": config["studies"][study]["task"],
            "dataset": {"name": dataset, "digest": datasets[dataset]},
            **blocks,
        }
    )
    names, title = {**point.names, **point.changes}, title_of(settings)
    return Run(study, settings, names, title, counted_part(settings), parent)


def _with_parent(initial: Mapping[str, Any], parent: Run) -> dict[str, Any]:
    """Return the block with the parent's complete settings in place of what made them others."""
    kept = {key: value for key, value in initial.items() if key != "changes"}
    return {**kept, "keep": sorted(initial["keep"]), "parent": parent.settings}


def _distinct(runs: Iterator[Run]) -> list[Run]:
    """Return the runs without those asked for twice, in another order of keys or as 1 and 1.0."""
    return list({canonical([run.folder, run.names]): run for run in runs}.values())


def _meaningful(blocks: Blocks) -> Blocks:
    """Set the axes idle that act on nothing that the run has.

    Equal runs so have equal settings, whichever way they were asked for.
    """
    return blocks | {name: completed(AXES[name].idle, name) for name in idle_axes(blocks)}
