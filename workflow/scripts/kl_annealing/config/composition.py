"""Which techniques of a run do not go together, by name, before any job starts."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import has_latent
from kl_annealing.schema import Problem

Blocks = Mapping[str, Mapping[str, Any]]
SENTENCE_MODELS = ("vae",)


def composition_problems(blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong with the blocks of a run beside each other."""
    if has_latent(blocks["model"]) and blocks["strategy"]["kind"] == "aggressive":
        yield from _aggressive_problems(blocks)


def _aggressive_problems(blocks: Blocks) -> Iterator[Problem]:
    """Hold aggressive training against the examples of the model and the posterior."""
    strategy, model = blocks["strategy"], blocks["model"]["kind"]
    words = model in SENTENCE_MODELS
    if words and strategy["inner_batches"] == "examples":
        line = f"the sentences of a batch of {model} have one length; allowed: batches"
        yield Problem("strategy.inner_batches", line, " = examples")
    if not words and strategy["loss_per"] == "word":
        line = f"{model} predicts no words; allowed: example"
        yield Problem("strategy.loss_per", line, " = word")
    posterior = blocks["posterior"]["kind"]
    if posterior != "gaussian":
        line = (
            "its phase ends by the mutual information of Gaussian posteriors, not of "
            f"posterior.kind = {posterior}; allowed: standard"
        )
        yield Problem("strategy.kind", line, " = aggressive")
