"""Paths in the latent space and the sentences on them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.errors import InputError
from kl_annealing.generation.interpolate import interpolate, path_between
from kl_annealing.generation.texts import texts_of

GREEDY = {"method": "greedy"}


@given(st.integers(0, 10**6), st.integers(2, 12), st.sampled_from(["linear", "spherical"]))
def test_a_path_has_its_ends(seed, steps, shape):
    start, end = torch.randn(2, 4, generator=torch.Generator().manual_seed(seed))
    path = path_between(start, end, steps, shape)
    assert path.shape == (steps, 4)
    torch.testing.assert_close(path[0], start, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(path[-1], end, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        path.flip(0), path_between(end, start, steps, shape), atol=1e-4, rtol=1e-3
    )


def test_linear_by_hand():
    path = path_between(torch.tensor([0.0, 4.0]), torch.tensor([2.0, 0.0]), 3)
    assert path.tolist() == [[0, 4], [1, 2], [2, 0]]


def test_spherical_keeps_the_norm_and_turns_evenly():
    start, end = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    path = path_between(start, end, 4, "spherical")
    torch.testing.assert_close(path.norm(dim=1), torch.full((4,), 2.0))
    angles = torch.rad2deg(torch.atan2(path[:, 1], path[:, 0]))
    torch.testing.assert_close(angles, torch.tensor([0.0, 30.0, 60.0, 90.0]))


@pytest.mark.parametrize("end", [[2.0, 2.0], [-1.0, -1.0], [0.0, 0.0]])
def test_spherical_without_a_great_circle_is_straight(end):
    start, end = torch.tensor([1.0, 1.0]), torch.tensor(end)
    assert torch.equal(path_between(start, end, 5, "spherical"), path_between(start, end, 5))


def test_refused_requests():
    zero = torch.zeros(2)
    with pytest.raises(InputError, match="at least 2 points"):
        path_between(zero, zero, 1)
    with pytest.raises(InputError, match="'curved': allowed are linear and spherical"):
        path_between(zero, zero, 3, "curved")


def test_ends_are_the_reconstructions(make_model, corpus):
    model, generator = make_model(), torch.Generator()
    ends = ([2, 4, 5, 3], [2, 8, 8, 8, 7, 3])
    made = interpolate(model, corpus.vocabulary, ends, GREEDY, generator, 4, maximum_length=6)
    means = torch.cat([model.encode(torch.tensor([ids])).mu for ids in ends])
    expected = texts_of(model, corpus.vocabulary, means, GREEDY, generator, 6)
    assert len(made) == 4
    assert [made[0], made[-1]] == expected
