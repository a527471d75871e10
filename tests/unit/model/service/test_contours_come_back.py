"""A clean series sent to the service comes back as contours; nothing is kept, and everything is signed for."""

from __future__ import annotations

import gzip
import hashlib
import io

import pydicom

from model.evidence.receipt import Step, read_receipt
from plugin.privacy.clean import CleanSeries
from tests.builders.service_process import ServiceProcess, SiteClient


def test_the_rtstruct_carries_the_pseudonym_and_every_reference(north: SiteClient, series: CleanSeries) -> None:
    transfer = north.send(series)
    north.wait(transfer, "ready")
    structures = pydicom.dcmread(io.BytesIO(north.fetch(transfer).content))
    assert structures.PatientID == structures.PatientName == series.pseudonym
    study = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    referenced = {item.ReferencedSOPInstanceUID for item in study.RTReferencedSeriesSequence[0].ContourImageSequence}
    assert referenced == {file.sop_instance_uid for file in series}


def test_fetching_deletes_everything_and_the_receipts_say_so(
    service: ServiceProcess, north: SiteClient, series: CleanSeries
) -> None:
    transfer = north.send(series)
    north.wait(transfer, "ready")
    content = north.fetch(transfer).content
    assert north.call("DELETE", f"/v1/transfers/{transfer}").json()["State"] == "deleted"
    assert service.left() == []
    assert north.fetch(transfer).status_code == 410
    receipts = north.receipts(transfer)
    assert north.steps(transfer) == ["VERIFIED", "PROCESSED", "DELETED"]
    read = dict(zip(Step, receipts, strict=False))
    verified = read_receipt(
        receipts[0], [service.key], transfer=transfer, step=Step.VERIFIED, manifest=series.list_digest
    )
    assert verified.facts["instances"] == len(series)
    processed = read_receipt(receipts[1], [service.key], transfer=transfer, step=Step.PROCESSED)
    assert processed.facts["result"] == hashlib.sha256(content).hexdigest()
    deleted = read_receipt(receipts[2], [service.key], transfer=transfer, step=Step.DELETED)
    assert deleted.facts["left"] == 0
    assert deleted.facts["verified"] == "LISTED"
    assert read


def test_images_are_gone_as_soon_as_the_contours_are_drawn(
    service: ServiceProcess, north: SiteClient, series: CleanSeries
) -> None:
    transfer = north.send(series)
    north.wait(transfer, "ready")
    assert [path.name for path in service.left() if path.suffix == ".dcm"] == ["rtstruct.dcm"]
    north.call("DELETE", f"/v1/transfers/{transfer}")


def test_an_upload_goes_on_where_it_stopped(north: SiteClient, series: CleanSeries) -> None:
    transfer = north.open(series)
    for file in series.files[:5]:
        north.put(transfer, file.sop_instance_uid, file.data)
    _, again = north.announce(series.manifest, transfer=transfer)
    assert again.status_code == 201
    assert again.json()["Missing"] == [file.sop_instance_uid for file in series.files[5:]]
    assert north.begin(transfer).status_code == 409
    north.put_all(transfer, series)
    assert north.begin(transfer).json()["State"] in ("queued", "running")
    assert north.wait(transfer, "ready")["Count"] == len(series)
    north.fetch(transfer)


def test_instances_may_come_compressed(north: SiteClient, series: CleanSeries) -> None:
    transfer = north.open(series)
    for file in series:
        answer = north.put(transfer, file.sop_instance_uid, gzip.compress(file.data, 1), Content_Encoding="gzip")
        assert answer.status_code == 200, answer.text
    north.begin(transfer)
    north.wait(transfer, "ready")
    north.fetch(transfer)


def test_instances_may_come_in_one_multipart_body(north: SiteClient, series: CleanSeries) -> None:
    transfer = north.open(series)
    body = b"".join(b"--limit\r\nContent-Type: application/dicom\r\n\r\n" + file.data + b"\r\n" for file in series)
    answer = north.call(
        "POST",
        f"/v1/transfers/{transfer}/instances",
        data=body + b"--limit--\r\n",
        headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=limit'},
    )
    assert answer.json() == {"Received": len(series), "Count": len(series)}, answer.text
    north.begin(transfer)
    north.wait(transfer, "ready")
    north.fetch(transfer)
