"""Requests for one transfer that overtake each other are told the truth about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.errors import PrivacyRefused
from model.service.transfer import Transfer
from model.service.transfers import Transfers
from tests.unit.model.service.test_uploads_are_fuzzed import FILE, SERIES, Sender


def test_an_instance_that_comes_while_another_is_refused_hears_that_the_transfer_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """409 would say that it was started, and the gateway would fail the job for it."""
    sender = Sender(tmp_path)
    transfer = sender.open(SERIES)
    plain = Transfers.find

    def overtaken(self: Transfers, name: str, transfer_id: str) -> Transfer:
        found = plain(self, name, transfer_id)
        with pytest.raises(PrivacyRefused):
            self.endings.reject(found, {"MANIFEST": 1})
        return found

    monkeypatch.setattr(Transfers, "find", overtaken)
    path = f"/v1/transfers/{transfer}/instances/{FILE.sop_instance_uid}"
    answer = sender.http.put(path, content=FILE.data, headers={"Content-Type": "application/dicom"})
    assert (answer.status_code, answer.json()["Error"]) == (410, "GATE")
