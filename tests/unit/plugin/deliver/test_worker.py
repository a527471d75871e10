"""Deliveries go on a step at a time: in order, around what is down, to an end that says what is known."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from plugin.deliver.delivery import DeliveryState, Step
from plugin.deliver.transport import Lost, NotTaken, NotYet, Unprovable
from plugin.jobs.job import State
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import until
from tests.builders.results import HOURS, Results, ToldTransport


@pytest.mark.parametrize("number", some_of((100, 500), always=(100,)))
def test_results_for_two_destinations_all_arrive_in_order_though_one_is_down(tmp_path: Path, number: int) -> None:
    results = Results(tmp_path)
    priorities = ["night", "normal", "urgent", "normal", "urgent"]
    jobs = [results.stored(f"{one}", priority=priorities[one % 5]) for one in range(number)]
    up, down = ToldTransport(), ToldTransport(away=True)
    workers = [results.worker("up", up), results.worker("down", down)]
    for job in jobs:
        for worker in workers:
            results.table.note(job, worker.name, HOURS)
        results.clock.now += 0.001
    began = results.clock.now
    while results.clock.now < began + 1000:
        down.away = results.clock.now < began + 600
        while [worker for worker in workers if worker.turn()]:
            pass
        if len(up.received) == number and results.clock.now < began + 600:
            assert down.received == []
        results.clock.now += 1.0
    expected = [f"1.{job.rtstruct}" for word in ("urgent", "normal", "night") for job in jobs if job.priority == word]
    assert up.received == expected
    assert down.received == expected
    assert results.table.counts() == {(name, DeliveryState.DELIVERED): number for name in ("up", "down")}


def test_what_is_down_for_longer_than_it_is_tried_is_given_up_with_its_reason(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", 1.0)
    worker = results.worker("tps", ToldTransport(away=True))
    assert worker.turn()
    results.clock.now += 3601
    assert worker.turn()
    one = results.of(job)
    assert (one.state, one.step, one.status) == (DeliveryState.REFUSED, Step.CLOSED, "DELIVERY_UNREACHABLE")
    assert not worker.turn()


def test_what_was_overtaken_before_it_was_sent_is_not_sent_and_says_so(tmp_path: Path) -> None:
    results, transport = Results(tmp_path), ToldTransport()
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    assert results.jobs.supersede_done("a", "a newer one came")
    results.worker("tps", transport).turn()
    assert transport.received == []
    assert (results.of(job).state, results.of(job).status) == (DeliveryState.REFUSED, "DELIVERY_SUPERSEDED")


def test_what_was_noted_of_a_job_goes_with_it_and_nothing_is_sent(tmp_path: Path) -> None:
    results, transport = Results(tmp_path), ToldTransport()
    erased, retired, kept = (results.stored(name) for name in ("a", "b", "c"))
    for job in (erased, retired, kept):
        results.table.note(job, "tps", HOURS)
    results.jobs.forget(erased)
    assert [len(results.table.of(job)) for job in (erased, retired, kept)] == [0, 1, 1]
    results.jobs.retire(before=retired.updated + 1)
    assert [len(results.table.of(job)) for job in (erased, retired, kept)] == [0, 0, 0]
    assert not results.worker("tps", transport).turn()
    assert transport.received == []


def test_a_clock_that_is_set_back_keeps_no_delivery_waiting(tmp_path: Path) -> None:
    results, transport = Results(tmp_path), ToldTransport()
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    results.clock.now -= 86400
    assert results.worker("tps", transport).turn()
    assert results.of(job).state is DeliveryState.DELIVERED


def test_what_was_being_sent_when_the_gateway_was_killed_is_asked_for_first(tmp_path: Path) -> None:
    class KilledAfterwards(ToldTransport):
        def send(self, instances: Any, delivery: Any, mark: Any) -> None:
            super().send(instances, delivery, mark)
            raise KeyboardInterrupt

    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    transport = KilledAfterwards()
    with pytest.raises(KeyboardInterrupt):
        results.worker("tps", transport).turn()
    assert results.of(job).step is Step.UNSURE
    assert results.worker("tps", transport).turn()
    assert results.of(job).state is DeliveryState.DELIVERED
    assert len(transport.received) == 1


def test_what_was_recorded_before_a_kill_is_recorded_once(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    worker = results.worker("tps", ToldTransport())
    assert worker.turn()
    closed = results.of(job)
    results.table.change(closed, step=Step.PROVE, state=DeliveryState.SENT)
    assert worker.turn()
    assert job.evidence_code is not None
    assert len(results.chain.records(job.evidence_code)) == 1


def test_an_outcome_of_an_earlier_time_is_not_taken_for_that_of_a_later_one(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    earlier = results.of(job)
    results.table.again(job, "tps", HOURS)
    assert not results.table.change(earlier, step=Step.CLOSED, state=DeliveryState.DELIVERED)
    assert results.of(job).state is DeliveryState.WAITING


class Answering(ToldTransport):
    """A destination that takes everything and gives one answer after the other to who looks for a proof."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)

    def prove(self, instances: Any, delivery: Any, now: float) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, NotTaken):
            raise answer
        return answer


def test_a_node_that_goes_down_after_it_took_it_is_asked_again_and_nothing_is_sent_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    transport = Answering(NotTaken("DELIVERY_UNREACHABLE", unsure=True, everyone=True), NotYet(1.0), Unprovable())
    worker = results.worker("tps", transport)
    for _ in range(60):
        worker.turn()
        results.clock.now += 1.0
    assert (results.of(job).state, results.of(job).tries, len(transport.received)) == (DeliveryState.SENT, 1, 1)


def test_what_is_lost_again_and_again_is_never_called_delivered(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", 1.0)
    transport = Answering(*[Lost("0x0112")] * 100)
    worker = results.worker("tps", transport)
    while results.of(job).step is not Step.CLOSED:
        worker.turn()
        results.clock.now += 5.0
    one = results.of(job)
    assert (one.state, one.status, one.proof) == (DeliveryState.REFUSED, "0x0112", None)
    assert 2 < one.tries < 12


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_the_result_of_a_job_that_failed_afterwards_is_not_delivered(tmp_path: Path, state: State) -> None:
    results, transport = Results(tmp_path), ToldTransport()
    job = results.stored("a", state=state)
    results.table.note(job, "tps", HOURS)
    results.worker("tps", transport).turn()
    assert (transport.received, results.of(job).status) == ([], "DELIVERY_GONE")


def test_nothing_is_sent_of_a_patient_who_objected_and_what_was_begun_is_cleared_away(tmp_path: Path) -> None:
    results, transport = Results(tmp_path), ToldTransport(away=True)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    worker = results.worker("tps", transport, objected=lambda code: code == job.evidence_code)
    assert worker.turn()
    one = results.of(job)
    assert (one.state, one.step, one.status) == (DeliveryState.REFUSED, Step.CLOSED, "DELIVERY_OBJECTION")
    assert (transport.received, transport.abandoned) == ([], [])
    begun = results.stored("bb")
    results.table.note(begun, "tps", HOURS)
    results.table.change(results.of(begun), step=Step.UNSURE)
    worker = results.worker("tps", transport, objected=lambda _code: True)
    assert worker.turn()
    assert (results.of(begun).state, results.of(begun).status) == (DeliveryState.SENT, "DELIVERY_OBJECTION")
    assert transport.abandoned == [f"1.{begun.rtstruct}"]


def test_a_delivery_that_is_stopped_at_the_last_moment_is_not_sent(tmp_path: Path) -> None:
    results, transport = Results(tmp_path), ToldTransport()
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)

    def stopped_meanwhile(_code: str) -> bool:
        assert results.table.stop(job.id, "DELIVERY_OBJECTION") == 1
        return False

    results.worker("tps", transport, objected=stopped_meanwhile).turn()
    assert transport.received == []
    assert (results.of(job).state, results.of(job).status) == (DeliveryState.REFUSED, "DELIVERY_OBJECTION")


def test_an_erasure_waits_for_what_is_being_sent_and_nothing_is_sent_behind_it(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    sending, erased = threading.Event(), threading.Event()
    order: list[str] = []

    class Slow(ToldTransport):
        def send(self, instances: Any, delivery: Any, mark: Any) -> None:
            sending.set()
            threading.Thread(target=erase, daemon=True).start()
            until(lambda: not results.table.holds(delivery), "the erasure has begun")
            order.append("sent")

        def abandon(self, instances: Any, delivery: Any) -> bool:
            order.append("abandoned")
            return False

    worker = results.worker("tps", Slow())

    def erase() -> None:
        results.table.stop_all(job.id)
        worker.erase(results.of(job), job)  # its tries say that it was begun
        assert results.table.remove_of(job.id) == 1
        erased.set()

    results.table.note(job, "tps", HOURS)
    worker.turn()
    assert erased.wait(60)
    assert order == ["sent", "abandoned"]
    assert results.table.of(job) == []
    assert not worker.turn()
