"""setup.sh takes a Python that Orthanc's user can execute, and changes nothing on a system that it does not know."""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
UNKNOWN = 'PRETTY_NAME="Some Linux 7"\nID=some\nID_LIKE=debian\nVERSION_ID="7"\n'
TRIXIE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n'
SID = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n'
NOBLE = 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'
BUSTER = 'PRETTY_NAME="Debian GNU/Linux 10 (buster)"\nID=debian\nVERSION_ID="10"\n'
COPIED = ("setup.sh", "pyproject.toml", "requirements.lock")
TOOLS = ("awk", "bash", "cat", "dirname", "env", "grep", "head", "id", "readlink", "rm", "runuser", "sed", "test", "tr")


class Machine:
    """A folder with the project's set-up, and a PATH that holds nothing but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.programs, self.calls = folder / "checkout", folder / "bin", folder / "calls"
        self.checkout.mkdir()
        self.programs.mkdir()
        for name in COPIED:
            shutil.copy(CHECKOUT / name, self.checkout)
        for name in TOOLS:
            (self.programs / name).symlink_to(shutil.which(name) or "missing")
        for name in ("apt-get", "sudo", "tee"):
            self.program(name, f'echo "{name} $*" >>{self.calls}')

    def program(self, name: str, script: str, folder: Path | None = None) -> Path:
        path = (folder or self.programs) / name
        path.write_text(f"#!{shutil.which('bash')}\n{script}\n")
        path.chmod(0o755)
        return path

    def set_up(self, word: str, system: str, **variables: str) -> subprocess.CompletedProcess[str]:
        release = self.checkout.parent / "os-release"
        release.write_text(system)
        environment = {"PATH": str(self.programs), "OS_RELEASE": str(release), **variables}
        command = [str(self.checkout / "setup.sh"), word]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    def changes(self) -> list[str]:
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        return calls + sorted({path.name for path in self.checkout.iterdir()} - set(COPIED))


@pytest.fixture(autouse=True)
def ordinary_umask() -> Iterator[None]:
    """Let other users read what a test lays; a gateway's code that ran in this process before lets nobody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("system", [UNKNOWN, BUSTER, ""], ids=["some", "too old", "nameless"])
def test_on_another_system_it_says_what_is_needed_and_changes_nothing(machine: Machine, system: str) -> None:
    done = machine.set_up("run", system)
    assert done.returncode == 1
    assert "is not one that this script knows (Debian 12 or newer, Ubuntu 24.04 or newer)" in done.stderr
    assert "Nothing was changed" in done.stderr
    assert "Orthanc 1.10.1 or newer" in done.stderr
    assert machine.changes() == []


def test_on_another_system_it_goes_on_with_what_is_installed(machine: Machine) -> None:
    machine.program("Orthanc", "exit 1")
    done = machine.set_up("look", UNKNOWN, PYTHON=sys.executable)
    assert done.returncode == 0
    assert f"going on with {machine.programs / 'Orthanc'} and {sys.executable}" in done.stderr


@pytest.mark.parametrize("system", [TRIXIE, SID, NOBLE], ids=["Debian 13", "sid", "Ubuntu"])
def test_on_a_system_that_it_knows_it_says_what_it_would_install(machine: Machine, system: str) -> None:
    done = machine.set_up("look", system, PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    assert "would install orthanc orthanc-python" in done.stderr
    assert f"would take {sys.executable} ({platform.python_version()})" in done.stderr
    assert machine.changes() == []


def test_a_python_that_is_not_there_is_named(machine: Machine) -> None:
    done = machine.set_up("look", TRIXIE, PYTHON="/nowhere/python3.13")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "setup: PYTHON: /nowhere/python3.13 is not there, or is no program",
    )


def test_a_python_of_another_version_is_named(machine: Machine) -> None:
    old = machine.program("python3.9", 'case "$*" in *sys.exit*) exit 1 ;; *) echo 3.9.2 ;; esac')
    done = machine.set_up("look", TRIXIE, PYTHON=str(old))
    assert done.returncode == 2
    assert f"{old} (3.9.2) is not Python 3.11 to 3.14" in done.stderr


def test_a_newer_python_on_an_old_sqlite_is_not_taken(machine: Machine, tmp_path: Path) -> None:
    # As an own build of Python 3.13 on Debian 12 is: with it DBOS makes tables that it cannot write.
    (tmp_path / "old.py").write_text(
        "import sqlite3, sys\n"
        "sqlite3.sqlite_version_info = (3, 40, 1)\n"
        "sys.version_info = (3, 13, 0)\n"
        "exec(sys.argv[-1])\n"
    )
    python = machine.program("python3.13", f'exec {sys.executable} {tmp_path / "old.py"} "$@"')
    done = machine.set_up("look", TRIXIE, PYTHON=str(python))
    assert done.returncode == 2
    assert f"{python} (3.13.0) is not Python 3.11 to 3.14" in done.stderr
    assert "with SQLite 3.42 or newer" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to try as another user")
@pytest.mark.skipif("nobody" not in {user.pw_name for user in pwd.getpwall()}, reason="needs the user nobody")
def test_a_python_closed_to_orthancs_user_is_named_with_the_closed_folder(machine: Machine, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    python = machine.program("python3.12", f'exec {sys.executable} "$@"', closed)
    done = machine.set_up("look", TRIXIE, PYTHON=str(python), ORTHANC_USER="nobody")
    assert f"{python} cannot be executed by nobody ({closed} is closed to it)" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to try as another user")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs the distribution's own Python")
def test_the_distributions_own_python_comes_before_others(machine: Machine) -> None:
    machine.program("Orthanc", "exit 1")
    machine.program("python3.11", f'exec {sys.executable} "$@"')
    own = os.path.realpath("/usr/bin/python3")
    done = machine.set_up("look", UNKNOWN, ORTHANC_USER="nobody")
    assert f"would take {own} (3." in done.stderr, done.stderr
