"""The soak's own judgement: what grows is said, what only goes up and down is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.soak.growth import WARM_UP, of_connections, of_processes, sentences
from tests.soak.report import BEGIN, END, written
from tests.soak.samples import ProcessSample, Sample

MB = 1_000_000
Value = Callable[[int], int]


def steady(_: int) -> int:
    return 40


def run(
    *,
    memory: Value = lambda _: 100 * MB,
    descriptors: Value = steady,
    threads: Value = steady,
    connections: Value = steady,
    dead: Value = lambda _: 0,
    born: Value = lambda _: 1,
    leads: Callable[[int], bool] = lambda _: True,
) -> list[Sample]:
    """1,000 series in 1,000 s, read every 5 s; each quantity by the number of series."""
    return [
        Sample(
            float(at), at,
            (ProcessSample(0, 7, born(at), False, memory(at), descriptors(at), threads(at), leads(at)),),
            connections(at), {"public.jobs": (dead(at), 1000)}, 0, {},
        )
        for at in range(0, 1000, 5)
    ]  # fmt: skip


def test_nothing_is_said_of_what_goes_up_and_down() -> None:
    restless = run(
        memory=lambda at: (100 + at % 7) * MB, descriptors=lambda at: 40 + at % 30, connections=lambda at: at % 20
    )
    assert [len(found) for found in of_processes(restless).values()] == [1, 1, 1]
    assert sentences(restless) == []


def test_what_a_process_fills_when_it_starts_is_no_growth() -> None:
    assert sentences(run(memory=lambda at: min(at, WARM_UP) * MB, threads=lambda at: min(at, WARM_UP))) == []


def test_memory_that_grows_is_said_with_its_figures() -> None:
    (sentence,) = sentences(run(memory=lambda at: 100 * MB + at * 20_000))
    assert sentence.startswith(
        "memory of gateway 1, leading grow without bound: from 104.2 to 117.7 over 895 series, +20.0 per"
    )


def test_descriptors_threads_and_connections_that_leak_now_and_then_are_said() -> None:
    leaking = run(
        descriptors=lambda at: 40 + at // 100, threads=lambda at: 40 + at // 100, connections=lambda at: at // 100
    )
    assert [sentence.split()[0] for sentence in sentences(leaking)] == ["descriptors", "threads", "connections"]


def test_a_pool_that_fills_in_steps_is_no_growth() -> None:
    filling = run(threads=lambda at: 35 if at < 500 else 41, connections=lambda at: 30 + min(at // 50, 8))
    assert sentences(filling) == []


def test_what_a_leader_has_more_of_is_no_growth() -> None:
    def leads(at: int) -> bool:
        return at >= 500

    elected = run(
        threads=lambda at: 50 if leads(at) else 40, connections=lambda at: 20 if leads(at) else 10, leads=leads
    )
    assert [one.name for one in of_processes(elected)["threads"]] == ["gateway 1", "gateway 1, leading"]
    assert sentences(elected) == []
    leaking = run(threads=lambda at: 50 + at // 100 if leads(at) else 40, leads=leads)
    assert [sentence.split()[0] for sentence in sentences(leaking)] == ["threads"]


def test_a_process_that_was_soon_killed_is_not_judged() -> None:
    killed = run(memory=lambda at: 100 * MB + at % 200 * MB, born=lambda at: at // 200)
    assert of_processes(killed)["memory"] == []
    assert sentences(killed) == []


def test_connections_are_judged_while_every_gateway_runs() -> None:
    down = [replace(one, processes=(), connections=0) if one.series < 400 else one for one in run()]
    assert of_connections(down) is not None
    assert sentences(down) == []


def test_dead_rows_may_wait_for_a_vacuum_and_not_for_ever() -> None:
    assert sentences(run(dead=lambda at: at % 290 * 4)) == []
    (sentence,) = sentences(run(dead=lambda at: at * 4))
    assert sentence.startswith("dead rows of public.jobs were not vacuumed for ")


def test_only_the_figures_of_the_page_are_exchanged() -> None:
    page = f"# A page\n\n{BEGIN}| old |\n{END}\n## Another section\n"
    assert written(page, "| new |\n") == page.replace("old", "new")
