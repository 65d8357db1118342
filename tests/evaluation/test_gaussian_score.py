"""The share of draws that are training verbs, by hand."""

import numpy as np
import pytest

from kl_annealing.evaluation.gaussian_score import distinct_tuples, gaussian_score, latent_draws

GO, SEE, ODD = tuple("abcd"), tuple("efgh"), tuple("abcx")
VERBS = [GO, SEE, GO]  # one of them twice


def test_only_whole_verbs_count():
    assert gaussian_score([GO, ODD, SEE, ODD], VERBS) == 0.5


def test_duplicates_count_once_or_as_often_as_they_are_there():
    assert gaussian_score([GO, GO], VERBS) == 1
    assert gaussian_score([GO, GO], VERBS, "counted") == 2


def test_one_verb_again_and_again_is_one():
    assert distinct_tuples([GO, GO, GO, ODD], VERBS) == 0.25


@pytest.mark.parametrize(("latent", "variance"), [("prior", 1), ("published", 1 + np.exp(0.5))])
def test_variance_of_the_draws(latent, variance):
    z = latent_draws(200_000, 2, latent, np.random.default_rng(0))
    assert z.dtype == np.float32
    assert np.allclose(z.var(axis=0), variance, rtol=0.02) and abs(z.mean()) < 0.02
