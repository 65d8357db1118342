"""A figure or table of a damaged file ends with the line that names the file."""

import pytest

from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.summary import row_of

DAMAGED = [
    (FIGURES, "latents", "toy", "snapshots.h5"),
    (FIGURES, "tsne", "techniques", "planes.h5"),
    (FIGURES, "reconstructions", "images", "images.h5"),
    (FIGURES, "posterior_mean", "posterior_mean", "snapshots.h5"),
    (FIGURES, "trajectories", "posterior_mean", "snapshots.h5"),
    (TABLES, "responses", "switchboard", "evaluation.h5"),
    (TABLES, "conversions", "tense", "evaluation.h5"),
    (TABLES, "tuples", "tense", "evaluation.h5"),
]


@pytest.mark.parametrize(("entries", "name", "kind", "file"), DAMAGED)
def test_the_damaged_file_is_named(make_study, tmp_path, entries, name, kind, file):
    study = make_study(kind)
    make = entries[name].load()
    make(study)
    path = sorted((tmp_path / "runs" / kind).rglob(file))[0]
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError) as told:
        make(study)
    assert str(told.value).startswith(f"{path}: not a whole results file (")


@pytest.mark.parametrize("damage", [lambda all: all[:-30], lambda all: b"", lambda all: b'"\n'])
def test_a_learning_curve_that_is_cut_off_is_named(make_study, tmp_path, damage):
    study = make_study("ptb")
    study.histories()
    path = sorted((tmp_path / "runs" / "ptb").rglob("history.csv"))[0]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"history\.csv: not a whole results file \("):
        study.histories()


@pytest.mark.parametrize("file", ["metrics.json", "config.json", "timing.json"])
def test_a_metrics_table_names_the_file_of_the_run(make_study, tmp_path, file):
    make_study("ptb")
    path = sorted((tmp_path / "runs" / "ptb").rglob(file))[0]
    before = path.read_bytes()
    path.write_bytes(before[: len(before) // 2])
    folder = next(each for each in path.parents if (each / "config.json").exists())
    metrics = next(folder.rglob("metrics.json"))
    record = {"folder": folder, "metrics": metrics, "names": {}}
    with pytest.raises(InputError, match=rf"{file}: not a whole results file"):
        row_of("ptb", record)
