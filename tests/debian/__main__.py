"""``make test-debian``: the main job in Debian 12, 13 and sid, each made from nothing, as a table.

For each: debootstrap, ``./setup.sh run``, ``make demo ARGS=--exit`` and tests/debian, in that Debian's own Orthanc
and Python. Needs root, debootstrap, apt's own source of Debian's packages, and pip's index. MIRROR=ADDRESS names
another source.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from model.samples.packages import cache_directory
from tests.debian.system import System, SystemFailed, mirror_of_this_machine, named_in, settings_of_pip

SUITES = ("bookworm", "trixie", "sid")
TESTS = ("tests/debian", "tests/orthanc/test_the_change_log_is_lost.py")
PLUGIN = "/usr/share/orthanc/plugins/libOrthancPython.so"
COLUMNS = ("suite", "Orthanc", "plugin", "embedded", "gateway", "set-up", "demo", "tests", "seconds")
PYTHON = ".venv/bin/python"


@dataclass(frozen=True)
class Outcome:
    """One line of the table."""

    cells: tuple[str, ...]
    good: bool


def main() -> int:
    """Exit status: 0 when all is well in each, 1 when something is not, 2 when it cannot be tried here."""
    parser = argparse.ArgumentParser(prog="make test-debian ARGS=…", description=__doc__)
    parser.add_argument("suites", nargs="*", default=SUITES, help=f"which of Debian's suites (default: {SUITES})")
    parser.add_argument("--anew", action="store_true", help="make each Debian anew, from nothing")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="files of tests to run in it")
    parser.add_argument("--whole", action="store_true", help="make test in it: lint, types, every test (an hour)")
    options = parser.parse_args()
    needed = [name for name in ("debootstrap", "unshare", "chroot") if not shutil.which(name)]
    if os.geteuid() != 0 or needed:
        lacks = (
            f"; Debian's packages debootstrap and util-linux bring what is missing: {', '.join(needed)}"
            if needed
            else ""
        )
        print(f"make test-debian makes a Debian by debootstrap and chroot: it needs root{lacks}", file=sys.stderr)
        return 2
    folder = cache_directory() / "debian"
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    try:
        mirror = os.environ.get("MIRROR") or mirror_of_this_machine()
        settings = settings_of_pip()
        for suite in options.suites:
            root = folder / suite
            if options.anew and root.exists():
                shutil.rmtree(root)
            system = System(suite, root, named_in(settings), {**settings, "TORCH": "none"})
            tests = () if options.whole else tuple(options.tests)
            outcomes.append(outcome_in(system, mirror, folder / f"{suite}.log", tests))
    except SystemFailed as error:
        print(error, file=sys.stderr)
        return 1
    show([COLUMNS, *(outcome.cells for outcome in outcomes)])
    return 0 if all(outcome.good for outcome in outcomes) else 1


def outcome_in(system: System, mirror: str, log: Path, tests: tuple[str, ...]) -> Outcome:
    """Make one Debian, set the project up in it, run demo and tests there; all that there are, where none is named."""
    began = time.monotonic()
    log.unlink(missing_ok=True)
    say(f"{system.suite}: made by debootstrap; what happens in it is written to {log}")
    system.make(mirror)
    system.bring_checkout()
    say(f"{system.suite}: ./setup.sh run")
    set_up = system.run("./setup.sh", "run", log=log)
    if set_up:
        raise SystemFailed(f"{system.suite}: ./setup.sh run ended with {set_up}; the end of {log}:\n{tail(log)}")
    say(f"{system.suite}: make demo ARGS=--exit")
    demo = system.run("make", "demo", "ARGS=--exit", log=log)
    say(f"{system.suite}: tests")
    report = log.with_suffix(".tests.log")
    report.unlink(missing_ok=True)
    if tests:
        needed = [f"{name}=={locked(name)}" for name in ("pytest", "hypothesis")]  # by tests/conftest.py
        system.run(PYTHON, "-m", "pip", "install", "-q", "-c", "requirements.lock", *needed, log=log)
        command = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--require-orthanc", *tests)
        variables = {"AUTOCONTOUR_DEBIAN": system.suite}
    else:
        command, variables = ("make", "test", "ARGS=-q -rfE -p no:cacheprovider"), {}
    status = system.run(*command, log=report, variables=variables)
    ended = (report.read_text(errors="replace").strip().splitlines() or ["nothing was said"])[-1].strip("= ")
    print(report.read_text(errors="replace") if status else "", end="", flush=True)
    cells = (
        system.suite,
        version_of(system, "orthanc", log),
        version_of(system, "orthanc-python", log),
        embedded_python(system, log),
        system.ask(PYTHON, "-c", "import platform; print(platform.python_version())", log=log),
        "ok",
        "ok" if demo == 0 else f"status {demo}",
        re.sub(r" in .*", "", ended),
        f"{time.monotonic() - began:.0f}",
    )
    return Outcome(cells, good=demo == 0 and status == 0)


def version_of(system: System, package: str, log: Path) -> str:
    """Return the version of a package without Debian's own part."""
    said = system.ask("dpkg-query", "-W", "-f=${Version}", package, log=log)
    return re.split(r"[+-]", said)[0]


def embedded_python(system: System, log: Path) -> str:
    """Return the version of the Python that Orthanc's plugin is linked with."""
    found = re.search(r"libpython(\d+\.\d+)", system.ask("ldd", PLUGIN, log=log))
    return found[1] if found else "none"


def locked(package: str) -> str:
    """Return the version of a package in requirements.lock."""
    lines = (Path(__file__).parents[2] / "requirements.lock").read_text(encoding="ascii").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{package}=="))


def tail(log: Path) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def say(text: str) -> None:
    """Print one line of what happens."""
    print(f"test-debian: {text}", flush=True)


def show(rows: list[tuple[str, ...]]) -> None:
    """Print a table."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    raise SystemExit(main())
