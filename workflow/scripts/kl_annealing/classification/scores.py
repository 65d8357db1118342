"""How good predicted class probabilities are: accuracy, F1, likelihood, calibration."""

import numpy as np
from sklearn.metrics import f1_score

BINS = 15  # of confidence, as Guo et al. 2017


def scores(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return the scores of predictions: probabilities [N, K] of the classes, true labels [N].

    `accuracy`; `macro_f1`, the mean of each class's F1; `label_nll`, the mean of -ln p(label) in
    nats; `brier`, the mean squared distance from the true class's indicator, summed over classes
    (Brier 1950); `calibration_error`, the expected calibration error of the predicted class in
    `BINS` bins of equal width (Guo et al. 2017, eq. 3).
    """
    predicted = probabilities.argmax(1)
    rows = np.arange(len(labels))
    indicator = np.zeros_like(probabilities)
    indicator[rows, labels] = 1
    every = range(probabilities.shape[1])
    likelihood = np.maximum(probabilities[rows, labels], np.finfo(np.float64).tiny)
    bins = reliability(probabilities, labels)
    gap = np.abs(bins["hits"] - bins["confidence"])
    return {
        "accuracy": float((predicted == labels).mean()),
        "macro_f1": float(
            f1_score(labels, predicted, labels=[*every], average="macro", zero_division=0)
        ),
        "label_nll": float(-np.log(likelihood).mean()),
        "brier": float(np.square(probabilities - indicator).sum(1).mean()),
        "calibration_error": float(gap.sum() / len(labels)),
    }


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return, by bin of confidence [BINS], sums over the predictions in it.

    `count` of them, their `confidence` (the probability of the predicted class) and their `hits`.
    """
    confidence = probabilities.max(1)
    hits = probabilities.argmax(1) == labels
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)  # ((m-1)/M, m/M]
    return {
        "count": np.bincount(place, minlength=BINS),
        "confidence": np.bincount(place, confidence, minlength=BINS),
        "hits": np.bincount(place, hits, minlength=BINS),
    }
