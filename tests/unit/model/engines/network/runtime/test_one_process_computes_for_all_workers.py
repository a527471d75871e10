"""Several workers: one process computes their networks, answers alike, and harms nobody when one of them dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.engines.network.runtime import convert
from model.engines.network.runtime.choice import chosen
from model.engines.network.runtime.inference import compute_for_workers
from model.errors import EngineFailed
from model.packages.package import Package, open_package
from model.registry import engine_of
from model.volume.volume import Volume
from model.worker import inference
from model.worker.pool import Cancelled, Workers
from tests.builders.converted import MANY, package_of, sources_of
from tests.builders.inference import FOLDER, compute_small_tiles, compute_when_let, end_at_once
from tests.builders.nnunet_folder import TinyNet
from tests.builders.orthanc_process import until
from tests.builders.processes import alive, core_limits, workers_of
from tests.builders.series import geometry
from tests.builders.volumes import blobs, plan_of
from tests.builders.with_openvino import require_openvino

require_openvino()

SHAPE, TILE = (20, 40, 44), (1, 1, 16, 32, 32)
SECONDS = 600.0


@pytest.fixture(autouse=True, scope="module")
def one_thread_each() -> Iterator[None]:
    """OpenVINO's last bits depend on how many threads compute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def two_workers(one_thread_each: None) -> Iterator[Workers]:
    """Two workers, as a gateway has them, for tests that harm none."""
    del one_thread_each
    workers = Workers(2, inference=compute_for_workers)
    yield workers
    workers.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package of a tiny network, converted."""
    return converted(tmp_path, TinyNet(mirror=None)).folder


@pytest.fixture
def workers_with() -> Iterator[Callable[..., Workers]]:
    """Two workers, and what computes for them."""
    made: list[Workers] = []

    def make(serve: Any = compute_for_workers) -> Workers:
        made.append(Workers(2, inference=serve))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an inference process says that it has begun a tile, and waits for leave to compute it."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


def converted(root: Path, net: TinyNet) -> Package:
    package = package_of(root, net)
    convert.convert(package, sources_of(package))
    return package


def answer(folder: Path, shape: tuple[int, ...] = TILE) -> np.ndarray:
    """What a package's network answers to a tile, in a worker."""
    package = open_package(folder)
    network = chosen(package, "tiny", sources_of(package)).opened(package)
    found = np.array(network(np.random.default_rng(5).standard_normal(shape, dtype=np.float32)))
    network.rest()
    return found


def drawn(folder: Path, seed: int = 0) -> dict[str, tuple[bytes, tuple[str, ...]]]:
    """What a package draws on blobs, in a worker: masks by label, and flags."""
    image = Volume(blobs(SHAPE, seed), geometry(plan_of(SHAPE)))
    drawing = engine_of(open_package(folder)).draw(image, lambda fraction, words: None)
    return {one.label: (one.mask.full(SHAPE).tobytes(), one.flags) for one in drawing.structures}


def knows_openvino() -> bool:
    return "openvino" in sys.modules


def process_of(workers: Workers) -> int:
    assert workers._inference is not None
    process = workers._inference._process
    assert process is not None
    assert process.pid is not None
    return process.pid


def in_the_background(workers: Workers, name: str, folder: Path, seconds: float = SECONDS) -> Callable[[], Any]:
    """Draw in a thread; the result of what is returned is what came of it, an error too."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(workers.run(name, drawn, folder, seconds=seconds))
        except (EngineFailed, Cancelled) as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def ended() -> Any:
        thread.join(SECONDS)
        return outcome[0]

    return ended


@pytest.mark.parametrize(
    "net",
    [
        TinyNet(),
        TinyNet(folds=3),
        TinyNet(labels=MANY),
        TinyNet(labels=MANY, folds=2),
        TinyNet(configuration="2d", patch=(32, 32), spacing=(4.0, 4.0), mirror=(0, 1)),
    ],
    ids=["plain", "folds", "classes", "folds of classes", "2d"],
)
def test_answers_have_the_same_bits_as_in_the_workers_own_process(
    tmp_path: Path, net: TinyNet, two_workers: Workers
) -> None:
    folder, shape = converted(tmp_path, net).folder, (1, 1, 1, 32, 32) if net.dimensions == 2 else TILE
    found = two_workers.run("a", answer, folder, shape, seconds=SECONDS)
    assert np.array_equal(found, answer(folder, shape))
    assert not two_workers.run("a", knows_openvino, seconds=SECONDS)


def test_two_series_at_once_are_drawn_as_each_alone(folder: Path, two_workers: Workers) -> None:
    outcome = dict[int, Any]()

    def draw(seed: int) -> None:
        outcome[seed] = two_workers.run(f"series {seed}", drawn, folder, seed, seconds=SECONDS)

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in (1, 2, 3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(SECONDS)
    assert outcome == {seed: drawn(folder, seed) for seed in (1, 2, 3)}
    assert len(outcome[1]) == 2


def test_smaller_tiles_are_drawn_where_the_process_lacks_memory(
    folder: Path, workers_with: Callable[..., Workers]
) -> None:
    found = workers_with(compute_small_tiles).run("a", drawn, folder, seconds=SECONDS)
    assert found
    assert all(flags == ("drawn with smaller tiles, as memory was short",) for _, flags in found.values())


def test_a_worker_killed_in_the_middle_of_a_tile_harms_nobody(
    folder: Path, tiles: Path, workers_with: Callable[..., Workers]
) -> None:
    workers = workers_with(compute_when_let)
    killed = in_the_background(workers, "killed", folder)
    until((tiles / "begun").exists, "its tile is begun")
    process, other = process_of(workers), in_the_background(workers, "other", folder)
    assert workers.cancel("killed")
    assert isinstance(killed(), Cancelled)
    (tiles / "go").touch()
    assert other() == drawn(folder)
    assert process_of(workers) == process


def test_one_killed_while_it_waits_for_its_turn_is_let_go_of_at_once(
    folder: Path, tiles: Path, workers_with: Callable[..., Workers]
) -> None:
    workers = workers_with(compute_when_let)
    first = in_the_background(workers, "first", folder)
    until((tiles / "begun").exists, "its tile is begun")
    process, second = process_of(workers), in_the_background(workers, "second", folder)
    until(lambda: "second" in workers._running and workers._running["second"]._leases, "it waits")
    assert workers.cancel("second")
    assert isinstance(second(), Cancelled)
    (tiles / "go").touch()
    assert first() == drawn(folder)
    assert process_of(workers) == process


def test_when_the_process_is_killed_the_job_may_be_retried_and_the_next_one_is_drawn(
    folder: Path, tiles: Path, workers_with: Callable[..., Workers]
) -> None:
    workers = workers_with(compute_when_let)
    job = in_the_background(workers, "job", folder)
    until((tiles / "begun").exists, "its tile is begun")
    os.kill(process_of(workers), signal.SIGKILL)
    failed = job()
    assert (failed.code, failed.retry) == ("WORKER_DIED", True)
    (tiles / "go").touch()
    assert workers.run("next", drawn, folder, seconds=SECONDS) == drawn(folder)


def test_a_process_killed_while_idle_is_replaced(folder: Path, workers_with: Callable[..., Workers]) -> None:
    workers = workers_with()
    first = workers.run("first", drawn, folder, seconds=SECONDS)
    killed = process_of(workers)
    os.kill(killed, signal.SIGKILL)
    assert workers.run("next", drawn, folder, seconds=SECONDS) == first
    assert process_of(workers) != killed


def test_a_process_that_hangs_ends_with_the_jobs_time_and_the_next_one_is_drawn(
    folder: Path, tiles: Path, workers_with: Callable[..., Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "LET_GO_SECONDS", 0.5)
    workers = workers_with(compute_when_let)
    (tiles / "go").touch()
    assert workers.run("first", drawn, folder, seconds=SECONDS) == drawn(folder)
    stopped = process_of(workers)
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(EngineFailed) as raised:
        workers.run("late", drawn, folder, seconds=10.0)
    assert raised.value.code == "WORKER_TIMEOUT"
    until(lambda: not alive(stopped), "it was killed")
    assert workers.run("next", drawn, folder, seconds=SECONDS) == drawn(folder)


def test_a_process_that_does_not_start_fails_the_job(folder: Path, workers_with: Callable[..., Workers]) -> None:
    workers = workers_with(end_at_once)
    with pytest.raises(EngineFailed) as raised:
        workers.run("a", drawn, folder, seconds=SECONDS)
    assert (raised.value.code, raised.value.retry) == ("WORKER_DIED", True)


def test_nothing_of_an_image_is_left_when_it_is_drawn(folder: Path, two_workers: Workers) -> None:
    two_workers.run("a", drawn, folder, seconds=SECONDS)
    process = process_of(two_workers)
    maps = [Path(f"/proc/{one}/maps") for one in (process, two_workers.run("a", os.getpid, seconds=SECONDS))]
    until(lambda: not any("memfd:" in one.read_text() for one in maps), "no shared memory is left")
    held = [str(one.readlink()) for one in Path(f"/proc/{process}/fd").iterdir()]
    assert not any("memfd:" in one for one in held)


def test_the_process_is_hardened_as_workers_are(folder: Path, two_workers: Workers) -> None:
    two_workers.run("a", answer, folder, seconds=SECONDS)
    process = process_of(two_workers)
    assert core_limits(process) == ["0", "0"]
    assert os.getpriority(os.PRIO_PROCESS, process) >= os.getpriority(os.PRIO_PROCESS, 0) + 10 or (
        os.getpriority(os.PRIO_PROCESS, process) == 19
    )


def test_one_worker_computes_in_its_own_process(folder: Path) -> None:
    workers = Workers(1, inference=compute_for_workers)
    try:
        before = set(workers_of(os.getpid()))
        workers.run("a", answer, folder, seconds=SECONDS)
        assert workers.run("a", knows_openvino, seconds=SECONDS)
        assert len(set(workers_of(os.getpid())) - before) == 1
    finally:
        workers.stop()


PARENT = """
import sys
from pathlib import Path
from model.worker.pool import Workers
from tests.builders.inference import compute_when_let
from tests.unit.model.engines.network.runtime.test_one_process_computes_for_all_workers import drawn
if __name__ == "__main__":
    Workers(2, inference=compute_when_let).run("job", drawn, Path(sys.argv[1]), seconds=600.0)
"""


def test_nobody_is_left_when_the_parent_dies(folder: Path, tiles: Path, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parents[6]
    parent = subprocess.Popen(
        [sys.executable, str(script), str(folder)], env={**os.environ, "PYTHONPATH": str(root)}, cwd=root
    )
    until((tiles / "begun").exists, "the tile is begun")
    both = workers_of(parent.pid)
    assert len(both) == 2
    parent.kill()
    parent.wait()
    until(lambda: not any(alive(one) for one in both), "nobody is left")
