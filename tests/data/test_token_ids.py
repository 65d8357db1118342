import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from kl_annealing.data import dataset_digest, raw_paths, read_corpus, read_datasets
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.prepare import prepare
from kl_annealing.data.token_ids import read_token_ids
from kl_annealing.errors import InputError

MIRROR = os.environ.get("KL_ANNEALING_MIRROR")
WORDS = ["<pad>", "<go>", "<eos>", "<unk>", "good", "bad", "food"]
SENTENCES = {
    "train": [[5, 6, 2], [5, 2], [6, 3, 2], [4, 6, 2], [4, 2], [4, 4, 4, 2]],
    "valid": [[5, 2], [4, 2]],
    "test": [[6, 2], [4, 6, 2]],
}
LABELS = {"train": [0, 0, 0, 1, 1, 1], "valid": [0, 1], "test": [0, 1]}


def content(words=WORDS, **changed):
    parts = [(SENTENCES | changed)[split] for split in SPLITS]
    labels = [LABELS[split] for split in SPLITS]
    numbers = dict(enumerate(words))
    return (*parts, *labels, {word: number for number, word in numbers.items()}, numbers)


def written(folder, value):
    path = folder / "tiny.p"
    path.write_bytes(pickle.dumps(value, 2))
    return path


def definition_of(path, **options):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"kind": "token_ids", "files": {path.name: {"sha256": digest}}, **options}


def test_words_and_labels_come_back_in_the_file(tmp_path):
    splits = read_token_ids([written(tmp_path, content())])
    assert splits["train"].words[:3] == [["bad", "food"], ["bad"], ["food", "<unk>"]]
    assert splits["train"].labels == LABELS["train"]
    assert splits["test"].index == [0, 1]


def test_long_sentences_are_dropped_with_their_labels(tmp_path):
    split = read_token_ids([written(tmp_path, content())], maximum_length=1)["train"]
    assert split.words == [["bad"], ["good"]]
    assert (split.labels, split.index, split.too_long) == ([0, 1], [1, 4], 4)


def test_prepared_labels_stay_with_their_sentences(tmp_path):
    path = written(tmp_path, content())
    prepare("tiny", definition_of(path), {path.name: path}, tmp_path / "tiny.h5")
    corpus = read_corpus(tmp_path / "tiny.h5")
    for name in SPLITS:
        split = getattr(corpus, name)
        assert split.labels.tolist() == [LABELS[name][line] for line in split.index]
        for tokens, line in zip(split.tokens, split.index, strict=True):
            words = [WORDS[number] for number in SENTENCES[name][line][:-1]]
            assert corpus.vocabulary.decode(tokens[1:]) == " ".join(words)
    assert set(corpus.vocabulary.words[4:]) == {"good", "bad", "food"}


def test_digest_is_of_the_content(tmp_path):
    path = written(tmp_path, content())
    definition = definition_of(path)
    described = definition | {"description": "x", "sentences": {"train": 6}}
    assert dataset_digest(definition) == dataset_digest(described)
    assert dataset_digest(definition) != dataset_digest(definition | {"maximum_length": 3})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "not .train, dev, test"),
        (content()[:6], "not .train, dev, test"),
        (content(train=[[5, 6]]), "1 sentences and 6 labels"),
        (content(valid=[[5, 6], [4, 2]]), "valid: not sentences of known ids that end with 2"),
        (content(valid=[[9, 2], [4, 2]]), "valid: not sentences of known ids"),
        (content(valid=[[0, 2], [4, 2]]), "valid: not sentences of known ids"),
        (content(words=[*WORDS, "good"]), "not numbered from 0, each once"),
        (content(words=[*WORDS, "two words"]), "to words without blanks"),
        (content(words=[*WORDS, 7]), "to words without blanks"),
        (content(valid=[5, [4, 2]]), "valid: its sentences are not lists of ids"),
        (content(valid=[[[5], 2], [4, 2]]), "valid: its sentences are not lists of ids"),
    ],
)
def test_what_is_not_as_published_is_one_line(tmp_path, value, message):
    with pytest.raises(InputError, match=message):
        read_token_ids([written(tmp_path, value)])


@pytest.mark.skipif(
    not (MIRROR and Path(MIRROR, "yelp_short").is_dir()),
    reason="KL_ANNEALING_MIRROR has no yelp_short",
)
def test_yelp_gives_the_published_numbers(tmp_path):
    definition = read_datasets()["yelp_short_s10"]
    files = raw_paths("yelp_short", definition, MIRROR)
    prepare("yelp_short_s10", definition, files, tmp_path / "yelp.h5")
    corpus = read_corpus(tmp_path / "yelp.h5")
    splits = [getattr(corpus, split) for split in SPLITS]
    assert len(corpus.vocabulary) == 3641
    assert [split.n_examples for split in splits] == [44_409, 6_347, 12_666]
    assert [int(split.labels.sum()) for split in splits] == [26_731, 3_820, 7_639]
    assert corpus.train.lengths.max() == 17
    first = corpus.train.tokens[np.flatnonzero(corpus.train.index == 0)[0]]
    assert corpus.vocabulary.decode(first[1:]) == "i was sadly <unk> ."
