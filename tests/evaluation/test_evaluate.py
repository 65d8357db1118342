"""Everything measured of one iterate, against an independent walk through the sentences."""

import math

import numpy as np
import pytest
import torch
from machine import needs_bfloat16

from kl_annealing.data import Batch
from kl_annealing.errors import InputError
from kl_annealing.evaluation import evaluate as module
from kl_annealing.evaluation import likelihood
from kl_annealing.evaluation.evaluate import evaluate, summarise
from kl_annealing.evaluation.likelihood import (
    first,
    importance_bound,
    reconstructions,
    sentence_noise,
)
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.information import neighbour_purity
from kl_annealing.schema import completed

SETTINGS = completed(
    {
        "importance_samples": 7,
        "posterior_samples": 1,
        "batch_size": 4,
        "splits": ["valid", "test"],
    },
    "evaluation",
)

NAMES = {
    *("rec", "kl", "elbo", "nll", "ppl", "iw_nll", "iw_ppl"),
    *("mi_batch", "mi_aggregate", "active_units", "code_purity", "n_examples", "n_targets"),
    *("floor_nll", "nll_above_floor", "iw_nll_above_floor"),
}


def measure(model, corpus, seed=0, **changes):
    return evaluate(model, corpus, SETTINGS | changes, seed, "cpu", progress=lambda text: None)


def word_by_word(model, sentence, z):
    """-log p(x|z) of one sentence by the decoder's single steps."""
    state, nll = model.decoder.start(z), 0.0
    for token, target in zip(sentence[:-1], sentence[1:], strict=True):
        log_p, state = model.decoder.step(torch.tensor([token]), z, state)
        nll -= log_p[0, target].item()
    return nll


@torch.no_grad()
def by_hand(model, split, seed, samples):
    """rec, kl and iw_nll of each sentence, one at a time, with torch.distributions."""
    model.eval()
    rows = []
    for row in range(split.n_examples):
        sentence = split.tokens[row, : split.lengths[row]].tolist()
        mu, logvar = model.encode(torch.tensor([sentence]))
        q = torch.distributions.Normal(mu, (logvar / 2).exp())
        p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
        noise = sentence_noise(seed, [split.index[row]], samples, model.latent_dim)
        weights = []
        for k in range(samples):
            z = mu + (logvar / 2).exp() * noise[k]
            rec = word_by_word(model, sentence, z)
            weights.append((p.log_prob(z) - q.log_prob(z)).sum().item() - rec)
            if k == 0:
                first = rec
        kl = torch.distributions.kl_divergence(q, p).sum().item()
        rows.append([first, kl, -math.log(np.mean(np.exp(weights)))])
    return np.array(rows).T


def test_terms_equal_an_independent_walk(make_model, corpus):
    model = make_model()
    metrics, arrays = measure(model, corpus, seed=3)
    rec, kl, iw_nll = by_hand(model, corpus.test, 3, 7)
    np.testing.assert_allclose(arrays["test/rec"], rec, rtol=1e-5)
    np.testing.assert_allclose(arrays["test/kl"], kl, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(arrays["test/iw_nll"], iw_nll, rtol=1e-5)
    assert metrics["test_rec"] == pytest.approx(rec.mean(), rel=1e-5)
    assert metrics["test_nll"] == pytest.approx((rec + kl).mean(), rel=1e-5)
    assert metrics["test_iw_nll"] == pytest.approx(iw_nll.mean(), rel=1e-5)


def test_names_counts_and_identities(make_model, corpus):
    metrics, arrays = measure(make_model(), corpus)
    assert set(metrics) == {f"{split}_{name}" for split in ("valid", "test") for name in NAMES}
    test = corpus.test
    assert metrics["test_n_examples"] == 23
    assert metrics["test_n_targets"] == (test.lengths - 1).sum() == arrays["test/n_targets"].sum()
    assert metrics["test_elbo"] == -metrics["test_nll"]
    assert metrics["test_nll"] == pytest.approx(metrics["test_rec"] + metrics["test_kl"], rel=1e-12)
    per_sentence = metrics["test_n_targets"] / metrics["test_n_examples"]
    for bound, ppl in (("nll", "ppl"), ("iw_nll", "iw_ppl")):
        expected = math.exp(metrics[f"test_{bound}"] / per_sentence)
        assert metrics[f"test_{ppl}"] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(arrays["test/index"], test.index)
    assert arrays["test/mu"].shape == arrays["test/logvar"].shape == (23, 3)
    assert not any(name.endswith("/z") for name in arrays)


def test_more_samples_tighten_the_bound(make_model, corpus):
    model = make_model()
    one, many = (measure(model, corpus, importance_samples=k)[0] for k in (1, 200))
    assert many["test_iw_nll"] < one["test_iw_nll"]
    assert many["test_nll"] == pytest.approx(one["test_nll"], rel=1e-6)


def test_more_posterior_samples_change_the_reconstruction_alone(make_model, corpus):
    model = make_model()
    one, many = (measure(model, corpus, posterior_samples=k)[0] for k in (1, 50))
    assert many["test_rec"] != one["test_rec"]
    assert many["test_rec"] == pytest.approx(one["test_rec"], rel=0.1)
    for name in ("test_kl", "test_iw_nll", "test_mi_aggregate"):
        assert many[name] == pytest.approx(one[name], rel=1e-6)


def test_information_of_few_sentences_is_not_one_draw_of_each():
    """Two far and two equal posteriors: I = ln 4 - ln(2) / 2. Spread ones: seeds agree."""
    mu = np.array([[-40.0], [40.0], [0.0], [0.0]], dtype=np.float32)
    noisy = {name: np.ones(4) for name in ("rec", "kl", "iw_nll", "n_targets")}
    found = {**noisy, "mu": mu, "logvar": np.zeros_like(mu), "index": np.arange(4)}
    spread = found | {"logvar": np.full_like(mu, 2.0), "mu": mu / 40}
    batches, settings = [Batch(0, 4, 3)], {"active_unit_threshold": 0.01}
    assert summarise(found, batches, settings)["mi_aggregate"] == pytest.approx(
        math.log(4) - math.log(2) / 2, abs=1e-6
    )
    seeds = [summarise(spread, batches, settings, seed)["mi_aggregate"] for seed in range(5)]
    assert np.std(seeds) < 0.02


@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_batch_size_does_not_matter_but_for_mi_batch(make_model, corpus, batch_size):
    model = make_model()
    (numbers, arrays), (others, other_arrays) = (
        measure(model, corpus, batch_size=size) for size in (4, batch_size)
    )
    for name in numbers:
        if not name.endswith("mi_batch"):
            assert numbers[name] == pytest.approx(others[name], rel=1e-5, abs=1e-7), name
    np.testing.assert_allclose(arrays["test/iw_nll"], other_arrays["test/iw_nll"], rtol=1e-5)
    if batch_size == 1:
        assert others["test_mi_batch"] == pytest.approx(0, abs=1e-12)


def test_dropout_is_off_and_the_seed_decides(make_model, corpus):
    model = make_model().train()
    first, again, other = (measure(model, corpus, seed=seed)[0] for seed in (0, 0, 1))
    assert first == again
    assert first["test_rec"] != other["test_rec"]
    assert first["test_kl"] == other["test_kl"]


def test_language_model_is_exact(make_model, corpus):
    model = make_model("autoreg")
    metrics, arrays = measure(model, corpus)
    for name in ("kl", "mi_batch", "mi_aggregate", "active_units"):
        assert metrics[f"test_{name}"] == 0
    assert metrics["test_iw_nll"] == metrics["test_nll"] == metrics["test_rec"]
    assert metrics["test_iw_ppl"] == metrics["test_ppl"]
    np.testing.assert_array_equal(arrays["test/iw_nll"], arrays["test/rec"])
    sentence = corpus.test.tokens[0, : corpus.test.lengths[0]].tolist()
    with torch.no_grad():
        expected = word_by_word(model.eval(), sentence, torch.zeros(1, 0))
    assert arrays["test/rec"][0] == pytest.approx(expected, rel=1e-5)


def test_ppl_of_a_uniform_model_is_the_vocabulary(make_model, corpus):
    model = make_model("autoreg")
    torch.nn.init.zeros_(model.decoder.output.weight)
    torch.nn.init.zeros_(model.decoder.output.bias)
    assert measure(model, corpus)[0]["test_ppl"] == pytest.approx(9, rel=1e-6)


def test_floor_is_that_of_the_split_or_the_entropy(make_model, corpus):
    metrics, _ = measure(make_model(), corpus)
    assert metrics["test_floor_nll"] == 2.5
    assert metrics["valid_floor_nll"] == 2.0
    assert metrics["test_nll_above_floor"] == metrics["test_nll"] - 2.5
    assert metrics["valid_iw_nll_above_floor"] == metrics["valid_iw_nll"] - 2.0


def test_no_floor_no_number(make_model, corpus):
    corpus.attributes.clear()
    corpus.attributes["floor_nll"] = None
    assert not any("floor" in name for name in measure(make_model(), corpus)[0])


@needs_bfloat16
def test_bfloat16_touches_the_importance_bound_alone(make_model, corpus):
    model = make_model()
    wide, narrow = (measure(model, corpus, precision=p)[0] for p in ("float32", "bfloat16"))
    # float32 products of other batches may differ in their last bits, by processor
    changed = {name for name in wide if narrow[name] != pytest.approx(wide[name], rel=2e-6)}
    assert changed and all("iw" in name for name in changed)
    assert narrow["test_iw_nll"] == pytest.approx(wide["test_iw_nll"], rel=0.01)


@pytest.mark.parametrize("precision", ["float32", pytest.param("bfloat16", marks=needs_bfloat16)])
@pytest.mark.parametrize("counts", [(3, 7), (7, 3)])
def test_the_error_behind_the_importance_bound_is_that_of_the_same_samples(
    make_model, corpus, precision, counts
):
    model, (few, many) = make_model(), counts
    settings = {"posterior_samples": few, "importance_samples": many, "splits": ["test"]}
    exact = measure(model, corpus, **settings)[0]
    cheap, arrays = measure(model, corpus, precision=precision, words=4, **settings)
    assert "test_iw_rec_error" not in exact
    # float32 products of other batches may differ in their last bits, by processor
    same = {name for name in exact if cheap[name] == pytest.approx(exact[name], rel=2e-6)}
    assert set(exact) - same == {"test_iw_nll", "test_iw_ppl", "test_iw_nll_above_floor"} & {*exact}
    batch = corpus.test.batches(4)[-1]
    tokens = torch.from_numpy(corpus.test.examples(batch))
    noise = sentence_noise(0, corpus.test.index[batch.rows], 3, 3)
    with torch.no_grad():
        z = model.encode(tokens).draw(noise).z
        right = reconstructions(model, tokens, z).mean(0)
    if few == 7:  # all importance samples are posterior samples too
        weighed = reconstructions(model, tokens, z, precision, words=4).mean(0)
        np.testing.assert_allclose(
            arrays["test/iw_rec_error"][batch.rows], weighed - right, atol=1e-5
        )
    assert 0 < abs(cheap["test_iw_rec_error"]) < 0.2
    assert cheap["test_iw_nll"] == pytest.approx(exact["test_iw_nll"], rel=0.05)


def test_by_some_words_the_batch_size_does_not_matter(make_model, corpus):
    found = [measure(make_model(), corpus, words=5, batch_size=size)[1] for size in (1, 4, 1000)]
    for other in found[1:]:
        np.testing.assert_allclose(other["test/iw_nll"], found[0]["test/iw_nll"], rtol=1e-5)


def test_samples_of_a_long_sentence_are_drawn_for_in_parts(make_model, corpus, monkeypatch):
    model = make_model()
    exact = measure(model, corpus)[1]["test/iw_nll"]
    decoded, true = [], model.reconstruction
    monkeypatch.setattr(likelihood, "_TOKENS_OF_A_SENTENCE", 16)
    monkeypatch.setattr(
        model, "reconstruction", lambda *given: decoded.append(given[1].shape[0]) or true(*given)
    )
    found = measure(model, corpus, words=5, importance_samples=7)[1]["test/iw_nll"]
    assert max(decoded) < 7
    np.testing.assert_allclose(found, exact, rtol=0.05)


def test_more_words_than_there_are_change_nothing(make_model, corpus):
    model = make_model()
    expected = measure(model, corpus)
    found = measure(model, corpus, words=model.decoder.vocabulary_size)
    assert found[0] == expected[0]


def test_a_diverged_model_is_named(make_model, corpus):
    model = make_model()
    with torch.no_grad():
        model.decoder.output.bias[4] = math.nan
    with pytest.raises(InputError, match="valid_rec = nan.*diverged"):
        measure(model, corpus)


def test_progress_says_where_it_is(make_model, corpus, monkeypatch):
    said = []
    monkeypatch.setattr(module, "_REPORT_SECONDS", -1)
    evaluate(make_model(), corpus, SETTINGS | {"splits": ["test"]}, 0, "cpu", said.append)
    assert said[-1].startswith("test: 23/23 sentences")
    assert len(said) == len(corpus.test.batches(4))


def test_few_sentences_have_a_purity_of_their_codes(make_model, corpus):
    model = make_model()
    metrics, arrays = measure(model, corpus)
    posterior = DiagonalGaussian(*(torch.tensor(arrays[f"test/{key}"]) for key in ("mu", "logvar")))
    z = posterior.draw(sentence_noise(0, corpus.test.index, 1000 // 23, 3)).z
    expected = neighbour_purity(z.flatten(0, 1), torch.arange(23).repeat(1000 // 23))
    assert metrics["test_code_purity"] == expected
    assert 0 < expected < 1


@pytest.mark.parametrize(("codes", "has"), [(23 * 11, True), (23 * 11 - 1, False)])
def test_a_purity_needs_more_codes_than_neighbours(make_model, corpus, monkeypatch, codes, has):
    monkeypatch.setattr(module, "CODES", codes)
    assert ("test_code_purity" in measure(make_model(), corpus)[0]) == has


@pytest.mark.parametrize("samples", [(3, 7), (7, 3), (5, 5)])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_shared_decoding_gives_the_numbers_of_two(make_model, corpus, samples, precision):
    """What is decoded once for both bounds is what each would have decoded for itself."""
    model = make_model()
    few, many = samples
    counts = {"posterior_samples": few, "importance_samples": many}
    _, arrays = measure(model, corpus, precision=precision, **counts)
    batch = corpus.test.batches(4)[-1]
    tokens = torch.from_numpy(corpus.test.examples(batch))
    noise = sentence_noise(0, corpus.test.index[batch.rows], max(samples), 3)
    with torch.no_grad():
        posterior = model.encode(tokens)
        draw = posterior.draw(noise)
        z = draw.z
        each = torch.stack([model.reconstruction(tokens, sample) for sample in z[:few]])
        weighed = reconstructions(model, tokens, z[:many], precision)
        iw_nll = -importance_bound(first(draw, many), model.prior_of(tokens), weighed)
    np.testing.assert_allclose(arrays["test/rec"][batch.rows], each.mean(0), rtol=1e-6)
    np.testing.assert_allclose(arrays["test/iw_nll"][batch.rows], iw_nll, rtol=1e-6)


def test_a_sample_is_decoded_once(make_model, corpus, monkeypatch):
    model, decoded = make_model(), []
    true = model.reconstruction
    monkeypatch.setattr(
        model, "reconstruction", lambda tokens, z: decoded.append(len(z)) or true(tokens, z)
    )
    measure(model, corpus, splits=["test"], posterior_samples=3)
    assert sum(decoded) == 7 * 23
