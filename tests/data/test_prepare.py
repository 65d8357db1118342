import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from kl_annealing.data import (
    dataset_digest,
    file_entry,
    raw_paths,
    read_corpus,
    read_datasets,
)
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.prepare import prepare
from kl_annealing.errors import InputError

MIRROR = os.environ.get("KL_ANNEALING_MIRROR")


@pytest.fixture
def own(tmp_path):
    """An own corpus of three small files, and their sums."""
    texts = {"train": "a b\na c\na\n", "valid": "a b\n", "test": "a z\n"}
    for split, text in texts.items():
        (tmp_path / f"{split}.txt").write_text(text)
    sums = {split: hashlib.sha256(text.encode()).hexdigest() for split, text in texts.items()}
    return {split: str(tmp_path / f"{split}.txt") for split in texts}, sums


def test_own_corpus_with_sums_and_stand_in(tmp_path, own):
    paths, sums = own
    definition = {**paths, "sha256": sums, "stand_in_for": "original", "minimum_count": 2}
    prepare("mine", definition, raw_paths("mine", definition), tmp_path / "mine.h5")
    corpus = read_corpus(tmp_path / "mine.h5")
    assert corpus.name == "mine"
    assert corpus.vocabulary.words[4:] == ["a"]
    assert corpus.attributes["stand_in_for"] == "original"
    assert corpus.attributes["floor_nll"] is None
    assert corpus.attributes["sums"] == {split: f"sha256:{sums[split]}" for split in SPLITS}


def test_wrong_content_is_refused_with_both_sums(tmp_path, own):
    paths, sums = own
    Path(paths["valid"]).write_text("something else\n")
    definition = {**paths, "sha256": sums}
    with pytest.raises(InputError, match=f"expected sha256 {sums['valid']}, found sha256"):
        prepare("mine", definition, paths, tmp_path / "mine.h5")
    assert not (tmp_path / "mine.h5").exists()


def test_wrong_content_in_the_download_folder_is_refused(tmp_path):
    definition = read_datasets()["ptb"]
    files = raw_paths("ptb", definition, tmp_path)
    for path in files.values():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text("placed by hand\n")
    with pytest.raises(InputError, match=r"not the declared file of dataset ptb.*found 15 bytes"):
        prepare("ptb", definition, files, tmp_path / "ptb.h5")


def archive_definition(folder, member):
    with zipfile.ZipFile(folder / "all.zip", "w") as file:
        for split in SPLITS:
            file.writestr(f"inner/{split}.txt", f"a {split}\n")
    content = (folder / "all.zip").read_bytes()
    return {
        "kind": "files",
        "files": {"all.zip": {"sha256": hashlib.sha256(content).hexdigest(), "unpacked_size": 100}},
        "splits": {split: f"all.zip/{member.format(split)}" for split in SPLITS},
    }


def test_splits_inside_an_archive(tmp_path):
    definition = archive_definition(tmp_path, "inner/{}.txt")
    prepare("packed", definition, {"all.zip": tmp_path / "all.zip"}, tmp_path / "packed.h5")
    assert read_corpus(tmp_path / "packed.h5").vocabulary.words[4:] == ["a", "train"]


@pytest.mark.parametrize("member", ["none/{}.txt", "../../all.zip", "inner"])
def test_members_that_are_not_there(tmp_path, member):
    definition = archive_definition(tmp_path, member)
    with pytest.raises(InputError, match="has no member"):
        prepare("packed", definition, {"all.zip": tmp_path / "all.zip"}, tmp_path / "packed.h5")


def test_generated_datasets_of_the_table(tmp_path):
    table = read_datasets()
    for name in ("demo", "ten_sequences"):
        prepare(name, table[name], {}, tmp_path / f"{name}.h5")
    demo = read_corpus(tmp_path / "demo.h5")
    assert [getattr(demo, split).n_examples for split in SPLITS] == [2000, 300, 300]
    assert abs(demo.attributes["floor_nll_test"] - demo.attributes["floor_nll"]) < 1
    toy = read_corpus(tmp_path / "ten_sequences.h5")
    assert toy.train.batches(10) == [(0, 10, 12)]
    assert sorted(toy.train.index) == list(range(10))
    one = toy.vocabulary.id("1")
    for row, n in zip(toy.valid.tokens, toy.valid.index, strict=True):
        assert row.tolist().index(one) == n + 1


@pytest.mark.skipif(
    not (MIRROR and Path(MIRROR, "ptb").is_dir()), reason="KL_ANNEALING_MIRROR has no ptb"
)
def test_penn_treebank_gives_the_published_numbers(tmp_path):
    definition = read_datasets()["ptb"]
    prepare("ptb", definition, raw_paths("ptb", definition, MIRROR), tmp_path / "ptb.h5")
    corpus = read_corpus(tmp_path / "ptb.h5")
    splits = [getattr(corpus, split) for split in SPLITS]
    assert len(corpus.vocabulary) == 10_002
    assert [split.n_examples for split in splits] == [42_068, 3_370, 3_761]
    assert [len(split.batches(32)) for split in splits] == [1359, 142, 155]
    assert [split.n_targets for split in splits] == [929_589, 73_760, 82_430]
    assert all(corpus.attributes[f"{split}_too_long"] == 0 for split in SPLITS)


def test_one_file_serves_several_splits_and_labels_are_no_words(tmp_path):
    text = "10 a b\n2 a\n2 c a\n10 d\n10 a\n2 e\n"
    (tmp_path / "all.txt").write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    definition = {
        "kind": "files",
        "folder": "elsewhere",
        "labelled": True,
        "files": {"all.txt": {"sha256": digest}},
        "splits": dict.fromkeys(SPLITS, "all.txt"),
        "lines": {"train": [0, 2], "valid": [2, 4], "test": [4, 6]},
    }
    prepare("mine", definition, {"all.txt": tmp_path / "all.txt"}, tmp_path / "mine.h5")
    corpus = read_corpus(tmp_path / "mine.h5")
    assert corpus.vocabulary.words[4:] == ["a", "b"]
    assert [getattr(corpus, split).index.tolist() for split in SPLITS] == [[1, 0], [3, 2], [5, 4]]
    assert [getattr(corpus, split).labels.tolist() for split in SPLITS] == [[0, 1], [1, 0], [0, 1]]
    assert corpus.attributes["class_names"].splitlines() == ["2", "10"]
    wrong = {**definition, "lines": {"valid": [6, 9]}}
    with pytest.raises(InputError, match=r"all\.txt \(lines 6 to 9\): the file is empty"):
        prepare("mine", wrong, {"all.txt": tmp_path / "all.txt"}, tmp_path / "mine.h5")


def test_a_stand_in_is_fetched_from_the_folder_of_its_original():
    table = read_datasets()
    entry = file_entry("yahoo_valid", table["yahoo_valid"], "val.txt")
    assert entry == file_entry("yahoo", table["yahoo"], "val.txt")
    assert dataset_digest(table["yahoo_valid"]) != dataset_digest(table["yahoo"])
