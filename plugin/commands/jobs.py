"""``autocontour jobs``: the jobs of a running Orthanc, newest first."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from plugin.commands.running_orthanc import RunningOrthanc, connection_options
from plugin.jobs.job import State


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "jobs",
        parents=[connection_options()],
        help=summary,
        description="List the jobs of a running Orthanc, newest first.",
        epilog="Exit status: 0 listed; 1 Orthanc cannot be asked.",
    )
    parser.add_argument("--state", metavar="STATE", help=f"only these, commas between: {', '.join(State)}")
    parser.add_argument("--series", metavar="ID", help="only those of this series, by Orthanc's id")
    parser.add_argument("--limit", type=int, default=30, help="at most so many (default: %(default)s, up to 1000)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises AutocontourError when nobody can be asked."""
    given = {"State": options.state, "Series": options.series, "Limit": str(options.limit)}
    query = {name: text for name, text in given.items() if text}
    jobs = RunningOrthanc.named_by(options).get("jobs", query)
    if options.json:
        print(json.dumps(jobs, indent=1))
        return 0
    for job in jobs:
        print(line_of(job))
    if not jobs:
        print("No such job." if len(query) > 1 else "No job yet.")
    return 0


def line_of(job: Mapping[str, Any]) -> str:
    """Return a job in one line: its id, state, age, what draws where, its series, and why it has no result."""
    what = f"{job['Model'] or '-'} at {job['Target'] or '-'}"
    error = f"  {job['Error']['Code']}" if job.get("Error") else ""
    return f"{job['ID']}  {job['State']:10}  {job['Created'][:19]}Z  {what:24}  {job['Series']}{error}"
