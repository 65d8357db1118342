import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import jinja2
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from kl_annealing import reporting
from kl_annealing.errors import InputError
from kl_annealing.reporting import style
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.study import RunFiles, load_study, with_methods
from kl_annealing.reporting.summary import summarise
from kl_annealing.reporting.tables.parts import common_notes
from kl_annealing.reporting.tables.table import FORMS, write

KINDS = {
    "learning_curves": "ptb", "two_by_two": "ptb", "heat_map": "ablation",
    "rate_distortion": "ptb", "nll_floor": "ablation", "latents": "toy", "curves": "toy",
    "results": "ptb", "published_comparison": "ptb", "ablation": "ablation",
    "ranking": "techniques", "tsne": "techniques", "pca": "yelp", "label_curves": "yelp",
    "calibration": "yelp", "classification": "yelp", "clustering": "yelp",
    "acceptance": "toy", "information_curves": "lagging_text", "posterior_mean": "posterior_mean",
    "trajectories": "posterior_mean", "lagging": "lagging_text",
    "samples": "images", "reconstructions": "images",
    "dialog_bounds": "switchboard", "dialog_overlap": "switchboard",
    "dialog_diversity": "switchboard", "responses": "switchboard",
    "tense_curves": "tense", "tense_scores": "tense", "conversions": "tense", "tuples": "tense",
}  # fmt: skip
PACKAGE = Path(reporting.__file__).parents[1]
REPORT = PACKAGE.parents[1] / "report"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_the_same_bytes_twice(name, make_study, tmp_path):
    study = make_study(KINDS[name])
    for number in range(2):
        with style.look():
            figure = FIGURES[name].load()(study)
        style.save(figure, tmp_path / f"{number}.pdf", tmp_path / f"{number}.svg")
    for suffix in ("pdf", "svg"):
        first, second = (tmp_path / f"{number}.{suffix}" for number in range(2))
        assert first.read_bytes() == second.read_bytes()
    assert figure.get_figwidth() in (style.COLUMN_WIDTH, style.TEXT_WIDTH)


def write_metrics(study, change):
    """Change every metrics.json of `study` and return the study with its table made anew."""
    for run in study.runs:
        path = run.folder / "metrics.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
    csv = study.runs[0].folder.parent / "changed.csv"
    records = [
        {
            "folder": run.folder,
            "metrics": run.folder / "metrics.json",
            "task": "language_model",
            "names": run.names,
        }
        for run in study.runs
    ]
    return replace(study, metrics=summarise(study.name, records, csv))


@pytest.mark.parametrize("name", ["two_by_two", "rate_distortion"])
def test_one_seed_and_a_missing_number_still_draw(name, make_study):
    study = write_metrics(
        make_study("ptb", seeds=1),
        lambda metrics: (
            metrics | {"last_test_kl": None} if metrics["last_test_kl"] > 1 else metrics
        ),
    )
    assert study.metrics["last_test_kl"].isna().any()
    with style.look():
        FIGURES[name].load()(study).draw_without_rendering()


def test_validation_stands_in_where_the_test_split_was_not_measured(make_study):
    study = write_metrics(
        make_study("ablation"),
        lambda metrics: {key: value for key, value in metrics.items() if "_test_" not in key},
    )
    figure = FIGURES["heat_map"].load()(study)
    shown = [text.get_text() for text in figure.axes[0].texts]
    linear = study.metrics[study.metrics["schedule.shape"] == "linear"]
    expected = linear.sort_values(["schedule.cycles", "schedule.ratio"])["last_valid_kl"]
    assert shown == [f"{value:.2f}" for value in expected]
    notes = TABLES["ablation"].load()(study).notes
    assert any("on the validation split" in note for note in notes)


def test_bars_of_one_column_do_not_overlap_and_cells_tell_values_apart(make_study):
    study = make_study("ablation")
    small = study.metrics[study.metrics["schedule.shape"] == "linear"].copy()
    small["last_test_kl"] = [0.00055, 0.00105, 0.00094, 0.00083]
    with style.look():
        figure = FIGURES["heat_map"].load()(replace(study, metrics=small))
        figure.draw_without_rendering()
    assert figure.get_figwidth() == style.COLUMN_WIDTH
    upper, lower = (axes.yaxis.label.get_window_extent() for axes in figure.axes[-2:])
    assert upper.y0 > lower.y1 and lower.y0 >= 0 and upper.x1 <= figure.bbox.x1
    assert len({text.get_text() for text in figure.axes[0].texts}) == 4


@pytest.mark.parametrize("gain", [1.0, 0.001, 20.0])
def test_labels_of_equal_nll_cover_no_point(make_study, gain):
    study = make_study("ptb")
    study.metrics["last_test_kl"] *= gain
    with style.look():
        figure = FIGURES["rate_distortion"].load()(study)
        figure.draw_without_rendering()
    axes = figure.axes[0]
    places = study.metrics[["last_test_kl", "last_test_rec"]].to_numpy()
    labels = [text.get_window_extent() for text in axes.texts if text.get_text().startswith("NLL")]
    assert len(labels) > 2
    for label in labels:
        assert not any(label.contains(*axes.transData.transform(place)) for place in places)
        assert figure.bbox.x0 <= label.x0 and label.x1 <= figure.bbox.x1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_labels_of_equal_nll_do_not_cover_the_line_of_a_language_model(make_study, number):
    study = make_study("ptb")
    lines = drawn("rate_distortion", study).axes[0].lines
    sums = [line.get_xydata()[0].sum() for line in lines if line.get_linestyle() == "--"]
    models = study.metrics["model"] == "language_model"
    study.metrics.loc[models, "last_test_nll"] = sums[number]
    axes = drawn("rate_distortion", study).axes[0]
    labels = [text.get_window_extent() for text in axes.texts if text.get_text().startswith("NLL")]
    ends = [line.get_xydata() for line in axes.lines if line.get_linestyle() == ":"]
    places = axes.transData.transform(np.concatenate([np.linspace(*pair, 400) for pair in ends]))
    assert len(labels) > 2
    assert not any(label.contains(*place) for label in labels for place in places)


def drawn(name, study):
    with style.look():
        figure = FIGURES[name].load()(study)
        figure.draw_without_rendering()
    return figure


def test_two_by_two_keeps_a_kl_above_zero_and_leaves_language_models_out(make_study):
    figure = drawn("two_by_two", make_study("ptb"))
    kl, nll = figure.axes
    for bars in kl.collections:
        for path in bars.get_paths() if hasattr(bars, "get_segments") else ():
            assert path.vertices[:, 1].min() >= 0
    assert len(kl.containers) == len(nll.containers) == 3
    upper, lower = (axes.yaxis.label.get_window_extent() for axes in figure.axes)
    assert upper.y0 > lower.y1


def test_a_star_is_as_large_as_a_dot(make_study):
    axes = drawn("rate_distortion", make_study("techniques", seeds=1)).axes[0]
    inked = [area(marks) for marks in axes.collections[1::2]]  # of the means, by method
    assert inked[9] == pytest.approx(inked[0], rel=0.01)  # aggressive, constant


def area(marks):
    """Return the area of the marks of a scatter plot in square points."""
    (outline,) = marks.get_paths()[0].to_polygons()
    x, y = outline.T
    unit = abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
    return unit * marks.get_sizes()[0]


@pytest.mark.parametrize("name", ["two_by_two", "rate_distortion"])
def test_axes_span_more_than_noise(name, make_study):
    study = make_study("ptb")
    study.metrics["last_test_kl"] *= 1e-4
    axes = drawn(name, study).axes[0]
    low, high = axes.get_ylim() if name == "two_by_two" else axes.get_xlim()
    assert high - low >= 0.1 and low >= -0.01


def test_noise_is_not_coloured(make_study):
    study = make_study("ablation")
    study.metrics["last_test_kl"] *= 1e-4
    image = drawn("heat_map", study).axes[0].images[0]
    assert image.norm.vmax - image.norm.vmin >= 0.1 and image.norm.vmin >= 0


def test_reconstructions_are_spread_over_all_images(make_study):
    study = make_study("images")
    number = np.linspace(0, 1, 100)[:, None, None] * np.ones((8, 8))
    with h5py.File(study.images[-1], "a") as file:
        for name in ("given", "images", "probabilities"):
            del file[f"reconstructions/{name}"]
            file[f"reconstructions/{name}"] = number
    picture = drawn("reconstructions", study).axes[0].images[0].get_array()
    shown = picture[1, 1::9].tolist()  # a pixel of each image of the first row
    assert shown == pytest.approx(np.linspace(0, 1, 20), abs=0.006)


def test_the_nll_of_a_language_model_is_a_line_in_the_plane(make_study):
    study = make_study("ptb")
    axes = drawn("rate_distortion", study).axes[0]
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    table = study.table()
    nll = table[table["model"] == "language_model"].groupby("learning_rate")["last_test_nll"].mean()
    assert {round(float(sum(line.get_xydata()[0])), 6) for line in dotted} == set(nll.round(6))
    assert len(axes.collections) == 2 * 6  # points of the six configurations with a latent


def test_a_delay_does_not_flatten_the_curves(make_study):
    study = make_study("toy")
    for run in study.runs:
        path = run.folder / "history.csv"
        history = pd.read_csv(path)
        history.loc[history["step"] < 800, "kl"] = 60.0
        history.to_csv(path, index=False)
    assert all(axes.get_ylim()[1] < 8 for axes in drawn("curves", study).axes)


def test_the_latent_plane_has_a_scale_and_says_what_is_far_outside(make_study):
    study = make_study("toy", seeds=1)
    with h5py.File(study.runs[0].folder / "snapshots.h5", "a") as file:
        file["step_100"]["mu"][...] = 100.0
    figure = drawn("latents", study)
    assert figure.axes[0].get_xlim()[1] < 10
    assert any(text.get_text().startswith("to ±10") for text in figure.axes[0].texts)
    assert "$z_1$" in [axes.get_xlabel() for axes in figure.axes]
    assert "$z_2$" in [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("name", ["curves", "learning_curves"])
def test_few_steps_are_not_told_in_thousands(name, make_study):
    study = make_study("toy")
    axes = drawn(name, study).axes[-1]
    assert axes.get_xlabel() == "Training steps (thousands)"
    assert {"0", "4"} <= {text.get_text() for text in axes.get_xticklabels()}
    for run in study.runs:
        path = run.folder / "history.csv"
        history = pd.read_csv(path)
        history.assign(step=history["step"] // 10).to_csv(path, index=False)
    axes = drawn(name, study).axes[-1]
    assert axes.get_xlabel() == "Training steps"
    assert 400 < axes.get_xlim()[1] < 500


def test_curves_average_over_seeds_only(make_study, with_restarts):
    study = make_study("toy")
    lines = drawn("curves", study).axes[2].lines
    both = drawn("curves", with_restarts(study)).axes[2].lines
    assert len(both) == 2 * len(lines) == 6
    for line in lines:
        same = [np.array_equal(line.get_xydata(), other.get_xydata()) for other in both]
        assert sum(same) == 1
    assert len({line.get_color() for line in both}) == len(lines)
    assert len({(line.get_color(), line.get_linestyle()) for line in both}) == 6


def test_every_configuration_has_a_row_of_latents(make_study):
    study = make_study("toy", schedules=("constant", "cyclical"))
    names = {"model": "small", "model.encoder.hidden_dim": 8}
    small = [replace(run, names={**run.names, **names}) for run in study.runs]
    figure = drawn("latents", replace(study, runs=(*study.runs, *small)))
    labels = {axes.get_ylabel().replace("\n", " ") for axes in figure.axes} - {""}
    assert len(labels) == 4
    assert "small, cyclical hidden dim 8" in labels


def test_other_moments_of_a_row_of_latents_are_named(make_study):
    study = make_study("toy", seeds=1, schedules=("constant", "cyclical"))
    with h5py.File(study.runs[1].folder / "snapshots.h5", "a") as file:
        file["step_100"].attrs["step"] = 150
    figure = drawn("latents", study)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles[-1] == "step 150" and len(titles) == 6 + 1


def test_thirteen_methods_stay_legible_in_the_plane(make_study):
    study = make_study("techniques")
    with style.look():
        figure = FIGURES["rate_distortion"].load()(study)
        figure.draw_without_rendering()
    (legend,) = figure.legends
    entries = [(h.get_color(), h.get_marker()) for h in legend.legend_handles]
    assert len(entries) == len(set(entries)) == 13
    assert len({colour for colour, _ in entries}) == len({mark for _, mark in entries}) == 13
    box, plane = legend.get_window_extent(), figure.axes[0].get_window_extent()
    assert plane.x1 < box.x0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0


def name_of(panel):
    return panel.get_title().splitlines()[0]


@pytest.mark.parametrize("name", ["tsne", "pca"])
def test_a_plane_says_what_was_measured_of_its_run(name, make_study):
    study = make_study("techniques")
    run = study.metrics["run"]
    study.metrics.loc[run == "0-s0", ["last_test_kl", "last_test_mi_aggregate"]] = 0.3, -0.001
    study.metrics.loc[run == "1-s0", "last_test_mi_aggregate"] = np.nan
    study.metrics.loc[run == "2-s0", ["last_test_kl", "last_test_mi_aggregate"]] = np.nan
    titles = [axes.get_title() for axes in drawn(name, study).axes if axes.get_title()]
    kl = study.metrics["last_test_kl"][run == "1-s0"].item()
    assert titles[:3] == [
        "constant\nKL 0.30, MI 0.00 nats",
        f"monotonic\nKL {kl:.2f} nats",
        "sigmoid",
    ]


@pytest.mark.parametrize("labelled", [True, False])
def test_planes_are_coloured_by_label_or_by_length(make_study, labelled):
    figure = drawn("tsne", make_study("techniques", labelled=labelled))
    panels = [axes for axes in figure.axes if axes.collections and axes.get_title()]
    assert [name_of(axes) for axes in panels][:3] == ["constant", "monotonic", "sigmoid"]
    assert len(panels) == 13
    legends = [text.get_text() for legend in figure.legends for text in legend.texts]
    assert legends == (["negative", "positive"] if labelled else [])
    assert any(axes.get_ylabel() == "Words" for axes in figure.axes) != labelled


def test_data_without_classes_are_grey_beside_data_with_some(make_study):
    study = make_study("techniques", labelled=True)
    with h5py.File(study.planes, "a") as file:
        del file[study.runs[0].folder.name]["label"]
    (first, second, *_) = [axes for axes in drawn("tsne", study).axes if axes.get_title()]
    assert [to_hex(colour) for colour in first.collections[0].get_facecolors()] == [style.GREY]
    assert len(second.collections[0].get_facecolors()) > 1


def test_a_method_without_a_plane_is_left_out(make_study):
    study = make_study("techniques")
    with h5py.File(study.planes, "a") as file:
        del file[study.runs[0].folder.name]
    figure = drawn("tsne", study)
    titles = [name_of(axes) for axes in figure.axes if axes.collections and axes.get_title()]
    assert len(titles) == 12 and titles[0] == "monotonic"


def test_a_technique_is_named_by_what_is_not_usual(make_study):
    methods = list(dict.fromkeys(make_study("techniques").table()["method"]))
    assert methods == [
        "constant", "monotonic", "sigmoid", "cyclical", "beta_04", "cnn_word_dropout",
        "bag_of_words", "free_bits", "iaf", "aggressive", "cnn_cved, collaborative", "sa_vae",
        "cnn_autoencoder",
    ]  # fmt: skip


USUAL = {"model": "cnn", "strategy": "standard", "objective": "elbo", "schedule": "constant"}


def named(*changes):
    """Return the names of methods that differ from the usual one by `changes`."""
    rows = [{**USUAL, "initial": "fresh", "seed": 0} | change for change in changes]
    return with_methods(pd.DataFrame(rows))["method"].tolist()


def test_no_remedy_hides_behind_another_or_behind_a_model():
    several = {"strategy": "aggressive", "objective": "free_bits", "schedule": "cyclical"}
    assert named({}, {**several, "model": "word_dropout"}) == [
        "constant",
        "word_dropout, free_bits, aggressive",
    ]
    assert named({}, several, {**several, "schedule": "constant"}) == [
        "constant",
        "free_bits, aggressive, cyclical",
        "free_bits, aggressive, constant",
    ]


def test_where_the_plain_method_is_not_there_each_is_named_and_what_all_have_is_a_note():
    svi = {"strategy": "svi"}
    assert named(svi, {"strategy": "sa_vae"}) == ["svi", "sa_vae"]
    assert named(svi, {**svi, "initial": "pretrained"}) == ["constant", "pretrained"]
    runs = pd.DataFrame([{**USUAL, "strategy": "vae_svi"}] * 2)
    assert common_notes(runs) == ["All runs: strategy vae svi."]
    assert common_notes(pd.DataFrame([USUAL])) == []


def test_a_study_knows_its_own_schedules_so_that_the_first_of_a_family_has_its_colour():
    record = {"folder": "f", "metrics": "f/m.json", "names": {"schedule": "cyclical_yelp"}}
    configured = ["constant", "cyclical", "cyclical_ptb", "cyclical_yelp"]
    study = load_study("techniques", [record], schedules=configured)
    assert study.schedules == ("cyclical_yelp",)
    chosen = style.colours(["cyclical_yelp"], study.schedules)
    assert chosen == {"cyclical_yelp": style.FAMILY_COLOURS["cyclical"]}


def test_an_axis_of_lists_or_mappings_tells_configurations_apart():
    record = {
        "folder": "f",
        "metrics": "f/m.json",
        "names": {"training.evaluate_every": {"steps": 1}, "seed": 0},
    }
    assert RunFiles.of(record).names == {"training.evaluate_every": "{'steps': 1}", "seed": 0}


def test_figures_that_lack_something_say_what(make_study):
    with pytest.raises(InputError, match="known entropy"):
        FIGURES["nll_floor"].load()(make_study("ptb", seeds=1))
    study = make_study("ablation")
    study.metrics["last_test_kl"] = np.nan
    for name in ("two_by_two", "rate_distortion"):
        with pytest.raises(InputError, match="none of its models has a latent"):
            FIGURES[name].load()(study)
    with pytest.raises(InputError, match=r"schedule\.cycles"):
        FIGURES["heat_map"].load()(make_study("toy", seeds=1))


def test_beta_is_drawn_from_the_schedule_not_from_the_evaluations(make_study):
    from kl_annealing.reporting.figures.learning_curves import beta_over_training

    history = make_study("ptb", seeds=1).histories()
    history = history[history["schedule"] == "cyclical_ptb"].iloc[:40]
    settings = {
        "schedule": {"shape": "linear", "cycles": 4, "ratio": 0.5},
        "training": {"steps": None, "epochs": 40},
    }
    steps, beta = beta_over_training(settings, history)
    assert steps[0] == 0 and steps[-1] == 40 * 1300 - 1
    assert (np.diff(beta) < -0.9).sum() == 3  # a restart between each two of the four cycles
    assert beta == pytest.approx(np.minimum(1, (steps % 13000) / 6500), abs=1e-9)
    steps, beta = beta_over_training(settings, history.iloc[:10])  # ended early
    assert steps[-1] == 10 * 1300 - 1 and (np.diff(beta) >= 0).all()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_written_in_every_form(name, make_study, tmp_path):
    table = TABLES[name].load()(make_study(KINDS[name]))
    paths = [tmp_path / f"table{suffix}" for suffix in FORMS]
    write(table, paths)
    assert len(table.rows) > 1
    assert all(path.stat().st_size > 200 for path in paths)


def test_inputs_are_named_and_in_the_order_of_the_runs():
    inputs = FIGURES["curves"].inputs(["a", "b"], metrics="m.csv", claims="c.yaml")
    assert inputs == {"metrics": "m.csv", "history": ["a/history.csv", "b/history.csv"]}


@pytest.mark.parametrize(
    ("template", "wildcard", "names"), [("figure", "figure", FIGURES), ("table", "table", TABLES)]
)
def test_every_entry_has_a_caption_of_its_own(template, wildcard, names):
    general = caption(template, wildcard, "unheard_of").replace("unheard_of", "")
    captions = {name: caption(template, wildcard, name) for name in names}
    assert all(text.replace(name, "") != general for name, text in captions.items())
    assert len(set(captions.values())) == len(names)


def caption(template, wildcard, name, splits=("valid", "test")):
    study = {"dataset": "d", "seeds": [0, 1], "evaluation": {}}
    config = {"experiment": "demo", "studies": {"s": study}, "evaluation": {"splits": splits}}
    wildcards = {"study": "s", wildcard: name}
    output = {"csv": "x.csv", "tex": "x.tex"}
    source = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(
        (REPORT / f"{template}.rst").read_text()
    )
    return source.render(snakemake={"config": config, "wildcards": wildcards, "output": output})


def test_captions_name_the_split_that_was_measured():
    assert "on the test split" in caption("figure", "figure", "heat_map")
    assert "on the validation split" in caption("figure", "figure", "heat_map", splits=["valid"])


def test_rules_can_import_the_catalogue_without_the_drawing_libraries():
    heavy = {"matplotlib", "pandas", "torch", "scipy"}
    assert not imported("kl_annealing.reporting.catalogue") & heavy


def test_tables_are_made_without_the_drawing_library():
    modules = {entry.maker.partition(":")[0] for entry in TABLES.values()}
    assert not imported(*modules) & {"matplotlib", "torch"}


def imported(*modules):
    """Return the modules that importing some brings with them."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    outcome = subprocess.run(
        command, capture_output=True, text=True, cwd=PACKAGE.parent, check=True
    )
    return set(outcome.stdout.split())
