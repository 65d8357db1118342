"""Made-up verbs, by the rules of spelling that English ones show."""

import pytest

from kl_annealing.data.tense.conjugation import IRREGULAR, conjugated, conjugation
from kl_annealing.errors import InputError

ENGLISH = [
    "look looks looking looked",
    "pass passes passing passed",
    "catch catches catching catched",
    "carry carries carrying carried",
    "play plays playing played",
    "bake bakes baking baked",
    "lie lies lying lied",
    "agree agrees agreeing agreed",
    "plan plans planning planned",
    "show shows showing shew",
    "fix fixes fixing fixed",
    "sing sings singing sang",
    "keep keeps keeping kept",
    "find finds finding found",
]


@pytest.mark.parametrize("line", ENGLISH)
def test_forms_are_spelled_as_in_english(line):
    assert conjugated(line.split()[0]) == tuple(line.split())


def test_verbs_are_seeded_different_and_of_letters():
    verbs, conversions = conjugation(60, seed=3)
    assert (verbs, conversions) == conjugation(60, seed=3) != conjugation(60, seed=4)
    assert len(set(verbs)) == 60 and "".join(map("".join, verbs)).isalpha()
    for each in conversions:
        assert any({each.source, each.target} <= set(verb) for verb in verbs)
        assert each.source_tense != each.target_tense


def test_irregular_verbs_show_their_class():
    verbs, _ = conjugation(40, irregular=1)
    assert all(stem.endswith(tuple(IRREGULAR)) for stem, *_ in verbs)
    assert not any(past.endswith("ed") for *_, past in verbs)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"verbs": 3, "conversions": 4}, "conversions = 4: there are 3 verbs"),
        ({"verbs": 1_500, "conversions": 1, "irregular": 1}, "different stems were drawn"),
        ({"verbs": 9_000, "conversions": 1}, "there are 8064 different stems"),
    ],
)
def test_what_cannot_be_drawn_is_said(settings, said):
    with pytest.raises(InputError, match=said):
        conjugation(**settings)
