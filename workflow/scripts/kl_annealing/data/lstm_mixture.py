"""The synthetic sequences of He et al. (2019): a mixture of four Gaussians read out by an LSTM.

z in R^2 comes from an equal mixture of unit Gaussians at (+-2, +-2). The first word is uniform; an
LSTM that starts from z and sees it beside every word says the next ones. The released code has no
final generator; this one follows the last of its history as the project's notes describe it: cell
c0 = Linear(z), h0 = tanh(c0), logits = W1 h + W2 z, all weights uniform in 1 and W2 in 5. All
quantities are in nats per sequence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logsumexp

from kl_annealing.data.corpora import SPLITS, Sentences
from kl_annealing.data.evidence import evidence_bounds

LATENT_DIM = 2
CENTRES = np.array([[x, y] for x in (-2, 2) for y in (-2, 2)], dtype=np.float32)
LATENT_WEIGHT = 5.0  # bound of W2; that of all other weights is 1
ROWS = 4096  # sequences run at once
NETWORK, FLOOR = len(SPLITS), len(SPLITS) + 1  # random streams beside those of the splits

State = tuple[np.ndarray, np.ndarray]


class Drawn(NamedTuple):
    """Sequences as word numbers [N, L] and the z [N, 2] that each was drawn from."""

    words: np.ndarray
    z: np.ndarray


@dataclass(frozen=True)
class LatentLSTM:
    """The true model of V words with H hidden units, in float32.

    `start` [3, H] and `latent` [2, 4H] act on z (the last row of `start` is its bias), `inputs`
    [V, 4H] is the word's share of the gates with their bias, `recurrent` [H, 4H] that of h;
    `output` is W1 [H, V], `latent_output` W2 [2, V]. Gates: input, forget, output, candidate.
    """

    start: np.ndarray
    inputs: np.ndarray
    latent: np.ndarray
    recurrent: np.ndarray
    output: np.ndarray
    latent_output: np.ndarray

    @classmethod
    def random(cls, vocabulary: int, hidden: int, generator: np.random.Generator) -> "LatentLSTM":
        """Draw the weights; a word's input vector has as many dimensions as there are units."""

        def weights(*shape: int, bound: float = 1.0) -> np.ndarray:
            """Draw an array, uniform between -bound and bound."""
            return generator.uniform(-bound, bound, shape).astype(np.float32)

        gates = 4 * hidden
        return cls(
            start=weights(LATENT_DIM + 1, hidden),
            inputs=weights(vocabulary, hidden) @ weights(hidden, gates) + weights(gates),
            latent=weights(LATENT_DIM, gates),
            recurrent=weights(hidden, gates),
            output=weights(hidden, vocabulary),
            latent_output=weights(LATENT_DIM, vocabulary, bound=LATENT_WEIGHT),
        )

    @property
    def vocabulary(self) -> int:
        """The number of words V."""
        return len(self.inputs)

    def sample(self, number: int, length: int, generator: np.random.Generator) -> Drawn:
        """Draw sequences of `length` words and their z."""
        z = sample_prior(number, generator)
        state, word = self._begin(z), generator.integers(self.vocabulary, size=number)
        words = [word]
        for _ in range(length - 1):
            logits, state = self._step(word, z, state)
            word = np.argmax(logits + generator.gumbel(size=logits.shape), axis=1)
            words.append(word)
        return Drawn(np.stack(words, axis=1), z)

    def log_likelihood(self, words: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return ln p(x|z) [N] of sequences [N, L], each for its own z [N, 2]."""
        parts = [
            self._log_likelihood(words[start : start + ROWS], z[start : start + ROWS])
            for start in range(0, len(words), ROWS)
        ]
        return np.concatenate(parts)

    def _log_likelihood(self, words: np.ndarray, z: np.ndarray) -> np.ndarray:
        z = z.astype(np.float32)
        state, rows = self._begin(z), np.arange(len(words))
        total = np.full(len(words), -np.log(self.vocabulary))
        for word, following in zip(words.T[:-1], words.T[1:], strict=True):
            logits, state = self._step(word, z, state)
            total += logits[rows, following] - _log_sum_exp(logits)
        return total

    def _begin(self, z: np.ndarray) -> State:
        cell = z @ self.start[:-1] + self.start[-1]
        return np.tanh(cell), cell

    def _step(self, word: np.ndarray, z: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """Return the logits [N, V] of the next word and the state that follows."""
        hidden, cell = state
        gates = self.inputs[word] + z @ self.latent + hidden @ self.recurrent
        entry, forget, release, candidate = np.split(gates, 4, axis=1)
        cell = expit(forget) * cell + expit(entry) * np.tanh(candidate)
        hidden = expit(release) * np.tanh(cell)
        return hidden @ self.output + z @ self.latent_output, (hidden, cell)


def sample_prior(number: int, generator: np.random.Generator) -> np.ndarray:
    """Draw z [N, 2]."""
    centres = CENTRES[generator.integers(len(CENTRES), size=number)]
    return centres + generator.standard_normal(centres.shape, np.float32)


def log_prior(z: np.ndarray) -> np.ndarray:
    """Return ln p(z) [...] of z [..., 2]."""
    squared = np.square(z[..., None, :] - CENTRES).sum(-1)
    return logsumexp(-0.5 * squared, axis=-1) - np.log(len(CENTRES) * 2 * np.pi)


def lstm_mixture_corpus(
    sizes: Mapping[str, int],
    seed: int = 0,
    vocabulary: int = 1000,
    length: int = 10,
    hidden: int = 100,
) -> tuple[dict[str, Sentences], dict[str, Any]]:
    """Return the splits, each from its own random stream, and their attributes.

    `floor_nll` is the true model's NLL of the test sequences, from below: a lower bound in the
    mean over its importance samples, `floor_gap` below the upper bound that the same samples give.
    `mutual_information` is I(z; x) by the same floor.
    """
    model = LatentLSTM.random(vocabulary, hidden, np.random.default_rng([seed, NETWORK]))
    drawn = {
        split: model.sample(sizes[split], length, np.random.default_rng([seed, number]))
        for number, split in enumerate(SPLITS)
    }
    test = drawn["test"]
    low, high = evidence_bounds(
        lambda rows, z: model.log_likelihood(test.words[rows], z),
        (sample_prior, log_prior),
        test.z,
        np.random.default_rng([seed, FLOOR]),
    )
    floor, known = -high.mean(), -model.log_likelihood(*test).mean()
    splits = {split: Sentences.of(part.words.astype(str).tolist()) for split, part in drawn.items()}
    return splits, {
        "floor_nll": float(floor),
        "floor_nll_test": float(floor),
        "floor_gap": float((high - low).mean()),
        "mutual_information": float(floor - known),
    }


def _log_sum_exp(logits: np.ndarray) -> np.ndarray:
    """Return ln sum exp over the words; faster than scipy's on large arrays."""
    top = logits.max(axis=1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
