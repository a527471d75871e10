"""A loop in a thread of its own: it looks again and again, and outlives whatever a look fails of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from plugin.jobs.wakeup import Wakeup


class Loop:
    """Looks every ``seconds``, or when notified; what fails is logged once as that of ``name``, and tried again."""

    def __init__(self, name: str, seconds: float, logger: logging.Logger) -> None:
        self._name = name
        self._seconds = seconds
        self._logger = logger
        self._wakeup = Wakeup()
        self._stopping = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop: a long look ends early."""
        return self._stopping.is_set()

    def notify(self) -> None:
        """Let it look now; returns at once."""
        self._wakeup.notify()

    def stop(self) -> None:
        """Let it end after the look that it is at."""
        self._stopping.set()
        self._wakeup.notify()

    def run(self, look: Callable[[], bool | None]) -> None:
        """Look until stopped; while ``look`` says that there is more to do, without a pause."""
        said = ""
        while not self.stopping:
            more: bool | None = False
            try:
                more = look()
                said = ""
            except Exception as error:  # noqa: BLE001 - must outlive a full disk or a database out of order
                if type(error).__name__ != said:
                    said = type(error).__name__
                    self._logger.warning("%s met an unexpected %s; tried again", self._name, said)
            if not more:
                self._wakeup.wait(self._seconds)
