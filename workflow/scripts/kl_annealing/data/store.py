"""Prepared corpora as HDF5, in the layout of the published preprocessing (Fu et al. 2019).

One file holds three groups, each with `source` [N, W], `sents_l` [N], `index` [N], where there are
any `labels` [N], and the batches `source_l`, `batch_l`, `batch_idx`; beside them `vocabulary`,
`vocab_size` and the attributes.
"""

import hashlib
from pathlib import Path

import h5py
import numpy as np

from kl_annealing.data.batches import Split
from kl_annealing.data.corpora import SPLITS, Corpus
from kl_annealing.data.dialog import store as dialog_store
from kl_annealing.data.dialog.splits import DialogSet
from kl_annealing.data.image import store as image_store
from kl_annealing.data.image.splits import ImageSet
from kl_annealing.data.prepared import (
    PACKED,
    attributes_of,
    read_names,
    storable,
    write_arrays,
    write_names,
    write_vocabulary,
)
from kl_annealing.data.tense import store as tense_store
from kl_annealing.data.tense.splits import TenseSet
from kl_annealing.data.vocabulary import PAD, Vocabulary
from kl_annealing.errors import InputError
from kl_annealing.files.arrays import new_arrays

_OTHERS = {
    image_store.KIND: image_store.images_of,
    dialog_store.KIND: dialog_store.dialogs_of,
    tense_store.KIND: tense_store.tenses_of,
}


def write_corpus(path: str | Path, corpus: Corpus, batch_size: int = 32) -> None:
    """Write the corpus and, beside it, its vocabulary as text; same corpus, same bytes."""
    write_vocabulary(path, corpus.vocabulary)
    with new_arrays(path) as file:
        for name in SPLITS:
            split = getattr(corpus, name)
            width = max(corpus.attributes.get("maximum_length", 0) + 2, split.tokens.shape[1])
            _write_split(file.create_group(name), split, batch_size, width)
        words = corpus.vocabulary.words
        write_names(file, "vocabulary", words)
        file.create_dataset("vocab_size", data=np.array([len(words)], dtype=np.int64))
        own = {"name": corpus.name, "vocabulary_sha256": _digest(corpus.vocabulary)}
        file.attrs.update(storable(corpus.attributes) | own, batch_size=batch_size)


def read_corpus(path: str | Path) -> Corpus | ImageSet | DialogSet | TenseSet:
    """Read a prepared corpus, of sentences, images, dialogs or verbs, as the file says.

    Of sentences, columns beyond the longest one are cut off.

    Raises InputError when the file is missing, truncated or damaged.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such prepared corpus; ask snakemake for this file first")
    try:
        with h5py.File(path, "r") as file:
            return _OTHERS.get(file.attrs.get("kind"), _read)(file, Path(path).stem)
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a whole prepared corpus ({reason}); delete it and prepare it again"
        ) from error


def _write_split(group: h5py.Group, split: Split, batch_size: int, width: int) -> None:
    starts, sizes, lengths = np.array(split.batches(batch_size), dtype=np.int64).T
    arrays = {
        "sents_l": split.lengths,
        "index": split.index,
        "source_l": lengths,
        "batch_l": sizes,
        "batch_idx": starts,
        "labels": split.labels,
    }
    write_arrays(group, arrays)
    # columns beyond the longest sentence are never written: they read as padding and take no space
    shape = (split.n_examples, width)
    source = group.create_dataset("source", shape, split.tokens.dtype, fillvalue=PAD, **PACKED)
    source[:, : split.tokens.shape[1]] = split.tokens


def _read(file: h5py.File, name: str) -> Corpus:
    vocabulary = Vocabulary(read_names(file, "vocabulary"))
    if _digest(vocabulary) != file.attrs["vocabulary_sha256"]:
        raise ValueError("the vocabulary does not have its checksum")
    splits = {split: _read_split(file[split], len(vocabulary)) for split in SPLITS}
    attributes = attributes_of(file, "floor_nll")
    return Corpus(attributes.pop("name", name), vocabulary, **splits, attributes=attributes)


def _read_split(group: h5py.Group, vocabulary_size: int) -> Split:
    lengths = group["sents_l"][:]
    tokens = group["source"][:, : lengths.max()]
    if tokens.max() >= vocabulary_size or len(tokens) != len(lengths):
        raise ValueError(f"{group.name} does not fit its vocabulary or its lengths")
    labels = group["labels"][:] if "labels" in group else None
    return Split(tokens, lengths, group["index"][:], labels)


def _digest(vocabulary: Vocabulary) -> str:
    return hashlib.sha256(vocabulary.to_text().encode()).hexdigest()
