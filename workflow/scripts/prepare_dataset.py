"""Turn a dataset's verified files, or its generator, into one HDF5 file."""

import json
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from kl_annealing.data import preparer, raw_paths
from kl_annealing.jobs.runtime import announce, redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]) as terminal:
        announce(terminal)
        name, definition = snakemake.wildcards.dataset, json.loads(snakemake.params.definition)
        files = dict(zip(raw_paths(name, definition), snakemake.input, strict=True))
        prepare = resolve_name(preparer(definition))
        prepare(name, definition, files, snakemake.output[0])
