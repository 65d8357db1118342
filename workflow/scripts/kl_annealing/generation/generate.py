"""What `generate_text` writes: texts of one kind from one finished run, a file a decoder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kl_annealing.data import Corpus, read_corpus
from kl_annealing.errors import InputError
from kl_annealing.files.atomic import read_json, write_text
from kl_annealing.generation.interpolate import interpolate
from kl_annealing.generation.prior import sample_prior
from kl_annealing.generation.reconstruct import reconstruct
from kl_annealing.generation.sentences import (
    Sentence,
    check_length,
    encode_sentences,
    first_sentences,
    given_sentences,
)
from kl_annealing.given_texts import encoder_limit, given_texts, pair_texts
from kl_annealing.jobs.devices import reproducible, resolve_device
from kl_annealing.models.interfaces import SentenceModel
from kl_annealing.models.trained import load_iterate


def generate(
    folder: str | os.PathLike,
    corpus_path: str | os.PathLike,
    request: Mapping[str, Any],
    paths: Mapping[str, str | os.PathLike],
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Write text that the run in `folder` generates to `paths`, one for each decoder's name.

    `request` is the generation block of the configuration with `kind` (prior, reconstruction or
    interpolation). The first line, after `#`, says what the file is. Then: for the prior one
    sentence a line; for each reconstruction the sentence given, after `<`, the one made, after `>`,
    and an empty line; for each interpolation the first sentence, the points of the path with their
    position, the last sentence, and an empty line. The same request gives the same bytes, whatever
    other decoders are asked for. Files are written together at the end. Raises InputError for
    sentences and settings that cannot be used.
    """
    place, corpus = resolve_device(device), read_corpus(corpus_path)
    run = read_json(Path(folder) / "config.json")
    if limit := encoder_limit(run["model"]):  # the encoder's own refusal names no place
        for sentence in given_texts(request, request["kind"]):
            check_length(*sentence, limit)
    with reproducible(place, request["seed"], threads):
        model, step = load_iterate(folder, request["iterate"], run, corpus.size, place)
        texts = {name: generated_lines(model, corpus, request, name) for name in paths}
    for name, lines in texts.items():
        title = f"# {request['kind']}, {name}: {Path(folder).name}, step {step}"
        write_text(paths[name], "".join(f"{line}\n" for line in [title, *lines]))


def generated_lines(
    model: SentenceModel, corpus: Corpus, request: Mapping[str, Any], decoder: str
) -> list[str]:
    """Return the lines that `generate` writes below the first for the decoder of this name."""
    kinds = {
        "prior": _prior_lines,
        "reconstruction": _reconstruction_lines,
        "interpolation": _interpolation_lines,
    }
    if request["kind"] not in kinds:
        raise InputError(f"kind {request['kind']!r}: allowed are {', '.join(kinds)}")
    options = {
        "decoder": _decoder(request, decoder),
        "generator": torch.Generator().manual_seed(request["seed"]),
        "maximum_length": request["maximum_length"],
    }
    return kinds[request["kind"]](model, corpus, request, options)


def _prior_lines(
    model: SentenceModel, corpus: Corpus, request: Mapping[str, Any], options: Mapping[str, Any]
) -> list[str]:
    return sample_prior(model, corpus.vocabulary, request["prior_samples"], **options)


def _reconstruction_lines(
    model: SentenceModel, corpus: Corpus, request: Mapping[str, Any], options: Mapping[str, Any]
) -> list[str]:
    given = _given(corpus, request)
    made = reconstruct(
        model,
        corpus.vocabulary,
        [sentence.ids for sentence in given],
        sampled=request["reconstruct_from"] == "sample",
        **options,
    )
    pairs = zip(given, made, strict=True)
    return [line for before, after in pairs for line in (f"< {before.text}", f"> {after}", "")]


def _interpolation_lines(
    model: SentenceModel, corpus: Corpus, request: Mapping[str, Any], options: Mapping[str, Any]
) -> list[str]:
    lines, steps = [], request["interpolation_steps"]
    for start, end in _pairs(corpus, request):
        made = interpolate(
            model,
            corpus.vocabulary,
            (start.ids, end.ids),
            steps=steps,
            shape=request["interpolation_path"],
            **options,
        )
        points = [f"{point / (steps - 1):.2f} {text}" for point, text in enumerate(made)]
        lines += [f"< {start.text}", *points, f"> {end.text}", ""]
    return lines


def _decoder(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if name not in request["decoders"]:
        known = ", ".join(request["decoders"])
        raise InputError(f"decoder {name!r}: generation.decoders has {known}")
    return request["decoders"][name]


def _given(corpus: Corpus, request: Mapping[str, Any]) -> list[Sentence]:
    """Return the sentences of the user's file, or as many test sentences as prior samples."""
    if request["reconstruct"] is None:
        return first_sentences(corpus.test, corpus.vocabulary, request["prior_samples"])
    return given_sentences(request["reconstruct"], corpus.vocabulary, request["maximum_length"])


def _pairs(corpus: Corpus, request: Mapping[str, Any]) -> list[tuple[Sentence, Sentence]]:
    """Return the user's pairs of sentences, or the first two of the test split."""
    if not request["interpolate"]:
        ends = first_sentences(corpus.test, corpus.vocabulary, 2)
    else:
        texts = pair_texts(request["interpolate"])
        ends = encode_sentences(texts, corpus.vocabulary, request["maximum_length"])
    if len(ends) < 2:
        raise InputError("interpolation: the test split has one sentence; name two in the config")
    return list(zip(ends[::2], ends[1::2], strict=True))
