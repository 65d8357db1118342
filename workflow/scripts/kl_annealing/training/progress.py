"""How far a training is: a line now and then, in the log and on the terminal."""

import sys
import time
from typing import TextIO

from tqdm import tqdm

FORMAT = (
    "{desc}: {percentage:3.0f}% {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"
)


class Progress:
    """Writes to standard output, which is the job's log, and to `terminal` if there is one."""

    def __init__(
        self,
        name: str,
        total: int,
        terminal: TextIO | None = None,
        interval: float = 10.0,
        terminal_interval: float = 30.0,
    ) -> None:
        self.name = name
        self.total = total
        self.initial = 0
        self.streams = [(sys.stdout, interval)]
        if terminal is not None:
            self.streams.append((terminal, terminal_interval))
        self.start()

    def start(self, step: int = 0) -> None:
        """Count from `step`, reached before this process began."""
        self.initial = step
        self.began = time.monotonic()
        self.next = [self.began + interval for _, interval in self.streams]

    @property
    def due(self) -> bool:
        """Whether a line is to be written now."""
        return time.monotonic() >= min(self.next)

    def update(self, step: int, **values: float) -> None:
        """Write a line to every stream whose time has come, with `values` at its end."""
        now = time.monotonic()
        line = self._line(step, now, values)
        for number, (stream, interval) in enumerate(self.streams):
            if now >= self.next[number]:
                print(line, file=stream, flush=True)
                self.next[number] = now + interval

    def say(self, text: str) -> None:
        """Write `text` to every stream at once."""
        for stream, _ in self.streams:
            print(f"{self.name}: {text}", file=stream, flush=True)

    def _line(self, step: int, now: float, values: dict[str, float]) -> str:
        """Return a progress line at the monotonic time `now`, with `values` at its end."""
        return tqdm.format_meter(
            step,
            self.total,
            now - self.began,
            prefix=self.name,
            unit=" steps",
            initial=self.initial,
            bar_format=FORMAT,
            postfix=", ".join(f"{name} {value:.4g}" for name, value in values.items()),
        )
