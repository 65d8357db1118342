"""stop.sh ends the daemons of its folder, and no process that has the number of one that ended."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes have names in /proc")
STOP = Path(__file__).with_name("stop.sh")
# A process called munged, and what it does when it is asked to end.
DAEMON = "echo munged > /proc/$$/comm; trap '{}' TERM; echo ready; while :; do sleep 0.05; done"
END, STAY, BECOME_ANOTHER = "exit 0", ":", "echo another > /proc/$$/comm"


@pytest.fixture
def stopped(tmp_path):
    """A function that gives a daemon, runs stop.sh, and returns the seconds and the exit code."""
    daemons = []

    def stop(when_asked):
        command = ["bash", "-c", DAEMON.format(when_asked)]
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        daemons.append(daemon)
        assert daemon.stdout.readline() == "ready\n"
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "munged.pid").write_text(f"{daemon.pid}\n")
        began = time.monotonic()
        with subprocess.Popen(["bash", STOP, tmp_path]) as script:
            while script.poll() is None:
                daemon.poll()  # one that ended leaves its number
                time.sleep(0.02)
        assert script.returncode == 0
        return time.monotonic() - began, daemon.poll()

    yield stop
    for daemon in daemons:
        daemon.kill()
        daemon.wait()
        daemon.stdout.close()


def test_a_daemon_is_asked_to_end(stopped):
    seconds, code = stopped(END)
    assert code == 0 and seconds < 9


def test_one_that_stays_is_killed(stopped):
    assert stopped(STAY)[1] == -signal.SIGKILL


def test_what_has_its_number_by_then_is_left_alone(stopped):
    seconds, code = stopped(BECOME_ANOTHER)
    assert code is None and seconds < 9
