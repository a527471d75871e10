"""Run by ``make audit``: the locked packages against the data base of published flaws; says what was not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def main() -> int:
    """Exit status: 0 all looked at and clean; 1 flaws; 3 some or all could not be looked up."""
    command = [
        sys.argv[1],
        "-r",
        "requirements.lock",
        "--no-deps",
        "--disable-pip",
        "-f",
        "json",
        "--progress-spinner=off",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        print("No data base of published flaws can be reached from here: nothing was audited.")
        print(done.stderr.strip()[-500:], file=sys.stderr)
        return 3
    lines, status = judged(answer)
    print("\n".join(lines))
    return status


def judged(answer: Mapping[str, Any]) -> tuple[list[str], int]:
    """What pip-audit's JSON says, in lines, and the exit status."""
    packages = answer["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    lines = [
        f"{package['name']} {package['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'none'}"
        for package in packages
        for flaw in package.get("vulns", [])
    ]
    status = 1 if lines else 3 if unknown else 0
    lines.append(f"{len(packages) - len(unknown)} of {len(packages)} packages were looked up")
    if unknown:
        lines.append(
            "not audited, since the data base that can be reached from here does not know them: " + ", ".join(unknown)
        )
    return lines, status


if __name__ == "__main__":
    sys.exit(main())
