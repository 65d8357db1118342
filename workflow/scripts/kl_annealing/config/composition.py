"""Which blocks of a run do not compose, each with the reason."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.schema import Problem

Blocks = Mapping[str, Mapping[str, Any]]


def composition_problems(blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong with the combination of a run's blocks, each sound by itself."""
    yield from _posterior_mean_problems(blocks)


def _posterior_mean_problems(blocks: Blocks) -> Iterator[Problem]:
    if blocks["training"]["posterior_means"] is None:
        return
    latent_dim, posterior = blocks["model"].get("latent_dim", 0), blocks["posterior"]["kind"]
    if latent_dim != 1:
        line = f"needs scalar z; model.latent_dim is {latent_dim}, allowed: 1"
        yield Problem("training.posterior_means", line)
    if posterior != "gaussian":
        line = f"needs the posterior's mean; posterior.kind is {posterior!r}, allowed: 'gaussian'"
        yield Problem("training.posterior_means", line)
