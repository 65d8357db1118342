"""Which techniques do not go together: pairs of blocks that have no meaning, by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import has_latent
from kl_annealing.schema import Problem

Blocks = Mapping[str, Mapping[str, Any]]
SENTENCE_MODELS = ("vae", "autoreg")


def composition_problems(run_blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong with the blocks of a run together, each sound by itself."""
    for check in CHECKS:
        yield from check(run_blocks)


def _aggressive(run: Blocks) -> Iterator[Problem]:
    """Find examples and posteriors on which aggressive training has nothing to compare."""
    strategy, model = run["strategy"], run["model"]["kind"]
    if strategy["kind"] != "aggressive" or not has_latent(run["model"]):
        return
    words = model in SENTENCE_MODELS
    if words and strategy["inner_batches"] == "examples":
        text = f"the sentences of a batch of {model} have one length; allowed: batches"
        yield Problem("strategy.inner_batches", text, " = 'examples'")
    if not words and strategy["loss_per"] == "word":
        text = f"{model} predicts no words; allowed: example"
        yield Problem("strategy.loss_per", text, " = 'word'")
    posterior = run["posterior"]["kind"]
    if posterior != "gaussian":
        text = "aggressive ends by the mutual information of Gaussian posteriors; allowed: gaussian"
        yield Problem("posterior.kind", text, f" = {posterior!r}")


CHECKS = (_aggressive,)
