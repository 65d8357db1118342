"""The page on annealing in an own loop: its code runs and its statements hold."""

import ast
import inspect
import math
import re
from pathlib import Path

import pytest
import torch

from kl_annealing.annealing import Annealer, VAELoss

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "annealing_your_own_loop.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def ran():
    """Run the page's blocks one after the other, as a reader would; return their names."""
    torch.manual_seed(0)
    names = {}
    for block in BLOCKS:
        exec(compile(block, "docs/annealing_your_own_loop.md", "exec"), names)
    return names


def test_the_example_is_ten_lines():
    example = BLOCKS[0].split("\n\n")[-1].strip().splitlines()
    assert len(example) == 10
    assert all(len(line) <= 100 for line in BLOCKS[0].splitlines())


def test_the_example_trains(ran):
    chance = 20 * math.log(2)  # nats of twenty fair coins, which an untrained decoder exceeds
    with torch.no_grad():
        logits, mu, logvar = ran["model"](ran["batches"][0])
        found = ran["criterion"](logits, ran["batches"][0], mu, logvar)
    assert 0 < float(found.reconstruction) < 1.05 * chance
    assert float(found.kl) >= 0
    assert ran["annealer"].current_step == 0  # twenty epochs are four whole cycles


def test_the_resumed_annealer_goes_on(ran):
    assert ran["resumed"].state_dict() == ran["annealer"].state_dict()


def test_the_schedule_has_four_cycles(ran):
    assert [step for step, weight in enumerate(ran["weights"]) if weight == 0] == [0, 250, 500, 750]


@pytest.mark.parametrize(("ratio", "steps"), [(0.5, 5), (1.0, 5)])
def test_the_weights_named_on_the_page(ratio, steps):
    annealer = Annealer(total_steps=steps, cyclical=True, ratio=ratio)
    found = []
    for _ in range(steps):
        found.append(annealer.weight)
        annealer.step()
    assert ", ".join(f"{weight:g}" for weight in found) in PAGE


@pytest.mark.parametrize("described", [Annealer, VAELoss])
def test_every_argument_and_default_is_described(described):
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, flags=re.MULTILINE))
    for name, parameter in inspect.signature(described).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            assert rows[name] == "required"
        else:
            assert ast.literal_eval(rows[name].strip("`")) == parameter.default


def test_the_picture_is_there():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", PAGE):
        assert (ROOT / "docs" / path).read_text(encoding="utf-8").count("<svg") == 1
