"""The learning curve: one row an evaluation and split."""

import csv
import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from kl_annealing.data import Batch
from kl_annealing.files import atomic_write
from kl_annealing.objectives import perplexity
from kl_annealing.training.update import Outcome
from kl_annealing.training.validation import Averages

COLUMNS = ("step", "epoch", "split", "beta", "learning_rate", "rec", "kl", "elbo", "loss", "ppl")


class Window:
    """Sums over the updates since the last row, kept on the device."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(3, dtype=torch.float64, device=device)
        self.sentences = 0
        self.targets = 0

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Add an update; its terms were measured before it, with dropout."""
        terms = outcome.terms
        self.sums += torch.stack(
            [terms.reconstruction.sum(), terms.kl.sum(), outcome.loss * batch.size]
        )
        self.sentences += batch.size
        self.targets += batch.targets

    def close(self) -> tuple[Averages, float]:
        """Return the averages and the mean annealed loss, and start anew."""
        reconstruction, kl, loss = (self.sums / self.sentences).tolist()
        averages = Averages(reconstruction, kl, self.sentences, self.targets)
        self.load_state_dict({"sums": torch.zeros_like(self.sums), "sentences": 0, "targets": 0})
        return averages, loss

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to continue."""
        return {"sums": self.sums.clone(), "sentences": self.sentences, "targets": self.targets}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.sums.copy_(state["sums"])
        self.sentences, self.targets = state["sentences"], state["targets"]


def history_row(position: Mapping[str, Any], averages: Averages, loss: float) -> dict[str, Any]:
    """Return a row; `position` has step, epoch, split, beta and learning_rate.

    `ppl` is exp of the bound per predicted token, the end of a sentence counted.
    """
    return {
        **position,
        "rec": averages.reconstruction,
        "kl": averages.kl,
        "elbo": -averages.bound,
        "loss": loss,
        "ppl": perplexity(averages.bound * averages.sentences, averages.targets),
    }


def write_history(path: str | os.PathLike, history: Sequence[Mapping[str, Any]]) -> None:
    """Write all rows; numbers keep every digit."""
    with atomic_write(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
