"""Which techniques do not go together: pairs of blocks that have no meaning, by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.data.sources import kind_of, text_options
from kl_annealing.schema import Problem

Blocks = Mapping[str, Mapping[str, Any]]


def composition_problems(run_blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong with the blocks of a run together, each sound by itself."""
    for check in CHECKS:
        yield from check(run_blocks)


def sentence_length_problems(
    model: Mapping[str, Any], name: str, definition: Mapping[str, Any]
) -> Iterator[Problem]:
    """Find a dataset whose longest sentence exceeds the fixed length of the model's encoder."""
    encoder = model.get("encoder", {})
    longest = _longest(definition)
    if encoder.get("kind") == "cnn" and longest + 1 > encoder["length"]:
        text = (
            f"{name} keeps sentences of {longest} words; allowed: {longest + 1} up, or a dataset "
            f"of maximum_length {encoder['length'] - 1}"
        )
        yield Problem("model.encoder.length", text, f" = {encoder['length']}")


def _longest(definition: Mapping[str, Any]) -> int:
    """Return the most words that a sentence of the dataset can have."""
    if kind_of(definition) == "one_hot":
        return definition.get("one_hot", {}).get("length", 10)
    return text_options(definition)["maximum_length"]


def _word_vectors(run: Blocks) -> Iterator[Problem]:
    """Find word vectors that are to be one and cannot be."""
    model = run["model"]
    shared, tied = model.get("embedding") == "shared", model["decoder"]["output"] == "tied"
    width = model["decoder"]["embedding_dim"]
    if shared and (given := model["encoder"]["embedding_dim"]) != width:
        text = f"embedding shared has the decoder's width; allowed: {width}"
        yield Problem("model.encoder.embedding_dim", text, f" = {given}")
    if model["frozen_last_embedding"] and (shared or tied):
        with_what = "embedding shared" if shared else "decoder.output tied"
        text = f"{with_what} trains that word vector elsewhere; allowed: false"
        yield Problem("model.frozen_last_embedding", text, " = True")


def _counted_padding(run: Blocks) -> Iterator[Problem]:
    """Find padding that is to be counted up to a length that is not fixed."""
    model = run["model"]
    if model.get("padding_counted") and model["encoder"]["kind"] != "cnn":
        text = f"encoder {model['encoder']['kind']} has no fixed length; allowed: false, or cnn"
        yield Problem("model.padding_counted", text, " = True")


CHECKS = (_word_vectors, _counted_padding)
