"""The gateway leaves at once, whatever runs: it is resumed at the next start."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import NoReturn

from model.storage.sqlite import checkpoint
from plugin.gateway.startup import StartupConfiguration
from plugin.state.directory import StateDirectory

# The plugin waits 5 s for the gateway to leave.
CHECKPOINT_SECONDS = 2.0


def leave(startup: StartupConfiguration) -> NoReturn:
    """End the process, with its databases in order as far as that takes no longer than two seconds."""
    # No farewell to work that runs: every stage is safe against being cut off, and a farewell can hang. The databases
    # are left without a log for who copies the folder, as far as that takes no longer than this.
    held: list[sqlite3.Connection | None] = []  # so that nobody writes any more
    tidy = threading.Thread(target=_checkpoint, args=(startup.state_directory, held), name="checkpoint", daemon=True)
    tidy.start()
    tidy.join(CHECKPOINT_SECONDS)
    if startup.socket is not None:  # last: the watchdog takes a folder that is gone for one that was cleaned up
        shutil.rmtree(Path(startup.socket).parent, ignore_errors=True)
    os._exit(0)


def _checkpoint(state_directory: Path, held: list[sqlite3.Connection | None]) -> None:
    state = StateDirectory(state_directory)
    with contextlib.suppress(OSError):
        # Whoever starts next sees that no job made the gateway end.
        state.stopped.touch()
    for database in state.logged:
        held.append(checkpoint(database, CHECKPOINT_SECONDS))
