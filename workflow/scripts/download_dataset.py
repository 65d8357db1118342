"""Get one file of a dataset, verified."""

from typing import TYPE_CHECKING

from kl_annealing.data.checksums import FileEntry
from kl_annealing.data.downloads import fetch
from kl_annealing.jobs.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]) as terminal:
        fetch(
            FileEntry(**snakemake.params.entry),
            snakemake.output[0],
            # no parameter of the rule: another mirror does not make a file out of date
            mirror=snakemake.config["data"]["mirror"],
            progress=terminal,
        )
