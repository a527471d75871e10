"""Who holds a file holds it alone, until it lets go or ends; whoever comes meanwhile is told who it is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from model.errors import ConfigurationRefused, InputRefused
from model.service.spool import open_spool
from model.storage.hold import InUse, hold, hold_open, in_turn
from plugin.commands.rotate_key import run_rotate_key
from plugin.state import directory
from plugin.state.directory import StateUnusable, lock_state, open_state

HOLDER = "import sys; from pathlib import Path; from model.storage.hold import hold; held = hold(Path(sys.argv[1])); "


def test_the_second_is_told_the_process_of_the_first_and_comes_in_after_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER + "print('held', flush=True); sys.stdin.read()", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InUse) as used:
            hold(path)
        assert used.value.holder == holder.pid
        assert used.value.by == f" (process {holder.pid})"
        holder.kill()
    with hold(path, wait=60.0):
        assert int(path.read_text()) == os.getpid()


def test_who_waits_comes_in_once_the_holder_lets_go(tmp_path: Path) -> None:
    first = hold(tmp_path / "lock")
    entered = threading.Event()

    def second() -> None:
        with hold(tmp_path / "lock", wait=None):
            entered.set()

    waiting = threading.Thread(target=second)
    waiting.start()
    assert not entered.is_set()
    first.release()
    first.release()
    waiting.join(60)
    assert entered.is_set()


def test_an_open_folder_is_held_too(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY) for _ in range(2))
    hold_open(first)
    with pytest.raises(InUse) as used:
        hold_open(second)
    assert used.value.holder is None
    os.close(first)
    hold_open(second)
    os.close(second)


def test_readers_share_what_no_writer_may_have_meanwhile(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("ab") as one, (tmp_path / "lock").open("ab") as two:
        with in_turn(one.fileno(), shared=True), in_turn(two.fileno(), shared=True), pytest.raises(InUse):
            hold(tmp_path / "lock")
        hold(tmp_path / "lock").release()


def test_a_second_gateway_is_told_which_process_has_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "LOCK_SECONDS", 0.2)
    state = open_state(tmp_path / "state")
    with lock_state(state), pytest.raises(StateUnusable, match=rf"another gateway \(process {os.getpid()}\)"):
        lock_state(state)


def test_a_key_is_not_exchanged_under_a_running_gateway(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state")
    state.chain.mkdir()
    state.signing_key.write_bytes(b"never read")

    class Options:
        state = tmp_path / "state"
        key_file = None

    with lock_state(open_state(tmp_path / "state")), pytest.raises(InputRefused, match=rf"process {os.getpid()}"):
        run_rotate_key(Options())  # type: ignore[arg-type]


def test_a_spool_has_one_service(tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "spool", None, encrypted=True)
    with pytest.raises(ConfigurationRefused, match="in use by another service"):
        open_spool(tmp_path / "spool", None, encrypted=True)
    os.close(spool.held)
