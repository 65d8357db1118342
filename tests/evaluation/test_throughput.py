import pytest
from tiny import PARTS
from tiny_dialogs import built, long_talk

from kl_annealing.data.corpora import Sentences, build_corpus
from kl_annealing.evaluation.throughput import measure_evaluation, measure_responses
from kl_annealing.schema import completed

SETTINGS = completed(
    {
        "splits": ["valid"],
        "posterior_samples": 1,
        "importance_samples": 4,
    },
    "evaluation",
)
SIZES = {"embedding_dim": 4, "hidden_dim": 4}


@pytest.mark.parametrize(
    "block",
    [
        {"kind": "vae", "latent_dim": 2, "encoder": SIZES, "decoder": SIZES},
        {"kind": "autoreg", "decoder": SIZES},
    ],
)
def test_an_evaluation_has_a_speed(block):
    text = Sentences.of([["a", "b"], ["a"], ["b", "b", "a"]])
    corpus = build_corpus(
        "tiny", dict.fromkeys(("train", "valid", "test"), text), maximum_length=10,
        minimum_count=1, maximum_size=None, shuffle_seed=0, attributes={},
    )  # fmt: skip
    run = {**PARTS, "model": completed(block, "model")}
    assert measure_evaluation(run, corpus, SETTINGS, 0.01, "cpu", 1) > 0


def test_responses_have_a_speed():
    model = {
        "kind": "cvae", "latent_dim": 2, "prior_dim": 4, "decoder": SIZES,
        "encoder": {"utterance_dim": 4, "context_dim": 4, "topic_dim": 2},
    }  # fmt: skip
    settings = completed({"responses": {"samples": 2, "maximum_length": 3}}, "evaluation")
    run = {**PARTS, "model": completed(model, "model"), "seed": 0}
    dialogs = built([long_talk(4), long_talk(3)])
    assert measure_responses(run, dialogs, settings["responses"], 0.01, "cpu", 1) > 0
