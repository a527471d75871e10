"""What was made for a destination is what its transport sends, and what cannot be made is not sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast, get_args

import pytest

from model.errors import TargetFailed
from plugin.deliver.deliverer import _transport
from plugin.deliver.delivery import DeliveryState, Step
from plugin.deliver.instances import Instances, Item
from plugin.deliver.shaping import Shape
from plugin.deliver.worker import DestinationWorker
from plugin.pacs.client import SeriesGone
from plugin.settings.destinations import Destination, read_destinations
from plugin.settings.shaping import Shaping
from tests.builders import rich_structure_set as rich
from tests.builders.results import HOURS, Results, StoredObjects, ToldTransport

MADE = b"what was made"


class Straight(StoredObjects):
    """Remembers what it is to send without storing it, and answers as nodes and peers do that took it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_straight(self, where: str, file: bytes, *, seconds: float | None = None) -> dict[str, Any]:
        self.sent.append(file)
        return {"SOPInstanceUID": "1.2", "Status": "Success"}


@pytest.mark.parametrize("kind", get_args(Destination))
def test_every_transport_sends_what_was_made_or_has_no_profile(kind: type, tmp_path: Path) -> None:
    smallest: dict[str, dict[str, Any]] = {
        "DicomDestination": {"Type": "dicom", "Modality": "eclipse"},
        "PeerDestination": {"Type": "peer", "Peer": "other"},
        "DicomwebDestination": {"Type": "dicomweb", "Server": "web"},
        "FolderDestination": {"Type": "folder", "Path": str(tmp_path)},
    }
    assert kind.__name__ in smallest, "say here what the smallest destination of this kind is"
    read, problems = read_destinations({"tps": {**smallest[kind.__name__], "Profile": "eclipse"}})
    if problems:
        assert [problem.path for problem in problems] == ["AutoContour.Destinations.tps.Profile"]
        return
    results = Results(tmp_path_of(tmp_path, "state"))
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    orthanc = Straight()
    item = Item("b", "RTSTRUCT", "1.3", "1.2", "2.2", "3.1", content=MADE)
    transport = _transport(read["tps"], cast(Any, orthanc))
    transport.send(Instances((item,)), results.of(job), lambda _: None)
    written = [path.read_bytes() for path in tmp_path.glob("*.dcm")]
    assert orthanc.sent + written == [MADE]


class Stored(StoredObjects):
    """Has one file for every result, or raises."""

    def __init__(self, file: bytes | Exception) -> None:
        self.file = file

    def instance_file(self, instance: str) -> bytes:
        if isinstance(self.file, Exception):
            raise self.file
        return self.file


def worker_of(
    results: Results, file: bytes | Exception, *, settle_seconds: float = 0.0, **wishes: Any
) -> tuple[DestinationWorker, ToldTransport]:
    transport = ToldTransport()
    shape = Shape(Shaping(**wishes))
    orthanc = cast(Any, Stored(file))
    worker = DestinationWorker(
        "tps",
        transport,
        results.table,
        results.jobs,
        orthanc,
        results.chain,
        images=False,
        shape=shape,
        settle_seconds=settle_seconds,
        clock=results.clock,
        ticks=results.clock,
    )
    return worker, transport


def tmp_path_of(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir()
    return path


def test_the_object_that_is_sent_has_its_own_uid_and_the_job_says_what_was_changed(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    worker, transport = worker_of(results, rich.rich_file(), Profile="eclipse")
    worker.turn()
    assert results.of(job).state is DeliveryState.DELIVERED
    assert transport.received == [Shape(Shaping(Profile="eclipse")).uid(f"1.{job.rtstruct}")]
    after = results.jobs.get(job.id)
    assert after is not None
    assert any(one.startswith("To tps (profile eclipse): renamed: ") for one in after.details.all_warnings)


@pytest.mark.parametrize(
    ("file", "wishes", "status"),
    [
        (b"no DICOM", {"Profile": "eclipse"}, "NOT_RTSTRUCT"),
        (rich.rich_file(), {"Rois": ["Nothing"]}, "DELIVERY_NO_ROI"),
        (SeriesGone("SERIES_GONE", "gone"), {"Profile": "eclipse"}, "DELIVERY_GONE"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_sent(
    file: bytes | Exception, wishes: dict[str, Any], status: str, tmp_path: Path
) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    worker, transport = worker_of(results, file, **wishes)
    worker.turn()
    one = results.of(job)
    assert (one.state, one.step, one.status, one.tries) == (DeliveryState.REFUSED, Step.CLOSED, status, 0)
    assert transport.received == []


def test_what_may_have_been_sent_before_is_not_called_refused(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    assert results.table.change(results.of(job), step=Step.UNSURE, tries=1)
    worker, _ = worker_of(results, rich.rich_file(), Rois=["Nothing"])
    worker.turn()
    assert (results.of(job).state, results.of(job).status) == (DeliveryState.SENT, "DELIVERY_NO_ROI")


def test_an_orthanc_that_is_away_is_waited_for(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    away = TargetFailed("ORTHANC_UNREACHABLE", "away", retry=True)
    worker, transport = worker_of(results, away, Profile="mim")
    worker.turn()
    assert (results.of(job).state, results.of(job).step) == (DeliveryState.WAITING, Step.SEND)
    assert results.of(job).next_try > results.clock.now
    assert transport.received == []


def test_what_orthanc_may_still_be_sending_for_a_killed_gateway_is_waited_for(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    assert results.table.change(results.of(job), step=Step.UNSURE, tries=1)
    worker, transport = worker_of(results, rich.rich_file(), Profile="mim", settle_seconds=60.0)
    for _ in range(3):
        worker.turn()
        assert (results.of(job).step, results.of(job).tries) == (Step.UNSURE, 1)
        assert transport.received == []
        results.clock.now += 2.0
    transport.received.append(Shape(Shaping(Profile="mim")).uid(f"1.{job.rtstruct}"))
    worker.turn()
    assert (results.of(job).state, results.of(job).tries) == (DeliveryState.DELIVERED, 1)


def test_what_did_not_arrive_until_then_is_sent_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    assert results.table.change(results.of(job), step=Step.UNSURE, tries=1)
    worker, transport = worker_of(results, rich.rich_file(), Profile="mim", settle_seconds=60.0)
    worker.turn()
    results.clock.now += 61.0
    worker.turn()
    assert len(transport.received) == 1
    assert (results.of(job).state, results.of(job).tries) == (DeliveryState.DELIVERED, 2)
