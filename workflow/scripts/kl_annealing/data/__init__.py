"""Data: where it comes from, how text becomes ids, how text and images are stored and batched."""

from kl_annealing.data.batches import Batch, Split
from kl_annealing.data.corpora import Corpus
from kl_annealing.data.images import ImageSet, ImageSplit
from kl_annealing.data.sources import (
    dataset_digest,
    downloads,
    file_entry,
    has_images,
    prepare_modules,
    raw_paths,
    read_datasets,
    working_part,
)
from kl_annealing.data.store import read_corpus
from kl_annealing.data.vocabulary import PAD, START, STOP, UNK, Vocabulary

__all__ = [
    "PAD",
    "START",
    "STOP",
    "UNK",
    "Batch",
    "Corpus",
    "ImageSet",
    "ImageSplit",
    "Split",
    "Vocabulary",
    "dataset_digest",
    "downloads",
    "file_entry",
    "has_images",
    "prepare_modules",
    "raw_paths",
    "read_corpus",
    "read_datasets",
    "working_part",
]
