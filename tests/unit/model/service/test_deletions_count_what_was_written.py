"""The receipt of a deletion says what became of the bytes that were received; what was not there is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from model.errors import ConfigurationRefused
from model.evidence.event import Event
from model.evidence.files import read_records
from model.evidence.receipt import Step, read_receipt
from model.service.journal import Journal, lifetime
from model.service.spool import open_spool
from plugin.privacy.clean import CleanSeries
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import CHECKOUT, until
from tests.builders.service_process import ServiceProcess, SiteClient

Start = Callable[..., ServiceProcess]


def deletion(north: SiteClient, transfer: str) -> dict[str, Any]:
    """The facts of the receipt of the deletion, and the record that names it has the same counts."""
    service = north.service
    signed = next(one for one in north.receipts(transfer) if one["document"]["body"]["step"] == "DELETED")
    receipt = read_receipt(signed, [service.key], transfer=transfer, step=Step.DELETED)
    (record,) = [one for one in read_records(service.state / "chain", transfer) if one.event is Event.TRANSFER_DELETED]
    facts = dict(receipt.facts)
    assert {name: record.facts.get(name) for name in facts} == facts
    return facts


def health(service: ServiceProcess) -> requests.Response:
    return requests.get(service.url + "/health", verify=service.ca, timeout=60)


def folder_of(service: ServiceProcess) -> Path:
    (folder,) = service.spool.iterdir()
    return folder


def size_of(series: CleanSeries) -> int:
    return sum(len(file.data) for file in series)


def test_a_drawn_series_counts_with_its_images_its_manifest_and_its_contours(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    north = service.client()
    transfer = north.send(series)
    north.wait(transfer, "ready")
    contours = len(north.fetch(transfer).content)
    north.call("DELETE", f"/v1/transfers/{transfer}")
    facts = deletion(north, transfer)
    assert facts["files"] >= len(series) + 2
    assert facts["bytes"] >= size_of(series) + contours
    assert (facts["left"], facts["verified"], facts.get("missing")) == (0, "LISTED", None)
    assert health(service).json()["Alerts"] == []
    assert list((service.state / "written").iterdir()) == []


def link_in_its_place(folder: Path, aside: Path) -> None:
    slice_file = folder / "images/0001.dcm"
    slice_file.rename(aside)
    slice_file.symlink_to(aside)


def another_folder(folder: Path, aside: Path) -> None:
    folder.rename(aside)
    folder.mkdir()


THEFTS: dict[str, Callable[[Path, Path], object]] = {
    "a slice is moved away": lambda folder, aside: (folder / "images/0001.dcm").rename(aside),
    "a slice is deleted": lambda folder, _: (folder / "images/0001.dcm").unlink(),
    "a slice has a second name": lambda folder, aside: os.link(folder / "images/0001.dcm", aside),
    "a slice is cut": lambda folder, _: os.truncate(folder / "images/0001.dcm", 10),
    "another file stands in its place": link_in_its_place,
    "the folder is moved away": lambda folder, aside: folder.rename(aside),
    "the folder is moved away and another laid there": another_folder,
    "the folder is gone": lambda folder, _: shutil.rmtree(folder),
}
FROM_A_SERVICE = tuple(f"{state}: {how}" for state in ("running", "killed") for how in THEFTS)
# A name that is gone, one too many, other bytes, another inode, another folder; and what a start finds.
ONE_OF_A_KIND = (
    "running: a slice is moved away",
    "running: a slice has a second name",
    "running: a slice is cut",
    "running: another file stands in its place",
    "running: the folder is moved away and another laid there",
    "killed: a slice is deleted",
    "killed: the folder is gone",
)


@pytest.mark.parametrize("theft", some_of(FROM_A_SERVICE, always=ONE_OF_A_KIND))
def test_a_file_that_is_not_there_to_be_deleted_is_no_clean_deletion(
    start_service: Start, series: CleanSeries, theft: str
) -> None:
    state, _, how = theft.partition(": ")
    killed = state == "killed"
    service = start_service()
    north = service.client()
    transfer = north.upload(series)
    aside = service.spool.with_name(f"{service.spool.name}-aside")
    try:
        if killed:
            service.kill()
        THEFTS[how](folder_of(service), aside)
        if killed:
            service.start()
        else:
            north.call("DELETE", f"/v1/transfers/{transfer}")
        facts = deletion(north, transfer)
        assert facts["missing"] >= 1
        assert (facts["left"], facts["verified"]) == (facts["missing"], "NOT_VERIFIED")
        if not killed and aside.is_dir():
            assert [path for path in aside.rglob("*") if path.is_file()] == [], "what was moved away is emptied there"
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        aside.unlink(missing_ok=True)
    (alert,) = health(service).json()["Alerts"]
    assert (alert["Alert"], alert["Files"]) == ("FILES_MISSING", facts["missing"])
    assert service.metric("autocontour_files_missing_total") == facts["missing"]
    assert service.left() == []


def test_that_files_were_taken_is_an_alert_until_its_operator_ends_the_service_also_over_a_kill(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    north = service.client()
    transfer = north.upload(series)
    shutil.rmtree(folder_of(service))
    north.call("DELETE", f"/v1/transfers/{transfer}")
    (alert,) = health(service).json()["Alerts"]
    assert alert["Alert"] == "FILES_MISSING"
    service.kill()
    service.start()
    assert health(service).json()["Alerts"] == [alert], "the transfer is over: nothing else would tell"
    assert service.process is not None
    service.process.terminate()
    service.require_good_end()
    service.start()
    assert health(service).json()["Alerts"] == []


def test_a_whole_spool_that_was_exchanged_takes_no_series_and_is_emptied_where_it_is(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    north = service.client()
    transfer = north.upload(series)
    aside = service.spool.with_name(f"{service.spool.name}-aside")
    service.spool.rename(aside)
    service.spool.mkdir()
    try:
        _, refused = north.announce(series.manifest)
        assert (refused.status_code, refused.json()["Error"]) == (503, "SPOOL")
        assert "not the folder" in " ".join(health(service).json()["Reasons"])
        north.call("DELETE", f"/v1/transfers/{transfer}")
        assert [path for path in aside.rglob("*") if path.is_file()] == []
        assert deletion(north, transfer)["missing"] >= 1
    finally:
        service.stop()
        shutil.rmtree(aside)


def test_an_upload_into_a_folder_that_somebody_took_ends_with_a_reason(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    north = service.client()
    transfer = north.open(series)
    shutil.rmtree(folder_of(service) / "arriving")
    answer = north.put(transfer, series.files[0].sop_instance_uid, series.files[0].data)
    assert (answer.status_code, answer.json()["Error"]) == (503, "SPOOL_CHANGED")
    assert north.status(transfer)["Error"]["Code"] == "SPOOL_CHANGED"


@pytest.mark.parametrize("what", ["the machine", "the unit"])
def test_memory_that_ended_is_no_theft(start_service: Start, series: CleanSeries, what: str) -> None:
    service = start_service()
    north = service.client()
    transfer = north.upload(series)
    service.kill()
    shutil.rmtree(service.spool)
    if what == "the machine":
        service.spool.mkdir(mode=0o700)
        note = service.state / "spool.json"
        note.write_text(json.dumps(json.loads(note.read_text()) | {"Lifetime": "before the reboot"}))
    service.start()
    facts = deletion(north, transfer)
    assert (facts["files"], facts["left"], facts.get("missing")) == (0, 0, None)
    assert health(service).json()["Alerts"] == []


def test_a_service_that_was_given_another_spool_is_not_silent_about_the_old_one(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    transfer = service.client().upload(series)
    service.kill()
    old, service.spool = service.spool, service.spool.with_name(f"{service.spool.name}-new")
    service.write()
    command = [sys.executable, "-m", "plugin.cli", "serve", str(service.path)]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2
    assert f"Spool: was {old} before" in ended.stderr
    service.spool = old
    service.start()
    assert deletion(service.client(), transfer)["files"] == len(series)


def test_a_chain_that_lacks_deletions_of_the_ledger_was_cut(start_service: Start, series: CleanSeries) -> None:
    service = start_service()
    north = service.client()
    for _ in range(2):
        north.call("DELETE", f"/v1/transfers/{north.upload(series)}")
    assert service.process is not None
    service.process.terminate()
    service.process.wait(60)
    chain = service.state / "chain"
    (path,) = chain.glob("*.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    (chain / "head.json").unlink()
    service.start()
    (alert,) = health(service).json()["Alerts"]
    assert (alert["Alert"], alert["Transfers"]) == ("CHAIN_CUT", 1)
    assert service.metric("autocontour_deletions_unrecorded") == 1


def test_a_kill_in_the_middle_of_a_deletion_is_no_theft(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    journal.wrote("images/0001.dcm", 10)
    journal.wrote("images/0002.dcm", 12)
    journal.wrote("rtstruct.dcm", 5)
    assert journal.written() == {"images/0001.dcm": 10, "images/0002.dcm": 12, "rtstruct.dcm": 5}
    journal.deletes("images/")
    assert journal.written() == {"rtstruct.dcm": 5}
    journal.deletes("")
    assert journal.written() == {}
    assert lifetime() == lifetime()
    assert lifetime(first=tmp_path / "hidden").endswith("-unseen")


def test_a_spool_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real" / "spool").mkdir(parents=True, mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "spool")
    (tmp_path / "way").symlink_to(tmp_path / "real")
    for path in (tmp_path / "link", tmp_path / "way" / "spool", tmp_path / "way" / "new"):
        with pytest.raises(ConfigurationRefused, match="symbolic link"):
            open_spool(path, None, encrypted=True)
    assert not (tmp_path / "real" / "new").exists()


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_a_spool_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    spool.chmod(mode)
    with pytest.raises(ConfigurationRefused, match="others can write"):
        open_spool(spool, None, encrypted=True)


def test_a_spool_that_others_can_exchange_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(ConfigurationRefused, match="everybody can write"):
        open_spool(tmp_path / "open" / "spool", None, encrypted=True)


def test_a_spool_of_another_user_is_refused(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o700)
    try:
        os.chown(spool, 65534, 65534)
    except PermissionError:
        pytest.skip("giving a folder away needs root")
    with pytest.raises(ConfigurationRefused, match="belongs to another user"):
        open_spool(spool, None, encrypted=True)


def test_a_readable_spool_is_made_private(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o755)
    open_spool(spool, None, encrypted=True)
    assert spool.stat().st_mode & 0o777 == 0o700


def test_uploads_that_end_early_leave_nothing_to_miss(start_service: Start, series: CleanSeries) -> None:
    service = start_service(keys={"InstanceSeconds": 1})
    north = service.client()
    transfer = north.open(series)
    file = series.files[0]
    assert north.put(transfer, file.sop_instance_uid, file.data, Content_Encoding="gzip").status_code == 400
    assert north.put(transfer, file.sop_instance_uid, file.data).status_code == 200
    assert north.put(transfer, file.sop_instance_uid, file.data).status_code == 200
    until(lambda: len(service.left()) == 1, "the second copy is gone")
    north.call("DELETE", f"/v1/transfers/{transfer}")
    facts = deletion(north, transfer)
    assert (facts["left"], facts.get("missing")) == (0, None)
    assert facts["bytes"] >= 2 * len(file.data)
