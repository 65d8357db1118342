"""The smallest settings that exercise everything; each test changes what it is about."""

import copy
from collections.abc import Mapping
from typing import Any

from torch import nn

from kl_annealing.models import build_model

MODEL = {
    "kind": "vae",
    "latent_dim": 3,
    "encoder": {
        "kind": "lstm",
        "embedding_dim": 5,
        "hidden_dim": 7,
        "layers": 1,
        "head_bias": True,
    },
    "decoder": {
        "embedding_dim": 6,
        "hidden_dim": 8,
        "layers": 1,
        "output": "linear",
        "word_dropout": 0,
        "input_dropout": 0.5,
        "output_dropout": 0.5,
        "initial_state": "hidden",
        "latent_bias": True,
        "output_bias": True,
    },
    "initialisation": {"scheme": "uniform", "weights": 0.4, "embeddings": 0.7},
    "frozen_last_embedding": False,
    "embedding": "separate",
    "padding_counted": False,
}

PARTS = {  # as the schema's defaults
    "strategy": {"kind": "standard"},
    "posterior": {"kind": "gaussian"},
    "initial": {"kind": "fresh"},
    "objective": {"bag_of_words": 0, "dialog_act": 0, "free_bits": None},
    "teacher_forcing": {"shape": "constant"},
}


def model_of(settings: Mapping[str, Any], size: int) -> nn.Module:
    """Return the model of a `model` block, everything else of its run at its default."""
    return build_model({**PARTS, "model": settings}, size)


def changed(settings: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a copy with keys changed by path: `encoder__layers=2`."""
    copied = copy.deepcopy(dict(settings))
    for path, value in changes.items():
        *parents, last = path.split("__")
        block = copied
        for parent in parents:
            block = block[parent]
        block[last] = value
    return copied
