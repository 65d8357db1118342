"""A Slurm of one node, started before the first test of this folder and stopped after the last."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = ("slurmctld", "slurmd", "munged", "srun", "scontrol", "scancel")
PLUGIN = "snakemake_executor_plugin_slurm"
SECONDS = 30  # of a command that only asks or tells


def hindrance() -> str | None:
    """Return why no Slurm can be started here, None where one can."""
    if os.name != "posix" or os.getuid():
        return "the daemons of Slurm are started as root"
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    if absent := [name for name in PROGRAMS if shutil.which(name, path=search) is None]:
        return f"no {', '.join(absent)}: apt-get install slurm-wlm slurm-client munge"
    if importlib.util.find_spec(PLUGIN) is None:
        return "no executor plugin: pip install --editable '.[slurm]'"
    if any(Path(place).exists() for place in ("/etc/slurm/slurm.conf", "/run/slurm/conf")):
        return "this machine has a Slurm of its own"
    return None


def pytest_terminal_summary(terminalreporter):
    """Say in one line why the tests of this folder were left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(report.nodeid.startswith("tests/slurm/") for report in skipped):
        terminalreporter.write_line(f"no tests on Slurm: {hindrance()}")


@dataclass(frozen=True)
class Cluster:
    """A running Slurm, all of whose files are in `folder`."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find it."""
        return {**os.environ, "SLURM_CONF": str(self.folder / "etc" / "slurm.conf")}

    def ask(self, *command: str, seconds: float = SECONDS) -> str:
        """Return what a command of Slurm prints; a drained node would let it wait for ever."""
        options = {"env": self.environment, "timeout": seconds, "stdin": subprocess.DEVNULL}
        return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout

    def jobs(self) -> list[dict[str, str]]:
        """Return the fields of all jobs so far, in the order of their submission."""
        lines = self.ask("scontrol", "--oneliner", "show", "job").splitlines()
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if "JobId=" in line]
        return sorted(jobs, key=lambda job: int(job["JobId"]))

    def restart_node(self, seconds_down: float) -> None:
        """Kill slurmd, which jobs survive, and start it again."""
        pid = int((self.folder / "run" / "slurmd.pid").read_text())
        assert Path(f"/proc/{pid}/comm").read_text().strip() == "slurmd"
        os.kill(pid, 9)
        time.sleep(seconds_down)
        subprocess.run(["slurmd"], check=True, env=self.environment, timeout=SECONDS)


@pytest.fixture(scope="session")
def cluster():
    """Return a running Slurm, or skip with the reason why there is none."""
    if reason := hindrance():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # short: munge's socket has a path of 108
    try:
        with (folder / "start.log").open("w") as log:  # no pipe, which the daemons would keep open
            code = subprocess.call(
                [HERE / "start.sh", folder], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        assert code == 0, (folder / "start.log").read_text()
        yield Cluster(folder)
    finally:
        subprocess.call([HERE / "stop.sh", folder], timeout=120)
        shutil.rmtree(folder)
