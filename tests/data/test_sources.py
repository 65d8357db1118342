import copy
import hashlib
import re
import subprocess
from pathlib import Path
from pkgutil import resolve_name

import pytest
from jsonschema import Draft202012Validator

from kl_annealing.canonical import canonical
from kl_annealing.data import sources
from kl_annealing.data.checksums import FileEntry, mismatch, verify
from kl_annealing.data.sources import (
    dataset_digest,
    file_entries,
    file_entry,
    generator_settings,
    prepare_modules,
    raw_paths,
    read_datasets,
    text_options,
    working_part,
)
from kl_annealing.errors import InputError
from kl_annealing.schema import definition as schema_of
from kl_annealing.schema import fill_defaults, read_schema, schema_problems
from kl_annealing.schema.branches import properties_of
from kl_annealing.source_code import code_of

WORKFLOW = Path(__file__).parents[2] / "workflow"
OWN = {"train": "a.txt", "valid": "b.txt", "test": "c.txt"}
KINDS = read_schema("dataset")["properties"]["kind"]["enum"]


def problems(definition):
    """Return the lines that a user sees who has this definition in the configuration."""
    config = {"datasets": {"mine": copy.deepcopy(definition)}}
    fill_defaults(config, schema_of())
    lines = [str(problem) for problem in schema_problems(config)]
    return [line for line in lines if line.startswith("datasets.")]


def keys_taken(kind):
    """Return the keys of a kind of dataset and their schemas."""
    return properties_of(
        schema_of()["properties"]["datasets"]["additionalProperties"], {"kind": kind}
    )


def test_schema_is_valid():
    Draft202012Validator.check_schema(read_schema("dataset"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_kind_is_described(kind):
    for key, block in keys_taken(kind).items():
        assert "description" in block, key


@pytest.mark.parametrize("name", read_datasets())
def test_every_entry_of_the_table_is_valid_and_says_what_it_is(name):
    definition = read_datasets()[name]
    assert problems(definition) == []
    assert definition["description"] and definition["terms"]
    for entry in file_entries(name, definition).values():
        url = entry.url or ""  # a stand-in that is in a mirror only
        assert "/master/" not in url and "/main/" not in url  # pinned to a commit


@pytest.mark.parametrize(
    ("definition", "line"),
    [
        ({"train": "a", "valid": "b"}, "datasets.mine: key 'test' is missing"),
        (
            {**OWN, "maximum_lenght": 3},
            "datasets.mine: unknown key 'maximum_lenght' (did you mean 'maximum_length'?); ",
        ),
        (
            {**OWN, "maximum_length": "3"},
            "datasets.mine.maximum_length = '3': must be a whole number; it is text",
        ),
        ({**OWN, "one_hot": {}}, "datasets.mine: kind corpus takes no one_hot; allowed: kind, "),
        ({"kind": "files", **OWN}, "datasets.mine: key 'files' is missing"),
        ({"kind": "files", **OWN}, "datasets.mine: kind files takes no train; allowed: "),
        ({"kind": "grammar"}, "datasets.mine: key 'grammar' is missing"),
        (
            {"kind": "grammar", "grammar": {"sizes": {}}},
            "datasets.mine.grammar.sizes: key 'train' is missing",
        ),
        (
            {"kind": "digits", "minimum_count": 2},
            "datasets.mine: kind digits takes no minimum_count; allowed: kind, description, terms, "
            "citation, stand_in_for, shuffle_seed, images, validation",
        ),
        ({"kind": "vido"}, "datasets.mine.kind = 'vido': allowed: corpus, files, token_ids, "),
        (
            {"kind": "files", "splits": OWN, "files": {"a.txt": {"size": 3}}},
            "datasets.mine.files.a.txt = {'size': 3}: a file needs a sha256 sum or a git blob id",
        ),
        (
            {"kind": "files", "splits": OWN, "files": {"a.txt": {"checksum": "unknown"}}},
            "datasets.mine.files.a.txt = {'checksum': 'unknown'}: a file needs a sha256 sum or ",
        ),
        (
            {"kind": "dialog_corpus", **OWN, "maximum_length": 9},
            "datasets.mine: kind dialog_corpus takes no maximum_length; allowed: ",
        ),
        (
            {"kind": "dialog_corpus", **OWN, "vectors": {"kind": "glove"}},
            "datasets.mine.vectors: key 'file' is missing",
        ),
        (
            {"kind": "dialog_corpus", **OWN, "references": {"kind": "single", "neighbours": 3}},
            "datasets.mine.references: kind single takes no neighbours; allowed: kind",
        ),
        (
            {"kind": "dialog_corpus", **OWN, "windows": "all"},
            "datasets.mine.windows = 'all': allowed: complete, published",
        ),
        (
            {"kind": "files", "splits": OWN, "files": {"../a": {"sha256": "0" * 64}}},
            "datasets.mine.files: key '../a': a file name is made of letters, digits, ",
        ),
        (
            {"kind": "token_ids", "files": dict.fromkeys("ab", {"sha256": "0" * 64})},
            "datasets.mine.files = {'a': ",
        ),
        (
            {**OWN, "sha256": {"train": "123"}},
            "datasets.mine.sha256.train = '123': a sha256 sum of 64 hexadecimal digits",
        ),
    ],
)
def test_schema_refuses(definition, line):
    assert any(found.startswith(line) for found in problems(definition)), problems(definition)


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_kind_takes_is_refused_in_one_line_that_names_what_is_allowed(kind):
    own = keys_taken(kind)
    for key in sorted(set().union(*map(keys_taken, KINDS)) - set(own)):
        line = f"datasets.mine: kind {kind} takes no {key}; allowed: {', '.join(own)}"
        found = problems({"kind": kind, key: {}})
        assert [each for each in found if re.search(rf"\b{key}\b", each)] == [line]


def test_defaults_are_those_of_the_schema():
    assert text_options({"minimum_count": 2}) == {
        "maximum_length": 200, "minimum_count": 2, "maximum_size": None, "shuffle_seed": 3435,
    }  # fmt: skip
    block = {"sizes": {"train": 1}, "topics": 3}
    assert generator_settings({"kind": "grammar", "grammar": block}) == {
        "sizes": {"train": 1}, "topics": 3, "seed": 0, "fidelity": 0.9,
    }  # fmt: skip
    assert generator_settings({"kind": "one_hot"}) == {"length": 10}
    assert set(block) == {"sizes", "topics"}


def test_equal_definitions_have_one_text_and_one_order_of_files():
    ptb = read_datasets()["ptb"]
    other = {key: ptb[key] for key in reversed(ptb)} | {"minimum_count": 1.0, "stand_in_for": None}
    other["files"] = dict(reversed(ptb["files"].items()))
    assert canonical(working_part(ptb)) == canonical(working_part(other))
    assert list(raw_paths("ptb", ptb)) == list(raw_paths("ptb", other))


def test_digest_depends_on_content_and_on_nothing_else():
    ptb = read_datasets()["ptb"]
    digest = dataset_digest(ptb)
    assert len(digest) == 12 and int(digest, 16) >= 0
    moved = copy.deepcopy(ptb)
    moved["files"]["val.txt"]["url"] = "https://elsewhere.example/val.txt"
    moved |= {"description": "other words", "minimum_count": 1, "stand_in_for": None}
    assert dataset_digest(moved) == digest == dataset_digest(working_part(ptb))
    changed = copy.deepcopy(ptb)
    changed["files"]["val.txt"]["sha256"] = "0" * 64
    others = [changed, {**ptb, "maximum_length": 100}, {**ptb, "maximum_size": 100}]
    swapped = {**ptb, "splits": {**ptb["splits"], "valid": "test.txt"}}
    digests = {dataset_digest(definition) for definition in (ptb, *others, swapped)}
    assert len(digests) == 5


def test_digest_of_an_own_corpus_goes_by_sums_where_they_are_given():
    sums = {split: split[0] * 64 for split in OWN}
    moved = dict.fromkeys(OWN, "elsewhere.txt")
    assert dataset_digest(OWN) != dataset_digest(moved)
    assert dataset_digest({**OWN, "sha256": sums}) == dataset_digest({**moved, "sha256": sums})


def test_digest_of_a_generator_goes_by_its_settings():
    demo = read_datasets()["demo"]
    other = {**demo, "grammar": {**demo["grammar"], "seed": 1}}
    filled = {**demo, "grammar": {**demo["grammar"], "topics": 8, "fidelity": 0.9}}
    assert dataset_digest(demo) == dataset_digest(filled) != dataset_digest(other)
    sure, surely = ({**demo, "grammar": {**demo["grammar"], "fidelity": f}} for f in (1, 1.0))
    assert dataset_digest(sure) == dataset_digest(surely)


def test_raw_paths_and_entries():
    ptb = read_datasets()["ptb"]
    assert raw_paths("ptb", ptb)["val.txt"] == "data/raw/ptb/val.txt"
    assert raw_paths("mine", OWN) == OWN
    assert raw_paths("demo", read_datasets()["demo"]) == {}
    assert file_entry("ptb", ptb, "val.txt").size == 399782
    with pytest.raises(InputError, match=r"no file 'x.txt'.*train.txt, val.txt, test.txt"):
        file_entry("ptb", ptb, "x.txt")
    with pytest.raises(InputError, match="nothing of it is downloaded"):
        file_entry("mine", OWN, "a.txt")


def test_each_corpus_rests_on_its_own_generator_only():
    table = read_datasets()
    assert prepare_modules(table["ptb"]) == prepare_modules(OWN) == ["kl_annealing.data.prepare"]
    assert prepare_modules(table["demo"])[1:] == ["kl_annealing.data.grammar:grammar_corpus"]
    assert all(callable(resolve_name(name)) for name in sources.MAKERS.values())
    assert code_of(*prepare_modules(table["ptb"])) != code_of(*prepare_modules(table["demo"]))


def test_git_blob_id_is_that_of_git(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"what is up, doc?")
    # the example of the Git book, section "Git Objects"
    entry = FileEntry("d", "a.txt", git_blob="bd9dbf5aae1a3862dd1526723246b20206e5fc37")
    verify(path, entry)
    try:
        printed = subprocess.run(
            ["git", "hash-object", path], capture_output=True, text=True, check=True
        ).stdout.strip()
    except OSError:
        pytest.skip("git is not installed")
    assert printed == entry.git_blob


def test_verify_names_both_sums(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"wrong")
    right = hashlib.sha256(b"right").hexdigest()
    with pytest.raises(InputError) as caught:
        verify(path, FileEntry("d", "a.txt", size=5, sha256=right))
    assert right in str(caught.value)
    assert hashlib.sha256(b"wrong").hexdigest() in str(caught.value)
    assert "found 5 bytes" in mismatch(path, FileEntry("d", "a.txt", size=4))
    with pytest.raises(InputError, match="no such file"):
        verify(tmp_path / "none", FileEntry("d", "a.txt"))


def test_of_a_file_without_a_published_sum_the_size_is_compared_and_the_sum_kept(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"right")
    found = verify(path, FileEntry("d", "a.txt", size=5, checksum="unknown"))
    assert found == f"sha256:{hashlib.sha256(b'right').hexdigest()}"
    with pytest.raises(InputError, match="expected 4 bytes, unknown sum, found 5 bytes"):
        verify(path, FileEntry("d", "a.txt", size=4, checksum="unknown"))
