"""Dialog acts: by hand."""

import numpy as np
import pytest

from kl_annealing.evaluation.dialog_acts import act_scores

TRUE = np.array([1, 1, 1, 2, 0, 0])
PREDICTED = np.array([1, 1, 2, 2, 1, 3])


def test_scores_count_only_examples_of_a_known_act():
    # act 1: precision 1, recall 2/3; act 2: precision 1/2, recall 1
    found = act_scores(PREDICTED, TRUE)
    assert found == pytest.approx(
        {"act_accuracy": 3 / 4, "act_macro_f1": (0.8 + 2 / 3) / 2, "n_acts": 4}
    )
    assert act_scores(np.array([1]), np.array([0])) == {}


def test_an_act_that_is_only_predicted_lowers_the_macro_f1():
    assert act_scores(np.array([1, 3]), np.array([1, 1]))["act_macro_f1"] == pytest.approx(1 / 3)


def test_an_unknown_prediction_is_wrong_but_no_act():
    found = act_scores(np.array([1, 0]), np.array([1, 1]))
    assert found["act_accuracy"] == 0.5
    assert found["act_macro_f1"] == pytest.approx(2 / 3)
