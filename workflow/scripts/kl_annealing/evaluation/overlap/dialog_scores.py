"""All scores of generated responses against the given ones, over many contexts."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from kl_annealing.errors import InputError
from kl_annealing.evaluation.overlap.bleu import ORDERS, bleu, published_bleu
from kl_annealing.evaluation.overlap.corpus_bleu import corpus_bleu4
from kl_annealing.evaluation.overlap.counts import Sentence, pair_counts
from kl_annealing.evaluation.overlap.diversity import distinct, self_bleu4
from kl_annealing.evaluation.overlap.embedding_overlap import EMBEDDING_SCORES, embedding_scores
from kl_annealing.evaluation.overlap.embeddings import WordVectors
from kl_annealing.evaluation.overlap.matching import f1, matching

_BLEU = tuple(f"{kind}bleu{n}" for kind in ("", "published_") for n in range(1, ORDERS + 1))
MATCHED_SCORES = (*_BLEU, *EMBEDDING_SCORES)

Sentences = Sequence[Sequence[Sentence]]


def dialog_scores(
    hypotheses: Sentences,
    references: Sentences,
    words: WordVectors,
    unknown: Hashable = None,
) -> dict[str, float]:
    """Return the scores of the samples [N][S] of N contexts against their references [N][R].

    Sentences are words or ids without markers and padding; S and R may differ between contexts.
    `unknown` is what stands for each word that the vocabulary lacks: one of a reference is no match
    for a generated one, but in published_bleu, where they are the same word as in the published
    program.

    `<score>_precision`, `_recall` (see `matching`), averaged over contexts, and `_f1` of the two
    averages, for each score of

    - bleu1 to bleu4: `bleu`, between 0 and 1; published_bleu1 to published_bleu4: `published_bleu`
    - bow_average, bow_extrema, greedy: see `embedding_scores`, over the contexts with a reference
      of known words.

    corpus_bleu4: of all samples, each with the references of its context; distinct1, distinct2: of
    all samples of all contexts; distinct1_intra, distinct2_intra: of the samples of a context,
    averaged over contexts; self_bleu4: the same, over contexts of two or more samples, if there
    are any; n_contexts. Raises InputError for a context without samples or without references, and
    where no reference has a known word.
    """
    by_context = context_scores(hypotheses, references, words, unknown)
    if np.isnan(by_context["greedy_precision"]).all():
        raise InputError(
            "no reference has a word with a vector, so embedding scores say nothing: take word "
            "vectors of the same language and spelling (data tokens are in lower case)"
        )
    samples = list(chain.from_iterable(hypotheses))
    told = [_told_apart(given, unknown) for given in references]
    own = [given for few, given in zip(hypotheses, told, strict=True) for _ in few]
    return {
        **averaged(by_context),
        "corpus_bleu4": corpus_bleu4(samples, own).nltk,
        **{f"distinct{order}": distinct(samples, order) for order in (1, 2)},
        "n_contexts": len(hypotheses),
    }


def context_scores(
    hypotheses: Sentences,
    references: Sentences,
    words: WordVectors,
    unknown: Hashable = None,
) -> dict[str, np.ndarray]:
    """Return what `dialog_scores` averages over contexts, of each context [N]; NaN for none."""
    _refuse_empty(hypotheses, references)
    rows = [_context(*pair, words, unknown) for pair in zip(hypotheses, references, strict=True)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def averaged(by_context: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the averages over contexts, and the F1 of each average precision and recall.

    What no context has is left out.
    """
    some = {name: values for name, values in by_context.items() if not np.isnan(values).all()}
    means = {name: float(np.nanmean(values)) for name, values in some.items()}
    ends = ("_precision", "_recall")
    matched = (score for score in MATCHED_SCORES if score + ends[0] in means)
    return means | {f"{score}_f1": f1(*(means[score + end] for end in ends)) for score in matched}


def _context(
    hypotheses: Sequence[Sentence],
    references: Sequence[Sentence],
    words: WordVectors,
    unknown: Hashable,
) -> dict[str, float]:
    """Return the scores of one context; NaN where it has none."""
    told = _told_apart(references, unknown)
    pairs = pair_counts(hypotheses, told)
    as_published = pairs if told is references else pair_counts(hypotheses, references)
    both = np.concatenate([bleu(pairs), published_bleu(as_published)], axis=-1)
    several = len(hypotheses) > 1
    return {
        **_matched(_BLEU, both),
        **_matched(EMBEDDING_SCORES, embedding_scores(hypotheses, told, words)),
        **{f"distinct{order}_intra": distinct(hypotheses, order) for order in (1, 2)},
        "self_bleu4": self_bleu4(hypotheses) if several else np.nan,
    }


def _told_apart(references: Sequence[Sentence], unknown: Hashable) -> Sequence[Sentence]:
    """Return the references with each `unknown` word of them as a word of its own."""
    if not any(unknown in sentence for sentence in references):
        return references
    return [
        [(unknown, place) if word == unknown else word for place, word in enumerate(sentence)]
        for sentence in references
    ]


def _matched(names: Iterable[str], scores: np.ndarray) -> dict[str, float]:
    """Return precision and recall of scores [S, R, names]; NaN where there are no references."""
    nothing = np.full((2, scores.shape[-1]), np.nan)
    precision, recall = matching(scores) if scores.shape[1] else nothing
    found = {}
    for column, name in enumerate(names):
        found[f"{name}_precision"], found[f"{name}_recall"] = precision[column], recall[column]
    return found


def _refuse_empty(hypotheses: Sentences, references: Sentences) -> None:
    """Raise InputError where there is nothing to compare."""
    if not len(hypotheses):
        raise InputError("there are no contexts to score: at least one is needed")
    for row, (few, given) in enumerate(zip(hypotheses, references, strict=True)):
        if not len(few) or not len(given):
            missing = "references" if len(few) else "samples"
            raise InputError(f"context {row} has no {missing}: at least one is needed")
