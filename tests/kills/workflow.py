"""A small workflow in a folder: started, watched, killed, run to its end, and what it made."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from overlays import overlay_in

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "config.yaml", ROOT / "tests" / "pipeline" / "tiny.yaml"
OVERLAY = Path(__file__).with_name("overlay.yaml")
SECONDS = 1800  # on a machine that has other work


class Workflow:
    """The workflow under way in a folder, as a process group of its own."""

    def __init__(self, folder: Path, log: str = "snakemake.log", *arguments: str) -> None:
        self.folder, self.log = folder, folder / log
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
        command += ["--directory", folder, "--cores", "2", *arguments]
        command += ["--configfile", *CONFIGURATION, overlay_in(folder, OVERLAY)]
        with self.log.open("w") as log_file:  # no pipe, which jobs that are left behind keep open
            options = {"stdout": log_file, "stderr": log_file, "start_new_session": True}
            self.process = subprocess.Popen(command, cwd=ROOT, **options)

    def jobs(self) -> dict[psutil.Process, str]:
        """Return the processes of its jobs, with the name of the script of each."""
        found = {}
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                command = process.cmdline()
            except psutil.Error:  # has ended since
                continue
            if len(command) == 2 and command[1].endswith(".py"):
                found[process] = command[1].split(".")[-2]
        return found

    def wait_for(self, pattern: str) -> None:
        """Wait until a file of the folder has such a path, or all is over."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None and not any(self.folder.glob(pattern)):
            assert time.monotonic() < deadline, pattern
            time.sleep(0.002)

    def stop(self) -> None:
        """Let Snakemake and its jobs pause, wherever they are."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them go on after `stop`."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill_all(self) -> None:
        """Kill Snakemake and its jobs, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> tuple[int, str]:
        """Wait until Snakemake ends; return its exit code and what it said."""
        return self.process.wait(timeout=SECONDS), self.log.read_text()


def forget(folder: Path, *patterns: str) -> None:
    """Remove folders of results, so that the next Snakemake makes them anew."""
    for pattern in patterns:
        for path in folder.glob(pattern):
            shutil.rmtree(path)


def made(folder: Path) -> dict[str, object]:
    """Return all files of data and results, with what must be the same whenever they are made."""
    files = [path for part in ("data", "results") for path in (folder / part).rglob("*")]
    return {str(path.relative_to(folder)): _content(path) for path in files if path.is_file()}


def _content(path: Path) -> object:
    if path.suffix == ".log" or path.name == "timing.json":
        return None
    if path.name == "metrics.json":
        return {k: v for k, v in json.loads(path.read_text()).items() if k != "provenance"}
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [{k: v for k, v in row.items() if not _timed(k)} for row in csv.DictReader(file)]
    return path.read_bytes()


def _timed(column: str) -> bool:
    return any(word in column for word in ("second", "memory"))
