"""``autocontour check --user``: what that user could not do is named before Orthanc is started."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.cli import main
from tests.builders.certificates import make_certificates
from tests.builders.debian_folder import change, lay
from tests.builders.orthanc_process import AXIAL_CT, free_port

USER = "nobody"


@pytest.fixture
def etc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is right for the user; not below pytest's own, which no other user may enter."""
    if os.geteuid() != 0:
        pytest.skip("trying as another user needs root")
    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    folder = lay(base, HttpPort=free_port(), DicomPort=free_port())
    script = base / "orthanc_plugin.py"
    script.write_text("import orthanc\n")
    change(folder / "python.json", PythonScript=str(script))
    (folder / "autocontour.json").write_text(json.dumps({"AutoContour": {"Rules": [AXIAL_CT]}}))
    user = pwd.getpwnam(USER)
    os.chown(base / "lib", user.pw_uid, user.pw_gid)
    for path in [base / "lib", *base.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    interpreter = base / "python"
    interpreter.write_text("#!/bin/sh\nexit 0\n")
    interpreter.chmod(0o755)
    monkeypatch.setenv("AUTOCONTOUR_PYTHON", str(interpreter))
    yield folder
    shutil.rmtree(base)


def check(folder: Path, capsys: pytest.CaptureFixture[str], user: str = USER) -> tuple[int, str]:
    status = main(["check", "--user", user, str(folder)])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


def test_a_user_who_may_do_everything(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, words = check(etc, capsys)
    assert (status, f"The user {USER} may do all that it needs." in words) == (0, True), words
    assert os.geteuid() == 0


def section(etc: Path, **keys: Any) -> None:
    (etc / "autocontour.json").write_text(json.dumps({"AutoContour": {"Rules": [AXIAL_CT]} | keys}))


def test_everything_that_the_user_may_not_is_named_at_once(
    etc: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = etc.parent
    make_certificates(base / "tls")
    (base / "tls" / "server.pem").chmod(0o600)
    (base / "state").mkdir(mode=0o700)
    (base / "token").write_text("secret")
    (base / "token").chmod(0o600)
    (base / "models").mkdir(mode=0o700)
    (base / "python").chmod(0o600)
    (base / "orthanc_plugin.py").chmod(0o600)
    (etc / "credentials.json").chmod(0o600)
    cloud = {
        "Type": "service",
        "Url": "https://service.example",
        "TokenFile": str(base / "token"),
        "ServiceKey": "0" * 64,
    }
    section(etc, StateDirectory=str(base / "state"), ModelsDirectory=str(base / "models"), Targets={"cloud": cloud})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        change(etc / "orthanc.json", SslEnabled=True, SslCertificate=str(base / "tls" / "server.pem"), HttpPort=port)
        status, words = check(etc, capsys)
    assert status == 2
    for place in (
        "AutoContour.StateDirectory:",
        "Models:",
        "AutoContour.Targets.cloud.TokenFile:",
        "interpreter:",
        "PythonScript:",
        "credentials.json:",
        "SslEnabled:",
        f"HttpPort: found port {port}",
    ):
        assert place in words, place


def test_a_state_directory_that_cannot_be_made_is_named(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section(etc, StateDirectory=str(etc.parent / "new" / "state"))
    status, words = check(etc, capsys)
    assert (status, f"as {etc.parent} cannot be written" in words) == (2, True)


def test_a_user_who_does_not_exist_is_said(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, words = check(etc, capsys, user="no-such-user")
    assert (status, "no user of this name" in words) == (2, True)
