import math

from kl_annealing.data.toy import one_hot_corpus


def test_the_nth_sequence_has_its_one_at_place_n():
    splits, attributes = one_hot_corpus()
    words = splits["train"].words
    assert len(words) == 10
    assert [sentence.index("1") for sentence in words] == list(range(10))
    assert all(len(s) == 10 and s.count("1") == 1 and s.count("0") == 9 for s in words)
    assert splits["train"] == splits["valid"] == splits["test"]
    assert attributes["floor_nll"] == attributes["floor_nll_test"] == math.log(10)
