"""``python -m plugin.gateway``: the gateway process, started by the plugin inside Orthanc.

It reads its start-up configuration from its standard input, serves until that input ends (Orthanc stopped, or was
killed), and then leaves at once: whatever runs is resumed at the next start. ``autocontour gateway CONFIG.json`` runs
the same without a plugin, until a signal ends it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from model.process.hardening import harden_process
from model.process.memory import keep_freed_blocks
from plugin.gateway.leaving import leave
from plugin.gateway.logs import set_up_logging
from plugin.gateway.serve import serve
from plugin.gateway.startup import StartupConfiguration
from plugin.privacy.reading import quiet_pydicom

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
    try:
        serve(startup)
    except Exception:  # noqa: BLE001 - said here: Python's own end would abort over the thread that reads
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def run(startup: StartupConfiguration) -> None:
    """Serve a gateway that nobody's plugin started, until it is told to stop (SIGTERM, SIGINT)."""
    _prepare()
    set_up_logging(startup.section, piped=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn ends what it answers first, and then raises the signal again.
        signal.signal(number, lambda *_: leave(startup))
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
    leave(startup)


if __name__ == "__main__":
    main()
