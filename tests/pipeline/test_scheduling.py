"""Between two jobs Snakemake waits, and does not ask again and again."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNTING = """
import sys, threading
from snakemake.cli import main

started = []
threading.Timer.start = lambda timer: started.append(timer)
try:
    main(sys.argv[1:])
finally:
    print(f"{len(started)} timers")
"""
DRAWINGS = [f"results/tiny/figures/schedules/{name}.svg" for name in ("shapes", "switching")]


@pytest.mark.parametrize(
    ("rate", "waits"), [((), True), (("--max-jobs-per-timespan", "9/1s"), False)]
)
def test_no_timer_looks_for_jobs_unless_a_rate_was_asked_for(tmp_path, tiny, rate, waits):
    arguments = ["--snakefile", ROOT / "Snakefile", "--directory", tmp_path, "--cores", "1"]
    command = [sys.executable, "-c", COUNTING, *arguments, *DRAWINGS, *rate, *tiny]
    told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert all((tmp_path / drawing).exists() for drawing in DRAWINGS), told.stderr
    assert ("\n0 timers" in f"\n{told.stdout}") == waits
