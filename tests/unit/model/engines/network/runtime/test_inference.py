"""What the inference process says to workers: whose turn it is, what it refuses, what it holds."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.engines.network.runtime import convert, held
from model.engines.network.runtime.convert import files_of
from model.engines.network.runtime.convertible import Fold
from model.engines.network.runtime.elsewhere import Elsewhere
from model.engines.network.runtime.exchange import SharedArray, Wanted, hear, say
from model.engines.network.runtime.held import HeldNetworks
from model.engines.network.runtime.inference import compute_for_workers
from model.engines.network.runtime.library import openvino
from model.engines.network.runtime.openvino import OpenVino
from model.errors import EngineFailed, InputRefused
from model.packages.package import sha256_of
from model.process.descriptors import send_with
from tests.builders.converted import package_of, sources_of
from tests.builders.nnunet_folder import TinyNet
from tests.builders.with_openvino import require_openvino

require_openvino()

TILE = (1, 1, 8, 16, 16)
PATIENCE = 60.0


class Process:
    """The parent's end of an inference process that is a thread here."""

    def __init__(self) -> None:
        self._control, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._thread = threading.Thread(target=compute_for_workers, args=(self._theirs,), daemon=True)
        self.let_go: list[Connection[Any, Any]] = []

    def connect(self) -> socket.socket:
        """As a worker's parent does."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        let_go, held = Pipe(duplex=False)
        self.let_go.append(let_go)
        with theirs, held:
            send_with(self._control, b"worker", [theirs.fileno(), held.fileno()])
        return ours

    def start(self) -> None:
        """Let it begin."""
        self._thread.start()

    def stop(self) -> None:
        """End as the parent does."""
        self._control.close()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)
            assert not self._thread.is_alive()


@pytest.fixture
def process() -> Iterator[Process]:
    """A thread that is not started yet."""
    made = Process()
    yield made
    made.stop()


@pytest.fixture
def folds(tmp_path: Path) -> list[Fold]:
    """The files of a tiny network."""
    package = package_of(tmp_path, TinyNet())
    return [files_of(package, one) for one in convert.convert(package, sources_of(package))]


def opened(connection: socket.socket, folds: list[Fold]) -> None:
    say(connection, {"network": asdict(Wanted.of(folds, bf16=False)), "folder": str(folds[0].graph.parent)})


def tile(value: float) -> tuple[SharedArray, int]:
    shared, descriptor = SharedArray.made(TILE)
    shared.array[...] = value
    return shared, descriptor


def test_workers_that_wait_are_served_in_turn(
    folds: list[Fold], process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[float] = []
    compute, all_asked = OpenVino.compute, threading.Event()

    def noting(self: OpenVino, given: np.ndarray, answer: np.ndarray, wanted: Callable[[], bool]) -> bool:
        all_asked.wait(PATIENCE)
        order.append(float(given.flat[0]))
        return compute(self, given, answer, wanted)

    monkeypatch.setattr(OpenVino, "compute", noting)
    process.start()
    connections = [process.connect() for _ in range(3)]
    for one in connections:
        opened(one, folds)
        hear(one)
    for number, one in enumerate(connections):
        for _ in range(3):
            _, descriptor = tile(number)
            say(one, {"tile": TILE}, [descriptor])
            os.close(descriptor)
    all_asked.set()
    for one in connections:
        for _ in range(3):
            reply, received = hear(one)
            assert not {"raised", "refused"} & set(reply)
            for descriptor in received:
                os.close(descriptor)
        one.close()
    assert order == [0, 1, 2] * 3


def test_who_leaves_is_let_go_of_and_nobody_keeps_memory(
    folds: list[Fold], process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[HeldNetworks] = []

    def noting(self: HeldNetworks) -> None:
        rests.append(self)

    monkeypatch.setattr(HeldNetworks, "rest", noting)
    process.start()
    first, second = (Elsewhere(process.connect, folds) for _ in range(2))
    for one in (first, second):
        one(np.zeros(TILE, dtype=np.float32))
    rests.clear()
    first.rest()
    assert wait([process.let_go[2]], PATIENCE)
    assert not rests  # the second one still draws
    second.rest()
    assert wait([process.let_go[3]], PATIENCE)
    assert rests


def test_a_file_that_is_not_what_its_name_says_is_refused(folds: list[Fold], process: Process) -> None:
    process.start()
    content = bytearray(folds[0].data.read_bytes())
    content[0] ^= 1
    folds[0].data.write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        Elsewhere(process.connect, folds)
    assert refused.value.code == "PACKAGE_HASH"


@pytest.mark.parametrize(
    "message",
    [
        {"network": {"folds": [["../../etc/passwd", "x", None]], "bf16": False}, "folder": "/"},
        {"network": {"folds": [], "bf16": False}, "folder": "/"},
        {"network": {}, "folder": "/"},
        {"tile": [1, 1, 2, 2, 2]},
        {"tile": []},
        {"tile": ["x"]},
        {},
    ],
    ids=["a name that climbs", "no fold", "no network", "no memory", "no shape", "no number", "nothing"],
)
def test_what_makes_no_sense_is_answered_and_ends_nothing(
    folds: list[Fold], process: Process, message: dict[str, Any]
) -> None:
    process.start()
    with process.connect() as connection:
        say(connection, message)
        assert "raised" in hear(connection)[0]
    assert Elsewhere(process.connect, folds)(np.zeros(TILE, dtype=np.float32)).shape == (1, 3, *TILE[2:])


def test_memory_of_another_size_is_refused(folds: list[Fold], process: Process) -> None:
    process.start()
    with process.connect() as connection:
        opened(connection, folds)
        hear(connection)
        _, descriptor = SharedArray.made((1, 1, 4, 4, 4))
        say(connection, {"tile": TILE}, [descriptor])
        os.close(descriptor)
        assert hear(connection)[0]["raised"] == "ValueError"


def test_memory_that_its_maker_could_take_away_is_refused() -> None:
    descriptor = os.memfd_create("tile")
    os.ftruncate(descriptor, 4)
    with pytest.raises(ValueError, match="shared memory"):
        SharedArray(descriptor, (1,))


def test_shared_memory_keeps_its_size() -> None:
    shared, descriptor = SharedArray.made((2, 3))
    with pytest.raises(PermissionError):
        os.ftruncate(descriptor, 0)
    os.close(descriptor)
    assert shared.array.shape == (2, 3)


def test_an_answer_whose_shape_is_not_known_before_is_copied(tmp_path: Path, process: Process) -> None:
    library = openvino()
    operations = library.opset13
    given = operations.parameter([1, 1, -1, -1, -1], np.float32)
    places = operations.convert(operations.non_zero(given, "i64"), "f32")
    library.save_model(library.Model([places], [given], "odd"), str(tmp_path / "odd.xml"), compress_to_fp16=False)
    fold = Fold(*(named(tmp_path / f"odd.{kind}") for kind in ("xml", "bin")))
    process.start()
    network, seen = Elsewhere(process.connect, [fold]), np.zeros(TILE, dtype=np.float32)
    for count in (3, 5, 0, 2):
        seen[...] = 0
        seen[0, 0, 0, 0, :count] = 1
        assert np.array_equal(network(seen), OpenVino([fold])(seen))


def named(path: Path) -> Path:
    """A file under its digest."""
    return path.rename(path.with_name(f"{sha256_of(path)}{path.suffix}"))


def test_a_process_that_ended_is_told_at_the_next_tile(folds: list[Fold], process: Process) -> None:
    process.start()
    network = Elsewhere(process.connect, folds)
    network(np.zeros(TILE, dtype=np.float32))
    ends, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other.close()
    network._socket = ends
    with pytest.raises(EngineFailed) as failed:
        network(np.zeros(TILE, dtype=np.float32))
    assert (failed.value.code, failed.value.retry) == ("WORKER_DIED", True)


def test_networks_are_held_once_and_those_used_long_ago_are_dropped(
    folds: list[Fold], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    networks, folder = HeldNetworks(lambda: now[0]), folds[0].graph.parent
    fp32, bf16 = (Wanted.of(folds, bf16=bf16) for bf16 in (False, True))
    first = networks.network(fp32, folder)
    assert networks.network(fp32, folder) is first
    assert networks.network(bf16, folder) is not first
    now[0] = held.UNUSED_SECONDS
    networks.network(bf16, folder)
    now[0] += 1
    networks.drop_unused()
    assert len(networks) == 1
    monkeypatch.setattr(held, "KEPT", 1)
    assert networks.network(fp32, folder) is not first
    assert len(networks) == 1


def test_only_the_network_that_computed_last_holds_the_memory_of_its_layers(
    folds: list[Fold], monkeypatch: pytest.MonkeyPatch
) -> None:
    rested: list[OpenVino] = []

    def noting(self: OpenVino) -> None:
        rested.append(self)

    monkeypatch.setattr(OpenVino, "rest", noting)
    networks, folder = HeldNetworks(), folds[0].graph.parent
    first, second = (networks.network(Wanted.of(folds, bf16=bf16), folder) for bf16 in (False, True))
    for one in (first, first, second, first):
        networks.wake(one)
    assert rested == [first, second]
