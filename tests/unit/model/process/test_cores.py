"""Threads are as many as the process has cores, and workers share them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.process.cores import cores, share_cores, threads
from model.worker.pool import Workers


@pytest.mark.parametrize(
    ("said", "most"), [("max 100000", 10_000), ("50000 100000", 1), ("150000 100000", 2), ("", 10_000)]
)
def test_a_containers_share_of_time_bounds_the_threads(tmp_path: Path, said: str, most: int) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(said)
    assert 1 <= cores(quota) <= most


@pytest.mark.parametrize(("said", "wanted"), [("3", 3), ("2,1", 2), ("0", None), ("many", None), ("", None)])
def test_the_site_says_how_many_threads(monkeypatch: pytest.MonkeyPatch, said: str, wanted: int | None) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads() == (wanted or cores())


def test_workers_share_the_cores_and_one_has_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    share_cores(1)
    assert "OMP_NUM_THREADS" not in os.environ
    share_cores(2 * cores())
    assert threads() == 1


def test_what_the_site_says_goes_before_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    share_cores(2)
    assert threads() == 7


@pytest.mark.parametrize("count", [1, 2])
def test_each_worker_computes_on_its_share(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    workers = Workers(count)
    try:
        assert workers.run("threads", threads, seconds=600.0) == max(1, cores() // count)
    finally:
        workers.stop()
