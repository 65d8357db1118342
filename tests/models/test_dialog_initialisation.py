import math
from types import SimpleNamespace

import exchanges as made
import numpy as np
import pytest
import torch
from torch import nn

from kl_annealing.errors import InputError
from kl_annealing.models import build_model
from kl_annealing.models.recurrent import GRU
from kl_annealing.schema import completed

PUBLISHED = SimpleNamespace(words=300, topics=9, acts=7, vectors=None)


def built(size=PUBLISHED, **changes):
    block = {"kind": "kgcvae", "encoder": {"utterance_dim": 30, "context_dim": 40}, **changes}
    return build_model(made.run_of(completed(block, "model")), size)


def within(parameter, half_width):
    """Whether numbers fill plus or minus `half_width`."""
    largest = parameter.abs().max().item()
    return 0.9 * half_width < largest <= half_width


@pytest.mark.parametrize("gru", ["tensorflow", "torch"])
def test_everything_starts_as_published(gru):
    model = built(gru=gru)
    units = [module for module in model.modules() if isinstance(module, GRU)]
    assert len(units) == 3
    for unit in units:
        for name, parameter in unit.named_parameters():
            gates = parameter[: 2 * unit.hidden_size]
            if name.startswith("weight"):
                assert within(parameter, 0.08), name
            elif name.startswith("bias_ih"):
                assert (gates == 1).all() and parameter.sum() == len(gates)
            else:
                assert not parameter.any()
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            assert within(module.weight, 0.08) and not module.weight[0].any()
        elif isinstance(module, nn.Linear):
            assert not module.bias.any()
            xavier = math.sqrt(6 / sum(module.weight.shape))
            assert within(module.weight, 0.08 if module is model.decoder.output else xavier)


def test_defaults_are_the_published_sizes():
    model = build_model(made.run_of(completed({"kind": "kgcvae"}, "model")), PUBLISHED)
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    assert model.conditions.condition_dim == 638
    assert shapes["encoder.head.weight"] == (400, 638 + 600 + 30)
    assert shapes["prior.0.weight"] == (400, 638) and shapes["prior.2.weight"] == (400, 400)
    assert shapes["heads.bag_of_words.hidden.weight"] == (400, 838)
    assert shapes["decoder.latent.weight"] == (400, 838 + 30)
    assert shapes["decoder.gru.weight_ih_l0"] == (1200, 230)
    assert shapes["conditions.utterances.gru.weight_ih_l0_reverse"] == (900, 200)
    assert shapes["conditions.context.weight_ih_l0"] == (1800, 602)
    assert shapes["decoder.acts.hidden.weight"] == (400, 838)


def test_the_word_vectors_of_the_dataset_are_taken_where_asked_for():
    vectors = np.random.default_rng(0).normal(size=(300, 200)).astype(np.float32)
    size = SimpleNamespace(**{**vars(PUBLISHED), "vectors": vectors})
    expected = torch.from_numpy(vectors).clone()
    expected[0] = 0
    assert torch.equal(built(size, embeddings="vectors").decoder.embedding.weight, expected)
    assert within(built(size).decoder.embedding.weight, 0.08)
    assert vectors[0].any()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "model.embeddings = 'vectors': the dataset has no word vectors; allowed: uniform"),
        (
            {"vectors": np.ones((300, 50))},
            "model.decoder.embedding_dim = 200: the dataset's word vectors are 300 x 50, its words "
            "300; allowed: 50",
        ),
    ],
)
def test_vectors_that_are_not_there_or_do_not_fit_are_refused(changes, line):
    size = SimpleNamespace(**{**vars(PUBLISHED), **changes})
    with pytest.raises(InputError) as error:
        built(size, embeddings="vectors")
    assert str(error.value) == line


def test_a_guided_model_of_a_dataset_without_acts_is_refused():
    with pytest.raises(InputError, match="the dataset has no dialog acts; allowed: cvae"):
        built(SimpleNamespace(**{**vars(PUBLISHED), "acts": 1}))
