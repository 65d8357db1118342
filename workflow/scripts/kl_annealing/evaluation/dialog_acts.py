"""How often the right dialog act is predicted."""

import numpy as np
from sklearn.metrics import f1_score

UNKNOWN = 0


def act_scores(predicted: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Return act_accuracy, act_macro_f1 and n_acts of predictions [N] where the true act is known.

    The macro F1 is the mean F1 of the acts that are true or predicted somewhere. Empty where no
    true act is known.
    """
    known = true != UNKNOWN
    if not known.any():
        return {}
    acts = np.setdiff1d(np.union1d(true[known], predicted[known]), [UNKNOWN])
    macro = f1_score(true[known], predicted[known], labels=acts, average="macro", zero_division=0)
    return {
        "act_accuracy": float((true == predicted)[known].mean()),
        "act_macro_f1": float(macro),
        "n_acts": int(known.sum()),
    }
