"""What is promised to be on the disk is there before anybody is told so."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.receipt import Step, issue_receipt, read_receipt
from model.evidence.signed import digest_of
from model.evidence.signing import SigningKey
from model.storage.files import create_once, make_directory, write_whole
from plugin.forward.records import ForwardRecords
from tests.builders.disk_calls import DiskCalls
from tests.builders.evidence import open_chain, record_job
from tests.builders.jobs import a_job


def test_a_file_is_synced_before_it_takes_its_name_and_its_name_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = DiskCalls(monkeypatch)
    path = tmp_path / "remote.json"
    write_whole(path, b"{}")
    assert [call for call, _ in calls.seen] == ["fsync", "replace", "fsync"]
    assert calls.seen[0][1].startswith(".remote.json.")
    assert calls.seen[2][1] == tmp_path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_may_be_lost_costs_no_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = DiskCalls(monkeypatch)
    write_whole(tmp_path / "progress.json", b"{}", durable=False)
    assert [call for call, _ in calls.seen] == ["replace"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_that_make_a_key_at_once_one_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: create_once(path, bytes([number]) * 32), range(16)))
    assert made.count(True) == 1
    assert path.read_bytes() == bytes([made.index(True)]) * 32
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_laid_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("untouched")
    path = tmp_path / "receipt.json"
    path.symlink_to(target)
    write_whole(path, b"{}")
    assert target.read_text() == "untouched"
    assert not path.is_symlink()


def test_folders_are_private_and_known_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = DiskCalls(monkeypatch)
    make_directory(tmp_path / "receipts" / "CODE")
    assert [name for _, name in calls.seen] == ["receipts", tmp_path.name]
    assert stat.S_IMODE((tmp_path / "receipts" / "CODE").stat().st_mode) == 0o700


def _receipt(key: SigningKey, step: Step, **facts: Any) -> dict[str, Any]:
    return issue_receipt(step, "ab" * 16, datetime.now(UTC), facts, None, key)


def test_a_receipt_is_on_the_disk_before_the_chain_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = open_chain(tmp_path / "chain", SigningKey.load_or_create(tmp_path / "signing.key"))
    code = record_job(chain, until=Event.SENT)
    service = SigningKey.new()
    signed = _receipt(service, Step.VERIFIED, instances=120, manifest="00" * 32)
    receipt = read_receipt(signed, [service.public], transfer="ab" * 16, step=Step.VERIFIED)
    records = ForwardRecords(chain, a_job(evidence_code=code), tmp_path / "receipts")
    calls = DiskCalls(monkeypatch)
    append = Chain.append

    def noted(self: Chain, event: Event, job: str | None, facts: Any) -> Any:
        calls.seen.append(("append", event.value))
        return append(self, event, job, facts)

    monkeypatch.setattr(Chain, "append", noted)
    records.verified(signed, receipt, service.public)
    before = calls.seen[: calls.seen.index(("append", "REMOTE_VERIFIED"))]
    name = f"{'ab' * 16}-VERIFIED.json"
    assert ("replace", name) in before
    synced = before.index(next(call for call in before if call[0] == "fsync" and name in call[1]))
    renamed = before.index(("replace", name))
    assert synced < renamed
    assert ("fsync", code) in before[renamed:]
    assert ("fsync", "receipts") in before, "the folder of a job's first receipt is new too"


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.model.storage.test_files_outlive_the_power import one_receipt
from model.evidence.chain import Chain

def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

Chain.append = killed
one_receipt(Path(sys.argv[1]), sys.argv[2])
"""


def one_receipt(folder: Path, code: str) -> None:
    """What the gateway does with a receipt of a verification."""
    service = SigningKey.load_or_create(folder / "service.key")
    signed = _receipt(service, Step.VERIFIED, instances=120, manifest="00" * 32)
    receipt = read_receipt(signed, [service.public], transfer="ab" * 16, step=Step.VERIFIED)
    chain = open_chain(folder / "chain", SigningKey.load_or_create(folder / "signing.key"))
    ForwardRecords(chain, a_job(evidence_code=code), folder / "receipts").verified(signed, receipt, service.public)


def test_a_gateway_killed_between_receipt_and_record_has_the_receipt_and_says_it_once(tmp_path: Path) -> None:
    key = SigningKey.load_or_create(tmp_path / "signing.key")
    with open_chain(tmp_path / "chain", key) as chain:
        code = record_job(chain, until=Event.SENT)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), code], check=False)
    assert ended.returncode == -9
    (kept,) = (tmp_path / "receipts" / code).iterdir()
    one_receipt(tmp_path, code)
    signed = json.loads(kept.read_bytes())
    with open_chain(tmp_path / "chain", key) as chain:
        (record,) = chain.records(code, event=Event.REMOTE_VERIFIED)
    assert record.facts["receipt"] == digest_of(signed)
