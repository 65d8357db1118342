import numpy as np
import pytest
from matplotlib.quiver import Quiver

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.catalogue import FIGURES
from kl_annealing.reporting.figures.posterior_mean import shown_steps
from kl_annealing.reporting.figures.trajectories import moments
from kl_annealing.reporting.mean_space import first_seeds, mean_snapshots, trajectories


def test_the_columns_are_the_published_steps_and_the_end_each_once():
    assert shown_steps([0, 200, 400, 1000, 2000, 50000]) == [0, 200, 2000, 50000]
    assert shown_steps([0, 25, 100, 2400]) == [0, 100, 2400]
    assert shown_steps([0]) == [0]


def test_a_path_has_a_few_moments_from_the_first_to_the_last():
    assert moments(201).tolist() == list(range(0, 201, 20))
    assert moments(4).tolist() == [0, 1, 2, 3]


def test_paths_are_drawn_in_the_same_limits_and_end_where_the_sentences_are(make_study):
    study = make_study("posterior_mean", seeds=1)
    with style.look():
        figure = FIGURES["trajectories"].load()(study)
    for run, axes in zip(study.runs, figure.axes, strict=True):
        assert axes.get_xlim() == axes.get_ylim() == (-3, 3)
        assert axes.get_title().endswith("steps 0 to 39 in 10 arrows")
        ends = np.stack(trajectories(run.folder / "snapshots.h5"), axis=-1)[-1].tolist()
        dots = [c for c in axes.collections if not isinstance(c, Quiver)]
        assert len(dots) == 5
        assert all(dot.get_offsets().tolist()[0] in ends for dot in dots)


def test_each_method_has_a_row_of_its_first_seed(make_study):
    study = make_study("posterior_mean")
    runs = first_seeds(study)
    assert list(runs) == ["constant", "aggressive"]
    assert {run.names["seed"] for run in runs.values()} == {0}
    with style.look():
        figure = FIGURES["posterior_mean"].load()(study)
    assert len(figure.axes) == 8
    last = dict(mean_snapshots(study.runs[-1].folder / "snapshots.h5"))[5000]
    assert last[1] == pytest.approx(0.9 * last[0])


def test_a_run_without_means_is_named(make_study):
    with pytest.raises(InputError, match="needs training.posterior_means"):
        dict(mean_snapshots(make_study("toy").runs[0].folder / "snapshots.h5"))


def test_each_dataset_has_a_column_of_curves(make_study):
    with style.look():
        figure = FIGURES["information_curves"].load()(make_study("lagging_text"))
    assert [axes.get_title() for axes in figure.axes[:2]] == ["yahoo valid", "synthetic"]
    assert all(len(axes.lines) == 2 for axes in figure.axes)  # the language model has none
