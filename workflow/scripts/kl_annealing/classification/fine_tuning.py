"""A linear classifier trained together with the encoder below it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kl_annealing.classification.features import means
from kl_annealing.classification.logistic import Fitted
from kl_annealing.data import Corpus, Split
from kl_annealing.training.batches import on_device
from kl_annealing.training.optimisers import build_optimiser
from kl_annealing.training.state import copied_weights

BATCH_SIZE = 256  # of predictions


def fine_tuned(
    model: nn.Module,
    corpus: Corpus,
    rows: np.ndarray,
    classes: int,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> Fitted:
    """Train encoder and classifier on the training sentences `rows`; `model` is changed.

    `settings` is the block `classification.fine_tuned`. The classifier starts at 0, the encoder
    where its pre-training ended. The weights of the highest validation accuracy, the first among
    equals, are kept, and `chosen` is their update; those before any update take part.
    """
    head = nn.Linear(model.latent_dim, classes).to(device)
    nn.init.zeros_(head.weight), nn.init.zeros_(head.bias)
    classifier = nn.ModuleList([model, head])
    best, accuracy, chosen = copied_weights(classifier), -1.0, 0
    for step in _steps(classifier, labelled(corpus.train, rows), settings, seed, device):
        found = _predicted(classifier, corpus.valid, device)
        score = float((found.argmax(1) == corpus.valid.labels).mean())
        if score > accuracy:
            best, accuracy, chosen = copied_weights(classifier), score, step
    classifier.load_state_dict(best)
    valid, test = (_predicted(classifier, part, device) for part in (corpus.valid, corpus.test))
    return Fitted(valid, test, chosen)


def labelled(split: Split, rows: np.ndarray) -> Split:
    """Return some sentences of a split, in its order."""
    rows = np.sort(rows)
    parts = {name: getattr(split, name)[rows] for name in ("tokens", "lengths", "index", "labels")}
    return replace(split, **parts)


def _steps(
    classifier: nn.ModuleList,
    split: Split,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> Iterator[int]:
    """Train; yield the number of updates before the first one and at each validation."""
    data = on_device(split, settings["batch_size"], device)
    labels = torch.from_numpy(split.labels).long().to(device)
    optimiser = build_optimiser("adam", classifier.parameters(), settings["learning_rate"])
    total = settings["epochs"] * len(data.batches)
    total = min(total, settings["maximum_steps"] or total)
    due = {round(total * part / settings["validations"]) for part in range(settings["validations"])}
    batches = (batch for epoch in range(settings["epochs"]) for batch in data.epoch(seed, epoch))
    yield 0
    for step, batch in zip(range(1, total + 1), batches, strict=False):
        classifier.train()
        loss = functional.cross_entropy(
            _logits(classifier, data.examples(batch)), labels[batch.rows]
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step in due or step == total:
            yield step


@torch.no_grad()
def _predicted(classifier: nn.ModuleList, split: Split, device: torch.device) -> np.ndarray:
    """Return the probabilities [N, K] of the classes of each sentence."""
    classifier.eval()
    data = on_device(split, BATCH_SIZE, device)
    logits = [_logits(classifier, data.examples(batch)) for batch in data.batches]
    return torch.cat(logits).double().softmax(-1).cpu().numpy()


def _logits(classifier: nn.ModuleList, tokens: Tensor) -> Tensor:
    model, head = classifier
    return head(means(model, tokens))
