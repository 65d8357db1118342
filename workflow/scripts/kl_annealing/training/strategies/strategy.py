"""What the training loop asks of a strategy, and what strategies share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from kl_annealing.data import Batch
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.objectives import Terms
from kl_annealing.training.validation import Averages


class Outcome(NamedTuple):
    """What a step leaves behind, on the device and without a graph.

    `columns` are further columns of the learning curve, whose rows have the mean over the steps.
    """

    terms: Terms
    loss: Tensor
    gradient_norm: Tensor
    columns: Mapping[str, float] = MappingProxyType({})


class Strategy(Protocol):
    """Turns a batch and the weights of a step into updates; made of (run, model, data).

    Whatever is random beyond torch's global state follows from the seed and the step, and
    `state_dict` holds the rest, so that a resumed training ends with the same bits.
    """

    inference: SentenceModel  # what validation measures: the model, its `encode` as trained

    def update(self, batch: Batch, step: int, beta: float, learning_rate: float) -> Outcome:
        """Make the step after `step` steps, on a batch.

        A GPU is waited for only where the course of the step depends on a value, as in the turns of
        `aggressive`; what is measured stays on the device.
        """

    def end_epoch(self, measured: Averages) -> None:
        """Take the validation at the end of an epoch."""

    def reset(self) -> None:
        """Forget the optimisers' moments."""

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
