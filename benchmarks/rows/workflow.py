"""The workflow around the jobs: how long Snakemake itself takes."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from rows.common import CONFIG, ROOT, row


def workflow_rows() -> Iterator[dict]:
    """Yield the seconds of a dry-run on 2,000 jobs, and of a rerun of a finished workflow."""
    base = ["--configfile", ROOT / "config.yaml"]
    tiny = [*base, ROOT / "tests" / "pipeline" / "tiny.yaml"]
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.yaml"
        seeds = list(range(330))  # three schedules, a training and an evaluation each
        grid.write_text(
            yaml.safe_dump(
                {"studies": dict.fromkeys(CONFIG["studies"], False) | {"toy": {"seeds": seeds}}}
            )
        )
        dry = timed(folder, "--dry-run", "--quiet", "rules", *base, grid)
        yield row("dry-run, 2,000 jobs", dry, "s")
        timed(folder, "--cores", "all", *tiny)
        yield row("rerun, nothing to do", timed(folder, "--cores", "all", *tiny), "s")


def timed(folder: str, *arguments) -> float:
    """Return the seconds of one call of Snakemake."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    began = time.perf_counter()
    subprocess.run([*command, "--directory", folder, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began
