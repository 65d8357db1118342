"""Data: where it comes from, how text becomes ids, how all of it is stored and batched."""

from kl_annealing.data.batches import Batch, PaddedBatch, Split
from kl_annealing.data.corpora import Corpus
from kl_annealing.data.dialog.exchanges import Exchanges
from kl_annealing.data.dialog.splits import DialogSet, DialogSize, DialogSplit, References
from kl_annealing.data.image.splits import ImageSet, ImageSplit
from kl_annealing.data.sources import (
    dataset_digest,
    dialog_options,
    downloads,
    file_entry,
    has_images,
    prepare_modules,
    preparer,
    raw_paths,
    read_datasets,
    working_part,
)
from kl_annealing.data.store import read_corpus
from kl_annealing.data.tense.forms import TENSES, Forms
from kl_annealing.data.tense.splits import TenseSet, TenseSplit
from kl_annealing.data.vocabulary import PAD, START, STOP, UNK, Vocabulary

AnySplit = Split | ImageSplit | DialogSplit | TenseSplit
AnyCorpus = Corpus | ImageSet | DialogSet | TenseSet

__all__ = [
    "PAD",
    "START",
    "STOP",
    "TENSES",
    "UNK",
    "AnyCorpus",
    "AnySplit",
    "Batch",
    "Corpus",
    "DialogSet",
    "DialogSize",
    "DialogSplit",
    "Exchanges",
    "Forms",
    "ImageSet",
    "ImageSplit",
    "PaddedBatch",
    "References",
    "Split",
    "TenseSet",
    "TenseSplit",
    "Vocabulary",
    "dataset_digest",
    "dialog_options",
    "downloads",
    "file_entry",
    "has_images",
    "prepare_modules",
    "preparer",
    "raw_paths",
    "read_corpus",
    "read_datasets",
    "working_part",
]
