"""How different generated sentences are from each other."""

from collections.abc import Iterable, Sequence

import numpy as np
from nltk.util import ngrams

from kl_annealing.evaluation.overlap.bleu import bleu
from kl_annealing.evaluation.overlap.counts import Sentence, counts


def distinct(sentences: Iterable[Sentence], order: int) -> float:
    """Return the number of different n-grams per token (Li et al. 2016).

    It falls with the number of sentences, so only sets of the same size are compared; 0 where
    there are no tokens.
    """
    found, tokens = set(), 0
    for sentence in sentences:
        found.update(ngrams(sentence, order))
        tokens += len(sentence)
    return len(found) / max(tokens, 1)


def self_bleu4(sentences: Sequence[Sentence]) -> float:
    """Return the mean BLEU-4 of each sentence with all others as its references.

    Self-BLEU (Zhu et al. 2018) within a context: 1 where all are the same, lower for more diverse
    ones. Of at least two sentences. BLEU gives an empty sentence 0; here it has 1 where another one
    is empty, as any sentence that is said again.
    """
    others = [[*sentences[:row], *sentences[row + 1 :]] for row in range(len(sentences))]
    said_again = [row in rest for row, rest in zip(sentences, others, strict=True)]
    return float(np.where(said_again, 1.0, bleu(counts(sentences, others))[:, -1]).mean())
