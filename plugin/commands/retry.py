"""``autocontour retry ID``: run a failed, rejected or cancelled job of a running Orthanc again."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any

from model.errors import InputRefused
from plugin.commands.running_orthanc import RunningOrthanc, connection_options


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "retry",
        parents=[connection_options()],
        help=summary,
        description="Run a failed, rejected or cancelled job again. A job that never had a model lets the rules "
        "decide on its series anew.",
        epilog="Exit status: 0 it waits again; 1 it cannot be run again, and why.",
    )
    parser.add_argument("id", metavar="ID", help="the job's, as `autocontour jobs` lists it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises AutocontourError with why the job cannot be run again."""
    if re.fullmatch(r"[0-9a-f]{32}", options.id) is None:
        raise InputRefused("NO_JOB", "A job's id has 32 letters and digits, as `autocontour jobs` lists it.")
    job = RunningOrthanc.named_by(options).post(f"jobs/{options.id}/retry")
    if options.json:
        print(json.dumps(job, indent=1))
    elif job["State"] == "superseded":
        print(job["Error"]["Message"])
    else:
        print(f"The job is {job['State']} again (attempt {job['Attempt']}).")
    return 0
