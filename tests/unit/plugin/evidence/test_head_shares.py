"""A folder elsewhere holds each day's head: what was cut here is seen there, and what is lost there is seen here."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from model.evidence.chain import Chain
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.signing import SigningKey
from model.evidence.walk import Change
from plugin.evidence.alerts import Kind
from plugin.evidence.service import EvidenceService
from plugin.settings.evidence import EvidenceSection, read_evidence
from tests.builders.evidence import Clock, open_chain, record_local_job

SITE = SigningKey.new()
START = datetime(2026, 11, 3, 1, tzinfo=UTC)
MORNING = START + timedelta(hours=2)


class Site:
    """A gateway with local targets only, and a share that holds its heads."""

    def __init__(self, folder: Path, key: SigningKey = SITE) -> None:
        self.folder, self.share = folder, folder / "share"
        self.share.mkdir(exist_ok=True)
        self.clock = Clock(START)
        self.chain = open_chain(folder / "chain", key, self.clock)
        self.service = self.open_service()

    def open_service(self) -> EvidenceService:
        section: dict[str, Any] = {"Witnesses": {"share": {"Type": "folder", "Path": str(self.share)}}}
        engine = sa.create_engine(f"sqlite:///{self.folder / 'jobs.sqlite'}")
        evidence = EvidenceSection.model_validate(section)
        return EvidenceService(self.chain, engine, self.folder / "evidence", evidence, transfer_hours=24, host="host-1")

    def turn(self, now: datetime) -> set[tuple[Kind, str | None]]:
        """What the gateway's clock does; returns kinds and reasons of the alerts that stand."""
        self.clock.now = now
        self.service.verify()
        self.service.ask_witnesses(now)
        return {(alert.kind, alert.reason) for alert in self.service.update_alerts(now)}

    def day(self, number: int) -> datetime:
        """The morning of a day, after a series was contoured."""
        now = MORNING + timedelta(days=number)
        self.clock.now = now - timedelta(minutes=30)
        record_local_job(self.chain)
        return now

    def heads(self) -> list[Path]:
        return sorted(self.share.glob("*.head.json"))

    def cut(self) -> None:
        """Take the last job away, with every trace on this machine."""
        self.chain.close()
        (path,) = month_files(self.folder / "chain")
        lines = path.read_bytes().splitlines(keepends=True)[:-20]
        path.write_bytes(b"".join(lines))
        (self.folder / "chain" / HEAD_NAME).unlink()
        self.chain = open_chain(self.folder / "chain", SITE, self.clock)
        self.service = self.open_service()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_each_day_adds_a_file_and_changes_none(site: Site) -> None:
    assert site.turn(site.day(0)) == set()
    (first,) = site.heads()
    content = first.read_bytes()
    assert site.turn(MORNING + timedelta(hours=3)) == set(), "once a day"
    assert site.heads() == [first]
    site.turn(site.day(1))
    assert len(site.heads()) == 2
    assert first.read_bytes() == content
    (shown,) = site.service.witnesses()
    assert (shown["Target"], shown["Reason"]) == ("share", None)
    assert str(shown["Countersigned"]).startswith("2026-11-04T")


def test_a_chain_that_was_cut_with_all_its_traces_contradicts_the_share(site: Site) -> None:
    site.turn(site.day(0))
    site.turn(site.day(1))
    site.cut()
    answer = site.service.verify()
    assert answer.broken is not None
    assert answer.broken.change is Change.CUT_OFF
    assert (Kind.CHAIN_BROKEN, None) in site.turn(MORNING + timedelta(days=1, hours=1))


def test_a_chain_of_another_key_contradicts_the_share(site: Site, tmp_path: Path) -> None:
    site.turn(site.day(0))
    site.chain.close()
    shutil.rmtree(tmp_path / "chain")
    again = Site(tmp_path, SigningKey.new())
    assert (Kind.COUNTERSIGNATURE_WRONG, "ANCHOR_FOREIGN") in again.turn(again.day(1))


def test_heads_that_the_share_lost_are_an_alert(site: Site) -> None:
    site.turn(site.day(0))
    site.turn(site.day(1))
    site.heads()[0].unlink()
    site.service = site.open_service()
    assert (Kind.COUNTERSIGNATURE_WRONG, "WITNESS_LOST") in site.turn(site.day(2))


def test_a_share_that_is_not_mounted_is_late_and_never_made(site: Site) -> None:
    site.share.rmdir()
    assert site.turn(site.day(0)) == set()
    (shown,) = site.service.witnesses()
    assert (shown["Countersigned"], shown["Reason"]) == (None, "WITNESS_UNREACHABLE")
    assert not site.share.exists()
    late = datetime.now(UTC) + timedelta(hours=31)
    assert {alert.kind for alert in site.service.update_alerts(late)} == {Kind.ANCHOR_MISSING}
    site.share.mkdir()
    site.turn(site.day(1))
    assert len(site.heads()) == 1


def test_a_share_that_was_never_there_is_late_however_often_the_gateway_is_started(site: Site) -> None:
    site.share.rmdir()
    site.turn(MORNING)
    site.service = site.open_service()
    assert {kind for kind, _ in site.turn(MORNING + timedelta(hours=31))} == {Kind.ANCHOR_MISSING}


def test_heads_that_were_lost_stay_an_alert_over_a_restart_while_the_share_is_away(site: Site) -> None:
    site.turn(site.day(0))
    site.turn(site.day(1))
    site.heads()[0].unlink()
    lost = (Kind.COUNTERSIGNATURE_WRONG, "WITNESS_LOST")
    assert lost in site.turn(site.day(2))
    aside = site.share.rename(site.folder / "unmounted")
    site.service = site.open_service()
    assert lost in site.turn(site.day(3))
    aside.rename(site.share)
    assert lost in site.turn(site.day(4)), "what was lost is still not there"


def test_a_file_that_was_cut_off_by_a_crash_says_nothing(site: Site) -> None:
    (site.share / "2026-11-02T020000000Z-00000001.head.json").write_text('{"document":')
    assert site.turn(site.day(0)) == set()


def test_a_share_that_gives_back_something_else_holds_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"{}" if path.parent == site.share else read(path))
    site.turn(site.day(0))
    assert site.service.witnesses()[0]["Reason"] == "WITNESS_FOLDER"


def test_a_share_that_forbids_renaming_and_deleting_will_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rename", "replace", "unlink", "link"):
        original = getattr(os, name)

        def refused(path: Any, *more: Any, _original: Any = original, **named: Any) -> Any:
            if str(path).startswith(str(site.share)):
                raise PermissionError(1, "Operation not permitted")
            return _original(path, *more, **named)

        monkeypatch.setattr(os, name, refused)
    site.turn(site.day(0))
    assert len(site.heads()) == 1


def test_a_witness_is_a_folder_or_a_service_and_nothing_else() -> None:
    folder = {"Type": "folder", "Path": "/mnt/heads"}
    service = {"Type": "service", "Url": "https://heads.example:8443", "TokenFile": "/t", "ServiceKey": "ab" * 32}
    section, problems = read_evidence({"Witnesses": {"share": folder, "clinic": service}})
    assert problems == []
    assert list(section.services) == ["clinic"]
    for wrong in ({"Type": "dicom", "Modality": "x"}, {"Type": "folder"}, folder | {"Pth": 1}, service | {"Path": "/"}):
        _, problems = read_evidence({"Witnesses": {"odd": wrong}})
        assert problems, wrong


def test_files_on_the_share_are_what_the_command_line_takes(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    from plugin.cli import main

    site.turn(site.day(0))
    (head,) = site.heads()
    command = ["evidence", "verify", str(site.folder / "chain"), "--key", SITE.public.raw.hex(), "--anchor", str(head)]
    assert main(command) == 0
    site.cut()
    site.chain.close()
    assert main(command) == 1
    assert "cut off" in capsys.readouterr().out
    assert json.loads(head.read_text())["document"]["kind"] == "autocontour chain head"


def test_a_chain_is_opened_for_writing_by_the_test_alone(site: Site) -> None:
    assert isinstance(site.chain, Chain)
