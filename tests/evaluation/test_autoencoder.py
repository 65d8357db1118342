"""An autoencoder has no density: no bound is measured of it, and none is made up."""

import pytest
import torch
from tiny import MODEL, PARTS

from kl_annealing.evaluation.evaluate import evaluate
from kl_annealing.models import build_model
from kl_annealing.schema import completed

SETTINGS = completed(
    {
        "importance_samples": 5,
        "posterior_samples": 3,
        "batch_size": 8,
        "splits": ["test"],
    },
    "evaluation",
)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model({**PARTS, "model": MODEL, "posterior": {"kind": "point"}}, 9)


def test_no_bound_is_measured(model, corpus):
    metrics, arrays = evaluate(model, corpus, SETTINGS, progress=lambda text: None)
    assert set(metrics) == {
        f"test_{name}" for name in ("rec", "active_units", "n_targets", "n_examples")
    }
    assert {"test/rec", "test/mu"} < arrays.keys()
    assert not {"test/kl", "test/logvar", "test/iw_nll"} & arrays.keys()
