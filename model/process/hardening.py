"""What every process that holds patients' images does first, so that not even its death tells who they are.

The kernel writes the memory of a process that crashes to a core file: with slices in it, or a token. One function for
all of them: gateway, service, their workers, and the commands that read images.
"""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import resource
import sys
import threading
import traceback
import warnings
from types import TracebackType

from model.errors import ConfigurationRefused

# prctl(2), mlockall(2)
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def harden_process(*, lock_memory: bool = False) -> None:
    """Leave no core file, no readable file and no value of a header behind; call it before anything else.

    ``lock_memory`` keeps this process's memory out of swap; raises ConfigurationRefused where the system forbids it.
    """
    os.umask(0o077)  # every file that any library makes from here on is its owner's alone
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # children inherit it, and nobody raises it again
    if sys.platform == "linux":
        # The limit does not hold where core files go to a program (core_pattern "|…"); not being dumpable does,
        # and keeps other processes of the same user from reading this one's memory.
        _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if lock_memory:
            _lock_memory()
    silence_libraries()


def is_dumpable() -> bool:
    """Tell whether the kernel would write this process's memory to a core file; False where it cannot be asked."""
    return sys.platform == "linux" and bool(_libc().prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0))


def silence_libraries() -> None:
    """Turn off what quotes values: warnings, pydicom's log, and the text of an exception that nobody caught."""
    faulthandler.disable()
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    logging.captureWarnings(False)
    sys.excepthook = _tell
    threading.excepthook = lambda ended: _tell(ended.exc_type, ended.exc_value, ended.exc_traceback)
    sys.unraisablehook = lambda ended: _tell(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _tell(kind: type[BaseException], _error: BaseException | None, trace: TracebackType | None) -> None:
    """Say the kind and place of an unexpected end, never its text: that may quote a header."""
    if issubclass(kind, SystemExit | KeyboardInterrupt):
        return
    frames = traceback.extract_tb(trace)
    places = " < ".join(f"{os.path.basename(one.filename)}:{one.lineno}" for one in reversed(frames[-8:]))  # noqa: PTH119
    print(f"unexpected {kind.__name__} at {places or 'an unknown place'}", file=sys.stderr, flush=True)


def _lock_memory() -> None:
    limited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY and os.geteuid() != 0
    # With a limit it may work now, and a slice that is loaded later finds no memory.
    if limited or _libc().mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        raise ConfigurationRefused(
            "LockMemory",
            "the system does not let this process lock all its memory; lift its limit (systemd: LimitMEMLOCK=infinity, "
            "containers: ulimits memlock -1), or turn swap off",
        )


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
