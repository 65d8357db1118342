"""Say which runs exist, which are to do, and how long they will take."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.data import read_corpus
from kl_annealing.reporting.plan import plan, readable, write_plan
from kl_annealing.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

SECONDS = 10  # of training, for each kind of run that has no finished one


def measured(settings: dict) -> float:
    """Return the sentences a second of a short training."""
    from kl_annealing.training.throughput import measure_throughput  # torch, only when needed

    print(f"measuring {settings['model']['kind']} on {settings['dataset']['name']}", file=terminal)
    corpus = corpora(settings["dataset"]["name"])
    runtime = snakemake.params.runtime
    speed = measure_throughput(settings, corpus, SECONDS, runtime["device"], runtime["threads"])
    return speed["sentences_per_second"]


@cache
def corpora(name: str):
    """Return a prepared corpus."""
    return read_corpus(snakemake.params.corpora[name])


if __name__ == "__main__":
    with redirected(snakemake.log[0]) as terminal:
        known = [name for name, path in snakemake.params.corpora.items() if Path(path).exists()]
        sentences = {name: corpora(name).train.n_sentences for name in known}
        table = plan(snakemake.params.runs, sentences, measured)
        write_plan(table, snakemake.params.csv)
        print(readable(table), file=terminal)
        missing = {run["settings"]["dataset"]["name"] for run in snakemake.params.runs} - set(known)
        if missing:
            paths = " ".join(snakemake.params.corpora[name] for name in sorted(missing))
            print(
                f"To measure the rest, prepare the data: snakemake --cores 1 {paths}", file=terminal
            )
