"""When a job is over for the gateway whose chain is read: closed, handed over, or begun anew by a takeover."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from plugin.evidence.alerts import Limits, alerts_of
from plugin.evidence.closing import close_job, is_open, present_attempt
from tests.builders.evidence import Clock, open_chain, record_job

OTHER = "00ff" * 4


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", SigningKey.new(), Clock())


def test_a_job_that_was_handed_over_is_not_open_here_and_raises_no_alert(chain: Chain) -> None:
    job = record_job(chain, until=Event.SELF_CHECKED)
    assert is_open(chain.records(job))
    chain.append(Event.HANDED_OVER, job, {"gateway": OTHER})
    assert not is_open(chain.records(job))
    later = datetime(2027, 1, 1, tzinfo=UTC)
    limits = Limits(later - datetime(2026, 12, 31, tzinfo=UTC), later - datetime(2026, 12, 31, tzinfo=UTC))
    assert [alert for alert in alerts_of(chain.records(), later, limits) if alert.code == job] == []


def test_a_takeover_begins_a_part_of_its_own(chain: Chain) -> None:
    """Of a job that came back to the gateway that had lost it, only what it does now has to be ended."""
    job = record_job(chain, until=Event.SENT)
    chain.append(Event.TAKEN_OVER, job, {"gateway": OTHER, "stage": "send"})
    assert [record.event for record in present_attempt(chain.records(job))] == [Event.TAKEN_OVER]
    close_job(chain, job, "failed", 10)


def test_a_taker_may_not_close_before_its_own_copy_is_gone(chain: Chain) -> None:
    job = new_code()
    chain.append(Event.TAKEN_OVER, job, {"gateway": OTHER})
    record_job(chain, code=job, until=Event.SELF_CHECKED)
    with pytest.raises(EvidenceRefused, match="LOCAL_DELETED"):
        close_job(chain, job, "done", 10)
