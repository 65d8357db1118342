"""Aggressive training (He et al. 2019): who is stepped when, how often, and on what."""

import csv

import numpy as np
import pytest
import torch
from tiny import changed
from torch import nn

from kl_annealing.data import Corpus, Split
from kl_annealing.models import build_model
from kl_annealing.schema import completed
from kl_annealing.training import fit
from kl_annealing.training.batches import DeviceSplit
from kl_annealing.training.history import Window
from kl_annealing.training.strategies import aggressive
from kl_annealing.training.strategies.aggressive import Aggressive
from kl_annealing.training.strategies.standard import Standard
from kl_annealing.training.validation import Averages

CPU = torch.device("cpu")
IMAGES = {"window": 10, "loss_per": "example", "inner_batches": "examples", "patience": 5}


def settings(**changes):
    return completed({"kind": "aggressive", **changes}, "strategy")


def prepare(run, corpus, kind=Aggressive):
    torch.manual_seed(0)
    model = build_model(run, corpus.size).train()
    data = DeviceSplit(corpus.train, 8, CPU)
    return model, kind(run, model, data), data


def copies(module: nn.Module) -> list[torch.Tensor]:
    return [value.detach().clone() for value in module.parameters()]


def same(module: nn.Module, before: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, module.parameters(), before))


def validated(information: float) -> Averages:
    return Averages(1.0, 0.0, 1, 1, {"mi_batch": information})


@pytest.fixture
def steps(monkeypatch):
    """A list to which each step adds its examples, what it steps, and the weights before it."""
    seen, original = [], Aggressive._step

    def spy(self, examples, beta, stepped):
        before = {name: copies(getattr(self.inference, name)) for name in self.networks}
        found = original(self, examples, beta, stepped)
        moved = [name for name in before if not same(getattr(self.inference, name), before[name])]
        seen.append((examples, tuple(stepped), moved))
        return found

    monkeypatch.setattr(Aggressive, "_step", spy)
    return seen


@pytest.fixture
def losses(monkeypatch):
    """A function that makes the encoder's steps report these losses, one after the other."""

    original = aggressive.Turn.ends

    def report(values):
        waiting = iter(values)

        def ends(self, loss, units):
            return original(self, torch.tensor(next(waiting) * units), units)

        monkeypatch.setattr(aggressive.Turn, "ends", ends)

    return report


@pytest.mark.parametrize("clipping", ["all", "stepped"])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_encoder_alone_then_decoder_alone(run_of, corpus, steps, losses, clipping, optimiser):
    run = run_of(strategy=settings(clipping=clipping), training__optimiser=optimiser)
    model, strategy, data = prepare(run, corpus)
    losses([3.0] * 15 + [2.0] * 15 + [2.5] * 15)
    outcome = strategy.update(data.batches[2], 4, 0.5, 0.1)
    assert outcome.columns == {"aggressive": 1, "inner_steps": 45}
    assert [moved for _, _, moved in steps] == [["encoder"]] * 45 + [["decoder"]]
    for examples, _, _ in (steps[0], steps[-1]):
        assert torch.equal(examples, data.examples(data.batches[2]))
    assert all(parameter.requires_grad for parameter in model.parameters())


def annealed(model, examples, beta):
    """Reconstruction + beta * KL(q(z|x) || N(0, I)) of each example at one draw, written out."""
    mu, logvar = model.encode(examples)
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    kl = (mu.square() + logvar.exp() - logvar - 1).sum(-1) / 2
    return model.reconstruction(examples, z) + beta * kl


@pytest.mark.parametrize("loss_per", ["word", "example"])
def test_turn_sums_the_loss_at_beta_over_words_or_examples(
    run_of, corpus, steps, monkeypatch, loss_per
):
    run = run_of(strategy=settings(loss_per=loss_per, maximum_steps=9))
    model, strategy, data = prepare(run, corpus)
    taken = []
    monkeypatch.setattr(aggressive.Turn, "ends", lambda _, *given: taken.append(given))
    torch.manual_seed(1)
    strategy.update(data.batches[1], 0, 0.3, learning_rate=0.0)
    inner = [examples for examples, _, _ in steps[:-1]]
    sizes, lengths = zip(*(examples.shape for examples in inner), strict=True)
    assert {*sizes} == {4, 8} and {*lengths} == {3, 4, 5, 6}
    torch.manual_seed(1)
    with torch.no_grad():
        expected = [annealed(model, examples, 0.3).sum() for examples in inner]
    losses, units = zip(*taken, strict=True)
    torch.testing.assert_close(list(losses), expected)
    counted = {"word": lambda examples: examples[:, 1:].numel(), "example": len}[loss_per]
    assert list(units) == [counted(examples) for examples in inner]


def test_inner_step_follows_the_gradient_at_beta(run_of, corpus):
    run = run_of(strategy=settings(maximum_steps=1), training__optimiser="sgd")
    run["training"]["gradient_clip"] = None
    model, strategy, data = prepare(run, corpus)
    weights = list(model.encoder.parameters())
    torch.manual_seed(1)
    loss = annealed(model, data.examples(data.batches[0]), 0.3).mean()
    slopes = torch.autograd.grad(loss, weights)
    expected = [
        (weight - 2 * slope).detach() for weight, slope in zip(weights, slopes, strict=True)
    ]
    torch.manual_seed(1)
    strategy.update(data.batches[0], 0, 0.3, learning_rate=2.0)
    torch.testing.assert_close(copies(model.encoder), expected)


@pytest.mark.parametrize(("changes", "rows"), [({}, 15), (IMAGES, 10)])
def test_turn_ends_at_the_windows_end_or_after_99_steps(run_of, corpus, losses, changes, rows):
    run = run_of(strategy=settings(**changes))
    even = Corpus("even", corpus.vocabulary, of_one_length(corpus.train), corpus.valid, corpus.test)
    _, strategy, data = prepare(run, even)
    losses([2.0] * rows + [3.0] * 200)
    assert strategy.update(data.batches[0], 0, 1.0, 0.1).columns["inner_steps"] == 2 * rows
    losses(-np.arange(200.0))
    assert strategy.update(data.batches[0], 1, 1.0, 0.1).columns["inner_steps"] == 99
    losses([20000.0] * 200)
    assert strategy.update(data.batches[0], 2, 1.0, 0.1).columns["inner_steps"] == rows


def of_one_length(split: Split) -> Split:
    return Split(split.tokens.copy(), np.full_like(split.lengths, 6), split.index)


def test_inner_batches_follow_from_seed_and_step_and_reach_all(run_of, corpus, steps, losses):
    run = run_of(strategy=settings(window=99))
    _, strategy, data = prepare(run, corpus)

    def drawn(step):
        losses([1.0] * 99)
        steps.clear()
        strategy.update(data.batches[0], step, 1.0, 0.01)
        return [examples.data_ptr() for examples, _, _ in steps[1:-1]]

    first = drawn(3)
    assert drawn(3) == first != drawn(4)
    counts = np.unique(first, return_counts=True)[1]
    assert len(counts) == len(data.batches) == 8
    assert counts.min() > 98 / 8 / 3  # uniform: 12 each on average


def test_single_examples_are_drawn_without_replacement(run_of, corpus, steps, losses):
    even = Corpus("even", corpus.vocabulary, of_one_length(corpus.train), corpus.valid, corpus.test)
    even.train.tokens[:, 5] = np.arange(48)  # tells the examples apart
    run = run_of(strategy=settings(**IMAGES))
    run["model"] = changed(run["model"], decoder__input_dropout=0)
    _, strategy, data = prepare(run, Corpus("even", FortyEight(), *(even.train,) * 3))
    losses(-np.arange(99.0))
    strategy.update(data.batches[0], 0, 1.0, 0.01)
    inner = torch.stack([examples[:, 5] for examples, _, _ in steps[1:-1]])
    assert inner.shape == (98, 8)
    assert all(len(row.unique()) == 8 for row in inner)
    assert len(inner.unique()) == 48


class FortyEight:
    """A vocabulary, as far as a corpus asks for its size."""

    def __len__(self) -> int:
        return 48


def test_published_clipping_counts_the_decoder_too(run_of, corpus):
    found = {}
    for clipping in ("all", "stepped"):
        run = run_of(strategy=settings(clipping=clipping), training__optimiser="sgd")
        run["training"]["gradient_clip"] = 0.01
        model, strategy, data = prepare(run, corpus)
        before = copies(model.encoder)
        torch.manual_seed(1)
        _, _, norm = strategy._step(data.examples(data.batches[0]), 1.0, ["encoder"])
        moved = [new - old for new, old in zip(model.encoder.parameters(), before, strict=True)]
        found[clipping] = norm, nn.utils.get_total_norm(moved)
        decoder = dict(model.decoder.named_parameters())
        unused = {name for name, parameter in decoder.items() if parameter.grad is None}
        norm_alone = {"output.weight"}
        assert unused == (set(decoder) if clipping == "stepped" else norm_alone)
    everything, encoder = (found[name][0] for name in ("all", "stepped"))
    assert everything > encoder
    torch.testing.assert_close(found["stepped"][1], torch.tensor(0.02 * 0.01))
    torch.testing.assert_close(found["all"][1], 0.02 * 0.01 * encoder / everything)


def test_without_clipping_no_other_gradient_is_computed(run_of, corpus):
    run = run_of(strategy=settings(clipping="all"), training__optimiser="sgd")
    run["training"]["gradient_clip"] = None
    model, strategy, data = prepare(run, corpus)
    _, _, norm = strategy._step(data.examples(data.batches[0]), 1.0, ["encoder"])
    assert all(parameter.grad is None for parameter in model.decoder.parameters())
    assert model.encoder.embedding.weight.grad.is_sparse
    gradients = [parameter.grad.to_dense() for parameter in model.encoder.parameters()]
    torch.testing.assert_close(norm, nn.utils.get_total_norm(gradients))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_encoder_gradient_is_the_same_without_the_decoders(run_of, corpus, precision):
    gradients = []
    for clipping in ("all", "stepped"):
        run = run_of(strategy=settings(clipping=clipping), training__precision=precision)
        run["training"]["gradient_clip"] = None if clipping == "stepped" else 1e9
        model, strategy, data = prepare(run, corpus)
        torch.manual_seed(1)
        strategy._step(data.examples(data.batches[0]), 0.7, ["encoder"])
        gradients.append([parameter.grad for parameter in model.encoder.parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("clipping", ["all", "stepped"])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_with_the_phase_over_it_is_standard_bit_for_bit(run_of, corpus, clipping, optimiser):
    weights = []
    for kind in (Standard, Aggressive):
        run = run_of(strategy=settings(clipping=clipping), training__optimiser=optimiser)
        run["training"]["gradient_clip"] = 1.0
        model, strategy, data = prepare(run, corpus, kind)
        if kind is Aggressive:
            strategy.end_epoch(validated(-1.0))
        torch.manual_seed(1)
        outcomes = [strategy.update(batch, 0, 0.4, 0.05) for batch in data.batches]
        weights.append([*copies(model), *(o.gradient_norm for o in outcomes)])
    assert outcomes[-1].columns == {"aggressive": 0, "inner_steps": 0}
    assert all(map(torch.equal, *weights))


@pytest.mark.parametrize(
    ("changes", "information", "expected"),
    [
        ({}, [1, 2, 1.9, 3], [1, 1, 1, 0, 0]),
        ({"initial_information": 1.5}, [1, 2], [1, 0, 0]),
        (IMAGES, [2, 1, 3, 1, 1, 1, 2, 9], [1] * 7 + [0, 0]),
    ],
)
def test_phase_ends_for_good_with_the_epoch(run_of, corpus, changes, information, expected):
    _, strategy, _ = prepare(run_of(strategy=settings(**changes)), corpus)
    flags = [strategy.phase.active]
    for value in information:
        strategy.end_epoch(validated(value))
        flags.append(strategy.phase.active)
    assert flags == expected


def test_a_new_learning_rate_renews_both_optimisers_and_not_the_phase(run_of, corpus):
    _, strategy, data = prepare(run_of(strategy=settings(maximum_steps=2)), corpus)
    strategy.update(data.batches[0], 0, 1.0, 0.01)
    assert all(optimiser.state for optimiser in strategy.optimisers.values())
    strategy.end_epoch(validated(-1.0))
    strategy.reset()
    assert not any(optimiser.state for optimiser in strategy.optimisers.values())
    assert not strategy.phase.active


def test_learning_curve_tells_the_phase_and_the_inner_steps(run_of, corpus):
    _, strategy, data = prepare(run_of(strategy=settings(maximum_steps=3)), corpus)
    window, batch = Window(CPU), data.batches[0]
    window.add(batch, strategy.update(batch, 0, 1.0, 0.01))
    strategy.end_epoch(validated(-1.0))
    window.add(batch, strategy.update(batch, 1, 1.0, 0.01))
    assert window.close()[0].others == {"aggressive": 0.5, "inner_steps": 1.5}
    window.add(batch, strategy.update(batch, 2, 1.0, 0.01))
    assert window.close()[0].others == {"aggressive": 0, "inner_steps": 0}


class KilledError(Exception):
    pass


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_interrupted_in_the_phase_ends_with_the_same_bits(
    run_of, corpus, tmp_path, monkeypatch, optimiser
):
    """Three epochs of eight steps; the phase lasts two of them."""
    strategy = settings(maximum_steps=5, window=2, patience=2, initial_information=99.0)
    run = run_of(strategy=strategy, training__optimiser=optimiser)
    fit(run, corpus, tmp_path / "whole", device="cpu", threads=1)
    original = Aggressive.update
    for last in (3, 4, 9):  # the steps made since the last resumption: to 2, 5, 13
        made = []

        def update(self, *arguments, last=last, made=made):
            made.append(1)
            if len(made) == last:
                self._turn(*arguments[:1], self.data.examples(arguments[0]), *arguments[1:3])
                raise KilledError
            return original(self, *arguments)

        monkeypatch.setattr(Aggressive, "update", update)
        with pytest.raises(KilledError):
            fit(run, corpus, tmp_path / "killed", "cpu", threads=1, checkpoint_seconds=0)
    monkeypatch.setattr(Aggressive, "update", original)
    fit(run, corpus, tmp_path / "killed", device="cpu", threads=1)
    for name in ("last.pt", "best.pt", "history.csv"):
        whole, killed = (tmp_path / folder / name for folder in ("whole", "killed"))
        assert killed.read_bytes() == whole.read_bytes()
    with open(tmp_path / "whole" / "history.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    assert [float(row["aggressive"]) for row in rows] == [1, 1, 1, 1, 0, 0]
    assert all((float(row["inner_steps"]) > 1) == (row["aggressive"] == "1.0") for row in rows)
