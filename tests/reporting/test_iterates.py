from dataclasses import replace

import pandas as pd
import pytest

from kl_annealing.reporting.tables import clustering
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


def test_clusters_of_the_best_weights_are_shown_where_they_are_the_last_ones(make_study):
    study = make_study("yelp")
    table = study.table().assign(last_step=20, best_step=20)
    dropped = [name for name in table if name.startswith("last_test_cluster")]
    changed = replace(study)
    object.__setattr__(changed, "table", lambda: table.drop(columns=dropped))
    rows = clustering.build(changed).rows
    assert rows and {row["iterate"] for row in rows} == {"best validation"}
