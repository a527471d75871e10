"""Where there is no Orthanc its tests are skipped with the reason, unless ``make test`` runs: then that is an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.orthanc_process import CHECKOUT

ONE = "tests/orthanc/test_main_job.py::test_every_stage_has_its_time"


def without_orthanc(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ONE, *words],
        cwd=CHECKOUT,
        env=os.environ | {"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_tests_are_skipped_with_the_reason(tmp_path: Path) -> None:
    ran = without_orthanc(tmp_path)
    assert ran.returncode == pytest.ExitCode.OK, ran.stdout
    assert "needs Debian's orthanc" in ran.stdout
    assert "1 skipped" in ran.stdout


def test_make_test_does_not_begin(tmp_path: Path) -> None:
    ran = without_orthanc(tmp_path, "--require-orthanc")
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "needs Debian's orthanc" in ran.stderr


def test_make_test_requires_it() -> None:
    recipe = (CHECKOUT / "Makefile").read_text(encoding="utf-8").split("\ntest: ")[1].split("\n\n")[0]
    assert "--require-orthanc" in recipe


def test_they_can_be_chosen_by_their_marker() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", ONE]
    chosen = subprocess.run([*command, "-m", "requires_orthanc"], cwd=CHECKOUT, capture_output=True, check=False)
    others = subprocess.run([*command, "-m", "not requires_orthanc"], cwd=CHECKOUT, capture_output=True, check=False)
    assert (chosen.returncode, others.returncode) == (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
