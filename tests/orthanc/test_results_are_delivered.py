"""A result reaches the planning system, and is called delivered only when that is proved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]
RULE = {**AXIAL_CT, "Then": {"Model": "hu-ct", "Deliver": ["tps"]}}


def delivering(
    start: Start, destination: dict[str, Any], node: DicomNode | None = None, **options: Any
) -> OrthancProcess:
    """An Orthanc whose one rule delivers to the destination ``tps``."""
    section = {"Rules": [RULE], "Destinations": {"tps": destination}}
    modalities = {} if node is None else {"DicomModalities": {"eclipse": node.modality}}
    orthanc = start(section=section, options={"DicomAet": "GATEWAY", **modalities, **options})
    if node is not None:
        node.orthanc = ("GATEWAY", orthanc.dicom_port)
    return orthanc


def contoured(orthanc: OrthancProcess) -> dict[str, Any]:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    return job


def settled(orthanc: OrthancProcess, job: dict[str, Any], *states: str, seconds: float = 120) -> dict[str, Any]:
    """The delivery of a job, once it has one of these states."""

    def there() -> Any:
        (one,) = orthanc.json(f"/autocontour/jobs/{job['ID']}")["Delivered"]
        return one["State"] in states and one

    return dict(until(there, f"delivery {' or '.join(states)}; log:\n{orthanc.tail()}", seconds))


def dicom(proof: str, **more: Any) -> dict[str, Any]:
    return {"Type": "dicom", "Modality": "eclipse", "Proof": proof, **more}


def test_a_result_that_is_found_there_is_delivered(start_orthanc: Start) -> None:
    with DicomNode() as node:
        orthanc = delivering(start_orthanc, dicom("find"), node)
        job = contoured(orthanc)
        one = settled(orthanc, job, "delivered")
        assert (one["Destination"], one["Proof"], one["Status"], one["Tries"]) == ("tps", "find", None, 1)
        assert list(node.received.values()) == [1]
        (kept,) = node.kept.values()
        assert kept.Modality == "RTSTRUCT"


def test_a_commitment_is_a_proof(start_orthanc: Start) -> None:
    with DicomNode(finds=False) as node:
        orthanc = delivering(start_orthanc, dicom("commitment"), node)
        one = settled(orthanc, contoured(orthanc), "delivered")
        assert (one["Proof"], one["Tries"]) == ("commitment", 1)
        assert (node.commitments, list(node.received.values())) == (1, [1])


def test_files_for_a_watched_folder_are_whole_and_readable(start_orthanc: Start, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    folder.chmod(0o755)
    orthanc = delivering(start_orthanc, {"Type": "folder", "Path": str(folder), "What": ["IMAGES", "RTSTRUCT"]})
    job = contoured(orthanc)
    one = settled(orthanc, job, "delivered")
    assert one["Proof"] == "answer"
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == job["Instances"] + 1
    (result,) = folder.glob("RS.*.dcm")
    assert result.read_bytes() == orthanc.get(f"/instances/{job['Rtstruct']}/file").content
    assert result.stat().st_mode & 0o777 == 0o644
    assert all(name.startswith(("CT.", "RS.")) and name.endswith(".dcm") for name in names)
