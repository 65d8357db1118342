"""Reading YAML: every job and every start of Snakemake does."""

import os
from typing import Any

import yaml

# libyaml, where PyYAML was built with it, takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: str | os.PathLike) -> Any:
    """Return the content of a file, of plain types only; raises OSError and yaml.YAMLError."""
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, LOADER)
