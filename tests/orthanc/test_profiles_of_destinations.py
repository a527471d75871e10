"""A destination with a profile gets an object of its own, proved to be there by its own UID, and kept nowhere else."""

from __future__ import annotations

import copy
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.builders.delivering import configured, contoured, delivered_though_killed, dicom, ended, introduce, once
from tests.builders.dicom_node import DicomNode
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, free_port, until
from tests.orthanc.test_results_are_delivered import qrscp
from tests.unit.model.rtstruct.test_validators import dciodvfy

WISHES: dict[str, Any] = {"Rois": ["Lung_?", "ext*"], "Label": "AI {Model}", "Colours": {"Lung_L": [1, 2, 3]}}


@dataclass
class Hospital:
    """An Orthanc that delivers, the nodes by the name of their destination, a second Orthanc, and a folder."""

    orthanc: OrthancProcess
    nodes: dict[str, DicomNode]
    other: OrthancProcess
    folder: Path


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    if shutil.which("dcmqrscp") is None:
        pytest.skip("needs Debian's dcmtk: ./setup.sh test")
    place = tmp_path_factory.mktemp("hospital")
    folder = place / "watched"
    folder.mkdir()
    other = OrthancProcess(place / "other", plugin=False)
    archive_port = free_port()
    nodes = {name: DicomNode() for name in ("found", "committed", "wishes", "nothing", "back")}
    destinations = {
        "found": dicom("found", Profile="eclipse", What=["IMAGES", "RTSTRUCT"]),
        "committed": dicom("committed", "commitment", Profile="raystation"),
        "wishes": dicom("wishes", Profile="mim", **WISHES),
        "back": dicom("back", Profile="eclipse"),
        "nothing": dicom("nothing", Profile="monaco", Rois=["GTV*"]),
        "archive": dicom("archive", Profile="pinnacle"),
        "peer": {"Type": "peer", "Peer": "other", "Profile": "eclipse", "What": ["IMAGES", "RTSTRUCT"]},
        "folder": {"Type": "folder", "Path": str(folder), "Profile": "eclipse"},
    }
    section, options = configured(destinations, nodes)
    options["DicomModalities"] |= {"archive": ["ARCHIVE", "127.0.0.1", archive_port]}
    options["OrthancPeers"] = {"other": [f"{other.url}/"]}
    orthanc = OrthancProcess(place / "orthanc", section=section, options=options)
    archive = qrscp(place / "archive", archive_port)
    try:
        other.start()
        orthanc.start()
        introduce(orthanc, *(node.start() for node in nodes.values()))
        yield Hospital(orthanc, nodes, other, folder)
    finally:
        for node in nodes.values():
            node.stop()
        archive.kill()
        archive.wait()
        for one in (orthanc, other):
            one.stop()


def stored_uid(orthanc: OrthancProcess, job: dict[str, Any]) -> str:
    return str(orthanc.json(f"/instances/{job['Rtstruct']}")["MainDicomTags"]["SOPInstanceUID"])


def structure_sets(node: DicomNode) -> list[Dataset]:
    return [one for one in node.kept.values() if one.Modality == "RTSTRUCT"]


def content_of(dataset: Dataset) -> bytes:
    written, stream = copy.deepcopy(dataset), io.BytesIO()
    if hasattr(written, "file_meta"):
        del written.file_meta
    written.save_as(stream, enforce_file_format=True, implicit_vr=True, little_endian=True)
    return stream.getvalue()


def validated(dataset: Dataset, path: Path) -> list[str]:
    dataset.save_as(path, enforce_file_format=True, implicit_vr=True, little_endian=True)
    return dciodvfy(path)


def test_another_object_is_found_there_and_kept_nowhere_else(hospital: Hospital, tmp_path: Path) -> None:
    orthanc, node = hospital.orthanc, hospital.nodes["found"]
    job = contoured(orthanc, "found")
    stored = stored_uid(orthanc, job)
    before = orthanc.json("/statistics")["CountInstances"]
    one = ended(orthanc, job)
    assert (one["State"], one["Proof"], one["Tries"]) == ("delivered", "find", 1)
    (made,) = structure_sets(node)
    assert stored not in node.kept
    assert str(made.SOPInstanceUID).startswith("2.25.")
    assert node.order[-1] == made.SOPInstanceUID
    assert orthanc.json("/statistics")["CountInstances"] == before
    images = {uid for uid in node.kept if uid != made.SOPInstanceUID}
    drawn = {
        str(image.ReferencedSOPInstanceUID)
        for roi in made.ROIContourSequence
        for contour in roi.ContourSequence
        for image in contour.ContourImageSequence
    }
    assert drawn
    assert drawn <= images
    assert validated(made, tmp_path / "made.dcm") == []


def test_it_is_sent_again_as_the_same_object(hospital: Hospital) -> None:
    orthanc, node = hospital.orthanc, hospital.nodes["committed"]
    job = contoured(orthanc, "committed")
    one = ended(orthanc, job)
    assert (one["State"], one["Proof"]) == ("delivered", "commitment")
    (made,) = structure_sets(node)
    assert orthanc.post(f"/autocontour/jobs/{job['ID']}/deliver").status_code == 202
    until(lambda: node.received[str(made.SOPInstanceUID)] == 2, "it is sent again")
    assert ended(orthanc, job)["State"] == "delivered"
    assert set(node.received) == {str(made.SOPInstanceUID)}


def test_what_the_site_wishes_is_sent_and_what_was_left_out_is_said(hospital: Hospital, tmp_path: Path) -> None:
    orthanc, node = hospital.orthanc, hospital.nodes["wishes"]
    job = contoured(orthanc, "wishes")
    assert ended(orthanc, job)["State"] == "delivered"
    (made,) = structure_sets(node)
    names = [str(roi.ROIName) for roi in made.StructureSetROISequence]
    assert set(names[:2]) == {"Lung_L", "Lung_R"}
    assert names[2:] == ["External"]
    assert str(made.StructureSetLabel) == "AI hu-ct"
    numbers = {str(roi.ROIName): roi.ROINumber for roi in made.StructureSetROISequence}
    (left,) = [one for one in made.ROIContourSequence if one.ReferencedROINumber == numbers["Lung_L"]]
    assert list(map(int, left.ROIDisplayColor)) == [1, 2, 3]
    said = orthanc.json(f"/autocontour/jobs/{job['ID']}")["Warnings"]
    assert any(one.startswith("To wishes (profile mim): left out, not in Rois: ") for one in said)
    assert validated(made, tmp_path / "made.dcm") == []


def test_what_comes_back_unchanged_is_ours_and_an_edit_that_names_it_is_compared(hospital: Hospital) -> None:
    orthanc, node = hospital.orthanc, hospital.nodes["back"]
    job = contoured(orthanc, "back")
    ended(orthanc, job)
    (made,) = structure_sets(node)
    edited = copy.deepcopy(made)
    predecessor = Dataset()
    predecessor.ReferencedSOPClassUID, predecessor.ReferencedSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    edited.PredecessorStructureSetSequence = [predecessor]
    edited.SOPInstanceUID, edited.SeriesInstanceUID = generate_uid(), generate_uid()
    back, changed = (orthanc.store(content_of(one))["ID"] for one in (made, edited))

    def versions() -> list[dict[str, Any]]:
        shown = orthanc.json(f"/autocontour/quality/{job['ID']}")["Versions"]
        return list(shown) if all(one["State"] != "waiting" for one in shown) else []

    (version,) = until(versions, "the edit is compared")
    assert (version["Instance"], version["Link"], version["State"]) == (changed, "predecessor", "compared")
    series = orthanc.json(f"/instances/{back}")["ParentSeries"]

    def state() -> Any:
        shown = orthanc.json(f"/autocontour/series/{series}").get("StructureSets", [])
        return next((one["State"] for one in shown if one["State"] != "new"), None)

    assert until(state, "what came back is looked at") == "ours"


def test_nothing_is_sent_where_no_roi_is_left(hospital: Hospital) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, "nothing"))
    assert (one["State"], one["Status"], one["Tries"]) == ("refused", "DELIVERY_NO_ROI", 0)
    assert hospital.nodes["nothing"].received == {}


def test_dcmtks_archive_has_it_by_its_own_uid(hospital: Hospital) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, "archive"))
    assert (one["State"], one["Proof"]) == ("delivered", "find")


def test_a_peer_gets_it_without_its_being_stored_here(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "peer")
    one = once(hospital.orthanc, job, lambda one: one["State"] == "sent", "it is sent")
    assert (one["Proof"], one["Status"]) == (None, None)
    assert hospital.other.get(f"/instances/{job['Rtstruct']}").status_code == 404
    modalities = [
        hospital.other.json(f"/series/{series}")["MainDicomTags"]["Modality"]
        for series in hospital.other.json("/series")
    ]
    assert sorted(modalities) == ["CT", "RTSTRUCT"]


def test_a_watched_folder_gets_it_under_its_own_name(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "folder")
    assert ended(hospital.orthanc, job)["State"] == "delivered"
    (path,) = hospital.folder.iterdir()
    made = dcmread(path)
    assert path.name == f"RS.{made.SOPInstanceUID}.dcm"
    assert made.SOPInstanceUID != stored_uid(hospital.orthanc, job)
    assert dciodvfy(path) == []


# Before it sends, a gateway is killed by the last test.
@pytest.mark.parametrize("step", some_of(("before", "after", "asked_to_find"), always=("asked_to_find",)))
def test_a_gateway_killed_between_sending_and_proof_sends_no_second_object(
    start_orthanc: Callable[..., OrthancProcess], step: str
) -> None:
    with DicomNode() as node:
        section, options = configured({"tps": dicom("tps", Profile="eclipse")}, {"tps": node})
        orthanc = start_orthanc(section=section, options=options)
        job, one = delivered_though_killed(orthanc, node, step, "tps")
        assert (one["State"], one["Proof"]) == ("delivered", "find")
        assert list(node.received) != [stored_uid(orthanc, job)]


def test_a_slow_node_is_waited_for_as_long_as_its_modality_says(start_orthanc: Callable[..., OrthancProcess]) -> None:
    with DicomNode(seconds=4.0) as node:
        section, options = configured({"tps": dicom("tps", Profile="eclipse")})
        slow = {"AET": node.title, "Host": "127.0.0.1", "Port": node.port, "Timeout": 120}
        options |= {"DicomModalities": {"tps": slow}, "DicomScuTimeout": 1}
        orthanc = start_orthanc(section=section, options=options)
        one = ended(orthanc, contoured(orthanc, "tps"))
        assert (one["State"], one["Proof"], one["Tries"]) == ("delivered", "find", 1)
        assert list(node.received.values()) == [1]


def test_what_orthanc_goes_on_sending_for_a_killed_gateway_is_not_sent_again(
    start_orthanc: Callable[..., OrthancProcess],
) -> None:
    with DicomNode(seconds=15.0) as node:
        section, options = configured({"tps": dicom("tps", Profile="eclipse", TimeoutSeconds=600)})
        slow = {"AET": node.title, "Host": "127.0.0.1", "Port": node.port, "Timeout": 600}
        options |= {"DicomModalities": {"tps": slow}}
        orthanc = start_orthanc(section=section, options=options)
        _, one = delivered_though_killed(orthanc, node, "before", "tps")
        assert (one["State"], one["Proof"], one["Tries"]) == ("delivered", "find", 1)
