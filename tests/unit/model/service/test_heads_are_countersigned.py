"""The service holds the heads of its sites' chains: kept for good, countersigned, refused when they went backwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import read_records
from model.evidence.head import read_signed_head, sign_head
from model.evidence.peer import Answer, read_answer
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from tests.builders.evidence import open_chain, record_job
from tests.builders.service_process import ServiceProcess, SiteClient

NOW = datetime(2026, 11, 3, 2, tzinfo=UTC)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    made = open_chain(tmp_path / "site", SigningKey.new())
    record_job(made)
    return made


@pytest.fixture
def service(start_service: Callable[..., ServiceProcess]) -> ServiceProcess:
    return start_service()


def hand(site: SiteClient, chain: Chain, signed: dict[str, Any] | None = None) -> requests.Response:
    body = {"Head": signed or sign_head(chain, NOW), "PublicKey": chain.public_key.raw.hex()}
    return site.call("POST", "/v1/heads", json=body)


def held(site: SiteClient) -> list[dict[str, Any]]:
    return list(site.call("GET", "/v1/heads").json()["Heads"])


def test_a_head_is_kept_countersigned_and_answered_with_the_services_own(service: ServiceProcess, chain: Chain) -> None:
    north = service.client("north")
    signed = sign_head(chain, NOW)
    answer = hand(north, chain, signed)
    assert answer.status_code == 200, answer.text
    told = Answer(answer.json()["Countersignature"], answer.json()["Head"])
    own = read_answer(told, signed, service.key, None)
    newest = read_records(service.state / "chain", event=Event.PEER_HEAD)[-1]
    assert (own.sequence, own.digest) == (newest.sequence, newest.digest)
    assert (newest.facts["key"], newest.facts["head"]) == (chain.public_key.id, chain.head().digest)
    assert verify(service.state / "chain", [service.key], [own]).valid
    (kept,) = held(north)
    assert (kept["Head"], kept["Countersignature"], kept["Refused"]) == (signed, told.countersignature, None)
    assert read_signed_head(kept["Head"], [chain.public_key]) == chain.head()


def test_the_same_document_is_answered_as_before_and_recorded_once(service: ServiceProcess, chain: Chain) -> None:
    north, signed = service.client("north"), sign_head(chain, NOW)
    first, second = hand(north, chain, signed), hand(north, chain, signed)
    assert first.json() == second.json()
    assert len(read_records(service.state / "chain", event=Event.PEER_HEAD)) == 1


def test_a_site_neither_sees_nor_disturbs_the_heads_of_another(service: ServiceProcess, chain: Chain) -> None:
    north, south = service.client("north"), service.client("south")
    assert hand(north, chain).status_code == 200
    assert held(south) == []
    with open_chain(chain.directory.parent / "south", SigningKey.new()) as other:
        assert hand(south, other).status_code == 200, "a shorter chain of another site is no step backwards"
    assert len(held(north)) == len(held(south)) == 1
    for method in ("GET", "POST"):
        answer = requests.request(method, service.url + "/v1/heads", verify=service.ca, timeout=60)
        assert answer.status_code == 401


@pytest.mark.parametrize("what", ["cut", "written again"])
def test_a_chain_that_went_backwards_is_refused_and_its_signed_head_kept_as_proof(
    service: ServiceProcess, chain: Chain, tmp_path: Path, what: str
) -> None:
    north = service.client("north")
    key = SigningKey.load_or_create(tmp_path / "key")
    with open_chain(tmp_path / "true", key) as true:
        record_job(true)
        assert hand(north, true).status_code == 200
        length = true.head().sequence
    service.stop()
    service.start()  # what it remembers is on its disk
    with open_chain(tmp_path / "false", key) as false:
        while what == "written again" and false.head().sequence < length:
            false.append(Event.SUBJECT_ASKED, None, {"jobs": 0})
        signed = sign_head(false, NOW)
        for _ in range(2):
            answer = hand(north, false, signed)
            assert (answer.status_code, answer.json()["Error"]) == (409, "ANCHOR_BACKWARDS")
        newest = held(north)[0]
        assert (newest["Refused"], newest["Head"], newest["Countersignature"]) == ("ANCHOR_BACKWARDS", signed, None)
    assert service.metric("autocontour_heads_refused_total") == 1
    assert len(read_records(service.state / "chain", event=Event.PEER_HEAD)) == 1


def test_a_head_by_a_key_that_is_not_the_sites_is_refused(
    service: ServiceProcess, chain: Chain, start_service: Callable[..., ServiceProcess], tmp_path: Path
) -> None:
    north = service.client("north")
    assert hand(north, chain).status_code == 200
    with open_chain(tmp_path / "other", SigningKey.new()) as other:
        answer = hand(north, other)
        assert (answer.status_code, answer.json()["Error"]) == (422, "HEAD_KEY")
        registered = start_service(limits={"ManifestKeys": [other.public_key.raw.hex()]}).client("north")
        assert hand(registered, other).status_code == 200
        assert hand(registered, chain).json()["Error"] == "HEAD_KEY"


def test_a_head_that_was_changed_or_is_none_is_refused(service: ServiceProcess, chain: Chain) -> None:
    north, signed = service.client("north"), sign_head(chain, NOW)
    changed = signed | {"document": signed["document"] | {"body": signed["document"]["body"] | {"sequence": 999}}}
    assert hand(north, chain, changed).json()["Error"] == "SIGNATURE_WRONG"
    assert hand(north, chain, {"document": "?"}).json()["Error"] == "BAD_REQUEST"
    assert held(north) == []


def test_what_is_held_can_be_neither_changed_nor_deleted_in_the_ledger(service: ServiceProcess, chain: Chain) -> None:
    assert hand(service.client("north"), chain).status_code == 200
    with sqlite3.connect(service.state / "ledger.sqlite") as database:
        for statement in ("DELETE FROM site_head", "UPDATE site_head SET sequence = 1"):
            with pytest.raises(sqlite3.IntegrityError, match="kept"):
                database.execute(statement)
