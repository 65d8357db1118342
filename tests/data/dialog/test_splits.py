import subprocess
import sys

import numpy as np
import pytest
import torch
from tiny_dialogs import built, long_talk, talk

from kl_annealing.data import PAD, START, STOP, Exchanges
from kl_annealing.errors import InputError
from kl_annealing.examples import moved

KINDS = ("acts", "topics")


def texts(dialogs, rows):
    return [dialogs.vocabulary.decode(row) for row in rows]


def windows(dialogs, split, size=100):
    """Return all examples of a split as one batch, and their texts: context, response."""
    (batch,) = split.batches(size)
    found = split.examples(batch)
    return found, [
        (texts(dialogs, context[context.any(axis=1)]), dialogs.vocabulary.decode(tokens))
        for context, tokens in zip(found.context, found.tokens, strict=True)
    ]


def test_an_exchange_is_a_response_in_its_context():
    dialogs = built([talk("A: hi there", "B: hi", "B: how are you", "A: fine", act="greeting")])
    found, read = windows(dialogs, dialogs.train)
    order = np.argsort(dialogs.train.index)
    assert [read[row] for row in order] == [
        (["<d>"], "hi there"),
        (["<d>", "hi there"], "hi"),
        (["<d>", "hi there", "hi"], "how are you"),
        (["<d>", "hi there", "hi", "how are you"], "fine"),
    ]
    floors = found.floors[order].tolist()
    assert floors == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0]]
    profiles = found.profiles[order]
    first, second = (0.4, 2 / 3, 0, 1), (0.25, 1, 1, 0)
    np.testing.assert_allclose(profiles[0], [first, second], rtol=1e-6)
    np.testing.assert_allclose(profiles[1], [second, first], rtol=1e-6)
    assert found.topics.tolist() == [1] * 4 and found.acts.tolist() == [1] * 4
    assert (dialogs.topics, dialogs.acts) == (["<unk>", "MUSIC"], ["<unk>", "greeting"])


def test_arrays_are_those_of_the_contract():
    dialogs = built([long_talk(4), long_talk(2)])
    found, _ = windows(dialogs, dialogs.train)
    shapes = {name: part.shape for name, part in vars(found).items()}
    assert shapes == {
        "tokens": (6, 3), "context": (6, 4, 3), "floors": (6, 4), "topics": (6,),
        "profiles": (6, 2, 4), "acts": (6,),
    }  # fmt: skip
    kinds = {part.dtype for name, part in vars(found).items() if name != "profiles"}
    assert kinds == {np.dtype(np.int64)} and found.profiles.dtype == np.float32
    assert (found.tokens[:, 0] == START).all() and (found.tokens == STOP).sum() == 6
    assert isinstance(moved(found, "cpu"), Exchanges)
    assert moved(found, "cpu").profiles.dtype == torch.float32


def test_absent_utterances_are_zeros_at_the_end():
    dialogs = built([long_talk(5)])
    found, _ = windows(dialogs, dialogs.train)
    present = (found.context != PAD).any(axis=2)
    np.testing.assert_array_equal(present.sum(axis=1), dialogs.train.contexts)
    assert (np.diff(present.astype(int), axis=1) <= 0).all()
    assert not found.floors[~present].any()


def test_a_context_has_nine_utterances_at_most():
    dialogs = built([long_talk(15)])
    assert dialogs.train.contexts.max() == 9
    assert sorted(dialogs.train.index.tolist()) == list(range(15))
    last = np.argmax(dialogs.train.index)
    split = dialogs.train
    assert split.first[last] == split.response[last] - 9


def test_a_long_utterance_keeps_its_first_words_and_its_end():
    words = [f"w{number}" for number in range(60)]
    dialogs = built([talk(" ".join(words), " ".join(words[:38]), "short")])
    lengths = dialogs.train.table.lengths[1:]
    assert lengths.tolist() == [40, 40, 3]
    assert texts(dialogs, dialogs.train.table.tokens[1:3]) == [" ".join(words[:38])] * 2
    assert dialogs.train.table.tokens[1, -1] == STOP
    assert dialogs.attributes["train_cut_utterances"] == 1
    assert len(dialogs.vocabulary) == 4 + 62  # words that are cut off count, and so does <d>


def test_an_empty_utterance_and_a_dialog_of_one_turn_are_kept():
    dialogs = built([talk("only"), talk("a", "", "b")])
    found, read = windows(dialogs, dialogs.train)
    assert sorted(read) == [
        (["<d>"], "a"), (["<d>"], "only"), (["<d>", "a"], ""), (["<d>", "a", ""], "b"),
    ]  # fmt: skip
    assert dialogs.train.n_targets == 2 + 2 + 1 + 2
    assert dialogs.train.contexts[dialogs.train.lengths == 2].tolist() == [2]


def test_what_training_does_not_know_is_0():
    other = talk("hi", topic="SPORT", act="question")
    dialogs = built([talk("hi"), talk("hi"), talk("ho", topic="FOOD")], valid=[other])
    found, _ = windows(dialogs, dialogs.valid)
    assert (found.topics.tolist(), found.acts.tolist()) == ([0], [0])
    assert dialogs.topics == ["<unk>", "MUSIC", "FOOD"]
    counts = [dialogs.attributes[f"{s}_unknown_{w}"] for s in ("train", "valid") for w in KINDS]
    assert counts == [0, 0, 1, 1]
    assert tuple(dialogs.size) == (len(dialogs.vocabulary), 3, 2, None)


def test_only_the_most_frequent_words_are_kept():
    dialogs = built([talk("a a a b b c"), talk("a")], maximum_size=3)
    assert dialogs.vocabulary.words[4:] == ["a", "<d>", "b"]


def test_batches_are_chunks_and_count_their_targets():
    dialogs = built([long_talk(7), talk("some more words than those", "x")])
    batches = dialogs.train.batches(4)
    assert [(batch.start, batch.size) for batch in batches] == [(0, 4), (4, 4), (8, 1)]
    assert sum(batch.targets for batch in batches) == dialogs.train.n_targets
    for batch in batches:
        found = dialogs.train.examples(batch)
        assert found.tokens.shape == (batch.size, batch.length)
        assert (found.tokens != PAD).sum() - batch.size == batch.targets


def test_published_windows_have_their_own_batches_beside_the_complete_ones():
    values = [long_talk(number) for number in (3, 5, 8)]
    dialogs = built(values)
    assert dialogs.train.n_examples == dialogs.valid.n_examples == 16
    # lengths 4 and 6 with <d>: windows that end at 2 to 5, over two dialogs
    assert dialogs.test_published.n_examples == 8
    assert [batch.size for batch in dialogs.test_published.batches(99)] == [2] * 4
    published = built(values, windows="published")
    assert [batch.size for batch in published.train.batches(99)] == [2] * 4
    assert published.valid.n_examples == 16
    assert built(values[:1], windows="complete").valid_published is None
    with pytest.raises(InputError, match=r"published_block\.train = 2: .* of 1 dialogs"):
        built(values[:1], windows="published")


def test_the_order_follows_from_the_seed():
    values = [long_talk(9), long_talk(12)]
    one, again, other = (built(values, shuffle_seed=seed).train for seed in (0, 0, 1))
    assert one.index.tolist() == again.index.tolist() != other.index.tolist()
    digests = [[part.tobytes() for part in split.content()] for split in (one, again, other)]
    assert digests[0] == digests[1] != digests[2]


def test_data_needs_no_torch():
    code = "import sys, kl_annealing.data; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_labels_are_the_acts_that_are_common_in_training():
    names = [f"act {number}" for number in range(8)]
    train = [
        talk("a", "b", act=name) for number, name in enumerate(names) for _ in range(9 - number)
    ]
    dialogs = built(train, test=[talk("a", act=name) for name in (*names, "another")])
    order = np.argsort(dialogs.test.index)
    assert dialogs.test.labels[order].tolist() == [1, 2, 3, 4, 5, 0, 0, 0, 0]
    assert built([talk("a", "b", act="")], test=[talk("a", act="odd")]).test.labels is None


def test_an_empty_topic_or_act_is_unknown():
    spoken = [talk("a", "b", topic="", act=""), talk("a"), talk("c", "d", topic=' "" ', act=" ")]
    dialogs = built(spoken)
    assert (dialogs.topics, dialogs.acts) == (["<unk>", "MUSIC"], ["<unk>", "statement"])
    assert dialogs.train.table.topics.tolist() == [0, 1, 0]
    counts = [dialogs.attributes[f"train_unknown_{what}"] for what in KINDS]
    assert counts == [4, 2]


def test_repeated_dialogs_are_counted_within_and_across_splits():
    same = [talk("a", "b"), talk("a", "c")]
    dialogs = built([*same, talk("a", "b")], [same[0], talk("d", "e")], [talk("d", "e"), talk("f")])
    counts = [
        dialogs.attributes[f"{split}_repeated_dialogs"] for split in ("train", "valid", "test")
    ]
    assert counts == [1, 1, 1]
    assert built([talk("a"), talk("a", act="other")]).attributes["train_repeated_dialogs"] == 0
