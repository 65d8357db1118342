"""From verified files of verbs, or a generator, to one prepared HDF5 file."""

from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name

from kl_annealing.data.checksums import verified
from kl_annealing.data.prepared import write_vocabulary
from kl_annealing.data.sources import (
    TENSE_MAKERS,
    Definition,
    file_entries,
    generator_settings,
    kind_of,
    origin_of,
    tense_options,
)
from kl_annealing.data.tense.corpus import build_tenses
from kl_annealing.data.tense.store import write_tenses
from kl_annealing.data.tense.verbs import read_conversions, read_verbs


def prepare_tenses(
    name: str,
    definition: Definition,
    files: Mapping[str, str | Path],
    destination: str | Path,
) -> None:
    """Write the prepared verbs to `destination` and their letters beside it.

    `files` are the paths of `file_entries(name, definition)`, by its keys; each is hashed again.

    Raises:
        InputError: a file is not the declared one, or has a line that is no verb or conversion.
    """
    attributes = origin_of(definition)
    if make := TENSE_MAKERS.get(kind_of(definition)):
        verbs, conversions = resolve_name(make)(**generator_settings(definition))
    else:
        attributes["sums"] = verified(files, file_entries(name, definition))
        places = definition.get("splits") or {split: split for split in ("train", "test")}
        verbs = read_verbs(files[places["train"]])
        letters = {letter for verb in verbs for form in verb for letter in form}
        tenses = definition["conversions"]
        conversions = read_conversions(files[places["test"]], tenses, letters)
    options = tense_options(definition)
    found = build_tenses(name, verbs, conversions, **options, attributes=attributes)
    write_vocabulary(destination, found.vocabulary)
    write_tenses(destination, found)
