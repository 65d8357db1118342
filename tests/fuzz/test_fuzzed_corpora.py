"""Spoilt raw files: a dataset that makes sense or a line on what is wrong, never a traceback."""

import os
from pkgutil import resolve_name
from random import Random

import numpy as np
import pytest
from fuzz.mutations import MUTATIONS
from fuzz.raw_files import KINDS, laid_out

from kl_annealing.data import preparer, raw_paths, read_corpus
from kl_annealing.errors import InputError

ROUNDS = int(os.environ.get("FUZZ", 25))  # of each kind


def prepared(folder, definition, files):
    """Return the prepared dataset of these files."""
    definition, downloaded = laid_out(folder, definition, files)
    paths = {**raw_paths("mine", definition), **downloaded}
    resolve_name(preparer(definition))("mine", definition, paths, folder / "mine.h5")
    return read_corpus(folder / "mine.h5")


def require_sense(dataset):
    """Fail unless each split has examples, and all that a training reads is finite."""
    for split in (dataset.train, dataset.valid, dataset.test):
        assert split.n_examples
        for part in split.content():
            if isinstance(part, np.ndarray) and part.dtype.kind == "f":
                assert np.isfinite(part).all()
    vectors = getattr(dataset, "vectors", None)
    assert vectors is None or np.isfinite(vectors).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_as_they_are_make_sense(tmp_path, kind):
    require_sense(prepared(tmp_path, *KINDS[kind]()))


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("kind", KINDS)
def test_spoilt_files_make_sense_or_are_named(tmp_path, kind, number):
    chance = Random(f"{kind} {number}")
    definition, files = KINDS[kind]()
    spoilt = chance.choice(sorted(files))
    for _ in range(chance.choice((1, 1, 2))):
        mutation = chance.choice(MUTATIONS)
        files[spoilt] = mutation(files[spoilt] or b" ", chance)
    try:
        dataset = prepared(tmp_path, definition, files)
    except InputError as error:
        line = str(error)
        assert len(line.splitlines()) == 1 and line.isprintable() and len(line) < 1000
        assert "mine" in line or any(name in line for name in files)
    else:
        require_sense(dataset)
