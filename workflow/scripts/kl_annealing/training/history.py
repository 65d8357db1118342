"""The learning curve: one row an evaluation and split."""

import csv
import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from kl_annealing.data import Batch
from kl_annealing.files.atomic import atomic_write
from kl_annealing.objectives import perplexity
from kl_annealing.training.strategies import Outcome
from kl_annealing.training.validation import Averages

COLUMNS = ("step", "epoch", "split", "beta", "learning_rate", "rec", "kl", "elbo", "loss", "ppl")


class Window:
    """Sums over the updates since the last row, kept on the device."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(3, dtype=torch.float64, device=device)
        self.extras: dict[str, torch.Tensor] = {}
        self.columns: dict[str, float] = {}
        self.steps = 0
        self.examples = 0
        self.targets = 0

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Add a step; its terms were measured before the update, with dropout."""
        terms = outcome.terms
        self.sums += torch.stack(
            [terms.reconstruction.sum(), terms.kl.sum(), outcome.loss * batch.size]
        )
        for name, extra in terms.extras.items():
            self.extras[name] = self.extras.get(name, 0) + extra.double().sum()
        for name, value in outcome.columns.items():
            self.columns[name] = self.columns.get(name, 0) + value
        self.steps += 1
        self.examples += batch.size
        self.targets += batch.targets

    def close(self) -> tuple[Averages, float]:
        """Return the averages and the mean annealed loss, and start anew."""
        reconstruction, kl, loss = (self.sums / self.examples).tolist()
        extras = {name: (total / self.examples).item() for name, total in self.extras.items()}
        columns = {name: total / self.steps for name, total in self.columns.items()}
        averages = Averages(reconstruction, kl, self.examples, self.targets, extras | columns)
        self.load_state_dict(Window(self.sums.device).state_dict())
        return averages, loss

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {
            "sums": self.sums.clone(),
            "extras": dict(self.extras),
            "columns": dict(self.columns),
            "steps": self.steps,
            "examples": self.examples,
            "targets": self.targets,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.sums.copy_(state["sums"])
        device = self.sums.device
        self.extras = {name: total.to(device) for name, total in state["extras"].items()}
        self.columns, self.steps = dict(state["columns"]), state["steps"]
        self.examples, self.targets = state["examples"], state["targets"]


def history_row(position: Mapping[str, Any], averages: Averages, loss: float) -> dict[str, Any]:
    """Return a row; `position` has step, epoch, split, beta and learning_rate.

    `ppl` is exp of the bound per predicted token, the end of a sentence counted; what has no
    tokens has none.
    """
    return {
        **position,
        "rec": averages.reconstruction,
        "kl": averages.kl,
        "elbo": -averages.bound,
        "loss": loss,
        "ppl": _perplexity(averages),
        **averages.others,
    }


def write_history(path: str | os.PathLike, history: Sequence[Mapping[str, Any]]) -> None:
    """Write all rows; numbers keep every digit, what a row does not have stays empty."""
    columns = list(dict.fromkeys([*COLUMNS, *(name for row in history for name in row)]))
    with atomic_write(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def _perplexity(averages: Averages) -> float | str:
    if not averages.targets:
        return ""
    return perplexity(averages.bound * averages.examples, averages.targets)
