"""Verbs as ids: splits, verbs held out, the file, and what the published files hold."""

import os
from pathlib import Path

import numpy as np
import pytest
from tiny_tenses import VERBS, built

from kl_annealing.data import read_corpus, read_datasets
from kl_annealing.data.tense.prepare import prepare_tenses
from kl_annealing.data.tense.store import write_tenses
from kl_annealing.errors import InputError

DATASETS = read_datasets()


def test_forms_stand_after_one_another_with_their_tenses():
    found = built()
    assert found.words(found.train.tokens) == [form for verb in VERBS for form in verb]
    assert found.train.tenses.tolist() == [0, 1, 2, 3] * len(VERBS)
    assert found.train.index.tolist() == list(range(4 * len(VERBS)))
    assert found.verbs == VERBS
    assert found.attributes == {"verbs": 5, "duplicates": 1, "held_out": 0}


def test_conversions_are_the_test_split_and_the_validation_where_nothing_is_held_out():
    found = built()
    sources, targets = found.conversions
    assert found.words(sources.tokens) == ["go", "saw"]
    assert found.words(targets.tokens) == ["went", "seeing"]
    assert (sources.tenses.tolist(), targets.tenses.tolist()) == ([0, 3], [3, 2])
    assert found.valid is found.test and found.test.n_examples == 4


@pytest.mark.parametrize("held_out", [1, 2, 3])
def test_verbs_are_held_out_with_their_duplicates(held_out):
    found = built(held_out=held_out)
    words = found.words(found.valid.tokens)
    apart = {tuple(words[row : row + 4]) for row in range(0, len(words), 4)}
    assert len(apart) == held_out and not apart & set(found.verbs)
    assert sorted([*found.train.index, *found.valid.index]) == list(range(20))


def test_the_seed_chooses_the_verbs_that_are_held_out():
    chosen = [set(built(held_out=1, shuffle_seed=seed).valid.index) for seed in range(20)]
    assert {index for each in chosen for index in each} == set(range(20))
    for seed, index in enumerate(chosen):
        assert set(built(held_out=1, shuffle_seed=seed).valid.index) == index


def test_one_verb_is_left_to_train_on():
    with pytest.raises(InputError, match="held_out = 4: of 4 verbs none is left .* at most 3"):
        built(held_out=4)


def test_batches_are_padded_to_their_longest_and_count_their_targets():
    split = built().train
    order = np.random.default_rng(0).permutation(split.n_examples)
    for given in (None, order):
        batches = split.batches(6, given)
        assert [batch.size for batch in batches] == [6, 6, 6, 2]
        assert sum(batch.targets for batch in batches) == split.n_targets
        lengths = split.lengths if given is None else split.lengths[given]
        assert [batch.length for batch in batches] == [lengths[b.rows].max() for b in batches]


def test_a_file_gives_the_same_back(tmp_path):
    found, path = built(held_out=1), tmp_path / "tenses.h5"
    write_tenses(path, found)
    again = read_corpus(path)
    assert again.name == "tiny" and again.vocabulary == found.vocabulary
    for ours, theirs in zip(again.content(), found.content(), strict=True):
        assert np.array_equal(ours, theirs)
    assert again.attributes["duplicates"] == 1


def test_own_files_are_read_and_a_wrong_line_is_named(tmp_path):
    files = {"train": tmp_path / "train.txt", "test": tmp_path / "test.txt"}
    files["train"].write_text("".join(" ".join(verb) + "\n" for verb in VERBS))
    files["test"].write_text("go went\n")
    paths = {split: str(path) for split, path in files.items()}
    own = {"kind": "tense_corpus", **paths, "conversions": [["sp", "p"]]}
    prepare_tenses("mine", own, files, tmp_path / "mine.h5")
    assert read_corpus(tmp_path / "mine.h5").verbs == VERBS
    options = {"held_out": 1, "shuffle_seed": 0}
    prepare_tenses("mine", own | options, files, tmp_path / "mine.h5")
    assert read_corpus(tmp_path / "mine.h5").verbs == built(**options).verbs
    files["test"].write_text("go wont\n")
    prepare_tenses("mine", own, files, tmp_path / "mine.h5")
    files["train"].write_text("go goes going\n")
    with pytest.raises(InputError, match=r"train\.txt, line 1: 3 words"):
        prepare_tenses("mine", own, files, tmp_path / "mine.h5")


def test_made_up_verbs_are_prepared(tmp_path):
    prepare_tenses("demo_verbs", DATASETS["demo_verbs"], {}, tmp_path / "demo.h5")
    found = read_corpus(tmp_path / "demo.h5")
    assert len(found.verbs) == DATASETS["demo_verbs"]["conjugation"]["verbs"]


MIRROR = os.environ.get("KL_ANNEALING_MIRROR")


@pytest.mark.skipif(
    not (MIRROR and Path(MIRROR, "tense").is_dir()), reason="KL_ANNEALING_MIRROR has no tense"
)
def test_the_published_files(tmp_path):
    files = {name: Path(MIRROR) / "tense" / name for name in ("train.txt", "test.txt")}
    prepare_tenses("tense", DATASETS["tense"], files, tmp_path / "tense.h5")
    found = read_corpus(tmp_path / "tense.h5")
    assert found.attributes["verbs"] == 1227 and found.attributes["duplicates"] == 10
    assert found.size == 30 and found.test.n_examples == 20
