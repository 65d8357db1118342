"""Random data of the shape of the published corpora, for which the arithmetic is the same."""

import numpy as np

from kl_annealing.data import Corpus, DialogSet, ImageSet, TenseSet
from kl_annealing.data.corpora import SPLITS, Sentences, build_corpus
from kl_annealing.data.dialog.corpus import build_dialogs
from kl_annealing.data.dialog.lines import dialogs_of
from kl_annealing.data.image.prepare import build_splits
from kl_annealing.data.sources import dialog_options
from kl_annealing.data.tense.conjugation import conjugation
from kl_annealing.data.tense.corpus import build_tenses


def like_ptb(sentences: int = 4000, words: int = 10_000) -> Corpus:
    """Return random sentences of PTB's mean length 21.1 and spread, over as many words."""
    random = np.random.default_rng(0)
    lengths = np.clip(random.normal(21.1, 10.1, sentences).round(), 1, 82).astype(int)
    text = [[f"w{word}" for word in random.integers(words, size=length)] for length in lengths]
    text[:500] = [[f"w{word}" for word in range(20 * i, 20 * i + 20)] for i in range(500)]
    splits = {split: Sentences.of(text) for split in ("train", "valid", "test")}
    return build_corpus(
        "like_ptb",
        splits,
        maximum_length=200,
        minimum_count=1,
        maximum_size=None,
        shuffle_seed=0,
        attributes={},
    )


def like_omniglot(images: int = 1000) -> ImageSet:
    """Return images of Omniglot's size, of random greys from which the pixels are drawn."""
    pool, test = np.random.default_rng(0).random((2, images, 28, 28), np.float32)
    splits = build_splits("like_omniglot", pool, test, validation=images // 5, shuffle_seed=0)
    return ImageSet("like_omniglot", **splits)


def like_switchboard(dialogs: int = 60, words: int = 10_000) -> DialogSet:
    """Return dialogs of random words: 90 utterances each, of Switchboard's mean of ten words."""
    random = np.random.default_rng(0)
    profile = {"age": 40, "education": 2, "sex": "FEMALE"}
    values = []
    for number in range(dialogs):
        lengths = np.minimum(random.geometric(0.1, 90), 38)
        texts = [" ".join(f"w{word}" for word in random.integers(words, size=n)) for n in lengths]
        turns = [["AB"[place % 2], text, ["statement"]] for place, text in enumerate(texts)]
        values.append({"topic": f"t{number % 9}", "A": profile, "B": profile, "utts": turns})
    every = " ".join(f"w{word}" for word in range(words))
    values[0]["utts"][0][1] = every  # so that all words are known
    splits = {split: dialogs_of((value, split) for value in values) for split in SPLITS}
    options = dialog_options({"kind": "dialogs"})
    return build_dialogs("like_switchboard", splits, options, {})


def like_english(verbs: int = 1227) -> TenseSet:
    """Return as many made-up verbs in four tenses as the published file has."""
    return build_tenses("like_english", *conjugation(verbs))
