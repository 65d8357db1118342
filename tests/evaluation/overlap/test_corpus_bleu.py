"""Corpus BLEU-4 by both libraries, and what they do when they differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import corpus_bleu

from kl_annealing.evaluation.overlap import corpus_bleu as module
from kl_annealing.evaluation.overlap.corpus_bleu import corpus_bleu4

sentences = st.lists(st.integers(0, 2), max_size=8)
pairs = st.tuples(sentences, st.lists(sentences, min_size=1, max_size=3))
long_pairs = pairs.filter(lambda pair: len(pair[0]) >= 4)


@given(st.lists(pairs, min_size=1, max_size=5))
def test_both_agree_on_any_sentences_empty_and_short_ones_too(corpus):
    found = corpus_bleu4(*zip(*corpus, strict=True))
    assert found.nltk == pytest.approx(found.sacrebleu, rel=1e-9)
    assert 0 <= found.nltk <= 1 + 1e-12


@given(st.lists(long_pairs, min_size=1, max_size=5))
def test_of_hypotheses_with_four_tokens_it_is_what_nltk_prints(corpus):
    hypotheses, references = zip(*corpus, strict=True)
    found = corpus_bleu4(hypotheses, references).nltk
    if found:  # NLTK warns and returns 1e-78 where an order has no match
        assert found == pytest.approx(corpus_bleu(references, hypotheses), rel=1e-12)


def test_nltk_counts_a_4_gram_of_a_hypothesis_that_has_none_and_here_it_does_not():
    hypotheses, references = [[1, 2, 3, 4], [1]], [[[1, 2, 3, 4]], [[1]]]
    theirs = (5 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert corpus_bleu(references, hypotheses) == pytest.approx(theirs)
    assert corpus_bleu4(hypotheses, references) == pytest.approx((1.0, 1.0))


def test_words_that_sacrebleu_would_split_or_strip_are_words():
    for odd in ("a b", "\u00a0", " ", ""):
        hypotheses, references = [["x", odd, "y", odd, "z"]], [[["x", odd, "y", odd, "w"]]]
        plain = corpus_bleu4([[0, 1, 2, 1, 3]], [[[0, 1, 2, 1, 4]]])
        assert corpus_bleu4(hypotheses, references) == plain


def test_a_disagreement_is_an_error_that_gives_both_numbers(monkeypatch):
    monkeypatch.setattr(module, "_by_sacrebleu", lambda *_: 0.5)
    with pytest.raises(ArithmeticError, match=r"1\.0 .*NLTK.* 0\.5 by sacrebleu"):
        corpus_bleu4([[1, 2, 3, 4]], [[[1, 2, 3, 4]]])
