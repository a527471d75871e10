"""``autocontour gateway``: the gateway process; the plugin inside Orthanc starts the same by itself."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from model.errors import InputRefused


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "gateway",
        help=summary,
        description="The gateway process. Orthanc's plugin starts it, writes it one line of JSON (where Orthanc is, "
        "and the section AutoContour of its configuration), and ends it by closing its standard input.",
        epilog="There is nothing to start by hand: start Orthanc with the plugin (make run).",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until the standard input ends; raises InputRefused where a person sits at it."""
    if sys.stdin.isatty():
        raise InputRefused("GATEWAY_LETTER", "Orthanc's plugin starts the gateway by itself; start Orthanc instead.")
    from plugin.gateway.__main__ import main

    main()
    return 0
