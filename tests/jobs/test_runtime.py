import os
import shutil
import subprocess
import sys

IMPORT = "from kl_annealing.jobs.runtime import redirected\n"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
JOB = """
import os, sys
from kl_annealing.errors import InputError
from kl_annealing.jobs.runtime import announce, redirected
with redirected("job.log") as terminal:
    print("python line")
    os.system("echo child line; echo child error >&2")
    print("for people", file=terminal)
    {}
"""


def run(tmp_path, ending):
    return subprocess.run(
        [sys.executable, "-c", JOB.format(ending)],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )


def test_everything_goes_to_the_log_and_only_the_terminal_lines_to_the_terminal(tmp_path):
    outcome = run(tmp_path, "pass")
    log = (tmp_path / "job.log").read_text()
    assert outcome.returncode == 0
    assert (outcome.stdout, outcome.stderr) == ("", "for people\n")
    assert all(line in log for line in ("python line", "child line", "child error"))


def test_a_log_that_is_kept_tells_the_story_of_all_sessions(tmp_path):
    log, story = tmp_path / "train.log", tmp_path / "unfinished" / "train.log"
    for session in ("first", "second"):
        log.unlink(missing_ok=True)  # as Snakemake does before a job
        told = f"with redirected({str(log)!r}, {str(story)!r}):\n    print('{session} session')\n"
        subprocess.run([sys.executable, "-c", IMPORT + told], env=ENVIRONMENT, check=True)
    assert all(f"{session} session" in log.read_text() for session in ("first", "second"))
    shutil.rmtree(story.parent)
    assert "first session" in log.read_text()


def test_an_input_error_is_one_line_and_no_traceback(tmp_path):
    outcome = run(tmp_path, "raise InputError('corpus.txt is empty')")
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines()[-1] == "kl-annealing: corpus.txt is empty"
    assert "Traceback" not in outcome.stderr + (tmp_path / "job.log").read_text()


def test_ctrl_c_is_no_traceback(tmp_path):
    outcome = run(tmp_path, "raise KeyboardInterrupt")
    assert (outcome.returncode, outcome.stderr) == (130, "for people\n")


def test_another_error_has_its_traceback_in_the_log(tmp_path):
    outcome = run(tmp_path, "1 / 0")
    assert outcome.returncode == 1
    assert "ZeroDivisionError" in outcome.stderr and "Traceback" not in outcome.stderr
    assert "Traceback" in (tmp_path / "job.log").read_text()


def test_a_second_run_appends_to_the_log(tmp_path):
    run(tmp_path, "print('first')")
    run(tmp_path, "print('second')")
    log = (tmp_path / "job.log").read_text()
    assert log.index("first") < log.index("second")


def test_announced_warnings_are_shown_to_people_and_logged(tmp_path):
    code = "import logging; announce(terminal); logging.info('detail'); logging.warning('dropped')"
    outcome = run(tmp_path, code)
    assert outcome.stderr.splitlines()[-1] == "kl-annealing: dropped"
    assert "detail" not in outcome.stderr
    assert all(word in (tmp_path / "job.log").read_text() for word in ("detail", "dropped"))
