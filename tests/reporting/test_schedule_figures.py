"""Lines that keep jumps, figures that show what they should, files that are the same each time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_annealing.reporting import published_schedules, style
from kl_annealing.reporting.schedule_figures import (
    DRAWINGS,
    PANELS,
    configured_figure,
    published_figure,
    shapes_figure,
    switched_weights,
    switching_figure,
)
from kl_annealing.reporting.schedule_lines import line_of
from kl_annealing.schedules import Clock, beta_schedule
from kl_annealing.schedules.published import PUBLISHED
from kl_annealing.schema import definition

SCHEDULES = {
    "constant": {"shape": "constant"},
    "cyclical": {"shape": "linear", "cycles": 4},
    "strong": {"shape": "points", "points": [[0, 0], [0.5, 4], [1, 1]]},
    "steps": {"shape": "linear", "ramp": {"steps": 2000}},
    "too_long": {"shape": "linear", "ramp": {"epochs": 60}},
}
RATES = {"constant": {"shape": "constant"}, "plateau": {"shape": "plateau"}}
TRAININGS = {"ptb": {"epochs": 40, "steps": None}, "toy": {"epochs": None, "steps": 3000}}


def interpolated(steps, values, step):
    right = next(place for place, other in enumerate(steps) if other >= step)
    if steps[right] == step:
        return values[right]
    share = (step - steps[right - 1]) / (steps[right] - steps[right - 1])
    return values[right - 1] + share * (values[right] - values[right - 1])


@given(
    st.sampled_from(["linear", "cosine", "sigmoid"]),
    st.integers(1, 12),
    st.integers(1, 10),
    st.integers(12, 2000),
)
def test_a_line_of_few_points_is_the_schedule(shape, cycles, tenths, total):
    block = {"shape": shape, "cycles": cycles, "ratio": tenths / 10}
    beta = beta_schedule(block, Clock(1, total))
    steps, values = line_of(beta, total)
    assert (steps[0], steps[-1]) == (0, total - 1)
    for step in range(0, total, max(1, total // 500)):
        assert interpolated(steps, values, step) == pytest.approx(beta(step), abs=0.0011)


def test_a_long_line_is_the_schedule_to_a_hair():
    block = {"shape": "cosine", "cycles": 20, "ratio": 0.5}
    beta = beta_schedule(block, Clock(1, 100_000))
    steps, values = line_of(beta, 100_000)
    for step in range(0, 100_000, 997):
        assert interpolated(steps, values, step) == pytest.approx(beta(step), abs=0.01)
    assert len(steps) < 1500


def test_a_jump_is_upright():
    beta = beta_schedule({"shape": "linear", "cycles": 3, "ratio": 0.5}, Clock(1, 100_000))
    steps, values = line_of(beta, 100_000)
    drops = [place for place in range(1, len(steps)) if values[place] < values[place - 1]]
    assert [steps[place] for place in drops] == [33_333, 66_666]
    assert [steps[place - 1] for place in drops] == [33_332, 66_665]
    assert len(steps) < 20


def test_a_single_step_has_a_line():
    assert line_of(lambda step: 0.3, 1) == ([0], [0.3])


def test_every_shape_is_drawn():
    assert set(definition("schedule")["properties"]["shape"]["enum"]) <= set(PANELS)
    figure = shapes_figure()
    assert [axes.get_title() for axes in figure.axes] == list(PANELS)
    linear = figure.axes[1].lines[1]
    assert max(linear.get_ydata()) == 1 and min(linear.get_ydata()) == 0


def test_every_published_schedule_is_drawn_once():
    panels = [*published_schedules.TRAINED.values(), *published_schedules.UNTRAINED.values()]
    drawn = [name for names in panels for name in names]
    assert sorted(drawn) == sorted(PUBLISHED)
    for names in panels:
        assert len({PUBLISHED[name].clock for name in names}) <= 1


def test_the_confound_is_seen():
    """In Fu et al.'s cyclical panels the learning rate restarts, in the monotonic ones not."""
    axes = {axes.get_title(): axes for axes in published_figure().axes if axes.get_title()}
    order = published_figure().axes
    titles = [one.get_title() for one in order]

    def restarts(title):
        rate = order[titles.index(title) + published_schedules.COLUMNS].lines[0].get_ydata()
        return sum(b > a + 0.5 for a, b in zip(rate, rate[1:], strict=False))

    assert set(axes) >= {"Fu et al. PTB\nmonotonic", "Fu et al. PTB\ncyclical"}
    assert restarts("Fu et al. PTB\nmonotonic") == restarts("Zheng, Yelp\ncyclical") == 0
    assert restarts("Fu et al. PTB\ncyclical") == 3
    assert restarts("Fu et al. Yelp\ncyclical") == 9
    assert restarts("Fu et al. dialogue\ncyclical") == 19


def test_switching_is_the_annealer():
    linear = switched_weights("linear")
    assert linear[30:36] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert set(linear[36:71]) == {1.0}
    assert linear[71:76] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    drawn = [list(axes.lines[0].get_ydata()) for axes in switching_figure().axes]
    assert drawn == [switched_weights(shape) for shape in ("linear", "cosine", "logistic")]


def test_configured_schedules_are_drawn_over_the_training_that_they_fit():
    figure = configured_figure(SCHEDULES, RATES, TRAININGS)
    axes = {axes.get_title(): axes for axes in figure.axes[: len(SCHEDULES)]}
    assert axes["cyclical"].get_xlim() == (0, 40)
    assert axes["cyclical"].get_xlabel() == "Epoch"
    assert axes["steps"].get_xlabel() == "Epoch, 1000 steps each"
    assert axes["strong"].get_ylim()[1] > 4 > axes["cyclical"].get_ylim()[1]
    assert "longer than" in axes["too_long"].texts[0].get_text()
    toy = configured_figure(SCHEDULES, RATES, {"toy": TRAININGS["toy"]}).axes[1]
    assert toy.get_xlim() == (0, 3) and toy.get_xlabel() == "Steps (thousands)"


def test_a_block_is_drawn_over_a_training_that_uses_it():
    uses = [("cyclical", "constant", "toy"), ("too_long", "constant", "toy")]
    figure = configured_figure(SCHEDULES, RATES, TRAININGS, uses)
    axes = {axes.get_title(): axes for axes in figure.axes[: len(SCHEDULES)]}
    assert axes["cyclical"].get_xlim() == (0, 3)
    assert axes["strong"].get_xlim() == (0, 40)
    assert "longer than" in axes["too_long"].texts[0].get_text()


def test_one_schedule_is_enough():
    figure = configured_figure({"only": {"shape": "linear"}}, {"c": RATES["constant"]}, TRAININGS)
    assert sum(axes.get_visible() for axes in figure.axes) == 2


@pytest.mark.parametrize("name", DRAWINGS)
def test_files_are_the_same_each_time(name, tmp_path):
    blocks = {"schedules": SCHEDULES, "learning_rates": RATES, "trainings": TRAININGS}
    files = []
    for folder in ("one", "other"):
        pdf, svg = (tmp_path / folder / f"{name}.{suffix}" for suffix in ("pdf", "svg"))
        with style.look():
            figure = DRAWINGS[name](**blocks if name == "configured" else {})
            style.save(figure, pdf, svg)
        assert figure.get_figwidth() in (style.COLUMN_WIDTH, style.TEXT_WIDTH)
        files.append((pdf.read_bytes(), svg.read_bytes()))
    assert files[0] == files[1]
    assert all(len(content) < 400_000 for content in files[0])


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_labels_overlap(name):
    blocks = {"schedules": SCHEDULES, "learning_rates": RATES, "trainings": TRAININGS}
    with style.look():
        figure = DRAWINGS[name](**blocks if name == "configured" else {})
        figure.draw_without_rendering()
        boxes = [box for axes in figure.axes for box in label_boxes(axes)]
    for place, (text, box) in enumerate(boxes):
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, text
        for other, another in boxes[place + 1 :]:
            assert not overlap(box, another), (text, other)


def label_boxes(axes):
    if not axes.get_visible() or not axes.axison:
        return
    texts = [axes.title, axes.xaxis.label, axes.yaxis.label]
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        texts += [
            tick.label1
            for tick in axis.get_major_ticks()
            if tick.label1.get_visible() and low <= tick.get_loc() <= high
        ]
    yield from (
        (text.get_text(), text.get_window_extent())
        for text in texts
        if text.get_visible() and text.get_text()
    )


def overlap(one, other):
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 0.5 and high > 0.5
