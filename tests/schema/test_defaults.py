"""The schema's defaults are the ones that are used, written out or left out."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.errors import InputError
from kl_annealing.schedules import (
    AnnealingCounter,
    learning_rate_settings,
    schedule_problems,
    schedule_settings,
)
from kl_annealing.schema import completed, definition, fill_defaults, schema_problems
from kl_annealing.schema import without_defaults as reduced

RUN_DEFAULTS = yaml.safe_load((Path(__file__).parent / "run_defaults.yaml").read_text())


def test_defaults_of_the_keys_that_act():
    assert completed({"method": "beam"}, "decoder") == {
        "method": "beam", "width": 5, "length_penalty": 0,
    }  # fmt: skip
    assert completed({"method": "greedy"}, "decoder") == {"method": "greedy"}
    assert learning_rate_settings({"shape": "exponential"})["decay"] == 0.99
    assert learning_rate_settings({"shape": "plateau"})["decay"] == 0.5


def test_an_alternative_keeps_a_default_away():
    settings = schedule_settings({"shape": "linear", "ramp": {"epochs": 2}})
    assert settings["cycles"] == 1 and "ratio" not in settings
    assert completed({"steps": 100}, "training")["epochs"] is None


def test_blocks_in_blocks_are_filled():
    model = completed({"kind": "vae", "encoder": {"layers": 2}}, "model")
    assert model["encoder"] == {
        "embedding_dim": 256, "hidden_dim": 256, "layers": 2, "head_bias": True,
    }  # fmt: skip
    assert "encoder" not in completed({"kind": "autoreg"}, "model")


def test_junk_is_left_as_it_is():
    for junk in (None, 3, [1], {"models": 3, "studies": [1]}):
        fill_defaults(junk, definition())


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("schedule", {"shape": "sigmoid", "period": {"epochs": 2}, "steepness": 3}),
        ("learning_rate", {"shape": "cosine", "cycles": 3}),
        ("model", {"kind": "vae", "encoder": {"layers": 2}}),
        ("training", {"steps": 100, "evaluate_every": {"steps": 5}}),
        ("decoder", {"method": "sample", "top_k": 4}),
    ],
)
def test_leaving_defaults_out_undoes_filling_them_in(name, block):
    full = completed(block, name)
    assert reduced(full, definition(name)) == block
    assert completed(full, name) == full
    assert schema_problems(full, name) == []


def test_a_block_of_defaults_is_left_out_as_a_whole():
    full = completed({"kind": "vae"}, "model")
    assert reduced(full, definition("model")) == {"kind": "vae"}


def kept(old, new):
    """Return `new` as far as `old` has it."""
    return {key: kept(old[key], new[key]) for key in old} if isinstance(old, dict) else new


@pytest.mark.parametrize("name", RUN_DEFAULTS)
def test_no_default_that_runs_leave_out_ever_changes(name):
    for block in RUN_DEFAULTS[name]:
        given = {key: block[key] for key in ("kind", "shape", "points", "epochs") if key in block}
        assert kept(block, completed(given, name)) == block


@pytest.mark.parametrize("key", ["baseline", "ratio", "steepness"])
@given(value=st.one_of(st.floats(), st.integers(), st.sampled_from([0, 0.01, 0.0099, 1, True])))
def test_the_annealer_has_the_bounds_of_the_schema(key, value):
    try:
        AnnealingCounter(10, "logistic", **{key: value})
        accepted = True
    except InputError:
        accepted = False
    assert accepted == (schedule_problems({"shape": "sigmoid", key: value}) == [])
