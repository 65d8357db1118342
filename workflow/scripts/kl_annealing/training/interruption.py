"""Lets a training save itself when it is asked to stop."""

import signal
import threading
from types import FrameType


class Interruption:
    """Turns the first SIGINT or SIGTERM into a flag, read between two updates.

    A second signal acts at once, as if this were not there. Outside the main thread, where Python
    forbids handlers, it does nothing.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.received: int | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._note) for number in self.SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def act(self) -> None:
        """End the process as the signal would have done; call it after saving."""
        if self.received == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.received)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal; the next one acts as usual."""
        self.received = number
        self.__exit__()
