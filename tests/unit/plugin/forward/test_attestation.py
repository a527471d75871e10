"""A transfer is attested once, whatever cuts the gateway off, and what is on record is what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from model.errors import TargetFailed
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.kept_quotes import quotes_beside
from model.evidence.outside import HeldChain
from model.evidence.quote import issue_quote, report_data
from model.evidence.quote_kinds import STAND_IN, stand_in_quote
from model.evidence.signing import SigningKey
from model.evidence.verification import examine
from plugin.forward.attestation import Demand, given_quote
from plugin.forward.http import ServiceClient
from plugin.forward.records import ForwardRecords
from plugin.forward.retry import Retry
from plugin.forward.target import RemoteJob
from tests.builders.jobs import a_job

SITE, SERVICE = SigningKey.new(), SigningKey.new()
TRANSFER, NEXT, SOFTWARE = "3f" * 16, "4f" * 16, "aa" * 48
DEMAND = Demand("cloud", STAND_IN, (SOFTWARE,))


class Machine:
    """A service's client that answers with quotes, and counts them; and a retry that does not."""

    def __init__(self) -> None:
        self.given = 0

    def json(self, _method: str, path: str, body: Any) -> Any:
        self.given += 1
        quote = stand_in_quote(SOFTWARE, report_data(SERVICE.public, body["Nonce"]))
        transfer = path.split("/")[3]
        return {"Quote": issue_quote(transfer, body["Nonce"], STAND_IN, quote, datetime.now(UTC), SERVICE)}

    def run(self, ask: Callable[[], Any]) -> Any:
        return ask()


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[RemoteJob]:
    (tmp_path / "spool").mkdir()
    with Chain.open(tmp_path / "evidence" / "chain", SITE, labels=("hu-ct", "cloud")) as chain:
        job = a_job(evidence_code=new_code())
        records = ForwardRecords(chain, job, tmp_path / "evidence" / "receipts")
        yield RemoteJob(job, tmp_path / "spool", records, lambda: True, None, lambda: b"")


def attest(remote: RemoteJob, machine: Machine, transfer: str = TRANSFER) -> None:
    DEMAND.attest(cast(ServiceClient, machine), cast(Retry, machine), remote, transfer, SERVICE.public)


def recorded(remote: RemoteJob) -> list[str]:
    return [str(one.facts["quote"]) for one in remote.records.chain.records(event=Event.REMOTE_ATTESTED)]


def beside(remote: RemoteJob) -> tuple[bool, str]:
    folder = remote.records.chain.directory
    (found,) = quotes_beside(HeldChain.of(folder, examine(folder, [SITE.public]), [SITE.public]))
    return found.agrees, found.sentence


def test_what_was_given_before_a_kill_is_what_is_recorded_after_it(
    remote: RemoteJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine()
    with monkeypatch.context() as cut_off:
        cut_off.setattr(ForwardRecords, "attested", lambda *_: (_ for _ in ()).throw(OSError("killed here")))
        with pytest.raises(OSError, match="killed here"):
            attest(remote, machine)
    assert recorded(remote) == []
    for _ in range(3):
        attest(remote, machine)
    assert machine.given == 1, "the receipt names the last quote that was given"
    assert recorded(remote) == [given_quote(remote, TRANSFER)]
    agrees, said = beside(remote)
    assert agrees
    assert "1 are bound to their service's key and nonce; 1 are of the software stand-in" in said


def test_a_transfer_that_is_begun_anew_is_attested_anew(remote: RemoteJob) -> None:
    machine = Machine()
    attest(remote, machine)
    attest(remote, machine, NEXT)
    assert machine.given == 2
    assert given_quote(remote, TRANSFER) is None
    assert recorded(remote)[-1] == given_quote(remote, NEXT)
    assert "2 are bound" in beside(remote)[1]


@pytest.mark.parametrize("found", ["changed", "exchanged", "gone"])
def test_a_kept_quote_that_is_not_the_recorded_one_is_named(remote: RemoteJob, found: str) -> None:
    machine = Machine()
    attest(remote, machine)
    attest(remote, machine, NEXT)
    first, second = (next(remote.records.receipts.rglob(f"{one}-QUOTE.json")) for one in (TRANSFER, NEXT))
    if found == "changed":
        signed = json.loads(first.read_bytes())
        signed["document"]["body"]["nonce"] = "00" * 32
        first.write_text(json.dumps(signed))
    elif found == "exchanged":
        first.write_bytes(second.read_bytes())
    else:
        first.unlink()
    agrees, said = beside(remote)
    if found == "gone":
        assert (agrees, "1 that records name are not beside the chain" in said) == (True, True)
    else:
        assert (agrees, said.startswith("CONTRADICTED: the quote that record")) == (False, True)


def test_an_answer_without_a_quote_is_a_missing_one(remote: RemoteJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "json", lambda *_: {"Quote": None})
    with pytest.raises(TargetFailed) as refused:
        attest(remote, Machine())
    assert (refused.value.code, recorded(remote)) == ("ATTESTATION_MISSING", [])
