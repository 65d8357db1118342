"""The results of one study as its figures and tables see them: a table of runs and their files."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.typing import DataFrameGroupBy

from kl_annealing.axes import AXES, has_bound
from kl_annealing.canonical import plain
from kl_annealing.errors import InputError
from kl_annealing.files.atomic import read_json
from kl_annealing.files.results import open_arrays
from kl_annealing.reporting.claims_file import Claims
from kl_annealing.reporting.csv_files import read_csv
from kl_annealing.reporting.quantities import column_of
from kl_annealing.schema import definition

_FIRST = ("model", "training", "schedule", "learning_rate")
NAMES = ("task", "dataset", *dict.fromkeys((*_FIRST, *AXES)))
IDENTITY = ("study", *NAMES, "seed", "run")
LENGTHS = ("epochs", "steps")  # of training; one of the two is empty
# The axes of a method beside its schedule, training, dataset and model.
REMEDIES = tuple(name for name, axis in AXES.items() if axis.method and name not in _FIRST)


@dataclass(frozen=True)
class RunFiles:
    """One run of a study: its folder and the names on its axes, `seed` among them.

    `measured` is the folder of its evaluation.
    """

    folder: Path
    names: Mapping[str, object]
    measured: Path

    @classmethod
    def of(cls, record: Mapping) -> "RunFiles":
        """Return the run of a plain record with `folder`, `names` and the path `metrics`."""
        names = {name: _scalar(value) for name, value in record["names"].items()}
        return cls(Path(record["folder"]), names, Path(record["metrics"]).parent)


@dataclass(frozen=True)
class Study:
    """A study's runs and its metrics table (None when not asked for).

    `schedules` are the names of all that it has, in the order of the configuration, so that a
    method has the same colour in each of its figures: the first of a family has the family's own.
    """

    name: str
    runs: Sequence[RunFiles]
    metrics: pd.DataFrame | None = None
    schedules: Sequence[str] = ()
    claims: Claims = Claims()
    experiment: str = ""
    task: str = ""
    planes: str | os.PathLike | None = None  # the file of `embed_latents`
    images: Sequence[str | os.PathLike] = ()  # files of `generate_images`, of the first seed
    scores: Sequence[str | os.PathLike] = ()  # of `classify_run`, in the order of the runs
    calibration: Sequence[str | os.PathLike] = ()  # likewise

    def table(self) -> pd.DataFrame:
        """Return the metrics, a row a run, with its `method` beside it."""
        if self.metrics is None:
            raise InputError(f"study {self.name}: no metrics table was given")
        return with_methods(self.metrics)

    def latent_table(self) -> pd.DataFrame:
        """Return the table of the methods that have a KL: a language model has none.

        Raises InputError when no method has one.
        """
        table = self.table()
        column = column_of(table.columns, "kl")
        if column is None or table[column].isna().all():
            raise InputError(f"study {self.name}: none of its models has a latent variable")
        return table[table.groupby("method")[column].transform("count") > 0]

    def classified(self, files: Sequence[str | os.PathLike]) -> pd.DataFrame:
        """Return the rows of files of `classify_run`, one a run, with the names of each run.

        Raises InputError where there are none.
        """
        if not files:
            raise InputError(f"study {self.name}: its sentences are not classified")
        frames = [
            read_csv(path).assign(**run.names, run=run.folder.name)
            for path, run in zip(files, self.runs, strict=True)
        ]
        return with_methods(pd.concat(frames, ignore_index=True))

    def histories(self, split: str = "valid") -> pd.DataFrame:
        """Return the histories of all runs on `split`, a row an evaluation, names as columns."""
        frames = []
        for run in self.runs:
            history = read_csv(run.folder / "history.csv")
            history = _bounded(history[history["split"] == split], run.folder)
            frames.append(history.assign(**run.names, run=run.folder.name))
        if not frames:
            raise InputError(f"study {self.name}: it has no runs to draw")
        return with_methods(pd.concat(frames, ignore_index=True))


def load_study(
    name: str,
    records: Sequence[Mapping],
    metrics: str | os.PathLike | None = None,
    schedules: Sequence[str] = (),
    **settings,
) -> Study:
    """Return the study of plain run records and the path of its metrics table.

    `schedules` are all of the configuration.
    """
    table = None if metrics is None else read_metrics(metrics)
    runs = tuple(RunFiles.of(record) for record in records)
    task = records[0].get("task", "") if records else ""
    used = {run.names.get("schedule") for run in runs}
    own = tuple(schedule for schedule in schedules if schedule in used)
    return Study(name, runs, table, own, task=task, **settings)


def read_metrics(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table of metrics; names stay text, a missing one is empty."""
    names = {column: str for column in (*IDENTITY, "stand_in_for") if column != "seed"}
    table = read_csv(path, dtype=names)
    present = [column for column in names if column in table]
    filled = table.fillna({column: "" for column in present})
    return filled.copy()  # in one piece: pandas warns of the many that filling leaves


def with_methods(table: pd.DataFrame, whole: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return `table` with the column `method`: the shortest text that tells its methods apart.

    That is the schedule, preceded by the name on any other axis that varies where it is not the
    usual one (the schema's default, else the study's most common). Where one schedule goes with
    names of remedies or with a model, they stand alone; a training says little without. The single
    settings that vary follow. The learning-rate schedule stays out: it is shown in another way.
    Where `table` is a part of the table `whole`, remedies that vary in the whole are named.
    """
    schedule = _column(table, "schedule").map(str)
    nothing = pd.Series(False, index=table.index)
    inner = _prefixed(schedule, table, "training", alone=nothing)
    remedies = _remedies(table, table if whole is None else whole)
    named = remedies != ""
    single = inner.groupby(remedies).transform("nunique") == 1
    method = remedies.where(single, remedies + ", " + inner).where(named, inner)
    for name in ("dataset", "model"):
        method = _prefixed(method, table, name, alone=~named)
    for axis in dotted_axes(table):
        text = table[axis].map(lambda value, axis=axis: f" {axis.split('.')[-1]} {plain(value)}")
        method = method + text.where(table[axis].notna(), "")
    return table.assign(method=method)


def common_remedies(table: pd.DataFrame) -> dict[str, str]:
    """Return, by axis, the remedies that all runs have and that no method's name says."""
    columns = {name: _column(table, name) for name in REMEDIES if name in table}
    return {
        name: values.iloc[0]
        for name, values in columns.items()
        if values.nunique() == 1 and values.iloc[0] != _usual(name, values)
    }


def by_method(table: pd.DataFrame) -> DataFrameGroupBy:
    """Return the runs of a table grouped by (method, learning-rate schedule), as they come."""
    return table.groupby(["method", "learning_rate"], sort=False)


def matching(table: pd.DataFrame, select: Mapping[str, object]) -> pd.DataFrame:
    """Return the rows of a metrics table that have the selected names; none if a column lacks.

    A number is the same however it is written: 4 is the 4.0 of a column with gaps. A stand-in is
    selected by the name of the dataset that it stands in for, too.
    """
    chosen = pd.Series(True, index=table.index)
    for name, value in select.items():
        if name not in table:
            return table.iloc[:0]
        matches = table[name].map(lambda item: str(plain(item))) == str(plain(value))
        if name == "dataset" and "stand_in_for" in table:
            matches |= table["stand_in_for"] == value
        chosen &= matches
    return table[chosen]


def dotted_axes(table: pd.DataFrame) -> list[str]:
    """Return the single settings that take several values, such as `schedule.cycles`."""
    return [name for name in single_settings(table) if table[name].nunique(dropna=False) > 1]


def single_settings(table: pd.DataFrame) -> list[str]:
    """Return the columns of single settings that grids name, such as `schedule.cycles`."""
    return [name for name in table if "." in name]


def floor_of(table: pd.DataFrame) -> float | None:
    """Return the true model's NLL of the reported sentences, else the entropy, None if unknown."""
    known = _common(table, "floor_nll_test")
    return entropy_of(table) if known is None else known


def entropy_of(table: pd.DataFrame) -> float | None:
    """Return the entropy of the source of the study's corpus, None where it is not known."""
    return _common(table, "floor_nll")


def _common(table: pd.DataFrame, name: str) -> float | None:
    if name in table and table[name].notna().all() and table[name].nunique() == 1:
        return float(table[name].iloc[0])
    return None


class FirstSeed(NamedTuple):
    """A configuration's run of its first seed, labelled by what differs between configurations.

    Where learning-rate schedules differ the label has that too, the method never.
    """

    label: str
    method: str
    run: RunFiles


def first_seeds(study: Study) -> list[FirstSeed]:
    """Return each configuration's run of its first seed."""
    table = with_methods(pd.DataFrame([run.names for run in study.runs]))
    labels = table["method"]
    if table["learning_rate"].nunique() > 1:
        labels = labels + ", lr " + table["learning_rate"]
    first: dict[str, FirstSeed] = {}
    for named in zip(labels, table["method"], study.runs, strict=True):
        first.setdefault(named[0], FirstSeed(*named))
    return list(first.values())


def in_order(values: pd.Series) -> list:
    """Return the different values in order of appearance."""
    return list(dict.fromkeys(values))


def snapshots(path: str | os.PathLike) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Yield (step, {mu [N, D], logvar [N, D], index [N]}) of a snapshots file, by step."""
    with open_arrays(path) as file:
        groups = sorted(
            (int(group.attrs["step"]), name)
            for name, group in file.items()
            if name.startswith("step_")
        )
        for step, name in groups:
            yield step, {key: file[name][key][:] for key in ("mu", "logvar", "index")}


def _bounded(history: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return a history without KL and bounds where the run is an autoencoder, which has none."""
    posterior = read_json(folder / "config.json").get("posterior", {"kind": "gaussian"})
    return history if has_bound(posterior) else history.assign(kl=0.0, elbo=math.nan, ppl=math.nan)


def _scalar(value: object) -> object:
    """Return a value of an axis, a list or mapping as the text that a metrics table has for it."""
    return str(value) if isinstance(value, list | tuple | Mapping) else value


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table else pd.Series("", index=table.index)


def _usual(name: str, values: pd.Series) -> str:
    """Return the name on an axis that goes without saying."""
    default = definition("study_settings")["properties"].get(name, {}).get("default")
    return values.mode().iloc[0] if default is None else default


def _remedies(table: pd.DataFrame, whole: pd.DataFrame) -> pd.Series:
    """Return the names of all remedies but the usual ones, on the axes that vary in `whole`."""
    found = pd.Series("", index=table.index)
    for name in REMEDIES:
        values, every = _column(table, name), _column(whole, name)
        if every.nunique() > 1:
            found = found.where(values == _usual(name, every), values + ", " + found)
    return found.str.removesuffix(", ")


def _prefixed(method: pd.Series, table: pd.DataFrame, name: str, alone: pd.Series) -> pd.Series:
    """Put what is not usual on an axis that varies before the method.

    Where `alone`, it takes the method's place if that is the only one beside it.
    """
    values = _column(table, name)
    if values.nunique() < 2:
        return method
    single = method.groupby(values).transform("nunique") == 1
    named = values.where(single & alone, values + ", " + method)
    return method.where(values == _usual(name, values), named)
