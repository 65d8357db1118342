"""Snapshots of the posterior mean space over training, as toy.py of He et al. (2019) takes them."""

from collections.abc import Mapping
from typing import Any

import h5py
import torch

from kl_annealing.data import Corpus, Split
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.posterior_means import Means, chosen, posterior_means
from kl_annealing.training.plan import Plan
from kl_annealing.training.validation import evaluating


class PosteriorMeans:
    """Records both posterior means, of many sentences now and then and of a few after each step.

    Before the first step, every `every` steps of the first epoch, at the end of each epoch and at
    the end of training: the snapshots. After each of the first `trajectory_steps` steps: a point of
    the trajectories. The model mean depends on the decoder alone and the inference mean on the
    encoder alone, so two points in a row tell the move of each, however many updates it took.
    """

    def __init__(
        self, run: Mapping[str, Any], corpus: Corpus, plan: Plan, device: torch.device
    ) -> None:
        self.settings, self.plan, self.device = run["training"]["posterior_means"], plan, device
        split = getattr(corpus, self.settings["split"])
        self.many = chosen(split, self.settings["sentences"], run["seed"])
        self.few = chosen(split, self.settings["trajectory_sentences"], run["seed"])
        self.snapshots: list[tuple[int, Means]] = []
        self.points: list[Means] = []

    def due(self, step: int) -> bool:
        """Return whether anything is recorded after `step` steps."""
        return step <= self.settings["trajectory_steps"] or self._due(step)

    def observe(self, model: SentenceModel, step: int) -> None:
        """Record what is due after `step` steps, without dropout."""
        if self._due(step):
            self._snapshot(model, step)
        with evaluating(model):
            if step <= self.settings["trajectory_steps"]:
                self.points.append(self._means(model, self.few))

    def finish(self, model: SentenceModel, step: int) -> None:
        """Take the last snapshot where the training ends within an epoch, by plan or by a rule."""
        if self.snapshots[-1][0] != step:
            self._snapshot(model, step)

    def write(self, file: h5py.File) -> None:
        """Add `posterior_means/step_<n>` (model, inference and index, all [N]) and `trajectories`.

        The latter has model and inference [T, N], a row a step from 0, and index [N].
        """
        for step, means in self.snapshots:
            group = file.create_group(f"posterior_means/step_{step}")
            group.attrs["step"] = step
            _fill(group, means, self.many)
        points = Means(*map(torch.stack, zip(*self.points, strict=True)))
        _fill(file.create_group("trajectories"), points, self.few)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {
            "snapshots": [(step, *means) for step, means in self.snapshots],
            "points": [tuple(means) for means in self.points],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.snapshots = [(step, Means(*means)) for step, *means in state["snapshots"]]
        self.points = [Means(*means) for means in state["points"]]

    def _snapshot(self, model: SentenceModel, step: int) -> None:
        with evaluating(model):
            self.snapshots.append((step, self._means(model, self.many)))

    def _means(self, model: SentenceModel, sentences: Split) -> Means:
        return posterior_means(model, sentences, self.settings, self.device)

    def _due(self, step: int) -> bool:
        epoch = self.plan.steps_per_epoch
        early = step < epoch and step % self.settings["every"] == 0
        return early or step % epoch == 0


def _fill(group: h5py.Group, means: Means, sentences: Split) -> None:
    group["model"], group["inference"] = (part.numpy() for part in means)
    group["index"] = sentences.index
