"""What the Debian package lays upon Orthanc's service is understood by systemd, and closes what it is to close."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LIMITS = CHECKOUT / "packaging/deb/orthanc.conf"
# As Debian's package of Orthanc has it.
UNIT = "[Service]\nUser=orthanc\nGroup=orthanc\nExecStart=/usr/sbin/Orthanc --logdir=/var/log/orthanc /etc/orthanc\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the unit and our limits beside it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze, of Debian's package systemd")
    units = tmp_path / "usr/lib/systemd/system"
    (units / "orthanc.service.d").mkdir(parents=True)
    (tmp_path / "usr/sbin").mkdir()
    shutil.copy("/bin/true", tmp_path / "usr/sbin/Orthanc")
    (units / "orthanc.service").write_text(UNIT)
    return tmp_path


def said_by_systemd(root: Path, *asked: str) -> str:
    command = ["systemd-analyze", f"--root={root}", *asked, "orthanc.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def exposure(root: Path) -> float:
    found = re.search(
        r"exposure level for orthanc\.service: ([0-9.]+)", said_by_systemd(root, "security", "--offline=1")
    )
    assert found
    return float(found[1])


def test_systemd_knows_every_line_and_the_service_is_exposed_less(root: Path) -> None:
    before = exposure(root)
    installed = root / "usr/lib/systemd/system/orthanc.service.d/50-autocontour.conf"
    shutil.copy(LIMITS, installed)
    assert str(installed) not in said_by_systemd(root, "verify"), "nothing is unknown or odd in it"
    assert before > 8
    assert exposure(root) < 3


def test_a_line_that_systemd_does_not_know_would_be_seen(root: Path) -> None:
    installed = root / "usr/lib/systemd/system/orthanc.service.d/50-autocontour.conf"
    installed.write_text("[Service]\nNoNewPrivilege=yes\n")
    assert str(installed) in said_by_systemd(root, "verify")
