"""Responses that a dialog model gives to the contexts of a split."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any, NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from kl_annealing.data import DialogSet, DialogSplit, PaddedBatch
from kl_annealing.data.vocabulary import PAD, START, STOP
from kl_annealing.errors import InputError
from kl_annealing.evaluation.likelihood import sentence_noise
from kl_annealing.examples import moved, repeated
from kl_annealing.generation.decoding import decode
from kl_annealing.models.conditional_vae import ConditionalVAE

BATCH_SIZE = 64  # contexts, each with all its samples
STREAM = 4  # of noise: not that of the posterior samples, nor of training (1 to 3)

Ids = list[int]


class Responses(NamedTuple):
    """Of M windows `rows` of a split: `samples` [M][S] and `references` [M][R], ids of words."""

    split: DialogSplit
    rows: np.ndarray
    samples: list[list[Ids]]
    references: list[list[Ids]]

    def arrays(self, corpus: DialogSet) -> dict[str, np.ndarray]:
        """Return index [M], and as text context [M], a line an utterance, response and samples."""
        text = corpus.vocabulary.decode
        return {
            "responses/index": self.split.index[self.rows],
            "responses/context": _texts([self._context(row, text) for row in self.rows]),
            "responses/response": _texts([text(given[0]) for given in self.references]),
            "responses/samples": _texts([[text(ids) for ids in few] for few in self.samples]),
        }

    def _context(self, row: int, text: Any) -> str:
        """Return the utterances before a response, each with its speaker, A or B."""
        table = self.split.table
        lines = range(self.split.first[row], self.split.response[row])
        speakers = ("AB"[table.speakers[line]] for line in lines)
        said = (text(table.tokens[line]) for line in lines)
        return "\n".join(f"{who}: {what}" for who, what in zip(speakers, said, strict=True))


def responses(
    model: ConditionalVAE,
    split: DialogSplit,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> Responses:
    """Draw z from the prior `samples` times for each context, and decode.

    As published, contexts in which nothing is said yet are left out. `settings` are those of
    `evaluation.responses`. Raises InputError where no other is left.
    """
    rows = np.flatnonzero(split.heard)
    if not len(rows):
        raise InputError(
            "no response has a context: each dialog of the split has one utterance; give it longer "
            "dialogs, or leave evaluation.responses null"
        )
    asked = replace(split, first=split.first[rows], response=split.response[rows], sizes=None)
    generator = torch.Generator().manual_seed(seed)
    samples: list[list[Ids]] = []
    for batch in asked.batches(BATCH_SIZE):
        tokens = _decoded(model, asked, batch, settings, seed, generator, device).numpy()
        samples += [[_words(row) for row in few] for few in tokens.swapaxes(0, 1)]
    given = [[_words(tokens) for tokens in _references(split, row)] for row in rows]
    return Responses(split, rows, samples, given)


def _decoded(
    model: ConditionalVAE,
    split: DialogSplit,
    batch: PaddedBatch,
    settings: Mapping[str, Any],
    seed: int,
    generator: torch.Generator,
    device: torch.device,
) -> Tensor:
    """Return the tokens [S, B, T] of S responses to each context of a batch."""
    number, lines = settings["samples"], split.index[batch.rows]
    noise = sentence_noise(seed, lines, number, model.latent_dim, STREAM).to(device)
    examples = model.conditioned(moved(split.examples(batch), device))
    z = model.prior_of(examples).draw(noise).z
    codes = model.codes(repeated(examples, number), z.flatten(0, 1))
    length = settings["maximum_length"]
    found = decode(model.decoder, codes, settings["decoder"], generator, length).tokens
    return found.view(number, batch.size, -1).cpu()


def _references(split: DialogSplit, row: int) -> np.ndarray:
    """Return the tokens [R, W] of a window's references, its own response first."""
    if split.references is None:
        return split.table.tokens[split.response[row], None]
    return split.references.of(row)


def _words(tokens: np.ndarray) -> Ids:
    """Return the ids up to the end marker, without markers."""
    said = takewhile(lambda number: number != STOP, tokens.tolist())
    return [number for number in said if number not in (PAD, START)]


def _texts(texts: list[Any]) -> np.ndarray:
    return np.array(texts, dtype=h5py.string_dtype())
