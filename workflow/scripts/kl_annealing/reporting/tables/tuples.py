"""Verbs that the models draw: four words of one z, and whether they are a training verb."""

from collections import Counter
from collections.abc import Iterator

from kl_annealing.errors import InputError
from kl_annealing.files.results import open_arrays
from kl_annealing.reporting.quantities import in_words
from kl_annealing.reporting.study import RunFiles, Study, first_seeds
from kl_annealing.reporting.tables.parts import stand_in_notes, title_of
from kl_annealing.reporting.tables.table import Table

TENSES = ("simple_present", "third_person", "present_progressive", "simple_past")
NOTES = (
    "Of each method the first seed, last iterate; draws of z, each decoded in the four tenses. "
    "Equal draws stand once, with their number, the most frequent ones first.",
)
SHOWN = 20  # of each method; the CSV has the same


def build(study: Study) -> Table:
    """Return the verbs that each method draws, `exact` where they are a training verb.

    Raises InputError for a run without draws.
    """
    rows = [row for label, _, run in first_seeds(study) for row in _rows(in_words(label), run)]
    notes = [*stand_in_notes(study.table()), *NOTES, f"At most {SHOWN} of each method."]
    return Table(title_of(study, "Verbs drawn from the prior"), rows, notes)


def _rows(label: str, run: RunFiles) -> Iterator[dict[str, object]]:
    path = run.measured / "evaluation.h5"
    with open_arrays(path) as file:
        group = file.get("last/test/tuples")
        if group is None:
            raise InputError(f"{path}: no draws; the study's evaluation needs the split test")
        words, exact = group["words"].asstr()[:], group["exact"][:]
    counts = Counter((tuple(verb), bool(known)) for verb, known in zip(words, exact, strict=True))
    for (verb, known), number in counts.most_common(SHOWN):
        forms = dict(zip(TENSES, verb, strict=True))
        yield {"method": label, **forms, "exact": "yes" if known else "no", "draws": number}
