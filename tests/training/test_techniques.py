"""Objectives, posteriors and models of other kinds, from training to evaluation."""

import itertools
import math

import pytest
import torch

from kl_annealing.evaluation.evaluate import evaluate
from kl_annealing.generation.reconstruct import posterior_latents
from kl_annealing.models import build_model
from kl_annealing.models.trained import load_iterate
from kl_annealing.schema import completed
from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.records import RESULTS
from kl_annealing.training.strategies.collaborative import Collaborative
from kl_annealing.training.strategies.standard import Standard

IAF = {"kind": "iaf", "flows": 2, "hidden_dim": 5, "context_dim": 3}
CVED = {
    "model__kind": "cved",
    "model__perceptron_dim": 5,
    "strategy": {"kind": "collaborative", "alternate": {"steps": 3}, "ramp": {"fraction": 0.5}},
}
FREE = {"nats": 0.5, "of": "dimension", "value": "bound"}
TECHNIQUES = {
    "free bits": {"objective__free_bits": FREE},
    "bag of words": {"objective__bag_of_words": 1},
    "word dropout": {"model__decoder__word_dropout": 0.4},
    "iaf": {"posterior": IAF, "objective__bag_of_words": 0.5},
    "cved": CVED,
    "cved in bfloat16": {**CVED, "training__precision": "bfloat16"},
    "autoencoder": {"posterior": {"kind": "point"}},
    "iaf in bfloat16": {"posterior": IAF, "training__precision": "bfloat16"},
}
SETTINGS = completed(
    {
        "importance_samples": 5,
        "posterior_samples": 3,
        "batch_size": 8,
        "splits": ["test"],
    },
    "evaluation",
)
FILES = [name for name in RESULTS if name != "timing.json"]


class KilledError(Exception):
    pass


def trained(run, corpus, folder, **options):
    fit(run, corpus, folder, device="cpu", threads=1, **options)
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("changes", TECHNIQUES.values(), ids=TECHNIQUES)
def test_trains_resumes_and_is_measured(run_of, corpus, tmp_path, monkeypatch, changes):
    run = run_of(**{"training__epochs": 1, **changes})
    expected = trained(run, corpus, tmp_path / "whole")
    update, calls = Standard.update, []

    def killed(self, *arguments):
        calls.append(1)
        if len(calls) in (3, 6):
            raise KilledError
        return update(self, *arguments)

    monkeypatch.setattr(Standard, "update", killed)
    for _ in range(2):
        with pytest.raises(KilledError):
            trained(run, corpus, tmp_path / "killed", checkpoint_seconds=0)
    assert trained(run, corpus, tmp_path / "killed", checkpoint_seconds=0) == expected
    assert len(calls) > 8

    model, _ = load_iterate(tmp_path / "whole", "last", run, corpus.size)
    metrics, arrays = evaluate(model, corpus, SETTINGS, progress=lambda text: None)
    assert all(map(math.isfinite, metrics.values()))
    assert arrays["test/mu"].shape == (20, 2)
    gaussian = run["posterior"]["kind"] == "gaussian"
    assert ("test_mi_aggregate" in metrics) == ("test_mi_batch" in metrics) == gaussian
    assert ("test_code_purity" in metrics) == gaussian and "test_active_units" in metrics
    assert posterior_latents(model, [[2, 5, 3], [2, 6, 7, 3]]).isfinite().all()


def prepare(run_of, corpus, **changes):
    torch.manual_seed(0)
    run = run_of(**{**CVED, **changes})
    model = build_model(run, corpus.size)
    data = DeviceSplit(corpus.train, 8, torch.device("cpu"))
    return model, Collaborative(run, model, data), data


def test_each_phase_changes_its_own_parameters(run_of, corpus):
    model, strategy, data = prepare(run_of, corpus)
    phases = {True: model.autoencoder, False: model.variational}
    for step in range(12):
        before = {phase: [p.detach().clone() for p in part] for phase, part in phases.items()}
        strategy.update(data.batches[0], step, 1.0, 0.01)
        autoencodes = step % 6 < 3
        for phase, part in phases.items():
            same = [torch.equal(p, old) for p, old in zip(part, before[phase], strict=True)]
            assert all(same) if phase != autoencodes else not any(same)


@pytest.mark.parametrize("turns", [10, 16])
def test_turns_are_shares_of_a_training_that_they_do_not_divide(run_of, corpus, turns):
    alternate = {"fraction": 1 / turns}
    _, strategy, data = prepare(
        run_of, corpus, strategy__alternate=alternate, training__epochs=turns + 1
    )
    total = (turns + 1) * len(data.batches)
    assert total % turns
    phases = [strategy.autoencodes(step) for step in range(total)]
    changes = sum(before != after for before, after in itertools.pairwise(phases))
    assert changes == turns - 1 and phases[0] and not phases[-1]


def test_the_share_grows_to_one_over_the_ramp(run_of, corpus):
    _, strategy, data = prepare(run_of, corpus)
    total = 3 * len(data.batches)
    shares = [strategy.share(step) for step in range(total)]
    assert shares == [min(1.0, step / (total / 2)) for step in range(total)]


def test_the_second_phase_weighs_the_kl_by_beta(run_of, corpus):
    """At beta 0 what z tells of the code is free, and the KL grows more."""
    kl = []
    for beta in (0.0, 3.0):
        model, strategy, data = prepare(run_of, corpus, strategy__alternate={"steps": 1})
        for step in range(1, 121, 2):
            outcome = strategy.update(data.batches[step % 8], step, beta, 0.02)
        kl.append(outcome.terms.kl.mean().item())
    assert kl[0] > 2 * kl[1]


def test_the_loss_of_each_phase_is_its_own(run_of, corpus):
    _, strategy, data = prepare(run_of, corpus)
    first = strategy.update(data.batches[0], 0, 0.7, 0.01)
    torch.testing.assert_close(first.loss, first.terms.reconstruction.mean())
    second = strategy.update(data.batches[0], 3, 0.7, 0.01)
    expected = second.terms.extras["code_error"] + 0.7 * second.terms.kl
    torch.testing.assert_close(second.loss, expected.mean())
