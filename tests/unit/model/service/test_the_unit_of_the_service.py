"""docs/autocontour-serve.service says what the process says of itself: no core file, no swap, no rights."""

from __future__ import annotations

import configparser
import shutil
import subprocess

import pytest

from tests.builders.orthanc_process import CHECKOUT

UNIT = CHECKOUT / "docs/autocontour-serve.service"


def test_the_unit_confines_the_service() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    wanted = {
        "LimitCORE": "0", "MemorySwapMax": "0", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "",
        "AmbientCapabilities": "", "ProtectSystem": "strict", "UMask": "0077", "StateDirectoryMode": "0700",
    }  # fmt: skip
    assert {name: service[name] for name in wanted} == wanted
    assert " -I " in service["ExecStart"]


def test_systemd_finds_little_that_is_open() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    command = [program, "security", "--offline=true", "--no-pager", "--threshold=25", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    verified = subprocess.run([program, "verify", str(UNIT)], capture_output=True, text=True, check=False)
    wrong = [line for line in verified.stderr.splitlines() if UNIT.name in line and "is not executable" not in line]
    assert wrong == []
