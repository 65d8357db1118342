"""Which figures and tables there are, and the files each is made from.

Light on purpose: the rules import it to compute inputs, so the drawing code is imported when drawn.
To add one: a module with `draw(study) -> Figure` or `build(study) -> Table`, one line here, and its
caption in workflow/report/figure.rst or table.rst. What it asks of a study is checked before any
job starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

# What the figures and tables of a study share; any other need is a file in each run's folder.
METRICS, CLAIMS, PLANES, IMAGES, ARRAYS = "metrics", "claims", "planes", "images", "arrays"
SCORES, CALIBRATION = "scores", "calibration"


@dataclass(frozen=True)
class Entry:
    """A figure or table: the function that makes it, as `module:function`, and what it needs.

    `axes` are single keys that the study's grids must vary, `shows` the only axes that it tells
    apart (empty: all), `one` axes of which it takes one value, `requires` names of
    `config.outputs.REQUIREMENTS` that each of its runs must meet. `latent` says that one run at
    least must have a latent variable, `claims` that there must be a claim about the study,
    `responses` that its evaluation must have responses of dialogs, `classified` that its sentences
    must be classified, `tested` that the test split must be measured.
    """

    maker: str
    needs: tuple[str, ...]
    axes: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    latent: bool = False
    claims: bool = False
    responses: bool = False
    classified: bool = False
    tested: bool = False

    def load(self) -> Callable[[Any], Any]:
        """Import and return the function: Study -> Figure, or Study -> Table."""
        return resolve_name(self.maker)

    def inputs(
        self, folders: Sequence[str], **shared: str | list[str]
    ) -> dict[str, str | list[str]]:
        """Return the files it needs by name, of a study with these run folders.

        `shared` gives the paths of `metrics`, `claims`, `planes`, of `images` and `arrays` of each
        method's run of the first seed, and of `scores` and `calibration` of all runs.
        """
        return {
            name.partition(".")[0]: shared.get(name) or [f"{folder}/{name}" for folder in folders]
            for name in self.needs
        }


_CYCLES = ("schedule.cycles", "schedule.ratio")


def _figure(name: str, *needs: str, **asks: Any) -> Entry:
    return Entry(f"kl_annealing.reporting.figures.{name}:draw", needs, **asks)


def _table(name: str, *needs: str, **asks: Any) -> Entry:
    return Entry(f"kl_annealing.reporting.tables.{name}:build", needs, **asks)


FIGURES = {
    "learning_curves": _figure("learning_curves", "history.csv", "config.json"),
    "two_by_two": _figure("two_by_two", METRICS, latent=True),
    "heat_map": _figure(
        "heat_map", METRICS, axes=_CYCLES, shows=(*_CYCLES, "schedule.shape"), latent=True
    ),
    "rate_distortion": _figure("rate_distortion", METRICS, latent=True),
    "nll_floor": _figure("nll_floor", METRICS, requires=("known_entropy", "bound")),
    "latents": _figure("latents", "snapshots.h5", requires=("snapshots", "two_dimensions")),
    "curves": _figure("curves", METRICS, "history.csv"),
    "tsne": _figure("tsne", METRICS, PLANES, latent=True),
    "pca": _figure("pca", METRICS, PLANES, latent=True),
    "label_curves": _figure("label_curves", METRICS, SCORES, classified=True),
    "calibration": _figure("calibration", CALIBRATION, classified=True),
    "information_curves": _figure(
        "information_curves", "history.csv", requires=("mutual_information",)
    ),
    "posterior_mean": _figure("posterior_mean", "snapshots.h5", requires=("posterior_means",)),
    "trajectories": _figure(
        "trajectories", "snapshots.h5", requires=("posterior_means", "trajectories")
    ),
    "tense_curves": _figure("tense_curves", "history.csv", "config.json", requires=("tenses",)),
    "samples": _figure("samples", IMAGES, requires=("images",)),
    "reconstructions": _figure("reconstructions", IMAGES, requires=("images",)),
}
TABLES = {
    "results": _table("results", METRICS),
    "published_comparison": _table("published_comparison", METRICS, CLAIMS),
    "two_by_two": _table("two_by_two", METRICS, latent=True),
    "ablation": _table("ablation", METRICS, axes=_CYCLES),
    "ranking": _table("ranking", METRICS, one=("dataset",), requires=("bound",)),
    "acceptance": _table("acceptance", METRICS, CLAIMS, claims=True),
    "lagging": _table("lagging", METRICS, CLAIMS, requires=("bound",)),
    "classification": _table("classification", METRICS, SCORES, classified=True),
    "clustering": _table("clustering", METRICS, classified=True),
    "dialog_bounds": _table("dialog_bounds", METRICS, requires=("dialogs",)),
    "dialog_overlap": _table("dialog_overlap", METRICS, requires=("dialogs",), responses=True),
    "dialog_diversity": _table("dialog_diversity", METRICS, requires=("dialogs",), responses=True),
    "tense_scores": _table("tense_scores", METRICS, requires=("tenses",)),
    "conversions": _table(
        "conversions", METRICS, ARRAYS, one=("dataset",), requires=("tenses",), tested=True
    ),
    "tuples": _table("tuples", METRICS, ARRAYS, requires=("tenses",), tested=True),
    "responses": _table("responses", METRICS, ARRAYS, requires=("dialogs",), responses=True),
}
