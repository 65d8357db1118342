"""The full configuration with something wrong in it, drawn from a generator of random numbers."""

import copy
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml
from snakemake.utils import update_config

ROOT = Path(__file__).parents[2]
FILES = {
    "config": ROOT / "config.yaml",
    "demo": ROOT / "workflow" / "scales" / "demo.yaml",
    "small": ROOT / "workflow" / "scales" / "small.yaml",
    "tiny": ROOT / "tests" / "pipeline" / "tiny.yaml",
}
BLOCKS = {name: yaml.safe_load(path.read_text()) for name, path in FILES.items()}
NUMBERS = (0, 1, -1, 2, 3.5, 10**30, -(10**30), 1e-320, 1e308, *map(float, ("nan", "inf", "-inf")))
TEXTS = (
    "",
    " ",
    "nan",
    "1e-5",
    "linear",
    "constant",
    "toy",
    "../..",
    "a,b",
    "é\n",
    "\0",
    "x" * 300,
)
LISTS = ([], [[]], [None], [1, 1], ["toy"])
MAPPINGS = ({}, {"": 0}, {1: 2}, {None: None}, {"kind": "vae"}, {"shape": "linear"})
LENGTHS = ({"steps": 0}, {"epochs": float("nan")}, {"fraction": 2}, {"steps": 1, "epochs": 1})
JUNK = (None, True, False, *NUMBERS, *TEXTS, *LISTS, *MAPPINGS, *LENGTHS)


def mutated(chance: Random) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration of one or two studies with one to three mutations, and which."""
    config = copy.deepcopy(BLOCKS["config"])
    scale = chance.choice(("config", "demo", "small", "tiny"))
    if scale != "config":
        update_config(config, copy.deepcopy(BLOCKS[scale]))
    asked = [name for name, study in config["studies"].items() if study]
    kept = chance.sample(asked, chance.randint(1, 2))
    config["studies"] = {name: config["studies"][name] for name in kept}
    done = [f"{scale} with {', '.join(kept)}"]
    for _ in range(chance.choice((1, 1, 2, 3))):
        done.append(chance.choice(WAYS)(config, chance))
    return config, done


def replaced(config: dict[str, Any], chance: Random) -> str:
    """Put junk in the place of a value."""
    block, key, path = _place(config, chance)
    block[key] = copy.deepcopy(chance.choice(JUNK))
    return f"{path} = {block[key]!r}"


def removed(config: dict[str, Any], chance: Random) -> str:
    """Take away a key or an item."""
    block, key, path = _place(config, chance)
    del block[key]
    return f"{path} removed"


def misspelt(config: dict[str, Any], chance: Random) -> str:
    """Misspell a key."""
    block, key, path = _place(config, chance, dict)
    letters = list(str(key))
    letters.insert(chance.randrange(len(letters) + 1), chance.choice("aeiou_. -"))
    block["".join(letters)] = block.pop(key)
    return f"{path} misspelt"


def exchanged(config: dict[str, Any], chance: Random) -> str:
    """Let two values that stand in different places change places."""
    (one, key, path), (other, another, second) = _place(config, chance), _place(config, chance)
    one[key], other[another] = copy.deepcopy(other[another]), copy.deepcopy(one[key])
    return f"{path} and {second} exchanged"


def crossed(config: dict[str, Any], chance: Random) -> str:
    """Add to the first grid of each study an axis of another one."""
    studies = [study for study in BLOCKS["config"]["studies"].values() if study]
    axes = [item for study in studies for grid in study.get("grids", []) for item in grid.items()]
    axis, values = chance.choice(axes)
    for block, key, path in _places(config):
        if path.endswith(".grids.0") and isinstance(block[key], dict):
            block[key][axis] = copy.deepcopy(values)
    return f"axis {axis}: {values}"


def wrapped(config: dict[str, Any], chance: Random) -> str:
    """Put a value into a list or a block, or into text."""
    block, key, path = _place(config, chance)
    value = block[key]
    block[key] = chance.choice(([value], {key: value}, str(value), [value, value]))
    return f"{path} = {block[key]!r:.80}"


WAYS = (replaced, replaced, replaced, removed, misspelt, exchanged, crossed, wrapped)


def _place(config: Any, chance: Random, kind: type = object) -> tuple[Any, Any, str]:
    """Return a block, a key of it, and the path: one from the studies as often as from all else."""
    places = [place for place in _places(config) if isinstance(place[0], kind)]
    inside = [place for place in places if place[2].startswith("studies.")]
    return chance.choice(inside if inside and chance.random() < 0.5 else places)


def _places(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        here = f"{path}.{key}" if path else str(key)
        yield value, key, here
        if isinstance(item, dict | list):
            yield from _places(item, here)
