import json
from pathlib import Path

import pytest
from tiny_dialogs import PROFILES, lines, talk

from kl_annealing.data.dialog.lines import read_dialogs, words_of
from kl_annealing.errors import InputError


def read(folder, text):
    path = folder / "talk.jsonl"
    path.write_text(text, encoding="utf-8")
    return read_dialogs(path)


def changed(**changes):
    return json.dumps(talk("hello", "hi") | changes) + "\n"


def without(key):
    return json.dumps({name: value for name, value in talk("hello").items() if name != key}) + "\n"


def test_names_and_profiles_lose_blanks_and_quotes_so_that_gender_varies(tmp_path):
    (dialog,) = read(tmp_path, lines([talk("Uh-huh, OK", "hi", topic=' "MUSIC "')])).dialogs
    assert dialog.topic == "MUSIC"
    assert dialog.profiles == ((0.4, 2 / 3, 0.0, 1.0), (0.25, 1.0, 1.0, 0.0))
    assert [turn.speaker for turn in dialog.turns] == [0, 1]
    assert dialog.turns[0].words == ["uh", "-", "huh", ",", "ok"]
    assert dialog.turns[0].act == "statement"


@pytest.mark.parametrize("text", ["I'd go -- o.k.?", 'naïve_1 \' "x"', "", "a\tb\n c", "<s>"])
def test_words_are_those_of_word_punct(text):
    tokenize = pytest.importorskip("nltk.tokenize")
    assert words_of(text) == tokenize.WordPunctTokenizer().tokenize(text.lower())


def test_what_is_odd_is_kept_or_dropped_and_counted(tmp_path, caplog):
    text = lines([talk("one turn"), talk("a", " ", "b"), talk()]) + "\n"
    found = read(tmp_path, text)
    assert [len(dialog.turns) for dialog in found.dialogs] == [1, 3]
    assert found.dialogs[1].turns[1].words == []
    assert found.counts == {
        "blank_lines": 1, "empty_dialogs": 1, "empty_utterances": 1, "unknown_profiles": 0,
    }  # fmt: skip
    assert "1 empty utterances" in caplog.text


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({}, (0.0, 3.0, 0.0, 0.0)),
        ({"age": None, "education": " ", "sex": ' "UNK"'}, (0.0, 3.0, 0.0, 0.0)),
        ({"age": "30", "education": " 9", "sex": "male"}, (0.3, 3.0, 1.0, 0.0)),
    ],
)
def test_unknown_parts_of_a_profile(tmp_path, profile, expected):
    found = read(tmp_path, changed(A=profile) + lines([talk(A={})]))  # a dialog without turns
    assert found.dialogs[0].profiles[0] == pytest.approx(expected)
    assert found.counts["unknown_profiles"] == int(not profile.get("age"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"topic": \n', "not JSON (expecting value at column 10)"),
        (
            '{"topic": "t", \r\n',
            "not JSON (expecting property name enclosed in double quotes at column 15",
        ),
        ('{"topic": "a\tb"}\n', "not JSON (invalid control character at column 13)"),
        ("[" * 100_000 + "\n", "nested too deeply"),
        ('{"age": 1' + "0" * 5000 + "}\n", "holds a number of too many digits"),
        (changed(A=PROFILES["A"] | {"age": 10**400}), "A, age = 1000000"),
        (
            changed(A=PROFILES["A"] | {"education": 10}),
            "education = 10: must be a number from 0 to 9",
        ),
        ("[1]\n", "a dialog is an object with the keys topic, A, B, utts"),
        (without("topic"), "key 'topic' is missing; a dialog has the keys topic, A, B, utts"),
        (without("utts"), "key 'utts' is missing"),
        (without("B"), "speaker B has no profile"),
        (changed(A=None), "A: a profile is an object with age, education and sex"),
        (
            changed(A=PROFILES["A"] | {"age": "old"}),
            "A, age = 'old': must be a number from 0 to 150",
        ),
        (changed(A=PROFILES["A"] | {"age": True}), "A, age = True: must be a number"),
        (changed(A=PROFILES["A"] | {"age": float("nan")}), "A, age = nan: must be a number"),
        (changed(A=PROFILES["A"] | {"sex": 1}), "A, sex = 1: must be text"),
        (changed(A=PROFILES["A"] | {"sex": False}), "A, sex = False: must be text"),
        (changed(A=PROFILES["A"] | {"sex": []}), "A, sex = []: must be text"),
        (changed(topic=3), "topic = 3: must be text"),
        (changed(utts={}), "utts: must be a list of [speaker, text, [dialog act, …]]"),
        (changed(utts=[["A", "hi"]]), "utts[0]: must be [speaker, text, [dialog act, …]]"),
        (changed(utts=[["A", "hi", []]]), "utts[0]: must be [speaker, text, [dialog act, …]]"),
        (changed(utts=[["A", 5, ["x"]]]), "utts[0], text = 5: must be text"),
        (changed(utts=[["A", "a\0b", ["x"]]]), "utts[0], text: holds a NUL"),
        (changed(utts=[["A", "\ud800", ["x"]]]), "utts[0], text: holds a NUL or half a surrogate"),
        (changed(utts=[["C", "hi", ["x"]]]), "utts[0]: unknown speaker 'C'; allowed: A, B"),
        (changed(utts=[["A", "hi", [None]]]), "utts[0], dialog act = None: must be text"),
    ],
)
def test_a_broken_line_is_one_message_with_file_and_line(tmp_path, line, said):
    with pytest.raises(InputError) as caught:
        read(tmp_path, lines([talk("fine", "too")]) + line)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/talk.jsonl, line 2")
    assert said in message and "\n" not in message and len(message) < 300


def test_the_example_of_the_tutorial_is_read(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "tutorial.md").read_text(encoding="utf-8")
    (dialog,) = read(tmp_path, page.split("```json\n")[1].split("```")[0]).dialogs
    assert [turn.words for turn in dialog.turns] == [["do", "you", "sing"], ["oh", "yes"]]


@pytest.mark.parametrize("text", ["", "\n", lines([talk()])])
def test_a_file_without_an_utterance_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="no dialog with an utterance"):
        read(tmp_path, text)
