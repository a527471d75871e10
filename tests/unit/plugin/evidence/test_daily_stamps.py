"""An independent authority stamps each day's head: asked until it answers, kept, told of, and verified offline."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.evidence.files import ANCHORS_NAME, month_files
from model.evidence.signing import SigningKey
from plugin.commands.evidence import add_parser
from plugin.evidence.paper.signature import make_seal
from plugin.evidence.report_pages import report_pdf
from plugin.evidence.service import EvidenceService
from plugin.settings.evidence import EvidenceSection, read_evidence
from plugin.state.database import open_database
from tests.builders.certificates import make_certificates
from tests.builders.evidence import Clock, open_chain, record_job
from tests.builders.pdf_text import text_of
from tests.builders.stamp_authority import StampAuthority
from tests.builders.tls_front import TlsFront

KEY = SigningKey.new()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StampAuthority]:
    with StampAuthority(tmp_path_factory.mktemp("tsa")) as made:
        yield made


@pytest.fixture
def now() -> datetime:
    """The authority's clock is the real one."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def chain(tmp_path: Path, now: datetime) -> Iterator[Chain]:
    with open_chain(tmp_path / "chain", KEY, Clock(now)) as made:
        record_job(made)
        yield made


def ours(chain: Chain, folder: Path, url: str, roots: Path, **more: Any) -> EvidenceService:
    engine = open_database(f"sqlite:///{folder / 'jobs.sqlite'}")
    section = {"TimeStamp": {"Url": url, "CaFile": str(roots), **more}, "AnchorHour": 0}
    evidence = EvidenceSection.model_validate(section)
    return EvidenceService(chain, engine, folder / "evidence", evidence, transfer_hours=24, host="host-1")


def verify(folder: Path, *arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(), "evidence")
    options = parser.parse_args(["evidence", "verify", *map(str, (folder / "chain", *arguments))])
    return int(options.run(options))


def test_an_authority_that_was_down_is_asked_again_and_no_outage_leaves_a_trail(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority
) -> None:
    service = ours(chain, tmp_path, authority.url, authority.roots)
    with authority.down():
        assert service.anchor(now).stamp_failure == "TIME_STAMP_UNREACHABLE"
        records, asked = chain.head().sequence, authority.asked
        for minute in range(60):
            service.ask_witnesses(now + timedelta(minutes=minute))
        assert authority.asked - asked == 5, "after 1, 3, 7, 15 and 31 minutes"
        assert chain.head().sequence == records
        shown = service.time_stamp()
        assert shown is not None
        assert (shown["Stamped"], shown["Reason"]) == (None, "TIME_STAMP_UNREACHABLE")
    service.ask_witnesses(now + timedelta(hours=2))
    shown = service.time_stamp()
    assert shown is not None
    assert (shown["Stamped"] is not None, shown["Reason"], shown["Since"]) == (True, None, None)
    stamped = chain.head().sequence
    assert stamped == records + 1
    service.ask_witnesses(now + timedelta(hours=3))
    assert chain.head().sequence == stamped, "today's head has its stamp"
    assert service.verify().valid


def test_after_a_restart_today_s_stamp_is_known_and_a_new_day_lacks_one(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority
) -> None:
    assert ours(chain, tmp_path, authority.url, authority.roots).anchor(now).stamped
    again, asked = ours(chain, tmp_path, authority.url, authority.roots), authority.asked
    again.ask_witnesses(now)
    assert authority.asked == asked
    again.ask_witnesses(now + timedelta(days=1))
    assert authority.asked == asked + 1


def test_the_report_names_authority_and_time(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority
) -> None:
    service = ours(chain, tmp_path, authority.url, authority.roots)
    anchor = service.anchor(now)
    signed = service.report(f"{now:%Y-%m}")
    (told,) = signed["document"]["body"]["TimeStamps"]
    assert (told["Sequence"], told["Digest"]) == (anchor.head.sequence, anchor.head.digest)
    assert (told["Authority"], told["Verified"]) == ("Test-TSA", True)
    assert abs(datetime.fromisoformat(told["Time"]) - now) < timedelta(hours=1)
    shown = text_of(report_pdf(signed, "Site", make_seal("Site")))
    assert "Test-TSA" in shown
    assert told["Time"][:10] in shown


def test_a_report_says_when_a_stamp_is_false_and_when_it_could_not_be_verified(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority
) -> None:
    service = ours(chain, tmp_path, authority.url, authority.roots)
    assert service.anchor(now).stamped
    (head,) = (chain.directory / ANCHORS_NAME).glob("*.head.json")
    head.write_bytes(head.read_bytes().replace(b'"sequence"', b'"sequencf"'))
    (told,) = service.report(f"{now:%Y-%m}")["document"]["body"]["TimeStamps"]
    assert told["Verified"] is False
    without = ours(chain, tmp_path, authority.url, tmp_path / "nowhere.pem")
    head.write_bytes(head.read_bytes().replace(b'"sequencf"', b'"sequence"'))
    (told,) = without.report(f"{now:%Y-%m}")["document"]["body"]["TimeStamps"]
    assert told["Verified"] is None


def test_stamps_are_verified_offline_with_the_authority_s_file(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ours(chain, tmp_path, authority.url, authority.roots)
    assert service.anchor(now).stamped
    assert verify(tmp_path, "--authority", authority.roots) == 0
    said = capsys.readouterr().out
    assert "Stamped: 1 heads by Test-TSA, the first at" in said
    assert "Ask why" not in said
    assert verify(tmp_path, "--authority", authority.roots, "--json") == 0
    assert json.loads(capsys.readouterr().out)["Outside"][0]["TimeStamps"] == 1


def test_a_stamp_of_another_authority_or_over_another_head_is_named(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ours(chain, tmp_path, authority.url, authority.roots)
    assert service.anchor(now).stamped
    make_certificates(tmp_path / "others")
    assert verify(tmp_path, "--authority", tmp_path / "others" / "ca.pem") == 1
    assert "not by this authority" in capsys.readouterr().out
    with pytest.raises(InputRefused, match="no certificate in PEM"):
        verify(tmp_path, "--authority", month_files(chain.directory)[0])
    (first,) = (chain.directory / ANCHORS_NAME).glob("*.tsr")
    record_job(chain)
    assert service.anchor(now + timedelta(minutes=1)).stamped
    (second,) = set((chain.directory / ANCHORS_NAME).glob("*.tsr")) - {first}
    second.write_bytes(first.read_bytes())
    assert verify(tmp_path, "--authority", authority.roots) == 1
    assert f"the time stamp {second.name} is not over its head" in capsys.readouterr().out


def test_a_chain_that_was_dated_back_is_seen_by_the_authority_s_clock(
    tmp_path: Path, now: datetime, authority: StampAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    past = now - timedelta(days=90)
    with open_chain(tmp_path / "chain", KEY, Clock(past)) as chain:
        record_job(chain)
        assert ours(chain, tmp_path, authority.url, authority.roots).anchor(past).stamped
    assert verify(tmp_path, "--authority", authority.roots) == 0
    assert "Ask why: heads are stamped within seconds." in capsys.readouterr().out


def test_a_chain_without_a_stamp_does_not_pass_where_stamps_are_asked_for(
    chain: Chain, tmp_path: Path, authority: StampAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tmp_path, "--authority", authority.roots) == 1
    assert "there is no time stamp beside the chain" in capsys.readouterr().out


def test_an_authority_over_https_is_asked_by_its_own_tls_authority(
    chain: Chain, tmp_path: Path, now: datetime, authority: StampAuthority
) -> None:
    make_certificates(tmp_path / "tls")
    front = TlsFront(authority.port, tmp_path / "tls")
    try:
        strange = ours(chain, tmp_path, front.url, authority.roots)
        assert strange.anchor(now).stamp_failure == "TIME_STAMP_UNREACHABLE", "a certificate of nobody we know"
        known = ours(chain, tmp_path, front.url, authority.roots, TlsCaFile=str(tmp_path / "tls" / "ca.pem"))
        assert known.anchor(now + timedelta(minutes=1)).stamped
    finally:
        front.close()


def test_a_key_that_is_none_of_the_section_is_named() -> None:
    stamps = {"Url": "https://tsa.example", "CaFile": "roots.pem", "TlsCa": "tls.pem"}
    _, problems = read_evidence({"TimeStamp": stamps})
    assert "TlsCaFile" in str(problems[0])
