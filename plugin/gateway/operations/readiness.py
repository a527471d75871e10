"""Whether the gateway can work yet."""

from __future__ import annotations

import threading

from model.errors import AutocontourError


class Readiness:
    """Starting, up, or broken: set by the lifecycle of the process, read by whoever needs it up."""

    def __init__(self) -> None:
        self._up = threading.Event()
        self._broken: str | None = None

    def set_up(self) -> None:
        """Everything has been brought up."""
        self._up.set()

    def set_broken(self, reason: str) -> None:
        """Note that it cannot be brought up; ``reason`` is the sentence that health shows."""
        self._broken = reason

    def unavailable_reasons(self) -> list[str]:
        """Why the gateway cannot work; empty when it can."""
        if self._broken:
            return [self._broken]
        return [] if self._up.is_set() else ["The gateway is starting."]

    def require(self) -> None:
        """Raise AutocontourError with STARTING until everything is up."""
        if not self._up.is_set():
            raise AutocontourError("STARTING", "The gateway is starting; try again in a few seconds.", retry=True)
