"""Each command of ``autocontour`` can be asked for its help, and says how it ends."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from functools import partial

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


def test_ctrl_c_ends_a_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", stopped)
    assert main(["check", "orthanc.json"]) == 130
    assert capsys.readouterr().err == "autocontour: stopped\n"


def test_ctrl_c_while_a_command_waits_leaves_no_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        words = [*COMMAND, "status", "--url", url]
        # Where the tests run in the background of a shell, they and what they start ignore Ctrl-C.
        heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        done = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
        asked, _ = silent.accept()
        with asked:
            assert asked.recv(1) == b"G", "it has asked, and waits"
            done.send_signal(signal.SIGINT)
            _, said = done.communicate(timeout=240)
    assert (done.returncode, said) == (130, "autocontour: stopped\n")
