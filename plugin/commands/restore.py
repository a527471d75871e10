"""``autocontour restore``: a backup is laid into a new state directory."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from plugin.state.backup import restore_backup


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "restore",
        help=summary,
        description="Lay a backup into a new state directory; run it as Orthanc's user, with Orthanc stopped. Jobs "
        "that were open begin anew. Services that hold later heads of the chain will say that it went backwards.",
        epilog="Exit status: 0 restored; 1 not, and nothing was written.",
    )
    parser.add_argument("backup", metavar="BACKUP_DIRECTORY", type=Path, help="what `autocontour backup` made")
    parser.add_argument("state", metavar="STATE_DIRECTORY", type=Path, help="a folder that does not exist, or is empty")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises InputRefused and writes nothing when the backup or the folder is not right."""
    laid = restore_backup(options.backup, options.state)
    print(f"{options.state}: as of {laid.made}, {laid.records} records of evidence, {laid.files} files")
    if laid.in_database:
        print("Its tables lie in PostgreSQL: restore the pg_dump that was made before it (docs/operations.md).")
    if laid.open_jobs:
        print(f"{laid.open_jobs} jobs were open: they begin anew when Orthanc starts")
    return 0
