"""Verbs and conversions as text, line by line."""

import pytest

from kl_annealing.data.tense.verbs import Conversion, read_conversions, read_verbs
from kl_annealing.errors import InputError

GOOD = "go goes going went\n\nsee sees seeing saw"


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "words.txt"
        path.write_text(text)
        return path

    return written


def test_four_forms_a_line_blank_lines_left_out_no_last_newline(write):
    assert read_verbs(write(GOOD)) == [("go", "goes", "going", "went"),
                                       ("see", "sees", "seeing", "saw")]  # fmt: skip


def test_letters_of_any_script_hyphens_and_apostrophes(write):
    assert read_verbs(write("über über-s o'er naïve\n")) == [("über", "über-s", "o'er", "naïve")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("go goes going went\nsee sees saw\n", "line 2: 3 words; a line has the four forms simple"),
        ("go goes going went gone\n", "line 1: 5 words"),
        ("go goes going went\n\nsee se3s seeing saw\n",
         "line 3: unknown character '3' in 'se3s'; allowed: letters, hyphen and apostrophe"),
        ("\n \n", "no verb; four forms are expected on each line"),
        ("", "no verb"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_verb_is_named(write, text, said):
    path = write(text)
    with pytest.raises(InputError) as caught:
        read_verbs(path)
    assert str(caught.value).startswith(f"{path}") and said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_conversions_have_their_tenses(write):
    found = read_conversions(write("go went\nsees see\n"), [("sp", "p"), ("tp", "sp")], "goewnts")
    assert found == [Conversion("go", "sp", "went", "p"), Conversion("sees", "tp", "see", "sp")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("go went\nsee saw said\n", "line 2: 3 words; a line has a word and what it becomes"),
        ("go\n", "1 lines; the dataset's `conversions` has the tenses of 2"),
        ("go went\nsee zaw\n", "line 2: unknown character 'z' in 'zaw'; allowed: only those of"),
    ],
)
def test_a_line_that_is_no_conversion_is_named(write, text, said):
    with pytest.raises(InputError, match=said):
        read_conversions(write(text), [("sp", "p"), ("sp", "p")], "goewntsa")
