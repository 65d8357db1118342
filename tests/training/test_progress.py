import io

from kl_annealing.training import progress
from kl_annealing.training.progress import Progress


def test_lines_come_at_intervals_to_log_and_terminal(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    terminal = io.StringIO()
    reporter = Progress("run-s0", 1000, terminal, interval=10, terminal_interval=30)
    reporter.start(200)
    for second in range(1, 61):
        now[0] = 100.0 + second
        if reporter.due:
            reporter.update(200 + 10 * second, beta=0.25, lr=1e-3)
    log = capsys.readouterr().out.splitlines()
    assert len(log) == 6
    assert len(terminal.getvalue().splitlines()) == 2
    assert log[-1].startswith("run-s0:  80% 800/1000 [01:00<00:20, 10.00 steps/s")
    assert "beta 0.25, lr 0.001" in log[-1]


def test_say_goes_everywhere_at_once(capsys):
    terminal = io.StringIO()
    Progress("run-s0", 10, terminal).say("hello")
    assert capsys.readouterr().out == terminal.getvalue() == "run-s0: hello\n"
