"""Train one run."""

from pathlib import Path
from typing import TYPE_CHECKING

from kl_annealing.counted import settings_of
from kl_annealing.data import read_corpus
from kl_annealing.runtime import redirected
from kl_annealing.training import fit

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    folder = Path(snakemake.output.last).parent
    with redirected(snakemake.log[0], story=folder / "unfinished" / "train.log") as terminal:
        runtime = snakemake.config["runtime"]
        fit(
            settings_of(snakemake.params.run),
            read_corpus(snakemake.input.corpus),
            folder,
            device=runtime["device"],
            threads=snakemake.threads,
            checkpoint_seconds=60 * runtime["checkpoint_minutes"],
            terminal=terminal,
            code=snakemake.params.code,
            parent=next((Path(path).parent for path in snakemake.input.parent), None),
        )
