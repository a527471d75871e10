"""``autocontour backup``: a state directory is copied while its gateway runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from plugin.state.backup import back_up
from plugin.version import VERSION


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "backup",
        help=summary,
        description="Copy the job table and the evidence of a gateway, which may run meanwhile. Tables in PostgreSQL "
        "are copied by pg_dump, before this. The copy holds the signing key: guard it like the gateway's own files. "
        "Keys of open transfers and images are not in it.",
        epilog="Exit status: 0 copied and verified; 1 not.",
    )
    parser.add_argument("state", metavar="STATE_DIRECTORY", type=Path, help="StateDirectory of the gateway")
    parser.add_argument("backup", metavar="BACKUP_DIRECTORY", type=Path, help="a folder that does not exist yet")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises InputRefused when the copy cannot be made whole."""
    made = back_up(options.state, options.backup, VERSION)
    jobs = "" if made.in_database else f"{made.open_jobs} open jobs, "
    print(f"{options.backup}: {made.records} records of evidence, {jobs}{made.files} files")
    if made.in_database:
        print("The tables lie in PostgreSQL: they belong to a pg_dump that was made before this (docs/operations.md).")
    return 0
