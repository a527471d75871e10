"""A gateway that cannot start ends with the reason and an ordinary status, though a thread waits for its input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# The gateway with a start-up that raises what nobody foresaw.
PROGRAM = """
import plugin.gateway.__main__ as gateway

def serve(startup):
    raise LookupError("nobody foresaw this")

gateway.serve = serve
gateway.main()
"""


def test_what_nobody_foresaw_is_said_once_and_is_no_crash(tmp_path: Path) -> None:
    told = {
        "Orthanc": "http://127.0.0.1:1",
        "StateDirectory": str(tmp_path / "state"),
        "BaseDirectory": str(tmp_path),
        "Socket": str(tmp_path / "gateway.sock"),
        "AutoContour": {},
    }
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(json.dumps(told) + "\n")
        child.stdin.flush()  # and left open, as by Orthanc
        said = child.stderr.read()
        assert child.wait() == 1
    assert said.count("unexpected LookupError") == 1
    assert "nobody foresaw this" not in said, "the text of an exception may name a patient"
    assert "Fatal Python error" not in said
