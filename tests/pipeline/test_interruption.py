"""Everything killed at once, as by a power cut; then the same command again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from kl_annealing.data import read_corpus
from kl_annealing.training import fit

ROOT = Path(__file__).parents[2]
RESULTS = ("last.pt", "best.pt", "history.csv", "snapshots.h5", "config.json")
OVERLAY = """
runtime: {device: cpu, checkpoint_minutes: 0.001}
trainings: {toy: {steps: 300, evaluate_every: {steps: 50}}}
studies:
  toy: {seeds: [0], grids: [{schedule: [cyclical]}], figures: [], tables: []}
  ptb: false
  ptb_savae: false
  ptb_ablation: false
  techniques: false
  yelp: false
  lagging_text: false
  posterior_mean: false
  images: false
  switchboard: false
  tense: false
"""


def start(folder: Path, overlay: Path) -> subprocess.Popen:
    """Start Snakemake, and with it all its jobs, as a process group of its own."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--directory", folder, "--cores", "1", "--until", "train_run"]
    command += ["--configfile", ROOT / "config.yaml", ROOT / "tests/pipeline/tiny.yaml", overlay]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )


def wait_for_a_checkpoint(folder: Path, process: subprocess.Popen) -> Path:
    """Return the folder of the run that has one."""
    deadline = time.monotonic() + 60
    while not (found := list(folder.glob("results/runs/toy/*/unfinished/checkpoint.pt"))):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    return found[0].parents[1]


def test_a_killed_workflow_goes_on_by_the_same_command_to_the_same_bits(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(OVERLAY)
    process = start(tmp_path, overlay)
    run = wait_for_a_checkpoint(tmp_path, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not any((run / name).exists() for name in RESULTS)

    assert list((tmp_path / ".snakemake" / "locks").iterdir())
    again = start(tmp_path, overlay)
    told = again.communicate()[1]
    assert again.returncode == 0, told
    assert "going on from step" in (run / "train.log").read_text()

    settings = json.loads((run / "config.json").read_text())
    corpus = read_corpus(tmp_path / "data" / "prepared" / "ten_sequences.h5")
    fit(settings, corpus, tmp_path / "whole", device="cpu", threads=1)
    for name in RESULTS:
        assert (run / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
