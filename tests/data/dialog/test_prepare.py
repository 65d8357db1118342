import json
import os
from pathlib import Path

import numpy as np
import pytest
from tiny_dialogs import lines, long_talk, talk

from kl_annealing.data import (
    dataset_digest,
    dialog_options,
    file_entry,
    prepare_modules,
    preparer,
    raw_paths,
    read_corpus,
    read_datasets,
)
from kl_annealing.data.corpora import SPLITS
from kl_annealing.data.dialog.prepare import prepare_dialogs
from kl_annealing.data.dialog.vectors import corpus_vectors
from kl_annealing.data.dialog.windows import published_windows
from kl_annealing.data.prepared import vocabulary_path
from kl_annealing.data.sources import file_entries, own_paths, working_part
from kl_annealing.errors import InputError

MIRROR = os.environ.get("KL_ANNEALING_MIRROR")


@pytest.fixture
def own(tmp_path):
    """Return the definition of a small dataset of one's own files."""
    values = [long_talk(number, topic=f"t{number % 2}") for number in (3, 4, 6)]
    for split in SPLITS:
        (tmp_path / f"{split}.jsonl").write_text(lines(values))
    files = {split: str(tmp_path / f"{split}.jsonl") for split in SPLITS}
    return {"kind": "dialog_corpus", **files}


def prepared(folder, definition):
    path = folder / "mine.h5"
    prepare_dialogs("mine", definition, raw_paths("mine", definition), path)
    return read_corpus(path)


def test_own_files_become_windows_vocabulary_and_references(tmp_path, own):
    dialogs = prepared(tmp_path, own)
    assert dialogs.train.n_examples == 13
    assert dialogs.vectors is None and dialogs.valid_published is None
    assert dialogs.test.references.starts[-1] > 13
    assert vocabulary_path(tmp_path / "mine.h5").read_text() == dialogs.vocabulary.to_text()
    said = {key: dialogs.attributes[key] for key in ("windows", "references", "vectors")}
    assert said == {"windows": "complete", "references": "retrieved", "vectors": "none"}
    assert dialogs.attributes["sums"]["train"].startswith("sha256:")
    assert dialogs.attributes["digest"] == dataset_digest(own)


def test_options_reach_the_file(tmp_path, own):
    glove, references = tmp_path / "glove.txt", tmp_path / "references.json"
    glove.write_text("word0 1 2\n")
    entry = {"context": ["word2"], "responses": ["word4"]}
    references.write_text(json.dumps([entry]))
    Path(own["test"]).write_text(lines([long_talk(5)]))
    options = {
        "windows": "published",
        "published_block": {"train": 3},
        "backward_size": 3,
        "vectors": {"kind": "glove", "file": str(glove)},
        "references": {"kind": "file", "file": str(references)},
    }
    dialogs = prepared(tmp_path, own | options)
    assert set(dialogs.train.sizes.tolist()) == {3}
    assert dialogs.train.contexts.max() == 2
    assert dialogs.vectors[dialogs.vocabulary.id("word0")].tolist() == [1, 2]
    assert np.flatnonzero(dialogs.known).tolist() == [dialogs.vocabulary.id("word0")]
    expected = {
        "references": "file", "references_entries": 1, "references_used": 1,
        "references_unmatched": 0, "references_ambiguous": 0, "references_contexts": 4,
        "references_mean": 1.25, "references_alone": 3, "vectors_known": 1, "vectors_skipped": 0,
    }  # fmt: skip
    assert {key: dialogs.attributes[key] for key in expected} == expected
    assert set(dialogs.attributes["sums"]) == {*SPLITS, "vectors.file", "references.file"}
    single = prepared(tmp_path, own | {"references": {"kind": "single"}})
    assert single.test.references is None


def test_vectors_are_made_from_the_training_text_alone(tmp_path, own):
    made = {"vectors": {"kind": "corpus", "dimension": 3}}
    before = prepared(tmp_path, own | made)
    Path(own["test"]).write_text(lines([talk("word0 word3", "word3 word0")]))
    after = prepared(tmp_path, own | made)
    np.testing.assert_array_equal(after.vectors, before.vectors)
    tokens, words = before.train.table.tokens, len(before.vocabulary)
    seen = corpus_vectors(tokens, words, 3)
    np.testing.assert_allclose(before.vectors[seen.any(1)], seen[seen.any(1)], rtol=1e-6)


def test_references_come_from_all_training_windows_as_many_as_asked_for(tmp_path, own):
    """The published windows of blocks of three leave a dialog out."""
    said = [talk("purr", f"answer{number}", "bye") for number in range(4)]
    Path(own["train"]).write_text(lines(said))
    Path(own["test"]).write_text(lines([talk("purr", "well", "bye")]))
    blocks = {"windows": "published", "published_block": {"train": 3, "valid": 1, "test": 1}}
    for number in (4, 2):
        asked = {"references": {"kind": "retrieved", "neighbours": number}}
        test = prepared(tmp_path, own | blocks | asked).test
        window = int(np.flatnonzero(test.contexts == test.contexts.max())[0])
        assert len(test.references.of(window)) == 1 + number


def test_a_broken_line_names_file_and_line(tmp_path, own):
    with open(own["valid"], "a") as file:
        file.write('{"topic": 1}\n')
    with pytest.raises(InputError, match=r"valid\.jsonl, line 4: speaker A has no profile"):
        prepared(tmp_path, own)
    assert not (tmp_path / "mine.h5").exists()


def test_a_split_without_a_response_to_anything_is_refused(tmp_path, own):
    Path(own["test"]).write_text(lines([long_talk(1), long_talk(1)]))
    with pytest.raises(
        InputError, match=r"datasets\.mine: no response of the test split"
    ) as caught:
        prepared(tmp_path, own)
    assert "\n" not in str(caught.value)


def test_a_split_that_is_no_file_is_one_line(tmp_path):
    files = {"a.jsonl": {"sha256": "0" * 64}}
    definition = {"kind": "dialogs", "files": files, "splits": dict.fromkeys(SPLITS, "b.jsonl")}
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(InputError, match="not the declared file"):
        prepare_dialogs("mine", definition, {"a.jsonl": tmp_path / "a.jsonl"}, tmp_path / "x.h5")
    files["a.jsonl"] = {"checksum": "unknown"}
    with pytest.raises(
        InputError, match=r"splits\.train = 'b\.jsonl': none of the dataset's files"
    ):
        prepare_dialogs("mine", definition, {"a.jsonl": tmp_path / "a.jsonl"}, tmp_path / "x.h5")


def test_the_generated_dialogs_have_their_floor(tmp_path):
    definition = read_datasets()["demo_dialogs"]
    prepare_dialogs("demo", definition, {}, tmp_path / "demo.h5")
    dialogs = read_corpus(tmp_path / "demo.h5")
    assert dialogs.vectors.shape == (len(dialogs.vocabulary), 20)
    assert len(dialogs.topics) == 5 and len(dialogs.acts) == 7
    floors = [dialogs.attributes[f"floor_nll_{split}"] for split in (*SPLITS, "test_published")]
    assert all(3 < floor < 5 for floor in floors)
    assert dialogs.attributes["floor_nll"] == floors[2]
    assert [batch.size for batch in dialogs.test_published.batches(1)][:2] == [5, 5]


def test_a_dataset_is_known_by_its_files_and_options(own):
    table = read_datasets()
    published = table["switchboard"]
    changes = [{"windows": "published"}, {"vectors": {"kind": "corpus"}}, {"backward_size": 5}]
    changes += [{"references": {"kind": "retrieved", "neighbours": 3}}, {"stand_in_for": "x"}]
    digests = [dataset_digest(published | change) for change in changes]
    assert len({dataset_digest(published), *digests}) == 5  # a stand-in is no other content
    assert dataset_digest(working_part(published)) == dataset_digest(published)
    moved = own | {"references": {"kind": "file", "file": "a.json"}}
    assert own_paths(moved)["references.file"] == "a.json"
    assert len({dataset_digest(own), dataset_digest(moved)}) == 2
    assert dialog_options(published)["published_block"] == {"train": 30, "valid": 60, "test": 60}


def test_files_that_an_option_names_are_downloaded_or_the_users():
    table = read_datasets()
    own = {"kind": "file", "file": "mine/references.json"}
    definition = table["switchboard"] | {"references": own}
    paths = raw_paths("switchboard", definition)
    assert paths["glove.twitter.27B.zip"] == "data/raw/switchboard/glove.twitter.27B.zip"
    assert paths["references.file"] == "mine/references.json"
    entry = file_entry("switchboard", definition, "glove.twitter.27B.zip")
    assert entry.sum is None and entry.expected == "1520408563 bytes, unknown sum"
    with pytest.raises(InputError, match=r"no file 'references\.file' to download"):
        file_entry("switchboard", definition, "references.file")
    assert file_entries("x", table["switchboard_standin"])["test.jsonl"].dataset == "swda"


def test_dialogs_rest_on_their_own_code():
    table = read_datasets()
    name = "kl_annealing.data.dialog.prepare"
    assert prepare_modules(table["switchboard"]) == [name]
    assert prepare_modules(table["demo_dialogs"])[0] == name
    assert preparer(table["ptb"]) == "kl_annealing.data.prepare:prepare"


@pytest.mark.skipif(
    not (MIRROR and Path(MIRROR, "swda").is_dir()), reason="KL_ANNEALING_MIRROR has no swda"
)
def test_switchboard_gives_the_published_numbers(tmp_path):
    definition = read_datasets()["switchboard_standin"] | {"vectors": {"kind": "none"}}
    definition |= {"references": {"kind": "single"}}
    folder = f"{MIRROR}/swda"
    files = {name: f"{folder}/{name}" for name in definition["files"]}
    prepare_dialogs("switchboard_standin", definition, files, tmp_path / "swda.h5")
    dialogs = read_corpus(tmp_path / "swda.h5")
    test, published = dialogs.test, dialogs.test_published
    assert [getattr(dialogs, split).n_examples for split in SPLITS] == [119163, 5225, 5543]
    assert len(dialogs.valid_published.batches(60)) == 41
    assert [batch.size for batch in published.batches(60)] == [60] * 21
    assert len(set(published.index.tolist())) == 1252
    alone = published_windows(test.table.starts, block=1, backward_size=10)
    contexts = alone.response - alone.first
    assert (len(contexts), sum(contexts > 1)) == (5481, 5419)
    assert len(dialogs.vocabulary) == 10_002
    # both values of the sex, which the published comparison never tells apart
    women = [split.table.profiles[:, :, 3].sum() for split in (dialogs.valid, test)]
    assert women == [58, 58]
    assert not any(dialogs.attributes[f"{split}_empty_utterances"] for split in SPLITS)
    assert np.isin(test.table.topics, range(1, len(dialogs.topics))).all()
