"""``python -m plugin.gateway``: the gateway process, started by the plugin inside Orthanc.

It reads one letter from its standard input, serves until that input ends (Orthanc stopped, or was killed), and
then leaves at once: whatever runs is resumed at the next start.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from plugin.gateway.letter import Letter
from plugin.gateway.serve import serve


def main() -> None:
    """Read the letter, watch the standard input, serve."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s autocontour %(levelname)s %(message)s"
    )
    line = sys.stdin.buffer.readline()
    if not line:
        raise SystemExit("the gateway is started by Orthanc's plugin and got no letter from it")
    letter = Letter.model_validate_json(line)
    threading.Thread(target=_leave_with_orthanc, name="leave-with-orthanc", daemon=True).start()
    serve(letter)


def _leave_with_orthanc() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    # No farewell: every stage is safe against being cut off, and a farewell can hang.
    os._exit(0)


if __name__ == "__main__":
    main()
