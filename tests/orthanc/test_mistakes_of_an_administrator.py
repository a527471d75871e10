"""The table of mistakes in docs/operations.md: each is made in a folder as Debian lays it, under a real Orthanc."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from model.storage.hold import hold
from plugin.cli import main
from tests.builders.certificates import make_certificates
from tests.builders.debian_folder import InstalledOrthanc, change
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, until
from tests.builders.phantom import files_of, phantom_series

OURS = str(CHECKOUT / "plugin" / "orthanc_plugin.py")
SECTION: dict[str, Any] = {"QuietSeconds": 1, "Rules": [AXIAL_CT]}
DEBIAN_PYTHON = Path("/usr/bin/python3.11")
NEVER = "Orthanc does not start"


@pytest.fixture(autouse=True)
def ordinary_umask() -> Iterator[None]:
    """Let other users read what a test lays; a gateway's code that ran in this process before lets nobody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def orthanc() -> Iterator[InstalledOrthanc]:
    base = Path(tempfile.mkdtemp())  # not pytest's, which other users may not enter
    base.chmod(0o755)
    installed = InstalledOrthanc(base)
    installed.install(SECTION)
    yield installed
    installed.stop()
    shutil.rmtree(base, ignore_errors=True)


def section(orthanc: InstalledOrthanc, **keys: Any) -> None:
    (orthanc.etc / "autocontour.json").write_text(json.dumps({"AutoContour": SECTION | keys}))


def second_script(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    change(orthanc.etc / "orthanc.json", PythonScript=OURS)


def still_the_sample(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    change(orthanc.etc / "python.json", PythonScript=str(orthanc.etc / "sample.py"))


def mistyped_script(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    change(orthanc.etc / "python.json", PythonScript=str(orthanc.etc / "orthanc_plugin.py"))


def section_twice(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    change(orthanc.etc / "orthanc.json", AutoContour=SECTION)


def comma(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    (orthanc.etc / "autocontour.json").write_text('{ "AutoContour" : { } , , }')


def misspelt(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    section(orthanc, QuietSecond=3)


def wrong_target(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    section(orthanc, Rules=[AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": "clud"}}])


def missing_model(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    section(orthanc, Rules=[AXIAL_CT, AXIAL_CT | {"Name": "other", "Then": {"Model": "gone"}}])


def broken_script(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    (orthanc.etc / "route.py").write_text("def route(series:\n")
    section(orthanc, RoutingScript="route.py")


def unwritable(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    (orthanc.directory / "disk").write_text("not mounted")
    section(orthanc, StateDirectory=str(orthanc.directory / "disk" / "state"))


def shared_state(orthanc: InstalledOrthanc, until_the_end: ExitStack) -> None:
    orthanc.state.mkdir(parents=True, mode=0o700)
    until_the_end.enter_context(hold(orthanc.state / "gateway.lock"))


def no_interpreter(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    orthanc.environment = {"AUTOCONTOUR_PYTHON": str(orthanc.etc / "orthanc.json")}


def port_taken(orthanc: InstalledOrthanc, until_the_end: ExitStack) -> None:
    until_the_end.enter_context(socket.create_server(("", orthanc.http_port)))


def unreadable_certificate(orthanc: InstalledOrthanc, _: ExitStack) -> None:
    make_certificates(orthanc.directory / "tls")
    change(orthanc.etc / "orthanc.json", SslEnabled=True, SslCertificate=str(orthanc.directory / "tls" / "gone.pem"))


MISTAKES: dict[str, Callable[[InstalledOrthanc, ExitStack], None]] = {
    "a second `PythonScript`, in another file": second_script,
    "`python.json` still names the sample": still_the_sample,
    "the path of `PythonScript` is mistyped": mistyped_script,
    "`AutoContour` in two files": section_twice,
    "a comma too many": comma,
    "a key is misspelt": misspelt,
    "a rule names a target that does not exist": wrong_target,
    "a rule names a model that is missing": missing_model,
    "`RoutingScript` does not load": broken_script,
    "the state directory cannot be written": unwritable,
    "two Orthancs share a state directory": shared_state,
    "Orthanc's user cannot execute the interpreter": no_interpreter,
    "another program has the port": port_taken,
    "the certificate cannot be read": unreadable_certificate,
}


def table() -> dict[str, tuple[str, str]]:
    """Mistake → what ``check`` says, what Orthanc and health say."""
    page = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = page.split("## Mistakes, and what is seen of them")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return {mistake: (checked, seen) for mistake, checked, seen in rows[2:]}


def test_the_table_has_what_is_tried_here() -> None:
    assert list(table()) == list(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_seen_as_the_table_says(
    orthanc: InstalledOrthanc, mistake: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, seen = table()[mistake]
    with ExitStack() as until_the_end:
        MISTAKES[mistake](orthanc, until_the_end)
        for name, text in orthanc.environment.items():
            monkeypatch.setenv(name, text)
        me = pwd.getpwuid(os.geteuid()).pw_name
        status = main(["check", "--user", me, str(orthanc.etc)])
        said = capsys.readouterr()
        assert status == (2 if checked else 0), said
        for words in re.findall("`([^`]+)`", checked):
            assert words in said.err
        if seen.startswith(NEVER):
            orthanc.launch()
            assert orthanc.process is not None
            assert orthanc.process.wait(30) != 0
            return
        orthanc.start(wait_for_gateway=False)
        orthanc.store_all(files_of(phantom_series()))  # which the archive takes, whatever becomes of contouring
        words, number = re.findall("`([^`]+)`", seen), re.search(r"\d{3}", seen)
        assert number is not None
        expected = (int(number[0]), *words[:1])
        until(lambda: looks(orthanc, *expected), f"health is {expected}")


def looks(orthanc: InstalledOrthanc, status: int, words: str = "") -> bool:
    answer = orthanc.get("/autocontour/health")
    return answer.status_code == status and words in answer.text


def test_the_lines_of_the_readme_work_as_orthancs_own_user(orthanc: InstalledOrthanc) -> None:
    if os.geteuid() != 0 or not DEBIAN_PYTHON.exists() or sys.version_info[:2] != (3, 11):
        pytest.skip("needs root, and Debian's own Python 3.11, which every user may execute")
    environment = orthanc.directory / "venv"
    subprocess.run([DEBIAN_PYTHON, "-m", "venv", "--without-pip", environment], check=True)
    packages = next((Path(sys.prefix) / "lib").glob("python3.*/site-packages"))
    (environment / "lib" / "python3.11" / "site-packages" / "packages.pth").write_text(f"{packages}\n")
    orthanc.environment = {"AUTOCONTOUR_PYTHON": str(environment / "bin" / "python"), "HOME": "/var/lib/orthanc"}
    orthanc.user = "orthanc"
    orthanc.log.touch()
    orthanc.start()
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    assert orthanc.state.stat().st_uid == pwd.getpwnam("orthanc").pw_uid
    plugins = {"explorer.js", "python"}
    assert plugins <= set(orthanc.json("/plugins")), "the folder of plugins was left as it was"
