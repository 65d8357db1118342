import itertools
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.catalogue import FIGURES
from kl_annealing.reporting.figures.parts import draw_over_seeds
from kl_annealing.reporting.figures.posterior_mean import shown_steps
from kl_annealing.reporting.figures.trajectories import moments
from kl_annealing.reporting.mean_space import mean_snapshots, trajectories
from kl_annealing.reporting.study import first_seeds


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
    assert [each.label for each in runs] == ["constant", "aggressive"]
    assert {each.run.names["seed"] for each in runs} == {0}
    with style.look():
        figure = FIGURES["posterior_mean"].load()(study)
    assert len(figure.axes) == 8
    last = dict(mean_snapshots(study.runs[-1].folder / "snapshots.h5"))[5000]
    assert last[1] == pytest.approx(0.9 * last[0])


TWO_RATES = [
    "constant, lr constant",
    "aggressive, lr constant",
    "constant, lr restarts",
    "aggressive, lr restarts",
]


def test_each_learning_rate_has_a_row_in_the_colour_of_its_method(make_study, with_restarts):
    study = with_restarts(make_study("posterior_mean"))
    move_means(study.runs[-2].folder / "snapshots.h5")
    with style.look():
        figure = FIGURES["posterior_mean"].load()(study)
    rows = [axes for axes in figure.axes if axes.get_ylabel()]
    assert [axes.get_ylabel().splitlines()[0] for axes in rows] == TWO_RATES
    colours = [to_hex(axes.collections[0].get_facecolor()[0]) for axes in rows]
    assert colours == [style.colour(name) for name in ("constant", "aggressive")] * 2
    points = [axes.collections[0].get_offsets() for axes in figure.axes[3::4]]
    assert np.array_equal(points[0], points[2]) and not np.array_equal(points[1], points[3])


def test_each_learning_rate_has_a_panel_of_paths(make_study, with_restarts):
    with style.look():
        figure = FIGURES["trajectories"].load()(with_restarts(make_study("posterior_mean")))
        figure.draw_without_rendering()
    assert [axes.get_title().splitlines()[0] for axes in figure.axes] == TWO_RATES
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def move_means(path):
    """Move the inference means of every snapshot by 1."""
    with h5py.File(path, "a") as file:
        for group in file["posterior_means"].values():
            group["inference"][...] += 1


def test_a_run_without_means_is_named(make_study):
    with pytest.raises(InputError, match="needs training.posterior_means"):
        dict(mean_snapshots(make_study("toy").runs[0].folder / "snapshots.h5"))


def test_each_dataset_has_a_column_of_curves(make_study):
    with style.look():
        figure = FIGURES["information_curves"].load()(make_study("lagging_text"))
    assert [axes.get_title() for axes in figure.axes[:2]] == ["yahoo valid", "synthetic"]
    assert all(len(axes.lines) == 2 for axes in figure.axes)  # the language model has none


def test_information_curves_average_over_seeds_only(make_study, with_restarts):
    study = make_study("lagging_text")
    figures = [information_curves(each) for each in (study, with_restarts(study))]
    alone, both = (figure.axes[0].lines for figure in figures)
    assert len(both) == 2 * len(alone) == 4
    for line in alone:
        assert sum(np.array_equal(line.get_xydata(), other.get_xydata()) for other in both) == 1
    assert len({(line.get_color(), line.get_linestyle()) for line in both}) == 4
    assert len({line.get_color() for line in both}) == 2
    assert legend_of(figures[0]) == ["constant", "aggressive"]
    assert legend_of(figures[1])[2:] == ["lr constant", "lr restarts"]


def test_a_learning_rate_of_a_dataset_of_its_own_needs_no_line_style(make_study):
    study = make_study("lagging_text")
    runs = [
        replace(run, names={**run.names, "learning_rate": f"of_{run.names['dataset']}"})
        for run in study.runs
    ]
    figure = information_curves(replace(study, runs=runs))
    assert {line.get_linestyle() for axes in figure.axes for line in axes.lines} == {"-"}
    assert legend_of(figure) == ["constant", "aggressive"]


def information_curves(study):
    with style.look():
        return FIGURES["information_curves"].load()(study)


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].texts]


def test_a_curve_over_seeds_refuses_two_runs_of_one_seed():
    axes = Figure().subplots()
    runs = pd.DataFrame({"step": [1, 1, 2], "seed": [0, 1, 0], "kl": [1.0, 3.0, np.nan]})
    draw_over_seeds(axes, runs, "kl", color="k")
    assert axes.lines[0].get_xydata().tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="a seed occurs twice at a step"):
        draw_over_seeds(axes, pd.concat([runs, runs]), "kl", color="k")
