"""The real gateway with one fault: what ``AUTOCONTOUR_PYTHON`` points at in the fault tests.

FAULT is ``kill:STAGE:WHEN`` (the gateway is SIGKILLed once before or after a stage), ``pause:STAGE:SECONDS``,
``raise:STAGE`` (an exception with a patient's name in it, each time), or ``nothing``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

SECRET_TEXT = "Testmann^Vertraulich"


def wrapper(directory: Path) -> str:
    """An executable that starts the faulty gateway whatever arguments it is given."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.builders.faulty_gateway\n')
    path.chmod(0o755)
    return str(path)


def install(fault: str, once: Path) -> None:
    """Wrap the stages of the real gateway."""
    from plugin.jobs.stages import Stages

    kind, _, rest = fault.partition(":")
    stage_name, _, argument = rest.partition(":")
    original = Stages.run

    def kill_once() -> None:
        if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def faulty(self: Stages, stage: object, job_id: str) -> None:
        here = str(stage) == stage_name
        if here and kind == "kill" and argument == "before":
            kill_once()
        if here and kind == "pause":
            time.sleep(float(argument))
        if here and kind == "raise":
            raise ValueError(f"cannot parse {SECRET_TEXT}")
        original(self, stage, job_id)  # type: ignore[arg-type]
        if here and kind == "kill" and argument == "after":
            kill_once()

    if kind != "nothing":
        Stages.run = faulty  # type: ignore[method-assign,assignment]


def main() -> None:
    """Install the fault, then be the gateway."""
    install(os.environ["FAULT"], Path(os.environ["FAULT_ONCE"]))
    from plugin.gateway.__main__ import main as gateway

    gateway()


if __name__ == "__main__":
    main()
