"""A hardened process leaves nothing when it dies: no core file, no text of an exception, no file for others."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from model.errors import EngineFailed
from model.process.hardening import harden_process
from model.worker.pool import Workers
from plugin.cli import HARDENED, ISOLATED
from tests.builders.cores import cores_are_written, unlimited_cores

DIE = "import os; open('here', 'w').close(); {harden}; os.abort()"
HARDEN = "from model.process.hardening import harden_process; harden_process()"


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", code]
    return subprocess.run(
        command, cwd=folder, preexec_fn=unlimited_cores, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_process_that_crashes_leaves_no_core_file(tmp_path: Path) -> None:
    plain, hardened = tmp_path / "plain", tmp_path / "hardened"
    plain.mkdir()
    hardened.mkdir()
    run(DIE.format(harden="pass"), plain)
    run(DIE.format(harden=HARDEN), hardened)
    assert sorted(one.name for one in hardened.iterdir()) == ["here"]
    if cores_are_written():
        assert any(one.name.startswith("core") for one in plain.iterdir()), "this machine writes core files"


def test_limits_dumpable_mask_and_warnings(tmp_path: Path) -> None:
    code = (
        f"{HARDEN}\nimport json, os, resource, warnings\nfrom model.process.hardening import is_dumpable\n"
        "warnings.warn('Testmann^Vertraulich')\n"
        "print(json.dumps([resource.getrlimit(resource.RLIMIT_CORE), is_dumpable(), os.umask(0)]))"
    )
    done = run(code, tmp_path)
    assert json.loads(done.stdout) == [[0, 0], False, 0o077]
    assert done.stderr == ""


@pytest.mark.parametrize("where", ["main", "thread", "destructor"])
def test_an_exception_that_nobody_catches_says_kind_and_place_and_no_text(tmp_path: Path, where: str) -> None:
    fail = "def fail(*_):\n    raise ValueError('Testmann^Vertraulich')\n"
    ways = {
        "main": "fail()",
        "thread": "import threading; t = threading.Thread(target=fail); t.start(); t.join()",
        "destructor": "Gone = type('Gone', (), {'__del__': fail}); Gone()",
    }
    done = run(f"{HARDEN}\n{fail}{ways[where]}", tmp_path)
    assert "unexpected ValueError at <string>:3" in done.stderr
    assert "Testmann" not in done.stderr
    assert done.returncode == (1 if where == "main" else 0)


def test_every_worker_is_hardened_and_its_crash_leaves_no_core_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    unlimited_cores()
    try:
        pool = Workers(1)
        seen = pool.run("a", limits_and_dumpable, seconds=60)
        with pytest.raises(EngineFailed, match="WORKER_DIED"):
            pool.run("b", os.abort, seconds=60)
        pool.stop()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert seen == ((0, 0), False)
    assert list(tmp_path.iterdir()) == []


def limits_and_dumpable() -> tuple[tuple[int, int], bool]:
    """In the worker."""
    from model.process.hardening import is_dumpable

    return resource.getrlimit(resource.RLIMIT_CORE), is_dumpable()


LOCK = "from model.process.hardening import harden_process; harden_process(lock_memory=True)"


def test_memory_is_locked_where_asked_or_the_start_says_why_not(tmp_path: Path) -> None:
    done = run(f"{LOCK}; print(open('/proc/self/status').read())", tmp_path)
    if done.returncode == 0:
        locked = next(line for line in done.stdout.splitlines() if line.startswith("VmLck"))
        assert int(locked.split()[1]) > 1000
    else:
        assert "ConfigurationRefused" in done.stderr
    if os.geteuid() == 0:
        limit = "import os, resource; resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096)); os.setuid(65534)"
        imported = "from model.process.hardening import harden_process"
        assert "ConfigurationRefused" in run(f"{imported}; {limit}; harden_process(lock_memory=True)", tmp_path).stderr


@pytest.mark.parametrize("command", sorted(HARDENED - ISOLATED))
def test_a_command_that_holds_images_is_hardened_before_it_is_even_loaded(tmp_path: Path, command: str) -> None:
    crash = (
        "import importlib, os, sys; from plugin import cli; importlib.import_module = lambda _: os.abort();"
        f" cli.COMMANDS[{command!r}] = ('x', 'x'); sys.argv = ['autocontour', {command!r}]; cli.main()"
    )
    assert run(crash, tmp_path).returncode == -signal.SIGABRT
    assert list(tmp_path.iterdir()) == []


def test_hardening_twice_is_hardening() -> None:
    code = f"{HARDEN}; harden_process(); print('good')"
    assert run(code, Path("/")).stdout == "good\n"
    assert callable(harden_process)
