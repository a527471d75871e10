"""A marked patient goes through a whole month of evidence, and no mark comes out anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.errors import AutocontourError
from model.evidence.anchor import anchor_head
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from plugin.evidence.alerts import Alert, Kind
from plugin.evidence.audit.message import audit_message
from plugin.evidence.certificate import issue_certificate
from plugin.evidence.certificate_pages import certificate_pdf
from plugin.evidence.paper.signature import make_seal
from plugin.evidence.report import Month, issue_report
from plugin.evidence.report_pages import report_pdf
from plugin.evidence.subjects import Subjects, Swept, load_index_key, subject_answer
from plugin.settings.evidence import EvidenceSection
from plugin.state.database import open_database
from tests.builders.evidence import LIFE, Clock, open_chain, record_job, record_local_job
from tests.builders.pdf_text import streams_of, text_of

KEY = SigningKey.new()
PATIENT_ID, NAME, BIRTH = "MRK7734021", "Markerfrau^Ottilie", "19310417"
SERIES, STUDY = "1.2.826.0.1.3680043.8.498.77340211", "1.2.826.0.1.3680043.8.498.7734021"
TEXT = "Verlaufskontrolle nach Markerbefund"


def orthanc_identifiers() -> list[str]:
    """Orthanc's own identifiers of the marked patient: SHA-1 of PatientID and UIDs, in five groups."""
    parts = (PATIENT_ID, f"{PATIENT_ID}|{STUDY}", f"{PATIENT_ID}|{STUDY}|{SERIES}")
    digests = [hashlib.sha1(part.encode()).hexdigest() for part in parts]
    return ["-".join(digest[start : start + 8] for start in range(0, 40, 8)) for digest in digests]


def marks() -> Iterable[bytes]:
    """Everything that may not come out: the marks, their parts, their unsalted digests, Orthanc's identifiers."""
    plain = (PATIENT_ID, *NAME.split("^"), BIRTH, SERIES, STUDY, *TEXT.split()[::3], "7734021", "1931-04-17")
    yield from (mark.encode() for mark in plain)
    for mark in (PATIENT_ID, NAME, BIRTH, SERIES, STUDY):
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(algorithm, mark.encode())
            yield digest.hexdigest().encode()
            yield base64.b64encode(digest.digest()).rstrip(b"=")
    for identifier in orthanc_identifiers():
        yield identifier.encode()
        yield identifier.replace("-", "").encode()


def assert_clean(content: bytes, where: str) -> None:
    folded = content.lower()
    assert not [mark for mark in marks() if mark.lower() in folded], where


def test_a_whole_month_of_evidence_holds_no_mark_of_the_patient(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 2, 9, tzinfo=UTC))
    subjects = Subjects(open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}"), load_index_key(tmp_path / "key"))
    seal = make_seal("University Hospital Musterstadt")
    with open_chain(tmp_path / "chain", KEY, clock) as chain:
        codes = [record_job(chain), record_local_job(chain), record_job(chain, until=Event.SENT)]
        for code in codes:
            subjects.remember(PATIENT_ID, SERIES, code)
        subjects.set_objection(PATIENT_ID, chain)
        told = [json.dumps(subject_answer(subjects, PATIENT_ID, chain)).encode()]
        anchor_head(chain, time=clock.now)
        for code in codes:
            signed = issue_certificate(chain, code)
            pdf = certificate_pdf(signed, "University Hospital Musterstadt", seal)
            told += [json.dumps(signed).encode(), pdf, text_of(pdf).encode(), *streams_of(pdf)]
        report = issue_report(chain, Month.parse("2026-11"), EvidenceSection(), [KEY.public], time=clock.now)
        pdf = report_pdf(report, "University Hospital Musterstadt", seal)
        told += [json.dumps(report).encode(), pdf, text_of(pdf).encode(), *streams_of(pdf)]
        subjects.erase(PATIENT_ID, chain, lambda codes: Swept(3, 0, 0))
        told += [audit_message(record, "gateway-1", "host-1").encode() for record in chain.records()]
        told += [json.dumps(Alert(Kind.TRANSFER_OVERDUE, "2026-11-03", code).to_json()).encode() for code in codes]
    told += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(told) > 60
    for number, content in enumerate(told):
        assert_clean(content, f"document {number}: {content[:60]!r}")


@pytest.mark.parametrize("event", [event for event, _ in LIFE])
def test_a_careless_caller_cannot_bring_a_mark_into_any_record(tmp_path: Path, event: Event) -> None:
    """Put each mark into each fact of each event, as a value and as a key."""
    usual = dict(LIFE)[event]
    with open_chain(tmp_path, KEY) as chain:
        code = record_job(chain, until=Event.RECEIVED)
        for name in (*usual, "description", "patient", "code"):
            for mark in (PATIENT_ID, NAME, BIRTH, SERIES, STUDY, TEXT, *orthanc_identifiers()):
                for value in (mark, {mark: 1}, [mark], mark.lower()):
                    careless: Any = dict(usual) | {name: value}
                    with pytest.raises(AutocontourError) as refused:
                        chain.append(event, code, careless)
                    assert_clean(str(refused.value).encode(), "the error's own message")
    assert_clean(b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()), "the chain")
