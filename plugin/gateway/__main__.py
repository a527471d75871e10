"""``python -m plugin.gateway``: the gateway process, started by the plugin inside Orthanc.

It reads its start-up configuration from its standard input, serves until that input ends (Orthanc stopped, or was
killed), and then leaves at once: whatever runs is resumed at the next start. ``autocontour gateway CONFIG.json`` runs
the same without a plugin, until a signal ends it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import NoReturn

from model.process.hardening import harden_process
from model.process.memory import keep_freed_blocks
from model.storage.sqlite import checkpoint
from plugin.gateway.logs import set_up_logging
from plugin.gateway.serve import serve
from plugin.gateway.startup import StartupConfiguration
from plugin.privacy.reading import quiet_pydicom
from plugin.state.directory import StateDirectory

# The plugin waits 5 s for the gateway to leave.
CHECKPOINT_SECONDS = 2.0
# Its threads take turns at Python's lock, so that few of them ask for memory at once.
ARENAS = 2


def main() -> None:
    """Read the start-up configuration, watch the standard input, serve."""
    _prepare()
    line = sys.stdin.buffer.readline()
    if not line:
        raise SystemExit("the gateway is started by Orthanc's plugin and got no start-up configuration from it")
    startup = StartupConfiguration.model_validate_json(line)
    set_up_logging(startup.section, piped=startup.socket is not None)
    watch = threading.Thread(target=_leave_with_orthanc, args=(startup,), name="leave-with-orthanc", daemon=True)
    watch.start()
    serve(startup)


def run(startup: StartupConfiguration) -> None:
    """Serve a gateway that nobody's plugin started, until it is told to stop (SIGTERM, SIGINT)."""
    _prepare()
    set_up_logging(startup.section, piped=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn ends what it answers first, and then raises the signal again.
        signal.signal(number, lambda *_: _leave(startup))
    os.chdir("/")  # not wherever somebody started it
    serve(startup)


def _prepare() -> None:
    harden_process()
    keep_freed_blocks(arenas=ARENAS)
    quiet_pydicom()
    # Leaving at once is our way to stop; multiprocessing's helper would warn of it in Orthanc's log each time.
    # It is started with our options, and takes none from the environment.
    sys.warnoptions.append("ignore::UserWarning:multiprocessing.resource_tracker")


def _leave_with_orthanc(startup: StartupConfiguration) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    if startup.socket is not None:
        shutil.rmtree(Path(startup.socket).parent, ignore_errors=True)
    _leave(startup)


def _leave(startup: StartupConfiguration) -> NoReturn:
    # No farewell to work that runs: every stage is safe against being cut off, and a farewell can hang. The databases
    # are left without a log for who copies the folder, as far as that takes no longer than this.
    held: list[sqlite3.Connection | None] = []  # so that nobody writes any more
    tidy = threading.Thread(target=_checkpoint, args=(startup.state_directory, held), name="checkpoint", daemon=True)
    tidy.start()
    tidy.join(CHECKPOINT_SECONDS)
    os._exit(0)


def _checkpoint(state_directory: Path, held: list[sqlite3.Connection | None]) -> None:
    state = StateDirectory(state_directory)
    with contextlib.suppress(OSError):
        # Whoever starts next sees that no job made the gateway end.
        state.stopped.touch()
    for database in state.logged:
        held.append(checkpoint(database, CHECKPOINT_SECONDS))


if __name__ == "__main__":
    main()
