"""Everything wrong with a configuration, all at once, before any job starts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kl_annealing.axes import AXES
from kl_annealing.config.blocks import block_problems
from kl_annealing.config.initials import initial_problems
from kl_annealing.config.outputs import Output
from kl_annealing.config.places import mapping, sound
from kl_annealing.config.studies import Offer, study_problems
from kl_annealing.config.texts import text_problems
from kl_annealing.errors import InputError
from kl_annealing.schema import Problem, definition, fill_defaults, schema_problems


def validate(
    config: dict[str, Any],
    datasets: Mapping[str, Any],
    figures: Mapping[str, Output],
    tables: Mapping[str, Output],
    claimed: Collection[str],
) -> None:
    """Fill in the defaults and check the configuration.

    `datasets` are the known datasets' definitions beside the configuration's own, `figures` and
    `tables` what a study may ask for, by name, `claimed` the studies that claims are about.

    Raises:
        InputError: one line for each problem, naming the key, the value and what is allowed.
    """
    fill_defaults(config, definition())
    problems = schema_problems(config)
    problems += _named_problems(config, problems)
    problems += _initial_problems(config, problems)
    every = {**mapping(config, "datasets"), **datasets}
    problems += text_problems(mapping(config, "generation"), problems)
    offer = Offer(every, {"figures": figures, "tables": tables}, claimed)
    problems += study_problems(config, offer, problems) + _taken_names(config, datasets)
    if problems:
        lines = dict.fromkeys(f"configuration: {problem}" for problem in problems)
        raise InputError("\n".join(lines))


def _taken_names(config: Mapping[str, Any], datasets: Mapping[str, Any]) -> list[Problem]:
    """Return the own datasets that have the name of a known one, which none replaces."""
    text = "the name of a dataset of workflow/datasets.yaml; give yours a name of its own"
    return [
        Problem(f"datasets.{name}", text)
        for name in mapping(config, "datasets")
        if name in datasets
    ]


def _named_problems(config: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
    """Check by themselves the named blocks that suit the schema."""
    return [
        problem
        for axis in AXES.values()
        for name, block in mapping(config, axis.plural).items()
        if sound(problems, axis.plural, name)
        for problem in block_problems(axis.name, block, f"{axis.plural}.{name}")
    ]


def _initial_problems(config: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
    """Look for the blocks that sound `initials` name."""
    return [
        problem
        for name, block in mapping(config, "initials").items()
        if sound(problems, "initials", name)
        for problem in initial_problems(config, block, f"initials.{name}")
    ]
