import json
from dataclasses import replace

import numpy as np
import pytest
from tiny_dialogs import built, long_talk, talk

from kl_annealing.data.dialog import references as module
from kl_annealing.data.dialog.reference_file import file_references
from kl_annealing.data.dialog.references import (
    most_alike,
    packed,
    reference_counts,
    retrieved_references,
)
from kl_annealing.errors import InputError


def said(dialogs, references, window):
    return [dialogs.vocabulary.decode(row) for row in references.of(window)]


def window_of(dialogs, number):
    """Return the test window whose response is this utterance of the file."""
    return dialogs.test.index.tolist().index(number)


def retrieved(dialogs, neighbours=10):
    return retrieved_references(dialogs.test, dialogs.train, dialogs.vocabulary, neighbours)


def test_responses_of_alike_contexts_come_after_the_own_one():
    train = [
        talk("cats purr loudly", "yes"),
        talk("cats purr", "no"),
        talk("dogs bark", "maybe"),
        talk("cats purr loudly", "elsewhere", topic="FOOD"),
        talk("A: cats purr loudly", "A: same speaker"),
    ]
    test = [talk("cats purr loudly today", "well")]
    dialogs = built(train, test=test)
    own, further = window_of(dialogs, 1), retrieved(dialogs)
    # the one about dogs has no word of it: the `<d>` before every dialog is none
    assert said(dialogs, further, own) == ["<unk>", "yes", "no"]
    assert said(dialogs, retrieved(dialogs, 1), own) == ["<unk>", "yes"]


def test_the_likeness_is_the_cosine_of_weighted_bags():
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(list("abcdefgh"), size=4)) for _ in range(40)]
    train = [talk(text, f"answer{number}") for number, text in enumerate(texts)]
    dialogs = built(train, test=[talk("a b b c", "answer")])
    counts = np.array([[text.split().count(word) for word in "abcdefgh"] for text in texts])
    frequency = (counts > 0).sum(axis=0)
    weights = np.log((1 + 80) / (1 + frequency)) + 1  # the first utterances have contexts too
    bags, ours = counts * weights, np.array([1, 2, 1, 0, 0, 0, 0, 0]) * weights
    cosines = bags @ ours / np.linalg.norm(bags, axis=1)
    found = said(dialogs, retrieved(dialogs, 3), window_of(dialogs, 1))
    best = np.argsort(-cosines, kind="stable")[:3]
    assert sorted(
        cosines[[int(text.removeprefix("answer")) for text in found[1:]]]
    ) == pytest.approx(sorted(cosines[best]))


def test_markers_are_no_words_that_contexts_share():
    train = [talk("zebra", "yes"), talk("cats purr", "no"), talk("purr", "no")]
    dialogs = built(train, test=[talk("giraffe", "well")], maximum_size=3)
    assert {"zebra", "giraffe"}.isdisjoint(dialogs.vocabulary.words)
    assert said(dialogs, retrieved(dialogs), window_of(dialogs, 1)) == ["<unk>"]


def test_equal_responses_are_one_and_an_unknown_topic_has_none():
    train = [talk("hi there", "yes"), talk("hi there", "yes"), talk("hi there", "well")]
    dialogs = built(train, test=[talk("hi there", "well"), talk("hi there", "well", topic="ELSE")])
    further = retrieved(dialogs)
    assert said(dialogs, further, window_of(dialogs, 1)) == ["well", "yes"]
    assert said(dialogs, further, window_of(dialogs, 3)) == ["well"]
    assert len(further.starts) == dialogs.test.n_examples + 1


@pytest.mark.parametrize("number", [1, 3, 40, 60, 100])
def test_the_most_alike_are_those_of_a_full_sort(number):
    rows = np.random.default_rng(0).integers(0, 4, (50, 60)) / 3  # many ties, many zeros
    rows[0], rows[1] = 0.0, 1.0
    for row in rows:
        best = np.argsort(-row, kind="stable")[:number]
        np.testing.assert_array_equal(most_alike(row, number), best[row[best] > 0])


def test_references_do_not_depend_on_how_many_likenesses_are_held(monkeypatch):
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(list("abcdef"), size=3)) for _ in range(60)]
    dialogs = built([talk(text, f"r{n}") for n, text in enumerate(texts)])
    whole = retrieved(dialogs, 5)
    monkeypatch.setattr(module, "LIKENESSES", 150)
    for found, expected in zip(retrieved(dialogs, 5), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_numbers_of_references_are_of_contexts_in_which_something_was_said():
    dialogs = built([talk("a", "b", "c"), talk("d")])
    rows = {n: [(2, 4, 3)] * (n < 2) + [(2, 5, 3)] for n in range(4)}
    order = dialogs.test.index.tolist()
    test = replace(dialogs.test, references=packed([rows[n] for n in order]))
    assert reference_counts(test) == {
        "references_contexts": 2, "references_mean": 1.5, "references_alone": 1,
    }  # fmt: skip
    assert reference_counts(dialogs.test) == {}


@pytest.fixture
def conversation():
    """Return dialogs of which the contexts of utterances 1 and 5 end alike."""
    return built([talk("hi", "how are you", "fine"), long_talk(1), talk("hi", "so so", "bye")])


def read(folder, dialogs, entries):
    path = folder / "references.json"
    path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
    return file_references(dialogs.test, path, dialogs.vocabulary, 40)


def entry(context, *responses):
    return {"context": context, "responses": responses}


def test_an_entry_belongs_where_its_context_is_wherever_it_stands(tmp_path, conversation):
    entries = [
        entry(["<s> So so </s>"], "fine!", "bye"),
        entry(["<d>", "hi"], "so so", "hi") | {"resp_dialog_acts": ["statement"] * 2},
        entry(["never said"], "x"),
        entry(["hi", "how are you"], "bye"),
    ]
    found, counts = read(tmp_path, conversation, entries)
    assert counts == {
        "references_entries": 4, "references_used": 3,
        "references_unmatched": 1, "references_ambiguous": 0,
    }  # fmt: skip
    texts = {n: said(conversation, found, window_of(conversation, n)) for n in range(7)}
    assert texts[6] == ["bye", "fine <unk>"]
    assert texts[5] == ["so so", "hi"]
    assert texts[2] == ["fine", "bye"]
    assert texts[1] == ["how are you"]  # its context is that of 5, and its own response not told


@pytest.mark.parametrize("before", ["", "Src 0-"])
def test_speakers_before_the_utterances_are_left_out(tmp_path, conversation, before):
    """The form that texar's and golsun's programs read: the last character is a line break."""
    said_by = {"how are you": "B", "hi": "A", "<s> <d> </s>": "A"}
    context = [
        f"{before}{said_by[text]}: {text}\n" for text in ("<s> <d> </s>", "hi", "how are you")
    ]
    found, counts = read(tmp_path, conversation, [entry(context, "bye")])
    assert counts["references_used"] == 1
    assert said(conversation, found, window_of(conversation, 2)) == ["fine", "bye"]


def test_a_colon_of_an_own_file_is_no_speaker(tmp_path):
    dialogs = built([talk("so B:\tgo", "so so", "bye"), talk("hi", "no")])
    entries = [entry(["so B:\tgo"], "bye"), entry(["hi"], "no")]
    _, counts = read(tmp_path, dialogs, entries)
    assert counts["references_used"] == 2


def test_an_entry_that_fits_several_windows_is_left_out(tmp_path, conversation):
    entries = [entry(["hi"], "no"), entry(["so so"], "no")]
    found, counts = read(tmp_path, conversation, entries)
    assert (counts["references_used"], counts["references_ambiguous"]) == (1, 1)
    assert said(conversation, found, window_of(conversation, 1)) == ["how are you"]


def test_an_entry_of_a_repeated_exchange_belongs_to_each(tmp_path):
    dialogs = built([talk("hi", "so so"), talk("hi", "so so"), talk("well", "no")])
    found, counts = read(tmp_path, dialogs, [entry(["<d>", "hi"], "so so", "well")])
    assert (counts["references_used"], counts["references_ambiguous"]) == (1, 0)
    for number in (1, 3):
        assert said(dialogs, found, window_of(dialogs, number)) == ["so so", "well"]


def test_a_context_that_is_the_whole_dialog_belongs_to_its_window(tmp_path):
    whole = [f"word{number}" for number in range(14)]
    other = ["else", *whole[1:11]]  # its last nine utterances are those of the other dialog too
    dialogs = built([talk(*whole), talk(*other, "word11"), talk("else", "bye")])
    for before in (["<d>"], []):
        entries = [
            entry([*before, *whole[:12]], "one"),
            entry([*before, *whole[:4]], "two"),
            entry([*before, *whole[:11]], "else", "three"),
            entry(["else", *whole[:4]], "four"),
        ]
        found, counts = read(tmp_path, dialogs, entries)
        assert said(dialogs, found, window_of(dialogs, 12)) == ["word12", "<unk>"]
        assert said(dialogs, found, window_of(dialogs, 4)) == ["word4", "<unk>"]
        kept = [counts[f"references_{name}"] for name in ("used", "unmatched", "ambiguous")]
        assert kept == [2, 1, 1]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("{", "not a readable JSON file of references"),
        ({}, "must be a list of objects"),
        ([], "must be a list of objects"),
        ([entry(["so so"], "x"), {"responses": ["x"]}], "entry 1: must have context"),
        ([entry("so so", "x")], "entry 0: must have context"),
        ([entry([], "x")], "entry 0: must have context"),
        ([entry(["so so"], 3)], "entry 0: must have context"),
        ([entry(["elsewhere"], "x")], "no context of it is that of one test response (0 belong"),
    ],
)
def test_another_file_is_one_line(tmp_path, conversation, entries, said):
    with pytest.raises(InputError) as caught:
        read(tmp_path, conversation, entries)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path, conversation):
    with pytest.raises(InputError, match="not a readable JSON file"):
        file_references(conversation.test, tmp_path / "none", conversation.vocabulary, 40)
