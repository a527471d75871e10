"""Past months can be removed without breaking what is left; without the record of it, that is a removal like any."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import Head, month_files
from model.evidence.retention import retire_months
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from model.evidence.walk import Change
from tests.builders.evidence import Clock, open_chain, record_job

FIRST, SECOND = SigningKey.new(), SigningKey.new()


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    """Four months, with a key handed over in the second."""
    clock = Clock(datetime(2026, 8, 3, tzinfo=UTC))
    chain = open_chain(tmp_path, FIRST, clock)
    for month in (8, 9, 10, 11):
        clock.now = datetime(2026, month, 3, tzinfo=UTC)
        record_job(chain)
        if month == 9:
            chain.rotate_key(SECOND)
    return chain


def names(chain: Chain) -> list[str]:
    return [path.stem for path in month_files(chain.directory)]


def test_what_is_left_verifies_from_the_record_of_the_removal(chain: Chain) -> None:
    last_of_september = chain.records(month="2026-09")[-1]
    assert retire_months(chain, "2026-10") == ["2026-08", "2026-09"]
    assert names(chain) == ["2026-10", "2026-11"]
    answer = verify(chain.directory, [SECOND.public])
    assert answer.valid, answer.broken
    assert any(f"begins at record {last_of_september.sequence + 1}" in remark for remark in answer.remarks)
    assert answer.head.sequence == last_of_september.sequence + answer.records
    assert retire_months(chain, "2026-10") == []
    record_job(chain)
    old_head = Head(last_of_september.sequence, "0" * 64)
    assert verify(chain.directory, [SECOND.public], [old_head]).valid


def test_a_cut_at_the_end_is_found_in_a_retired_chain_too(chain: Chain) -> None:
    retire_months(chain, "2026-11")
    record_job(chain)
    head = chain.head()
    path = month_files(chain.directory)[-1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    (chain.directory / "head.json").unlink()
    broken = verify(chain.directory, [SECOND.public], [head]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (head.sequence, Change.CUT_OFF)


def test_a_month_that_somebody_else_removed_is_a_removal(chain: Chain) -> None:
    month_files(chain.directory)[0].unlink()
    broken = verify(chain.directory, [FIRST.public, SECOND.public]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (1, Change.REMOVED)


def test_a_removal_that_was_killed_is_finished_and_recorded_once(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            retire_months(chain, "2026-09")
    assert verify(chain.directory, [FIRST.public]).valid
    assert retire_months(chain, "2026-09") == ["2026-08"]
    assert len(chain.records(event=Event.MONTH_RETIRED)) == 1
    assert verify(chain.directory, [FIRST.public]).valid


def test_the_newest_month_stays_and_a_month_that_was_not_closed_is_refused(chain: Chain) -> None:
    assert retire_months(chain, "2099-01") == ["2026-08", "2026-09", "2026-10"]
    assert names(chain) == ["2026-11"]
    other = chain.directory / "2026-10.jsonl"
    other.write_bytes(b"")
    with pytest.raises(EvidenceRefused, match="closing record"):
        retire_months(chain, "2099-01")
