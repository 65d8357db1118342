"""BLEU-4 of a whole corpus, by two independent counts."""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import count, zip_longest
from typing import NamedTuple

import numpy as np
from nltk.translate.bleu_score import brevity_penalty
from sacrebleu.metrics import BLEU

from kl_annealing.evaluation.overlap.bleu import ORDERS
from kl_annealing.evaluation.overlap.counts import Sentence, counts

_TOLERANCE = 1e-9  # rounding: both are a few dozen operations in float64


class CorpusBleu(NamedTuple):
    """The same number twice, between 0 and 1: from NLTK's counts, and sacrebleu's own."""

    nltk: float
    sacrebleu: float


def corpus_bleu4(
    hypotheses: Sequence[Sentence], references: Sequence[Sequence[Sentence]]
) -> CorpusBleu:
    """Return BLEU-4 of K hypotheses, each with its references: counts summed, no smoothing.

    Papineni et al. 2002, section 2.3; 0 where an order has no match. Raises ArithmeticError when
    the two differ by more than rounding: such a number must not be reported.
    """
    found = CorpusBleu(_by_nltk(hypotheses, references), _by_sacrebleu(hypotheses, references))
    if not math.isclose(*found, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
        raise ArithmeticError(
            f"corpus BLEU-4 is {found.nltk} from NLTK's counts and {found.sacrebleu} by sacrebleu: "
            "install the versions of envs/requirements.txt"
        )
    return found


def _by_nltk(hypotheses: Sequence[Sentence], references: Sequence[Sequence[Sentence]]) -> float:
    """Return the score from NLTK's matches; its `corpus_bleu` counts a 4-gram of each short one."""
    found = counts(hypotheses, references)
    matched, possible = (part[:, :ORDERS].sum(0) for part in (found.matched, found.possible))
    if not matched.all():
        return 0.0
    brevity = brevity_penalty(int(found.reference_length.sum()), int(found.length.sum()))
    return brevity * math.exp(np.log(matched / possible).mean())


def _by_sacrebleu(
    hypotheses: Sequence[Sentence], references: Sequence[Sequence[Sentence]]
) -> float:
    """Return sacrebleu's score of tokens written as numbers: it would split some words."""
    numbers = defaultdict(count().__next__)

    def text(sentence: Sentence) -> str:
        """Return the sentence with a number for each token."""
        return " ".join(str(numbers[token]) for token in sentence)

    texts = [text(hypothesis) for hypothesis in hypotheses]
    streams = zip_longest(*([text(reference) for reference in few] for few in references))
    # zip_longest: one stream for the first references of all, and so on; None where there is none
    by_rank = [list(rank) for rank in streams]
    metric = BLEU(tokenize="none", smooth_method="none", force=True)
    return metric.corpus_score(texts, by_rank).score / 100
