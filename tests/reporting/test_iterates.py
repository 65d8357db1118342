import pandas as pd
import pytest

from kl_annealing.reporting.tables.parts import by_iterate

METHODS = ["a", "a", "b", "b"]
RUNS = pd.DataFrame({"method": METHODS, "learning_rate": "constant", "seed": [0, 1] * 2})


@pytest.mark.parametrize("best", [[20, 20, 20, 15], [20, 20, 20, float("nan")]], ids=str)
def test_an_iterate_that_is_the_other_is_no_row_of_its_own(best):
    table = RUNS.assign(last_step=20, best_step=best)
    found = [(names["iterate"], iterate) for names, _, iterate in by_iterate(table)]
    assert found == [("last and best", "last"), ("last", "last"), ("best validation", "best")]


def test_without_steps_nothing_is_known():
    assert [iterate for *_, iterate in by_iterate(RUNS)] == ["last", "best"] * 2
