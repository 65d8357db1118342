"""What is wrong with a block that says from which other run the weights come."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import AXES
from kl_annealing.config.places import mapping, unknown_names
from kl_annealing.schema import Problem


def initial_problems(
    config: Mapping[str, Any], initial: Mapping[str, Any], path: str
) -> Iterator[Problem]:
    """Return the blocks that the changes of a sound `initial` block name and that are not there."""
    for axis, change in initial.get("changes", {}).items():
        if isinstance(change, str):
            named = mapping(config, AXES[axis].plural)
            yield from unknown_names(f"{path}.changes.{axis}", [change], named)
