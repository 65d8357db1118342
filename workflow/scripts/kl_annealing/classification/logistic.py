"""Logistic regression by scikit-learn, its regularisation chosen on the validation sentences."""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from kl_annealing.classification.features import Features

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # C, the inverse of the weight of the L2 penalty
ITERATIONS = 200


class Fitted(NamedTuple):
    """Probabilities [N, K] of the validation and of the test sentences, and what was chosen."""

    valid: np.ndarray
    test: np.ndarray
    chosen: float


def logistic_regression(
    features: Features, rows: np.ndarray, labels: np.ndarray, valid_labels: np.ndarray
) -> Fitted:
    """Fit to the training sentences `rows`, of which `labels` are known.

    Of `STRENGTHS` that one is `chosen` whose validation likelihood is the highest, the strongest
    penalty among equals. Features are to be standardised: the penalty is the same for all.
    """
    known = features.train[rows]
    best: tuple[float, Fitted] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=ITERATIONS).fit(known, labels)
        valid = model.predict_proba(features.valid)
        loss = log_loss(valid_labels, valid, labels=model.classes_)
        if best is None or loss < best[0]:
            best = loss, Fitted(valid, model.predict_proba(features.test), strength)
    return best[1]
