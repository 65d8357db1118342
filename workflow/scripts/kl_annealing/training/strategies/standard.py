"""The standard strategy: one update of all parameters a step."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from kl_annealing.data import Batch
from kl_annealing.models.sparse_rows import sparse_gradients, sparse_layers
from kl_annealing.objectives import Terms
from kl_annealing.training.batches import DeviceImages, DeviceSplit
from kl_annealing.training.optimisers import build_optimiser, set_learning_rate
from kl_annealing.training.strategies.gradients import AnnealedLoss, clip
from kl_annealing.training.strategies.strategy import Outcome
from kl_annealing.training.strategies.teacher_forcing import TeacherForcing
from kl_annealing.training.validation import Averages


class Standard:
    """Follows the gradient of the annealed loss jointly in encoder and decoder."""

    def __init__(
        self, run: Mapping[str, Any], model: nn.Module, data: DeviceSplit | DeviceImages
    ) -> None:
        self.inference = model
        self.data = data
        self.training = run["training"]
        self.loss = AnnealedLoss(run, model)
        self.parameters = list(model.parameters())
        self.embeddings = sparse_layers(model, self.training["optimiser"])
        self.forcing = TeacherForcing.of(run, len(data.batches))
        self.reset()

    def update(self, batch: Batch, step: int, beta: float, learning_rate: float) -> Outcome:
        """Make one update on a batch."""
        self.optimiser.zero_grad(set_to_none=True)
        options = self.forcing.options(step)
        terms, loss = self.backward(self.data.examples(batch), step, beta, **options)
        norm = clip(self.parameters, self.training["gradient_clip"])
        set_learning_rate(self.optimiser, learning_rate)
        self.optimiser.step()
        columns = self.forcing.columns(step, **options)
        return Outcome(terms.detached(), loss.detach(), norm, columns)

    def backward(
        self, examples: Tensor, step: int, beta: float, **options: Any
    ) -> tuple[Terms, Tensor]:
        """Leave the gradient of every parameter in its `grad`; return the terms and the loss."""
        with sparse_gradients(self.embeddings):
            terms, loss = self.loss(examples, beta, **options)
        loss.backward()
        return terms, loss

    def end_epoch(self, measured: Averages) -> None:
        """Nothing changes between epochs."""

    def reset(self) -> None:
        """Forget the optimiser's moments."""
        name, learning_rate = (self.training[key] for key in ("optimiser", "learning_rate"))
        self.optimiser = build_optimiser(name, self.parameters, learning_rate)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {"optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.optimiser.load_state_dict(state["optimiser"])
