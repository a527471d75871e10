"""A job that another gateway took over has records in two chains under one code; any gateway answers for it whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.errors import EvidenceRefused
from model.evidence.code import new_code, printed
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.signed import DocumentKind, open_signed
from plugin.evidence.alerts import Kind
from plugin.evidence.certificate_pages import certificate_blocks, certificate_pdf
from plugin.evidence.ended_jobs import CLOSING, EndedJob
from plugin.evidence.group.mirror import MISSING
from plugin.evidence.paper.blocks import Table, Verdict
from plugin.evidence.paper.signature import PdfSeal
from plugin.evidence.parts import parts_of
from plugin.evidence.report_pages import report_blocks, report_pdf
from plugin.evidence.service import EvidenceService
from plugin.settings.evidence import EvidenceSection
from plugin.state.chain_tables import chain_records
from plugin.state.database import open_database
from tests.builders.evidence import record_job, record_local_job
from tests.builders.group_evidence import FIRST, SECOND, Member, member, restarted
from tests.builders.postgresql_databases import new_database

DELETED: Facts = {"files": 121, "left": 0, "verified": "LISTED", "orthanc_copies": 0, "orthanc_verified": "LOOKED_UP"}


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = open_database(new_database())
    yield made
    made.dispose()


@pytest.fixture
def pair(tmp_path: Path, engine: sa.Engine) -> tuple[Member, Member]:
    return member(tmp_path, engine, FIRST), member(tmp_path, engine, SECOND)


def service(one: Member, engine: sa.Engine, ended: tuple[EndedJob, ...] = ()) -> EvidenceService:
    folder = one.folder.parent / f"service-{one.gateway}"
    folder.mkdir(exist_ok=True)
    return EvidenceService(
        one.chain,
        engine,
        folder,
        EvidenceSection(),
        transfer_hours=24.0,
        host="host",
        ended=lambda: ended,
        group=one.group,
    )


def taken_over(first: Member, second: Member) -> str:
    """The first gateway is killed while it draws; the second does the job."""
    code = record_job(first.chain, until=Event.SELF_CHECKED)
    second.chain.append(Event.TAKEN_OVER, code, {"gateway": FIRST, "stage": "draw"})
    record_local_job(second.chain, code=code)
    first.copy()
    second.copy()
    return code


def handed_over(first: Member, code: str) -> None:
    """The first gateway is back, and erases what it still has."""
    first.chain.append(Event.LOCAL_DELETED, code, DELETED)
    first.chain.append(Event.HANDED_OVER, code, {"gateway": SECOND})
    first.copy()


def test_any_gateway_certifies_a_job_of_another(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, second = pair
    code = record_job(first.chain)
    first.copy()
    signed = service(second, engine).certificate(printed(code))
    body = open_signed(DocumentKind.CERTIFICATE, signed, [second.chain.public_key])
    assert body["State"] == "closed"
    assert [part["Gateway"] for part in body["Gateways"]] == [FIRST]
    assert body["Records"] == [record.document() for record in first.chain.records(code)]


def test_the_certificate_says_who_had_the_job_and_what_is_not_gone_yet(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, second = pair
    code = taken_over(first, second)
    for one in pair:
        body = service(one, engine).certificate(code)["document"]["body"]
        assert [part["Gateway"] for part in body["Gateways"]] == [FIRST, SECOND]
        assert body["State"] == "open", "the disk of the first gateway may still hold the copy"
        assert body["Missing"] == ["LOCAL_DELETED"]
        assert body["Outcome"] == "done"
        assert {step["Gateway"] for step in body["Times"]} == {FIRST, SECOND}
    handed_over(first, code)
    for one in pair:
        signed = service(one, engine).certificate(code)
        body = signed["document"]["body"]
        assert body["State"] == "closed"
        assert body["Missing"] == []
        assert any("had stopped" in sentence for sentence in body["Statements"])
        blocks = certificate_blocks(body, signed["sha256"], signed["document"]["key"])
        assert any(isinstance(block, Verdict) and "Closed" in block.title for block in blocks)
        tables = [block for block in blocks if isinstance(block, Table) and block.columns[0] == "Gateway"]
        assert [[row[0] for row in table.rows] for table in tables] == [[FIRST, SECOND]]
        assert certificate_pdf(signed, "Site", PdfSeal.load_or_create(one.folder.parent, "Site")).startswith(b"%PDF")


def test_parts_are_in_order_whatever_the_clocks_of_the_gateways_say(pair: tuple[Member, Member]) -> None:
    first, second = pair
    code = new_code()
    second.chain.append(Event.TAKEN_OVER, code, {"gateway": FIRST})
    first.chain.append(Event.RECEIVED, code, {"instances": 3, "modality": "CT", "origin": "STORED"})
    for _ in range(2):
        first.chain.append(Event.SUBJECT_ASKED, None, {"jobs": 0})
    first.chain.append(Event.TAKEN_OVER, code, {"gateway": SECOND})
    chains = {one.gateway: one.chain.records(code) for one in (second, first)}
    parts = parts_of(chains)
    assert [(part.gateway, part.last) for part in parts] == [(FIRST, False), (SECOND, False), (FIRST, True)]


def test_a_certificate_is_refused_where_a_copy_was_changed(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, second = pair
    code = record_job(first.chain)
    first.copy()
    row = chain_records.c
    with engine.begin() as connection:
        line = connection.execute(sa.select(row.line).where(row.code == code, row.event == "CLOSED")).scalar_one()
        changed = line.replace('"outcome":"done"', '"outcome":"failed"')
        connection.execute(sa.update(chain_records).where(row.code == code, row.event == "CLOSED").values(line=changed))
    with pytest.raises(EvidenceRefused) as refused:
        service(second, engine).certificate(code)
    assert refused.value.code == "EVIDENCE_MIRROR"
    assert FIRST in refused.value.message


def test_an_ended_job_is_closed_by_any_chain_of_the_group(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, second = pair
    code = record_job(first.chain)
    first.copy()
    ended = EndedJob(code, datetime.now(UTC) - 2 * CLOSING)
    assert service(second, engine, (ended,)).verify().valid


def test_an_ended_job_that_no_chain_closes_is_named_once_its_record_had_time_to_come(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    late = EndedJob(new_code(), datetime(2027, 1, 1, tzinfo=UTC))
    lost = EndedJob(new_code(), datetime.now(UTC) - CLOSING - timedelta(minutes=1))
    assert service(pair[0], engine, (late,)).verify().valid
    answer = service(pair[0], engine, (lost,)).verify()
    assert answer.broken is not None
    assert "1 jobs of the table" in answer.broken.why


def test_a_copy_that_differs_is_an_alert_of_its_own(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, second = pair
    record_job(second.chain)
    second.copy()
    evidence = service(first, engine)
    evidence.verify()
    assert evidence.update_alerts() == ()
    row = chain_records.c
    with engine.begin() as connection:
        connection.execute(sa.delete(chain_records).where(row.gateway == SECOND, row.sequence == 4))
    answer = evidence.verify()
    assert not answer.valid
    assert answer.to_json()["FirstBroken"]["Gateway"] == SECOND
    assert [alert.kind for alert in evidence.update_alerts()] == [Kind.MIRROR_DIFFERS]
    again = service(first, engine)
    assert [alert.kind for alert in again.update_alerts()] == [Kind.MIRROR_DIFFERS], "nobody has looked since"
    second.copy()
    with engine.begin() as connection:
        connection.execute(sa.delete(chain_records).where(row.gateway == SECOND))
    second.chain.append(Event.SUBJECT_ASKED, None, {"jobs": 0})
    second.copy()
    assert again.verify().valid
    assert again.update_alerts() == ()


def test_rows_that_vanished_are_an_alert_also_when_a_kill_came_before_anybody_looked(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, _ = pair
    record_job(first.chain)
    first.copy()
    with engine.begin() as connection:
        connection.execute(sa.delete(chain_records).where(chain_records.c.gateway == FIRST))
    record_job(first.chain)
    first.copy()
    started = service(restarted(first, engine), engine)
    assert [(alert.kind, alert.reason) for alert in started.update_alerts()] == [(Kind.MIRROR_DIFFERS, MISSING)]
    assert started.verify().valid
    assert started.update_alerts() == ()


def test_patients_are_answered_from_all_chains(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, _ = pair
    code = record_job(first.chain)
    first.copy()
    for one in pair:
        # The key of the index is the group's; here each service has its own.
        evidence = service(one, engine)
        evidence.subjects.remember("PAT-1", "1.2.3", code)
        (job,) = evidence.subject("PAT-1")["Jobs"]
        assert job["Outcome"] == "done"


def test_the_report_of_a_month_is_over_all_chains_whoever_issues_it(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, second = pair
    taken = taken_over(first, second)
    alone = record_job(first.chain)
    for one in pair:
        one.copy()
        one.cross()
        one.copy()
    for one in pair:
        signed = service(one, engine).report("2026-11")
        body = open_signed(DocumentKind.REPORT, signed, [one.chain.public_key])
        assert {line["EvidenceCode"]: line["Outcome"] for line in body["Transfers"]} == {
            printed(taken): "done",
            printed(alone): "done",
        }
        assert [(item["EvidenceCode"], item["Missing"]) for item in body["OpenItems"]] == [
            (printed(taken), ["LOCAL_DELETED"])
        ]
        assert [chain["Gateway"] for chain in body["Chains"]] == [FIRST if one is second else SECOND]
        assert body["Chain"]["Verified"]
        assert {change["Chain"] for change in body["Changes"]} == {FIRST, SECOND}
        assert service(one, engine).report("2026-11") == signed, "the same is not issued twice"
        assert report_pdf(signed, "Site", PdfSeal.load_or_create(one.folder.parent, "Site")).startswith(b"%PDF")
    handed_over(first, taken)
    assert service(second, engine).report("2026-11")["document"]["body"]["OpenItems"] == []


def test_a_report_says_which_chain_was_changed(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, second = pair
    taken_over(first, second)
    row = chain_records.c
    with engine.begin() as connection:
        connection.execute(sa.delete(chain_records).where(row.gateway == FIRST, row.sequence == 4))
    signed = service(second, engine).report("2026-11")
    body = signed["document"]["body"]
    assert not body["Chain"]["Verified"]
    assert body["Chain"]["FirstBrokenRecord"] == {"Sequence": 4, "Change": "removed", "Gateway": FIRST}
    blocks = report_blocks(body, signed["sha256"])
    assert any(isinstance(block, Verdict) and f"of gateway {FIRST}" in block.text for block in blocks)
