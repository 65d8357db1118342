"""The ten one-hot sequences of Fu et al. 2019, section 5."""

import math
from typing import Any

from kl_annealing.data.corpora import SPLITS, Sentences


def one_hot_sentences(length: int = 10) -> list[list[str]]:
    """Return `length` sentences of `length` words `0` and `1`: the n-th has its only `1` at n."""
    return [["1" if place == n else "0" for place in range(length)] for n in range(length)]


def one_hot_corpus(length: int = 10) -> tuple[dict[str, Sentences], dict[str, Any]]:
    """Return the splits, which are the same, and their attributes.

    The sentences are equally likely, so the best NLL is ln `length` nats per sentence, and a latent
    variable can carry at most as much.
    """
    sentences = Sentences.of(one_hot_sentences(length))
    floor = math.log(length)
    floors = {f"floor_nll_{split}": floor for split in SPLITS}
    return dict.fromkeys(SPLITS, sentences), {
        "floor_nll": floor,
        **floors,
        "mutual_information": floor,
    }
