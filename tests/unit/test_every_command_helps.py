"""Each command of ``autocontour`` can be asked for its help, and says how it ends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from plugin.cli import COMMANDS, FAILED, main

COMMAND = [sys.executable, "-m", "plugin.cli"]


@pytest.mark.parametrize("name", COMMANDS)
def test_it_helps(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: autocontour {name}" in capsys.readouterr().out


def test_a_person_who_starts_the_gateway_by_hand_is_told_who_does() -> None:
    theirs, ours = pty.openpty()
    try:
        done = subprocess.run([*COMMAND, "gateway"], stdin=ours, capture_output=True, text=True, timeout=60)
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == FAILED
    assert "start Orthanc instead" in done.stderr


def test_a_gateway_without_a_configuration_says_so() -> None:
    done = subprocess.run([*COMMAND, "gateway"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == FAILED
    assert "got no start-up configuration" in done.stderr
    assert "Traceback" not in done.stderr
