"""BLEU-4 of single words, on their letters, as the published report of tense conversion has it."""

from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

# By the letters of the reference, four orders from four letters on. Those of three sum to 0.99, as
# published; the published words have no fewer.
WEIGHTS = {1: (1.0,), 2: (0.5, 0.5), 3: (0.33, 0.33, 0.33), 4: (0.25, 0.25, 0.25, 0.25)}

_smoothed = SmoothingFunction().method1


def character_bleu4(word: str, reference: str) -> float:
    """Return BLEU-4 of a word against its reference, 0 for an empty one.

    An order without a match counts 0.1 matches (Chen and Cherry 2014, method 1). A reference of
    fewer than four letters has as many orders, so that the word itself scores 1.
    """
    weights = WEIGHTS[max(1, min(len(reference), 4))]
    return float(sentence_bleu([reference], word, weights, smoothing_function=_smoothed))
