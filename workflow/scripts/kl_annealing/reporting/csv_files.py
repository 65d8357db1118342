"""CSV files of results as tables; one that is not whole is named."""

import os
from pathlib import Path
from typing import Any

import pandas as pd

from kl_annealing.files.results import not_whole


def read_csv(path: str | os.PathLike, **options: Any) -> pd.DataFrame:
    """Return a CSV file of ours as pandas reads it with these options.

    Raises InputError where it is missing or damaged: all that we write end with a line's end.
    """
    try:
        if not Path(path).read_bytes().endswith(b"\n"):
            raise ValueError("it ends within a line")
        return pd.read_csv(path, **options)
    except (OSError, ValueError) as error:  # those of pandas are ValueErrors
        raise not_whole(path, error) from error
