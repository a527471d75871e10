"""The real service with one fault: FAULT is ``kill:WHERE`` or ``pause:WHERE:SECONDS`` or ``raise:WHERE``.

WHERE is a method of Transfers (open, take, start, process, end) or ``drawn`` (after the worker has drawn).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any


def install(fault: str) -> None:
    """Wrap one method of the real service."""
    from model.service.transfers import Transfers
    from model.worker.pool import Workers

    kind, _, rest = fault.partition(":")
    where, _, argument = rest.partition(":")

    def strike() -> None:
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "pause":
            time.sleep(float(argument))
        else:
            raise ValueError("cannot parse Testmann^Vertraulich")

    owner: Any = Workers if where == "drawn" else Transfers
    name = "run" if where == "drawn" else where
    original = getattr(owner, name)

    def faulty(self: Any, *arguments: Any, **named: Any) -> Any:
        if where != "drawn":
            strike()
            return original(self, *arguments, **named)
        result = original(self, *arguments, **named)
        strike()
        return result

    setattr(owner, name, faulty)


def main() -> None:
    """Install the fault, then serve."""
    install(os.environ["FAULT"])
    from plugin.cli import main as command

    raise SystemExit(command(["serve", sys.argv[1]]))


if __name__ == "__main__":
    main()
