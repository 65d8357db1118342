"""Says at the end what was killed."""

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    """Count the kills by what was at work."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    killed = Counter(
        value for report in reports for name, value in report.user_properties if name == "killed"
    )
    for what, times in sorted(killed.items()):
        terminalreporter.write_line(f"killed {times} x {what}")
