"""What a study of dialogs asks of its dataset, its training and its evaluation."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.config.points import Blocks
from kl_annealing.config.tasks import KINDS
from kl_annealing.data.sources import dialog_options, kind_of
from kl_annealing.schema import Problem

Definition = Mapping[str, Any]


def dialog_problems(name: str, definition: Definition, blocks: Blocks) -> Iterator[Problem]:
    """Return what of a run does not fit its dataset of dialogs, if it is one."""
    if kind_of(definition) not in KINDS["dialog"]:
        return
    options, training, model = dialog_options(definition), blocks["training"], blocks["model"]
    block = options["published_block"]["train"]
    if options["windows"] == "published" and training["batch_size"] != block:
        line = f"the published windows of {name} are batches of {block} dialogs; allowed: {block}"
        yield Problem("training.batch_size", line, f" = {training['batch_size']}")
    if model["embeddings"] == "vectors":
        yield from _vector_problems(name, options["vectors"], model["decoder"]["embedding_dim"])


def _vector_problems(name: str, vectors: Mapping[str, Any], width: int) -> Iterator[Problem]:
    """Return why word vectors of a dataset cannot be those of a model."""
    if vectors["kind"] == "none":
        line = f"dataset {name} has no word vectors; allowed: uniform, or a dataset with `vectors`"
        yield Problem("model.embeddings", line, " = 'vectors'")
    elif vectors["kind"] == "corpus" and width != vectors["dimension"]:
        line = f"the word vectors of {name} have {vectors['dimension']}; allowed: that number"
        yield Problem("model.decoder.embedding_dim", line, f" = {width}")


def response_problems(
    path: str, study: Mapping[str, Any], evaluation: Mapping[str, Any], datasets: Definition
) -> Iterator[Problem]:
    """Return why responses cannot be measured of a study, where they are asked for.

    `study` has its sound keys and `datasets` the sound definitions; of others nothing is said.
    """
    if evaluation.get("responses") is None or "task" not in study:
        return
    place = f"{path}.evaluation.responses"
    if study["task"] != "dialog":
        yield Problem(place, "only dialogs have responses; allowed: null")
        return
    for name in dict.fromkeys(_datasets_of(study)):
        if not _has_vectors(datasets.get(name)):
            line = f"scores compare words by vectors, dataset {name} has none; allowed: null"
            yield Problem(place, line)


def _has_vectors(definition: Definition | None) -> bool:
    """Return whether a dataset has word vectors, as far as it is one of dialogs."""
    if definition is None or kind_of(definition) not in KINDS["dialog"]:
        return True
    return dialog_options(definition)["vectors"]["kind"] != "none"


def _datasets_of(study: Mapping[str, Any]) -> Iterator[str]:
    grids = study.get("grids", ())
    if "dataset" in study and not all("dataset" in grid for grid in grids):
        yield study["dataset"]
    for grid in grids:
        yield from grid.get("dataset", ())
