"""What is wrong with the combinations of a study's grids, each kind of problem in one line."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import AXES
from kl_annealing.config.blocks import block_problems, reach_problems
from kl_annealing.config.outputs import Wanted, run_problems
from kl_annealing.config.resolve import Blocks, Point, blocks_of, points
from kl_annealing.config.tasks import task_problems
from kl_annealing.schema import Problem, schema_problems


def grid_problems(
    path: str,
    study: Mapping[str, Any],
    config: Mapping[str, Any],
    datasets: Mapping[str, Any],
    wanted: Wanted,
    broken: set[tuple[str, str]],
) -> Iterator[Problem]:
    """Return what is wrong with the combinations whose named blocks are sound by themselves.

    `broken` are the others, `("schedules", "cyclical")`, `wanted` the study's figures and tables.
    """
    for position, grid in enumerate(study["grids"]):
        found: dict[Problem, list[Point]] = {}
        for point in points(study, grid):
            if broken.isdisjoint(_blocks_named(point)):
                for problem in _point_problems(config, study["task"], datasets, wanted, point):
                    found.setdefault(problem, []).append(point)
        for problem, wrong in found.items():
            others = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            text = f"{problem} (in {wrong[0].label}{others})"
            yield Problem(f"{path}.grids[{position}]", text)


def _point_problems(
    config: Mapping[str, Any],
    task: str,
    datasets: Mapping[str, Any],
    wanted: Wanted,
    point: Point,
) -> list[Problem]:
    """Return what is wrong with one combination, by itself or for its study."""
    try:
        blocks = blocks_of(config, point)
    except (AttributeError, TypeError):
        return [Problem("", f"one of {', '.join(point.changes)} is no key of its block")]
    name = point.names["dataset"]
    dataset = {"name": name, "kind": datasets[name].get("kind", "corpus")}
    wrong = [*_changed_problems(blocks, point), *task_problems(task, dataset)]
    if wrong:
        return wrong
    return [*reach_problems(blocks), *run_problems({**blocks, "dataset": dataset}, wanted)]


def _changed_problems(blocks: Blocks, point: Point) -> Iterator[Problem]:
    """Hold the blocks that the combination changes against the schema, then check them."""
    for name in dict.fromkeys(key.partition(".")[0] for key in point.changes):
        wrong = schema_problems(blocks[name], name, name)
        yield from wrong or block_problems(name, blocks[name], name)


def _blocks_named(point: Point) -> set[tuple[str, str]]:
    """Return the named blocks of a combination: `("schedules", "cyclical")`."""
    named = {(axis.plural, point.names[name]) for name, axis in AXES.items()}
    return named | {("datasets", point.names["dataset"])}
