"""Aggressive training of the inference network (He et al. 2019, algorithm 1)."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import Tensor, nn

from kl_annealing.data import Batch
from kl_annealing.models.freezing import frozen
from kl_annealing.models.norm_only import GradientSum, norm_only, output_weights
from kl_annealing.models.sparse_rows import sparse_gradients, sparse_layers
from kl_annealing.objectives import Terms
from kl_annealing.training.batches import DeviceImages, DeviceSplit
from kl_annealing.training.optimisers import build_optimiser, set_learning_rate
from kl_annealing.training.strategies.aggressive_rules import Phase, Turn
from kl_annealing.training.strategies.gradients import AnnealedLoss, clip
from kl_annealing.training.strategies.inner_batches import inner_batches
from kl_annealing.training.strategies.strategy import Outcome
from kl_annealing.training.validation import Averages

STREAM = 2  # keeps the inner batches apart from the noise of validation, drawn at the same step


class Aggressive:
    """Lets the encoder catch up before each step of the decoder, until information falls.

    A step of the schedule is the encoder's turn, steps of its own that end when its loss rises,
    then one step of the decoder. Once the mutual information of the validation set has fallen, it
    is one step of both. Each has an optimiser of its own.
    """

    def __init__(
        self, run: Mapping[str, Any], model: nn.Module, data: DeviceSplit | DeviceImages
    ) -> None:
        self.inference = model
        self.data, self.seed = data, run["seed"]
        self.training, self.settings = run["training"], run["strategy"]
        self.loss = AnnealedLoss(run, model)
        encoder = list(model.encoder.parameters())
        inner = set(encoder)
        self.parameters = list(model.parameters())
        self.embeddings = sparse_layers(model, self.training["optimiser"])
        self.networks = {
            "encoder": encoder,
            "decoder": [each for each in self.parameters if each not in inner],
        }
        self.phase = Phase(self.settings["patience"], self.settings["initial_information"])
        self.reset()

    def update(self, batch: Batch, step: int, beta: float, learning_rate: float) -> Outcome:
        """Make the encoder's turn, if it leads, and one step on the batch."""
        for optimiser in self.optimisers.values():
            set_learning_rate(optimiser, learning_rate)
        leads = self.phase.active
        examples = self.data.examples(batch)
        inner_steps = self._turn(batch, examples, step, beta) if leads else 0
        terms, loss, norm = self._step(
            examples, beta, ["decoder"] if leads else ["encoder", "decoder"]
        )
        columns = {"aggressive": int(leads), "inner_steps": inner_steps}
        return Outcome(terms.detached(), loss, norm, columns)

    def _turn(self, batch: Batch, examples: Tensor, step: int, beta: float) -> int:
        """Step the encoder until its loss rises; return how often."""
        turn = Turn(self.settings["window"], self.settings["initial_reference"])
        batches = itertools.chain([(batch, examples)], self._drawn(step))
        for batch, examples in itertools.islice(batches, self.settings["maximum_steps"]):
            _, loss, _ = self._step(examples, beta, ["encoder"])
            units = batch.targets if self.settings["loss_per"] == "word" else batch.size
            if turn.ends(loss * batch.size, units):
                break
        return turn.steps

    def _drawn(self, step: int) -> Iterator[tuple[Batch, Tensor]]:
        """Yield the batches of a turn after the first, with their examples."""
        random = np.random.default_rng([self.seed, step, STREAM])
        size = self.training["batch_size"]
        for batch in inner_batches(self.data, self.settings["inner_batches"], size, random):
            yield batch, self.data.examples(batch)

    def _step(
        self, examples: Tensor, beta: float, stepped: list[str]
    ) -> tuple[Terms, Tensor, Tensor]:
        """Step some networks on the examples; return terms, loss and the norm before clipping.

        Of the others the gradient is computed only where the clipping counts it, and of the output
        layer's weight only its norm.
        """
        for optimiser in self.optimisers.values():
            optimiser.zero_grad(set_to_none=True)
        with self._passed_over(stepped) as sums, sparse_gradients(self.embeddings):
            terms, loss = self.loss(examples, beta)
            loss.backward()
        norms = [each.norm() for each in sums]
        norm = clip(self.parameters, self.training["gradient_clip"], norms)
        for name in stepped:
            self.optimisers[name].step()
        return terms, loss.detach(), norm

    @contextmanager
    def _passed_over(self, stepped: list[str]) -> Iterator[list[GradientSum]]:
        """Leave out what need not be known of the networks that are not stepped."""
        others = set(self.networks).difference(stepped)
        if self.settings["clipping"] == "stepped" or self.training["gradient_clip"] is None:
            with frozen(itertools.chain(*(self.networks[name] for name in others))):
                yield []
        else:
            weights = output_weights(self.inference.decoder) if "decoder" in others else []
            with norm_only(weights) as sums:
                yield sums

    def end_epoch(self, measured: Averages) -> None:
        """Let the phase see the mutual information of the validation set."""
        if self.phase.active:
            self.phase.observe(measured.others["mi_batch"])

    def reset(self) -> None:
        """Forget the optimisers' moments."""
        kind, learning_rate = (self.training[key] for key in ("optimiser", "learning_rate"))
        self.optimisers = {
            name: build_optimiser(kind, network, learning_rate)
            for name, network in self.networks.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        parts = {**self.optimisers, "phase": self.phase}
        return {name: part.state_dict() for name, part in parts.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        for name, part in {**self.optimisers, "phase": self.phase}.items():
            part.load_state_dict(state[name])
