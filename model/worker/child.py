"""What a process that works for another one does first, and how it ends with it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait

from model.process.hardening import harden_process
from model.process.memory import keep_freed_blocks


def begin_as_child(*, lock_memory: bool) -> None:
    """Harden this process, let Orthanc go first, and end when the parent does; raises ConfigurationRefused."""
    harden_process(lock_memory=lock_memory)
    keep_freed_blocks()
    os.nice(10)  # Orthanc answers first: its latency doubles beside a busy worker of equal rank (measured)
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
