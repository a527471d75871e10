"""A model at a vendor's node is commissioned on studies in Orthanc; then a rule that demands it lets its jobs run."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from model.evidence.event import Event
from model.evidence.files import read_records
from plugin.cli import main
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, free_port
from tests.builders.phantom import files_of, phantom_series
from tests.builders.vendor import Vendor, square

Start = Callable[..., OrthancProcess]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    box = Vendor(lambda slices: [square(slices)], 0).start()
    yield box
    box.stop()


@pytest.fixture
def orthanc(start_orthanc: Start, vendor: Vendor) -> OrthancProcess:
    """An Orthanc whose only rule sends to the node, and demands a report."""
    vendor.orthanc_port = free_port()
    target = {"Type": "dicom", "Modality": "box", "DeadlineMinutes": 2, "Models": ["theirs"]}
    then = {"Model": "theirs", "Target": "box", "RequireCommissioned": True}
    return start_orthanc(
        section={"Targets": {"box": target}, "Rules": [AXIAL_CT | {"Then": then}]},
        options={"DicomModalities": {"box": ["BOX", "127.0.0.1", vendor.port]}},
        dicom_port=vendor.orthanc_port,
    )


def approved(slices: list[Dataset], status: str = "APPROVED") -> bytes:
    """What a physician approved: the vendor's square, with another structure on each slice."""
    dataset = square(slices, beside="Lung_L")
    dataset.ApprovalStatus = status
    content = io.BytesIO()
    pydicom.dcmwrite(content, dataset)
    return content.getvalue()


def refused_case(orthanc: OrthancProcess, status: str) -> dict[str, Any]:
    """A series that the rule refused, with a structure set of that status beside it."""
    slices = phantom_series()
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert (job["State"], job["Error"]["Code"]) == ("failed", "NOT_COMMISSIONED"), job["Error"]
    orthanc.store(approved(slices, status))
    return job


def commission(orthanc: OrthancProcess, paper: Path, *cases: str) -> int:
    at = ("--model", "theirs", "--target", "box", "--url", orthanc.url)
    return main(["commission", *at, *cases, "-o", str(paper)])


def test_a_model_at_a_node_is_commissioned_on_studies_in_orthanc(
    orthanc: OrthancProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, other = refused_case(orthanc, "APPROVED"), refused_case(orthanc, "UNAPPROVED")
    paper = tmp_path / "report.pdf"
    assert commission(orthanc, paper, case["Study"], other["Series"]) == 0
    said = capsys.readouterr()
    assert "COMMISSION_NOT_APPROVED" in said.err
    assert "does not tell the digest" in said.err
    document = json.loads(paper.with_suffix(".json").read_bytes())
    assert (document["Target"], document["ModelDigest"]) == ("box", "")
    heart, unnamed = document["Structures"]
    assert (heart["Name"], heart["Cases"], heart["Untouched"]) == ("Heart", 1, 1)
    assert (unnamed["Name"], unnamed["Cases"]) == (None, 1)
    assert [one["Case"] for one in document["Unusable"]] == [2]
    (warning,) = [one for one in orthanc.job_of(case["Series"])["Warnings"] if "no report is registered" in one]
    assert warning in document["Cases"][0]["Warnings"]

    assert main(["commission", "--register", str(paper.with_suffix(".json")), "--url", orthanc.url]) == 0
    (registered,) = orthanc.json("/autocontour/commissioned")
    assert (registered["Target"], registered["ModelDigest"]) == ("box", "")
    done = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert done["State"] == "done", done["Error"]
    assert done["Rule"] is not None
    records = read_records(orthanc.state / "evidence" / "chain")
    (stored, *_) = [one for one in reversed(list(records)) if one.event is Event.STORED]
    assert stored.facts["report"] == registered["Report"]


def test_a_case_that_is_no_id_of_orthanc_is_said(
    orthanc: OrthancProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commission(orthanc, tmp_path / "report.pdf", "1.2.3", "0" * 8 + "-00000000" * 4) == 1
    said = capsys.readouterr().err
    assert said.count("COMMISSION_UNKNOWN") == 2
    assert "COMMISSION_NO_CASE" in said
