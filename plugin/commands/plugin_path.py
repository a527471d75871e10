"""``autocontour plugin-path``: prints the file that Orthanc's ``PythonScript`` names, wherever this was installed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import plugin


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "plugin-path",
        help=summary,
        description='Print the file that Orthanc loads: what to write as "PythonScript" in its configuration.',
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Print the path."""
    print(Path(plugin.__file__).resolve().with_name("orthanc_plugin.py"))
    return 0
