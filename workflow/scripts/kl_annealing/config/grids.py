"""What is wrong with the combinations of a study's grids, each kind of problem in one line."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kl_annealing.axes import AXES, has_latent
from kl_annealing.config.blocks import block_problems, reach_problems
from kl_annealing.config.classification import classification_problems
from kl_annealing.config.composition import composition_problems, sentence_length_problems
from kl_annealing.config.corpora import sentence_bounds
from kl_annealing.config.dialogs import dialog_problems
from kl_annealing.config.initials import initial_problems
from kl_annealing.config.outputs import Wanted, generation_problems, run_problems
from kl_annealing.config.places import mapping
from kl_annealing.config.points import Blocks, Point, blocks_of, parent_of, points
from kl_annealing.config.tasks import task_problems
from kl_annealing.data.sources import kind_of
from kl_annealing.schema import Problem, definition, keys_of, schema_problems


@dataclass(frozen=True)
class Known:
    """What combinations are held against: blocks, datasets' definitions, and names by axis.

    `usable` are the names of the blocks and datasets in which nothing is wrong by themselves.
    """

    config: Mapping[str, Any]
    datasets: Mapping[str, Any]
    usable: Mapping[str, Collection[str]]

    def usable_in(self, point: Point) -> bool:
        """Return whether every name of a combination is known and sound."""
        return all(
            isinstance(name, str) and name in self.usable[axis]
            for axis, name in point.names.items()
        )


def is_axis(key: str) -> bool:
    """Return whether a grid can have this key: an axis, or a key that blocks of one have."""
    axis, _, rest = key.partition(".")
    if not rest:
        return key == "dataset" or key in AXES
    return axis in AXES and rest.partition(".")[0] in keys_of(definition(axis))


def grid_problems(
    path: str, study: Mapping[str, Any], wanted: Wanted, known: Known
) -> Iterator[Problem]:
    """Return what is wrong with the combinations whose axes and blocks are sound by themselves.

    `wanted` are the study's figures and tables.
    """
    for position, grid in enumerate(study["grids"]):
        found: dict[Problem, list[Point]] = {}
        for point in points(study, grid) if all(map(is_axis, grid)) else ():
            if known.usable_in(point):
                for problem in _point_problems(study, wanted, known, point):
                    found.setdefault(problem, []).append(point)
        for problem, wrong in found.items():
            others = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            text = f"{problem} (in {wrong[0].label}{others})"
            yield Problem(f"{path}.grids[{position}]", text)


def latent_problems(
    path: str, study: Mapping[str, Any], wanted: Wanted, known: Known
) -> Iterator[Problem]:
    """Return the wanted figures and tables of a latent variable where no combination has one.

    The grids are right; where a name is not usable nothing can be said.
    """
    names = [name for name, output in wanted if output.latent]
    every = [point for grid in study["grids"] if names for point in points(study, grid)]
    if all(map(known.usable_in, every)) and not any(
        has_latent(blocks_of(known.config, point)["model"]) for point in every
    ):
        for name in names:
            yield Problem(f"{path}.model", f"{name} needs a model with a latent variable")


def _point_problems(
    study: Mapping[str, Any], wanted: Wanted, known: Known, point: Point
) -> list[Problem]:
    """Return what is wrong with one combination, by itself or for its study."""
    try:
        blocks = blocks_of(known.config, point)
    except (AttributeError, TypeError):
        return [Problem("", f"one of {', '.join(point.changes)} is no key of its block")]
    name = point.names["dataset"]
    data = known.datasets[name]
    dataset = {"name": name, "kind": kind_of(data)}
    wrong = [*_changed_problems(blocks, point), *task_problems(study["task"], dataset, blocks)]
    if wrong:
        return wrong
    run = {**blocks, "dataset": dataset}
    pairs = mapping(known.config, "generation").get("interpolate")
    texts = [t for t in study.get("generate", ()) if not (pairs and t == "interpolation")]
    wrong = [
        *dialog_problems(name, data, blocks),
        *sentence_length_problems(blocks["model"], name, data),
        *reach_problems(blocks, sentence_bounds(data, "train")),
        *composition_problems(blocks),
        *run_problems(run, wanted),
        *generation_problems(run, texts, sentence_bounds(data, "test")),
        *classification_problems(study.get("classification"), name, data, blocks),
    ]
    return wrong or list(_parent_problems(study, known, point, blocks))


def _parent_problems(
    study: Mapping[str, Any], known: Known, point: Point, blocks: Blocks
) -> Iterator[Problem]:
    """Check the run from whose weights a combination starts as one of its own, without outputs."""
    parent = parent_of(point, blocks["initial"]) if has_latent(blocks["model"]) else None
    if parent is None:
        return
    yield from initial_problems(known.config, blocks["initial"], "initial")
    if known.usable_in(parent):
        alone = {**study, "generate": (), "classification": None}
        for problem in _point_problems(alone, (), known, parent):
            path = f"initial.changes.{problem.path}".rstrip(".")
            yield Problem(path, problem.text, problem.given)


def _changed_problems(blocks: Blocks, point: Point) -> Iterator[Problem]:
    """Hold the blocks that the combination changes against the schema, then check them."""
    for name in dict.fromkeys(key.partition(".")[0] for key in point.changes):
        wrong = schema_problems(blocks[name], name, name)
        yield from wrong or block_problems(name, blocks[name], name)
