"""A gateway that cannot work for now: it looks again by itself, and starts anew when what was in the way is gone."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from model.errors import AutocontourError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
EX_TEMPFAIL = 75  # as sysexits.h has it


def leave_when(possible: Callable[[], object]) -> None:
    """Try something every 5 s, beside whatever this process does, and end the process when it no longer raises.

    The plugin inside Orthanc starts the gateway again then.
    """
    threading.Thread(target=_try_again, args=(possible,), name="wait", daemon=True).start()


def _try_again(possible: Callable[[], object]) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            possible()
        except AutocontourError:
            continue
        logger.warning("what kept the gateway from working is gone; it starts anew")
        os._exit(EX_TEMPFAIL)
