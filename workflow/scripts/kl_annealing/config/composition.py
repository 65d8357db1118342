"""Which techniques do not go together: pairs of blocks that have no meaning, by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import has_latent
from kl_annealing.schema import Problem

Blocks = Mapping[str, Mapping[str, Any]]
REFINING = ("svi", "sa_vae")


def composition_problems(run_blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong with the blocks of a run together, each sound by itself."""
    for check in CHECKS:
        yield from check(run_blocks)


def _refined(run: Blocks) -> Iterator[Problem]:
    """Find models and posteriors that no strategy can refine, or that teach nothing."""
    strategy, posterior = run["strategy"], run["posterior"]["kind"]
    kind = strategy["kind"]
    if kind not in REFINING:
        return
    if not has_latent(run["model"]):
        text = f"model {run['model']['kind']} has no posterior to refine; allowed: standard"
        yield Problem("strategy.kind", text, f" = {kind!r}")
    if posterior != "gaussian":
        text = f"strategy {kind} refines mu and logvar of a Gaussian; allowed: gaussian"
        yield Problem("posterior.kind", text, f" = {posterior!r}")
    if strategy.get("encoder") == "kl" and not strategy["steps"]:
        text = "encoder kl learns from the refined posterior, so it needs one; allowed: 1 to 200"
        yield Problem("strategy.steps", text, " = 0")


def _differences(run: Blocks) -> Iterator[Problem]:
    """Find differences of gradients that are smaller than their rounding."""
    differences = run["strategy"].get("gradients") == "finite_differences"
    if differences and run["training"]["precision"] == "bfloat16":
        text = "bfloat16 rounds away the differences of gradients; allowed: exact"
        yield Problem("strategy.gradients", text, " = 'finite_differences'")


CHECKS = (_refined, _differences)
