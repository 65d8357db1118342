"""Conversions and draws of models with known answers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_tenses import VERBS, built, run_of

from kl_annealing.data.vocabulary import STOP, UNK
from kl_annealing.evaluation import tenses
from kl_annealing.evaluation.evaluate import evaluate
from kl_annealing.models import build_model
from kl_annealing.schema import completed

CPU = torch.device("cpu")
TENSES = built()
SETTINGS = completed({"batch_size": 4, "importance_samples": 3, "seed": 3}, "evaluation")


class Speller:
    """A decoder that says, for codes [verb; one-hot tense], that form of that verb."""

    def __init__(self):
        self.rows = torch.tensor(TENSES.train.tokens, dtype=torch.long)

    def start(self, z):
        return (torch.zeros(1, len(z), 1),)

    def step(self, tokens, z, state):
        place = int(state[0][0, 0, 0])
        rows = 4 * z[:, 0].long() + z[:, 1:].argmax(-1)
        width = self.rows.shape[1]
        following = self.rows[rows, min(place + 1, width - 1)]
        log_p = torch.full((len(z), TENSES.size), -50.0)
        return log_p.scatter(1, following[:, None], 0.0), (state[0] + 1,)


def knowing(verbs_of_words):
    """Return a model whose posterior mean is the number of a word's verb."""

    def encode(forms):
        words = TENSES.words(forms.tokens.tolist())
        return SimpleNamespace(mu=torch.tensor([[float(verbs_of_words[word])] for word in words]))

    def codes(tense, z):
        return torch.cat([z, torch.eye(4)[tense]], dim=-1)

    return SimpleNamespace(encode=encode, codes=codes, decoder=Speller(), latent_dim=1)


def test_a_model_that_knows_the_verbs_converts_all():
    model = knowing({form: number for number, verb in enumerate(VERBS) for form in verb})
    found = tenses.conversions(model, TENSES, CPU)
    assert found.sources == ["go", "saw"]
    assert found.predictions == found.targets == ["went", "seeing"]
    assert found.scores() == {"bleu4": 1.0, "exact_conversions": 1.0}


def test_a_wrong_verb_is_counted_as_such():
    model = knowing({"go": 0, "saw": 4})
    found = tenses.conversions(model, TENSES, CPU)
    assert found.predictions == ["went", "asking"]
    assert found.scores()["exact_conversions"] == 0.5 and found.scores()["bleu4"] < 1


def test_scores_are_means_over_the_conversions():
    words = ["went", "saw", "did"]
    found = tenses.Conversions(["go", "see", "do"], words, ["went", "saw", ""]).scores()
    assert found == {"bleu4": pytest.approx(2 / 3), "exact_conversions": pytest.approx(2 / 3)}


def test_a_decoder_that_never_ends_is_cut_beyond_the_longest_training_word():
    torch.manual_seed(0)
    model = build_model(run_of(), TENSES.size).eval()
    with torch.no_grad():
        model.decoder.output.bias[[UNK, STOP]] = -1e9
    settings = SETTINGS["gaussian_score"] | {"draws": 5}
    drawn = tenses.tuples(model, TENSES, settings, np.random.default_rng(0), CPU)
    predictions = tenses.conversions(model, TENSES, CPU).predictions
    assert tenses.MARGIN > 0
    longest = max(len(form) for verb in VERBS for form in verb)
    said = [*predictions, *(word for verb in drawn for word in verb)]
    assert {len(word) for word in said} == {longest + tenses.MARGIN}


class HalfKnowing(torch.nn.Module):
    """Says the first verb for z above 0; for others its forms in the wrong order."""

    latent_dim = 1
    decoder = Speller()

    def encode(self, forms):
        return SimpleNamespace(mu=torch.ones(len(forms.tenses), 1))

    def codes(self, tense, z):
        said = (tense + (z[:, 0] <= 0)) % 4
        return torch.cat([torch.zeros_like(z), torch.eye(4)[said]], dim=-1)


def test_draws_in_training_are_others_at_each_step_and_seed():
    def score(seed, step):
        scores = tenses.Scores(run_of() | {"seed": seed}, TENSES, CPU)
        return scores(HalfKnowing(), step)["gaussian_score"]

    by_step, by_seed = ([score(7, step) for step in range(4)], [score(s, 0) for s in range(4)])
    assert len(set(by_step)) > 1 and len(set(by_seed)) > 1
    assert by_step == [score(7, step) for step in range(4)]


def test_draws_are_decoded_in_the_four_tenses(monkeypatch):
    model = knowing({})
    numbers = np.array([[0.0], [3.0], [2.0]], np.float32)
    monkeypatch.setattr(tenses, "latent_draws", lambda *_: numbers)
    settings = SETTINGS["gaussian_score"] | {"draws": 3}
    drawn = tenses.tuples(model, TENSES, settings, None, CPU)
    assert drawn == [VERBS[0], VERBS[3], VERBS[2]]
    found = tenses.scores_of(drawn, TENSES, settings)
    assert found == {"gaussian_score": 1.0, "distinct_tuples": pytest.approx(2 / 3)}
    assert tenses.scores_of(drawn, TENSES, settings | {"duplicates": "counted"})[
        "gaussian_score"
    ] == pytest.approx(5 / 3)


@pytest.mark.parametrize("recurrent", ["lstm", "gru"])
def test_everything_is_measured_and_kept(recurrent):
    torch.manual_seed(0)
    run = run_of({"recurrent": recurrent})
    model = build_model(run, TENSES.size).eval()
    metrics, arrays = tenses.measure(model, TENSES, SETTINGS, run, CPU, {})
    states = ["kl_hidden", "kl_cell"] if recurrent == "lstm" else []
    names = ("bleu4", "exact_conversions", "gaussian_score", "distinct_tuples", *states)
    assert set(metrics) == {f"test_{name}" for name in names}
    assert arrays["test/tuples/words"].shape == (100, 4)
    assert arrays["test/conversions/source_tense"].tolist() == ["simple present", "simple past"]
    again, _ = tenses.measure(model, TENSES, SETTINGS, run, CPU, {})
    assert again == metrics
    _, others = tenses.measure(model, TENSES, SETTINGS | {"seed": 4}, run, CPU, {})
    assert (others["test/tuples/words"] != arrays["test/tuples/words"]).any()
    assert tenses.measure(model, TENSES, SETTINGS | {"splits": ["valid"]}, run, CPU, {}) == ({}, {})
    bounds, _ = evaluate(model, TENSES, SETTINGS, progress=lambda text: None)
    assert bounds["test_nll"] == pytest.approx(bounds["test_rec"] + bounds["test_kl"])
    assert bounds["test_n_examples"] == 4
    if states:
        parts = sum(metrics[f"test_{name}"] for name in states)
        assert parts == pytest.approx(bounds["test_kl"], rel=1e-5)
