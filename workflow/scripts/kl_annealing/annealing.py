"""For your own training loop: a stateful weight of the KL term, and the two terms of a VAE's loss.

The pipeline itself uses neither: its schedules are pure functions (`kl_annealing.schedules`).
"""

import math
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.errors import InputError
from kl_annealing.gaussians import LOG_TWO_PI, STANDARD, DiagonalGaussian
from kl_annealing.numbers import is_number
from kl_annealing.schedules.counter import AnnealingCounter

LIKELIHOODS = ("bernoulli", "gaussian")
REDUCTIONS = ("mean", "sum", "none")

Weighable = TypeVar("Weighable")


class Annealer(AnnealingCounter):
    """Weighs the KL term by a value that rises from `baseline` to 1: call it, then `step()` it.

    The arguments, `step`, `set_cyclical` and `state_dict` are those of `AnnealingCounter`; the
    interface is that of hubertrybka/vae-annealing. Different from there: a cycle reaches 1 and
    can hold it (`ratio`), the logistic's slope follows `total_steps`, the state can be saved.
    """

    def __call__(self, kl: Weighable) -> Weighable:
        """Return `kl`, a tensor or a number, times the current weight; disabled, `kl` itself."""
        return kl if self.disable else kl * self.weight


class LossTerms(NamedTuple):
    """The two terms of a VAE's loss in nats, not weighted."""

    reconstruction: Tensor
    kl: Tensor


def vae_loss(
    reconstruction: Tensor,
    target: Tensor,
    mu: Tensor,
    logvar: Tensor,
    *,
    likelihood: str = "bernoulli",
    from_logits: bool = False,
    standard_deviation: float = 1.0,
    reduction: str = "mean",
    check_ranges: bool = True,
) -> LossTerms:
    """Return -log p(x|z) and KL(q(z|x) || N(0, I)), in nats per example.

    `reconstruction` and `target` [B, ...]: what the decoder made, then what it should have made.
    `mu` and `logvar` [B, D] of the Gaussian posterior. Both terms are summed over dimensions and
    averaged over the batch (`reduction` mean), so that their sum is the negative ELBO; "sum" adds
    up the batch, "none" returns [B].

    `likelihood` bernoulli: `reconstruction` holds probabilities, or logits with `from_logits`
    (safe however sure the decoder is). gaussian: `reconstruction` holds means and
    `standard_deviation` is fixed; at 1 this is half the squared error and a constant.
    `check_ranges` looks for values outside [0, 1], which waits for a GPU: switch it off there.

    Raises InputError (a ValueError) where shapes, values or options do not fit.
    """
    _check_options(likelihood, standard_deviation, reduction)
    _check_shapes(reconstruction, target, mu, logvar)
    target = target.to(reconstruction.dtype)
    if likelihood == "gaussian":
        elements = _gaussian(reconstruction, target, standard_deviation)
    else:
        if check_ranges:
            _check_unit("target", target, "scale the data, or use likelihood='gaussian'")
            if not from_logits:
                hint = "give probabilities, or logits with from_logits=True"
                _check_unit("reconstruction", reconstruction, hint)
        elements = _bernoulli(reconstruction, target, from_logits)
    return LossTerms(
        _reduced(elements.flatten(start_dim=1).sum(dim=1), reduction),
        _reduced(DiagonalGaussian(mu, logvar).kl(STANDARD).sum(-1), reduction),
    )


class VAELoss(nn.Module):
    """`vae_loss` with its options kept: call it with (reconstruction, target, mu, logvar)."""

    def __init__(
        self,
        likelihood: str = "bernoulli",
        from_logits: bool = False,
        standard_deviation: float = 1.0,
        reduction: str = "mean",
        check_ranges: bool = True,
    ) -> None:
        super().__init__()
        _check_options(likelihood, standard_deviation, reduction)
        self.options: dict[str, Any] = {
            "likelihood": likelihood,
            "from_logits": from_logits,
            "standard_deviation": standard_deviation,
            "reduction": reduction,
            "check_ranges": check_ranges,
        }

    def forward(
        self, reconstruction: Tensor, target: Tensor, mu: Tensor, logvar: Tensor
    ) -> LossTerms:
        """Return the two terms of `vae_loss`."""
        return vae_loss(reconstruction, target, mu, logvar, **self.options)

    def extra_repr(self) -> str:
        """Return the options for `print`."""
        return ", ".join(f"{key}={value!r}" for key, value in self.options.items())


def _bernoulli(reconstruction: Tensor, target: Tensor, from_logits: bool) -> Tensor:
    if from_logits:
        return functional.binary_cross_entropy_with_logits(reconstruction, target, reduction="none")
    return functional.binary_cross_entropy(reconstruction, target, reduction="none")


def _gaussian(mean: Tensor, target: Tensor, standard_deviation: float) -> Tensor:
    squared = ((target - mean) / standard_deviation).square()
    return 0.5 * (squared + LOG_TWO_PI) + math.log(standard_deviation)


def _reduced(examples: Tensor, reduction: str) -> Tensor:
    """Reduce a term of each example [B]."""
    return examples if reduction == "none" else getattr(examples, reduction)()


def _check_options(likelihood: str, standard_deviation: float, reduction: str) -> None:
    allowed = {"likelihood": LIKELIHOODS, "reduction": REDUCTIONS}
    for key, value in (("likelihood", likelihood), ("reduction", reduction)):
        if value not in allowed[key]:
            raise InputError(f"{key} is {value!r}; allowed: {', '.join(allowed[key])}")
    if not is_number(standard_deviation) or standard_deviation <= 0:
        raise InputError(f"standard_deviation is {standard_deviation!r}; allowed: a number above 0")


def _check_shapes(reconstruction: Tensor, target: Tensor, mu: Tensor, logvar: Tensor) -> None:
    if reconstruction.shape != target.shape or reconstruction.dim() < 2:
        raise InputError(
            f"reconstruction has shape {[*reconstruction.shape]} and target {[*target.shape]}; "
            "allowed: the same shape [batch, ...] for both"
        )
    if mu.shape != logvar.shape or mu.dim() != 2:
        raise InputError(
            f"mu has shape {[*mu.shape]} and logvar {[*logvar.shape]}; "
            "allowed: the same shape [batch, latent_dim] for both"
        )
    if len(mu) != len(target) or not len(target):
        raise InputError(
            f"the batch has {len(target)} targets and {len(mu)} posteriors; "
            "allowed: the same number, at least 1"
        )


def _check_unit(name: str, values: Tensor, remedy: str) -> None:
    # written so that NaN is refused too
    if not bool(((values >= 0) & (values <= 1)).all()):
        low, high = (float(end) for end in torch.aminmax(values.detach()))
        raise InputError(
            f"{name} goes from {low:.4g} to {high:.4g}; allowed for bernoulli: [0, 1]; {remedy}"
        )
