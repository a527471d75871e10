"""The monthly report: every transfer, refusal, exception and open item of a month, and the state of the chain."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.errors import EvidenceRefused
from model.evidence.anchor import anchor_head
from model.evidence.chain import Chain
from model.evidence.code import new_code, printed
from model.evidence.event import Event
from model.evidence.files import month_files
from model.evidence.signed import DocumentKind, open_signed
from model.evidence.signing import SigningKey
from plugin.evidence.paper.signature import make_seal
from plugin.evidence.report import Month, issue_report
from plugin.evidence.report_pages import report_pdf
from plugin.settings.evidence import EvidenceSection, Party, Recipient
from tests.builders.evidence import LIFE, Clock, digest, open_chain, record_job, record_local_job
from tests.builders.pdf_text import text_of

KEY = SigningKey.new()
EVIDENCE = EvidenceSection(
    Controller=Party(Name="University Hospital Musterstadt", Address="Am Klinikum 1"),
    Recipients={"cloud": Recipient(Name="Contour Services", Country="Germany")},
)
NOVEMBER = Month.parse("2026-11")
ISSUED = datetime(2026, 12, 1, 3, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 10, 30, 9, tzinfo=UTC))


@pytest.fixture
def chain(tmp_path: Path, clock: Clock) -> Chain:
    return open_chain(tmp_path, KEY, clock)


def body(chain: Chain) -> dict[str, Any]:
    return open_signed(
        DocumentKind.REPORT, issue_report(chain, NOVEMBER, EVIDENCE, [KEY.public], time=ISSUED), [KEY.public]
    )


def test_totals_lines_and_days_are_those_of_the_month(chain: Chain, clock: Clock) -> None:
    record_job(chain)
    clock.now = datetime(2026, 11, 3, 9, tzinfo=UTC)
    remote, local = record_job(chain), record_local_job(chain)
    clock.now = datetime(2026, 12, 1, 0, tzinfo=UTC)
    record_job(chain)
    document = body(chain)
    assert document["Totals"] == {
        "BytesSent": 63_456_789,
        "ImagesSent": 120,
        "Jobs": 2,
        "KeysDestroyed": 2,
        "LocalDeletions": 2,
        "Outcomes": {"done": 2},
        "Records": len(chain.records(month="2026-11")) - 1,  # its closing record was written in December
        "RemoteDeletionsByVerification": {"RECEIPT": 1},
        "SeriesByTarget": {"cloud": 1},
        "SeriesSent": 1,
    }
    assert [line["EvidenceCode"] for line in document["Transfers"]] == [printed(remote), printed(local)]
    assert document["Daily"][2] == {"Day": 3, "Done": 2, "Failed": 0, "Refused": 0}
    assert sum(day["Done"] for day in document["Daily"]) == 2
    assert len(document["Daily"]) == 30
    assert document["Complete"] is True


def test_a_job_that_runs_over_the_end_of_the_month_is_open_then_and_closed_in_the_next(
    chain: Chain, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    code = record_job(chain, until=Event.SENT)
    document = body(chain)
    assert [item["EvidenceCode"] for item in document["OpenItems"]] == [printed(code)]
    assert document["OpenItems"][0]["Missing"] == ["LOCAL_DELETED", "KEY_DESTROYED", "REMOTE_DELETED"]
    clock.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    for event, facts in LIFE[5:]:
        chain.append(event, code, facts)
    chain.append(Event.CLOSED, code, {"outcome": "done", "duration_ms": 1})
    again = body(chain)
    assert again["OpenItems"], "at the end of November it was still open"
    december = issue_report(chain, Month.parse("2026-12"), EVIDENCE, [KEY.public], time=ISSUED)
    assert december["document"]["body"]["OpenItems"] == []
    assert december["document"]["body"]["Complete"] is False


def test_every_refusal_failure_and_exception_is_listed_with_its_reason(chain: Chain, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 5, tzinfo=UTC)
    excluded, refused, rejected, failed = (new_code() for _ in range(4))
    for code in (excluded, refused, rejected, failed):
        chain.append(LIFE[0][0], code, LIFE[0][1])
    chain.append(Event.EXCLUDED, excluded, {"code": "OBJECTION"})
    chain.append(Event.SELF_CHECKED, refused, {"passed": False, "findings": {"PATIENT_NAME": 2}})
    chain.append(Event.REMOTE_REJECTED, rejected, {"findings": {"FILE_META": 1}, "receipt": digest("rejected")})
    chain.append(Event.FAILED, failed, {"code": "ENGINE_MEMORY", "stage": "draw"})
    chain.append(Event.ALERT_RAISED, rejected, {"alert": "REMOTE_REFUSAL"})
    chain.append(Event.SUBJECT_ASKED, None, {"jobs": 1})
    document = body(chain)
    assert [(item["EvidenceCode"], item["Event"], item["Code"], item["Findings"]) for item in document["Refusals"]] == [
        (printed(excluded), "EXCLUDED", "OBJECTION", {}),
        (printed(refused), "SELF_CHECKED", None, {"PATIENT_NAME": 2}),
        (printed(rejected), "REMOTE_REJECTED", None, {"FILE_META": 1}),
        (printed(failed), "FAILED", "ENGINE_MEMORY", {}),
    ]
    assert [item["Event"] for item in document["Exceptions"]] == ["ALERT_RAISED"]
    assert document["Rights"] == {"SUBJECT_ASKED": 1}


def test_changes_versions_and_anchors_are_listed(chain: Chain, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 5, tzinfo=UTC)
    chain.append(Event.CONFIG_CHANGED, None, {"before": digest("a"), "after": digest("b"), "software_version": "0.1.0"})
    record_job(chain)
    anchor_head(chain, time=clock.now)
    document = body(chain)
    assert [item["Event"] for item in document["Changes"]] == ["CONFIG_CHANGED"]
    assert document["Versions"]["model hu-ct"] == ["1.0"]
    assert [anchor["Countersigned"] for anchor in document["Anchors"]] == [False]


def test_how_long_images_were_outside_is_counted(chain: Chain, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 5, tzinfo=UTC)
    record_job(chain)
    record_job(chain, until=Event.SENT)
    record_local_job(chain)
    stays = {stay["Stay"]: stay["Series"] for stay in body(chain)["Abroad"] if stay["Series"]}
    assert stays == {"under 1 min": 1, "still there": 1}


def test_a_changed_chain_makes_a_report_that_says_so_first(chain: Chain, clock: Clock, tmp_path: Path) -> None:
    clock.now = datetime(2026, 11, 5, tzinfo=UTC)
    record_job(chain)
    path = month_files(tmp_path)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"rule":2', b'"rule":3')
    path.write_bytes(b"".join(lines))
    signed = issue_report(chain, NOVEMBER, EVIDENCE, [KEY.public], time=ISSUED)
    document = signed["document"]["body"]
    assert document["Chain"]["Verified"] is False
    assert document["Chain"]["FirstBrokenRecord"]["Change"] == "edited"
    text = text_of(report_pdf(signed, EVIDENCE.site, make_seal(EVIDENCE.site)))
    assert "The record was changed" in text


def test_the_pdf_shows_what_the_json_says(chain: Chain, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 5, tzinfo=UTC)
    code = record_job(chain)
    signed = issue_report(chain, NOVEMBER, EVIDENCE, [KEY.public], time=ISSUED)
    text = text_of(report_pdf(signed, EVIDENCE.site, make_seal(EVIDENCE.site)))
    for said in (
        "The record is intact; every job is closed",
        "Contour Services",
        "Am Klinikum 1",
        "Jobs closed, by day",
    ):
        assert said in text
    assert printed(code) in text.replace(" ", "") or printed(code) in text


def test_issuing_a_report_is_itself_on_record(chain: Chain) -> None:
    signed = issue_report(chain, NOVEMBER, EVIDENCE, [KEY.public], time=ISSUED)
    last = chain.records()[-1]
    assert last.event is Event.REPORT_ISSUED
    assert last.facts == {"month": "2026-11", "digest": signed["sha256"], "jobs": 0}


def test_a_month_without_records_has_a_report_too(chain: Chain) -> None:
    document = body(chain)
    assert document["Transfers"] == []
    assert document["Chain"]["FirstRecord"] is None


@pytest.mark.parametrize("text", ["2026-13", "11-2026", "", "2026"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(EvidenceRefused, match="YYYY-MM"):
        Month.parse(text)
