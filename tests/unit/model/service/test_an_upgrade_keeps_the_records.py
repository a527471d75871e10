"""A service goes on with the state directory of the first release, and leaves its own without logs when it stops."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from model.evidence.receipt import Step, read_receipt
from model.evidence.verification import verify
from tests.builders.old_service_state import ENDED, INTERRUPTED, unpack_service_state
from tests.builders.service_process import ServiceProcess


def test_receipts_and_heads_are_there_and_what_was_interrupted_is_signed_for(tmp_path: Path) -> None:
    unpack_service_state(tmp_path / "service")
    with ServiceProcess(tmp_path / "service") as service:
        north = service.start().client()
        assert north.steps(ENDED) == ["VERIFIED", "PROCESSED", "DELETED"]
        status = north.status(INTERRUPTED)
        assert (status["State"], status["Error"]["Code"]) == ("failed", "RESTARTED")
        receipt = read_receipt(north.receipts(INTERRUPTED)[-1], [service.key], transfer=INTERRUPTED, step=Step.DELETED)
        assert receipt.facts["left"] == 0
        (held,) = north.call("GET", "/v1/heads").json()["Heads"]
        assert held["Refused"] is None
        assert service.client("south").call("GET", "/v1/heads").json()["Heads"] == []
        assert verify(service.state / "chain", [service.key]).valid


def test_a_service_that_is_stopped_leaves_numbers_and_no_log(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "service") as service:
        service.start()
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(60)
        assert json.loads((service.state / "layout.json").read_bytes()) == {"Layout": 1}
        for name in ("ledger.sqlite", "queue.sqlite"):
            log = service.state / f"{name}-wal"
            assert not log.exists() or log.stat().st_size == 0
        with closing(sqlite3.connect(service.state / "ledger.sqlite")) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (1,)


def test_the_state_of_a_newer_release_is_refused_before_anything_is_deleted(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path / "service")
    service.start()
    service.kill()
    (service.spool / ("ab" * 16)).mkdir(parents=True)
    (service.state / "layout.json").write_text('{"Layout": 99}')
    try:
        refused = subprocess.run(
            [*service.command(), str(service.path)], capture_output=True, text=True, check=False, timeout=120
        )
        assert refused.returncode == 2
        assert "a newer release wrote it" in refused.stdout + refused.stderr
        assert (service.spool / ("ab" * 16)).is_dir()
    finally:
        service.stop()
