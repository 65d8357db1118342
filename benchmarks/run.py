"""How fast it is: training, evaluation, and the workflow around them.

Prints a table and writes it as JSON with the machine it was measured on.
"""

import argparse
import json
import os
import platform
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import torch
from rows.common import ROOT, precisions
from rows.dialogs import dialog_rows
from rows.generated import like_english, like_omniglot, like_ptb, like_switchboard
from rows.images import image_rows
from rows.sentences import sentence_rows
from rows.tenses import tense_rows
from rows.workflow import workflow_rows
from tabulate import tabulate

from kl_annealing.data import AnyCorpus, Corpus, DialogSet, ImageSet, TenseSet, read_corpus
from kl_annealing.errors import InputError
from kl_annealing.jobs.provenance import processor

# Of each kind of corpus its rows, and what they take where no corpus is given.
KINDS = {
    TenseSet: (tense_rows, like_english),
    DialogSet: (dialog_rows, like_switchboard),
    ImageSet: (image_rows, like_omniglot),
    Corpus: (sentence_rows, like_ptb),
}


def main() -> None:
    """Measure everything that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a prepared corpus, data/prepared/<name>.h5")
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--skip-workflow", action="store_true", help="leave Snakemake out")
    options = parser.parse_args()
    try:
        given = read_corpus(options.corpus) if options.corpus else None
    except InputError as error:
        parser.error(str(error))
    rows = []
    for measured in all_rows(given, options):
        print(f"{measured['what']}: {shown(measured['value'])} {measured['unit']}", flush=True)
        rows.append(measured)
    print("\n" + table(rows))
    path = ROOT / "benchmarks" / f"{date.today()}.json"
    path.write_text(json.dumps({"machine": machine(), "results": rows}, indent=2) + "\n")
    print(f"\nwritten to {path}")


def all_rows(given: AnyCorpus | None, options: argparse.Namespace) -> Iterator[dict]:
    """Measure one thing after the other: of one kind of corpus alone where one is given."""
    for kind, (rows, generated) in KINDS.items():
        if given is None or type(given) is kind:
            yield from rows(given or generated(), options)
    if not options.skip_workflow:
        yield from workflow_rows()


def table(rows: list[dict]) -> str:
    """Return the rows as people read them."""
    texts = [each | {"value": shown(each["value"])} for each in rows]
    return tabulate(texts, headers="keys", disable_numparse=True, colalign=("left", "right"))


def shown(value: float) -> str:
    """Return a rate or seconds with one decimal, and two digits of what is below 1."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def machine() -> dict:
    """Return what the numbers depend on."""
    return {
        "processor": processor(),
        "precisions": precisions(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "torch": torch.__version__,
        "load": os.getloadavg(),
    }


if __name__ == "__main__":
    main()
