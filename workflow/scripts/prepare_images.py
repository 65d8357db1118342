"""Turn a dataset's verified files of images into one HDF5 file."""

import json
from typing import TYPE_CHECKING

from kl_annealing.data import raw_paths
from kl_annealing.data.prepare_images import prepare_images
from kl_annealing.runtime import redirected

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with redirected(snakemake.log[0]):
        name, definition = snakemake.wildcards.dataset, json.loads(snakemake.params.definition)
        files = dict(zip(raw_paths(name, definition), snakemake.input, strict=True))
        prepare_images(name, definition, files, snakemake.output[0])
