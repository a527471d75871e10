"""``autocontour status``: whether auto-contouring works in a running Orthanc, and what it has to do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from plugin.commands.running_orthanc import RunningOrthanc, connection_options


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "status",
        parents=[connection_options()],
        help=summary,
        description="Say how auto-contouring is in a running Orthanc: what works, what waits, what needs a person.",
        epilog="Exit status: 0 it works; 1 it does not, or cannot be asked.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises AutocontourError when nobody can be asked."""
    health = RunningOrthanc.named_by(options).health()
    if options.json:
        print(json.dumps(health, indent=1))
    else:
        for line in lines_of(health):
            print(line)
    return 0 if health.get("Status") == "ok" else 1


def lines_of(health: Mapping[str, Any]) -> Iterator[str]:
    """Return what a person reads of ``/autocontour/health``."""
    version = f" (version {health['Version']})" if health.get("Version") else ""
    if health.get("Status") == "ok":
        yield f"Auto-contouring works{version}."
    else:
        yield f"Auto-contouring does not work{version}:"
        yield from (f"  {reason}" for reason in health.get("Reasons") or [health.get("Message", "no reason is given")])
    jobs = health.get("Jobs")
    if jobs is not None:
        counted = ", ".join(f"{count} {state}" for state, count in sorted(jobs.items()))
        yield f"jobs: {counted or 'none yet'}"
    for target in health.get("Targets") or []:
        yield f"target {target['Name']}: {target['Running']} running, {target['Waiting']} waiting{_trouble(target)}"
    yield from (f"warning: {warning}" for warning in health.get("Warnings") or [])
    yield from (f"alert {alert['Alert']}: {alert['Message']}" for alert in health.get("Alerts") or [])


def _trouble(target: Mapping[str, Any]) -> str:
    if target["Paused"]:
        return ", paused"
    return f", failed {target['Failures']} times ({target['Reason']})" if target.get("Reason") else ""
