"""Sentences to generate from are refused before any training, by what generation would refuse."""

import copy
from pathlib import Path

import pytest
import torch
import yaml
from tiny import model_of

from kl_annealing.config import validate
from kl_annealing.data import Vocabulary, read_datasets
from kl_annealing.errors import InputError
from kl_annealing.generation.sentences import given_sentences
from kl_annealing.given_texts import encoder_limit
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies
from kl_annealing.schema import completed

ROOT = Path(__file__).parents[2]
FULL = yaml.safe_load((ROOT / "config.yaml").read_text())
BOTH = ["prior", "reconstruction", "interpolation"]
WORDS = 16  # at most, of `length` 17
ENCODER = "at most 16 are allowed (model.encoder.length = 17, the end counted)"


def lines(generation, study="techniques", generate=BOTH, **changes):
    """Return what is wrong with a study of the full configuration and a `generation` block."""
    config = copy.deepcopy(FULL)
    config["generation"] = generation
    config["studies"] = {study: {**config["studies"][study], "generate": generate, **changes}}
    try:
        validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())
    except InputError as error:
        return [line.removeprefix("configuration: ") for line in str(error).splitlines()]
    return []


@pytest.fixture
def mine(tmp_path):
    """Return a function: content -> the path of a file."""

    def write(content):
        path = tmp_path / "mine.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{path}: the file is empty; give one sentence a line"),
        (b"\xef\xbb\xbfa b\r\nc\r\n", None),
        (b"a b\n\nc\n", "{path}, line 2: the sentence is empty"),
        (b"a b\n \n\n", "{path}, line 2: the sentence is empty"),
        (b"a\na b c d e a b\n", "{path}, line 2: the sentence has 7 words; at most 6 are allowed"),
        (b"a b c d e a\n", None),
        (b"a \xff b\n", "{path}, line 1: byte 3 is not UTF-8; convert the file to UTF-8"),
        (b"a\0\n", "{path}, line 1: a NUL byte"),
        (b"a b c d e a b\na \xff\n", "{path}, line 1: the sentence has 7 words"),
    ],
)
def test_a_file_is_refused_as_generation_refuses_it(mine, content, message):
    path = mine(content)
    found = lines({"reconstruct": path, "maximum_length": 6})
    vocabulary = Vocabulary(["<pad>", "<unk>", "<s>", "</s>", *"abcde"])
    if message is None:
        assert not found and given_sentences(path, vocabulary, 6)
        return
    with pytest.raises(InputError) as caught:
        given_sentences(path, vocabulary, 6)
    (line,) = found
    assert line.startswith("generation.reconstruct: " + message.format(path=path))
    assert str(caught.value) in line


def test_several_lines_of_a_file_are_one_line(mine):
    path = mine("a b c\n" * 3 + "a\n")
    (line,) = lines({"reconstruct": path, "maximum_length": 2})
    assert f"{path}, line 1: the sentence has 3 words" in line
    assert "(generation.maximum_length); shorten it or raise that (and 2 more)" in line


def test_paths_of_no_file(mine):
    for path in ("", "nofile.txt"):
        (line,) = lines({"reconstruct": path, "interpolate": [["a", "b"]]})
        assert line.startswith(f"generation.reconstruct = {path!r}: no such file")


def test_a_missing_file_leaves_the_pairs_checked():
    found = lines({"reconstruct": "no", "interpolate": [["a", "b b b"]], "maximum_length": 2})
    assert [line.partition(": ")[0] for line in found] == [
        "generation.reconstruct = 'no'",
        "generation.interpolate[0][1]",
    ]


@pytest.mark.parametrize("key", ["reconstruct", "interpolate"])
def test_the_limit_is_that_of_the_encoder(mine, key):
    encoder = model_of(completed(FULL["models"]["cnn_yelp"], "model"), 9).eval()
    for words in (WORDS, WORDS + 1):
        text = " ".join(["a"] * words)
        given = mine(f"a\n{text}\n") if key == "reconstruct" else [["a", text]]
        found = lines({key: given})
        tokens = torch.tensor([[2, *[5] * words, 3]])
        if words == WORDS:
            assert not found and encoder.encode(tokens)
            continue
        with pytest.raises(InputError, match="17 words; .* takes 16 at most"):
            encoder.encode(tokens)
        place = f"{given}, line 2" if key == "reconstruct" else "generation.interpolate[0][1]"
        (line,) = found
        assert line.startswith(f"studies.techniques.generate: {place}: the sentence has 17 words")
        assert ENCODER in line and "shorten it or raise that (in model: 'cnn_" in line


def test_sentences_of_both_kinds_are_told_at_once(mine):
    long = "a " * 30
    path = mine(f"a\n{long}\n{long}\n")
    file, pair = lines({"reconstruct": path, "interpolate": [["a", "b"], [long, "a"]]})
    assert f"{path}, line 2: the sentence has 30 words" in file and "(and 1 more)" in file
    assert "generation.interpolate[1][0]: the sentence has 30 words" in pair


def test_only_what_a_study_generates_from_must_fit_its_encoder(mine):
    long = "a " * 30
    assert not lines({"interpolate": [["a", long]]}, generate=["prior", "reconstruction"])
    assert not lines({"reconstruct": mine(long)}, generate=["prior", "interpolation"])
    assert not lines({"reconstruct": mine(long), "interpolate": [["a", long]]}, study="ptb")


@pytest.mark.parametrize("kind", ["autoreg", "vae", "image_vae", "cvae", "tense_vae"])
def test_other_encoders_read_any_number_of_words(kind):
    assert encoder_limit(completed({"kind": kind}, "model")) is None


@pytest.mark.parametrize("block", [None, 3, {"interpolate": 3}, {"interpolate": [[1, "a"]]}])
def test_a_malformed_block_is_left_to_the_schema(block):
    (line,) = lines(block)
    assert line.startswith("generation")


def test_the_shortest_encoder_of_the_grids_counts(mine):
    grids = [{"model.encoder.length": [40]}, {"model.encoder.length": [30, 35]}]
    changes = {"grids": grids, "figures": [], "tables": []}
    assert not lines({"reconstruct": mine("a " * 29)}, **changes)
    (line,) = lines({"reconstruct": mine("a " * 30)}, **changes)
    assert "at most 29 are allowed (model.encoder.length = 30" in line


def test_a_study_with_other_problems_is_not_read_from(mine):
    path = mine("a " * 30)
    (line,) = lines({"reconstruct": path}, grids=[{"model.encoder.length": [2]}])
    assert "model.encoder.length = 2" in line
