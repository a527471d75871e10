"""``make chaos-group``: every scenario, or those named: ``make chaos-group ARGS="leader_killed disk_full"``.

Without names the table of docs/reliability.md is written. Exit status 1 where anything was lost, done twice or left.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.builders.orthanc_process import missing
from tests.chaos import report
from tests.chaos.counts import counted
from tests.chaos.harness import Hospital
from tests.chaos.network import Network
from tests.chaos.report import Run
from tests.chaos.scenarios import SCENARIOS, Scenario


def run(scenario: Scenario, folder: Path) -> Run:
    """Start a group, disturb it while it works, and count when all has ended."""
    reason = scenario.missing()
    if reason:
        return Run(scenario.name, scenario.what, skipped=reason)
    with ExitStack() as closing:
        net = Network().lay() if scenario.networked else None
        if net is not None:
            closing.callback(net.remove)
        hospital = Hospital(folder, net)
        closing.callback(hospital.close)
        scenario.prepare(hospital)
        hospital.group.start()
        hospital.leader()
        hospital.send(scenario.series)
        hospital.under_way()
        began = time.monotonic()
        went_on = scenario.disturb(hospital)
        hospital.all_ended()
        ended = time.monotonic() - began
        hospital.whole()
        hospital.stop_gateways()
        return Run(scenario.name, scenario.what, len(hospital.sent), went_on, ended, counted(hospital))


def tried(scenario: Scenario) -> Run | None:
    """Run a scenario and say how it went; None where it could not be carried through, whose files are kept."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{scenario.name}-"))
    try:
        found = run(scenario, folder)
    except Exception:  # noqa: BLE001 - the other scenarios are to run all the same
        traceback.print_exc()
        print(f"{scenario.name}: not carried through; its files: {folder}", file=sys.stderr, flush=True)
        return None
    print(found.row, flush=True)
    for remark in found.counts.remarks if found.counts else ():
        print(f"    {remark}", flush=True)
    if found.good or found.skipped:
        shutil.rmtree(folder)
    else:
        print(f"    its files: {folder}", flush=True)
    return found


def main(names: list[str]) -> int:
    """Run the scenarios; exit status 1 when one of them shows a fault."""
    unknown = set(names) - {one.name for one in SCENARIOS}
    if unknown or missing():
        known = ", ".join(one.name for one in SCENARIOS)
        print(missing() or f"there is no {', '.join(sorted(unknown))}; there are: {known}", file=sys.stderr)
        return 2
    runs = [tried(one) for one in SCENARIOS if not names or one.name in names]
    whole = [one for one in runs if one is not None]
    if not names and len(whole) == len(runs):
        cores = len(os.sched_getaffinity(0))
        machine = f"on {'two' if cores == 2 else cores} cores that PostgreSQL, Orthanc and three gateways share"
        report.write(report.table(whole, machine, datetime.now(UTC).date()))
    return 0 if len(whole) == len(runs) and all(one.good or one.skipped for one in whole) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
