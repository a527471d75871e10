"""Workers: what they compute comes back; killed, late or unwanted ones are replaced and harm nobody else."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from model.errors import EngineFailed, InputRefused
from model.worker.pool import Cancelled, Workers
from tests.builders.orthanc_process import until
from tests.builders.processes import alive


def process_id() -> int:
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    time.sleep(600)


def refuse() -> None:
    raise InputRefused("GEOMETRY_GAP", "Slices are missing.")


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(1)
    yield pool
    pool.stop()


def test_a_worker_is_another_process_and_stays(workers: Workers) -> None:
    first = workers.run("a", process_id, seconds=60)
    assert first != os.getpid()
    assert workers.run("b", process_id, seconds=60) == first


def test_our_errors_cross_with_code_and_sentence(workers: Workers) -> None:
    with pytest.raises(InputRefused, match="Slices are missing") as raised:
        workers.run("a", refuse, seconds=60)
    assert raised.value.code == "GEOMETRY_GAP"


def test_a_killed_worker_is_replaced_each_time(workers: Workers) -> None:
    for _ in range(3):
        with pytest.raises(EngineFailed) as raised:
            workers.run("a", die, seconds=60)
        assert (raised.value.code, raised.value.retry) == ("WORKER_DIED", True)
    assert workers.run("a", process_id, seconds=60) > 0


def test_a_worker_killed_while_idle_is_replaced(workers: Workers) -> None:
    killed = workers.run("a", process_id, seconds=60)
    os.kill(killed, signal.SIGKILL)
    until(lambda: not alive(killed), "it is dead")
    assert workers.run("a", process_id, seconds=60) > 0


def test_a_worker_that_dies_before_it_takes_a_task_is_replaced(workers: Workers) -> None:
    """Stopped first, then killed, it looks alive when the task is sent."""
    before = workers.run("a", process_id, seconds=60)
    os.kill(before, signal.SIGSTOP)
    killer = threading.Timer(0.5, os.kill, (before, signal.SIGKILL))
    killer.start()
    assert workers.run("a", process_id, seconds=60) != before
    killer.join()


def test_a_late_worker_is_stopped(workers: Workers) -> None:
    with pytest.raises(EngineFailed) as raised:
        workers.run("a", hang, seconds=0.5)
    assert raised.value.code == "WORKER_TIMEOUT"
    assert workers.run("a", process_id, seconds=60) > 0


def test_unwanted_work_is_killed_and_what_waits_goes_on(workers: Workers) -> None:
    outcome: list[object] = []

    def unwanted() -> None:
        try:
            workers.run("unwanted", hang, seconds=60)
        except Cancelled as error:
            outcome.append(error.code)

    thread = threading.Thread(target=unwanted)
    thread.start()
    until(lambda: workers.cancel("unwanted"), "it is at work")
    thread.join(60)
    assert outcome == ["CANCELLED"]
    assert not workers.cancel("unwanted")
    assert workers.run("next", process_id, seconds=60) > 0


def test_who_kills_a_worker_may_be_overtaken_by_who_waits_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Workers(1)
    outcome: list[BaseException] = []

    def wait() -> None:
        try:
            pool.run("a", hang, seconds=600)
        except Cancelled as error:
            outcome.append(error)

    pool.run("first", process_id, seconds=60)
    waiting = threading.Thread(target=wait)
    waiting.start()
    worker = until(lambda: pool._running.get("a"), "it runs")
    process = worker._process
    kill = process.kill

    def kill_and_be_overtaken() -> None:
        kill()
        until(lambda: worker._process is None, "the other has seen that it ended")

    monkeypatch.setattr(process, "kill", kill_and_be_overtaken)
    assert pool.cancel("a")
    waiting.join(60)
    assert [error.code for error in outcome if isinstance(error, Cancelled)] == ["CANCELLED"]
    pool.stop()
