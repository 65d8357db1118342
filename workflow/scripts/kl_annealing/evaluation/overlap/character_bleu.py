"""BLEU-4 of single words, on their letters, as the published report of tense conversion has it."""

from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

WEIGHTS = (0.25, 0.25, 0.25, 0.25)
OF_THREE = (0.33, 0.33, 0.33)  # for a reference of three letters; they sum to 0.99, as published

_smoothed = SmoothingFunction().method1


def character_bleu4(word: str, reference: str) -> float:
    """Return BLEU-4 of a word against its reference, 0 for an empty one.

    An order without a match counts 0.1 matches (Chen and Cherry 2014, method 1). Of a reference of
    three letters the orders are three.
    """
    weights = OF_THREE if len(reference) == 3 else WEIGHTS
    return float(sentence_bleu([reference], word, weights, smoothing_function=_smoothed))
