"""Each end holds the other's head; a chain that was cut or forked is refused by the one that remembers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from model.errors import EvidenceRefused, TargetFailed
from model.evidence.anchor import anchor_head
from model.evidence.canonical_json import canonical
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import ANCHORS_NAME, Head
from model.evidence.head import read_signed_head, sign_head
from model.evidence.peer import Answer, Witness, countersign, read_countersignature
from model.evidence.signed import DocumentKind
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from model.evidence.walk import Change
from plugin.evidence.timestamp import check_stamp, stamper
from tests.builders.evidence import open_chain, record_job
from tests.builders.stamp_authority import StampAuthority

SITE, SERVICE = SigningKey.new(), SigningKey.new()
NOW = datetime(2026, 11, 3, 2, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Chain:
    chain = open_chain(tmp_path / "site", SITE)
    record_job(chain)
    return chain


@pytest.fixture
def service(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "service", SERVICE)


def witness(answer: Callable[[dict[str, Any]], Answer], key: SigningKey = SERVICE) -> Witness:
    return Witness("cloud", key.public, answer)


def honest(service: Chain) -> Witness:
    return witness(lambda signed: countersign(signed, SITE.public, service, NOW))


def test_both_ends_hold_the_head_of_the_other(site: Chain, service: Chain) -> None:
    head = site.head()
    anchor = anchor_head(site, time=NOW, witnesses=[honest(service)])
    assert (anchor.head, anchor.countersigned, anchor.answers) == (head, True, {"cloud": None})
    theirs = [record for record in service.records() if record.event is Event.PEER_HEAD][-1]
    assert (theirs.facts["sequence"], theirs.facts["head"]) == (head.sequence, head.digest)
    ours = [record for record in site.records() if record.event is Event.PEER_HEAD][-1]
    assert ours.facts["head"] == theirs.digest
    assert site.records()[-1].event is Event.HEAD_ANCHORED
    assert verify(site.directory, [SITE.public, SERVICE.public]).valid
    folder = site.directory / ANCHORS_NAME
    day, by = "2026-11-03T020000Z", f"2026-11-03T020000Z.{SERVICE.public.id}"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{day}.head.json", f"{by}.countersignature.json", f"{by}.peer.json"]
    )
    kept = read_signed_head(json.loads((folder / f"{by}.peer.json").read_bytes()), [SERVICE.public])
    assert verify(service.directory, [SERVICE.public], [kept]).valid
    month = next(service.directory.glob("*.jsonl"))
    month.write_bytes(month.read_bytes().splitlines(keepends=True)[0])
    (service.directory / "head.json").unlink()
    broken = verify(service.directory, [SERVICE.public], [kept]).broken
    assert broken is not None
    assert (broken.change, broken.sequence) == (Change.CUT_OFF, 2), "the site finds what the service cut off"


def test_a_shorter_or_forked_chain_is_refused_by_the_one_that_remembers(
    site: Chain, service: Chain, tmp_path: Path
) -> None:
    countersign(sign_head(site, NOW), SITE.public, service, NOW)
    with open_chain(tmp_path / "shorter", SITE) as shorter:
        with pytest.raises(EvidenceRefused) as refused:
            countersign(sign_head(shorter, NOW), SITE.public, service, NOW)
        assert refused.value.code == "ANCHOR_BACKWARDS"
    with open_chain(tmp_path / "fork", SITE) as fork:
        record_job(fork)
        assert fork.head().sequence == site.head().sequence
        with pytest.raises(EvidenceRefused):
            countersign(sign_head(fork, NOW), SITE.public, service, NOW)


def test_a_head_of_somebody_else_is_not_countersigned(service: Chain, tmp_path: Path) -> None:
    with (
        open_chain(tmp_path / "other", SigningKey.new()) as other,
        pytest.raises(EvidenceRefused, match="not signed by a key"),
    ):
        countersign(sign_head(other, NOW), SITE.public, service, NOW)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("foreign key", "SIGNATURE_KEY"),
        ("other head", "ANCHOR_FOREIGN"),
        ("a head beside the countersignature", "ANCHOR_FOREIGN"),
        ("no answer", "WITNESS_UNREACHABLE"),
        ("a refusal", "SERVICE_TOKEN"),
        ("nonsense", "SIGNATURE_SHAPE"),
        ("the same head as before", "PEER_STALE"),
        ("a chain that was cut", "PEER_BACKWARDS"),
        ("a chain that was written again", "PEER_BACKWARDS"),
    ],
)
def test_an_answer_that_is_not_right_is_named_and_never_counted(
    site: Chain, service: Chain, tmp_path: Path, fault: str, code: str
) -> None:
    earlier = sign_head(site, NOW)
    for _ in range(2):
        record_job(service)
    assert anchor_head(site, time=NOW, witnesses=[honest(service)]).countersigned
    stale = service.head()

    def answer(signed: dict[str, Any]) -> Answer:
        if fault == "no answer":
            raise ConnectionError
        if fault == "a refusal":
            raise TargetFailed("SERVICE_TOKEN", "The service does not know our token.")
        if fault == "nonsense":
            return Answer({"document": "?"}, {})
        if fault in ("a chain that was cut", "a chain that was written again"):
            with open_chain(tmp_path / "replaced", SERVICE) as replaced:
                while fault == "a chain that was written again" and replaced.head().sequence < stale.sequence - 1:
                    replaced.append(Event.SUBJECT_ASKED, None, {"jobs": 0})
                return countersign(signed, SITE.public, replaced, NOW)
        if fault == "other head":
            with open_chain(tmp_path / "elsewhere", SERVICE) as elsewhere:
                return countersign(earlier, SITE.public, elsewhere, NOW)
        true = countersign(signed, SITE.public, service, NOW)
        if fault == "a head beside the countersignature":
            return Answer(true.countersignature, sign_head(service, NOW) if record_job(service) else {})
        if fault == "the same head as before":
            own = {"sequence": stale.sequence, "sha256": stale.digest}
            body = true.countersignature["document"]["body"] | {"own": own}
            head = true.head["document"]["body"] | own
            return Answer(service.sign(DocumentKind.COUNTERSIGNATURE, body), service.sign(DocumentKind.HEAD, head))
        return true

    pinned = SigningKey.new() if fault == "foreign key" else SERVICE
    before = len(site.records(event=Event.PEER_HEAD))
    anchor = anchor_head(site, time=NOW, witnesses=[witness(answer, pinned)])
    assert (anchor.countersigned, anchor.answers) == (False, {"cloud": code})
    assert site.records()[-1].facts["countersigned"] is False
    assert len(site.records(event=Event.PEER_HEAD)) == before


def test_asking_again_in_vain_leaves_no_records_and_no_files(site: Chain) -> None:
    def down(_signed: dict[str, Any]) -> Answer:
        raise ConnectionError

    head = site.head()
    assert not anchor_head(site, time=NOW, witnesses=[witness(down)], again=True).countersigned
    assert site.head() == head
    assert not (site.directory / ANCHORS_NAME).exists()


def test_one_witness_that_is_down_does_not_keep_the_other_from_it(site: Chain, service: Chain) -> None:
    def down(_signed: dict[str, Any]) -> Answer:
        raise ConnectionError

    silent = Witness("silent", SigningKey.new().public, down)
    anchor = anchor_head(site, time=NOW, witnesses=[silent, honest(service)])
    assert anchor.answers == {"silent": "WITNESS_UNREACHABLE", "cloud": None}
    assert anchor.countersigned


def test_the_countersignature_finds_a_chain_that_was_written_again(site: Chain, service: Chain, tmp_path: Path) -> None:
    signed = sign_head(site, NOW)
    answer = countersign(signed, SITE.public, service, NOW).countersignature
    read_countersignature(answer, signed, [SERVICE.public])
    with open_chain(tmp_path / "again", SITE) as again:
        for _ in range(2):
            record_job(again)
    (tmp_path / "again" / ANCHORS_NAME).mkdir()
    (tmp_path / "again" / ANCHORS_NAME / "x.countersignature.json").write_bytes(canonical(answer))
    broken = verify(tmp_path / "again", [SITE.public, SERVICE.public]).broken
    assert broken is not None
    assert broken.change is Change.REWRITTEN
    stated = answer["document"]["body"]
    assert Head(stated["sequence"], stated["sha256"]) == site.head()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StampAuthority]:
    with StampAuthority(tmp_path_factory.mktemp("tsa")) as made:
        yield made


def test_a_head_is_stamped_over_http_and_the_stamp_verifies_with_openssl(
    site: Chain, authority: StampAuthority
) -> None:
    anchor = anchor_head(site, time=NOW, stamper=stamper(authority.url, authority.roots))
    assert (anchor.stamped, anchor.stamp_failure) == (True, None)
    folder = site.directory / ANCHORS_NAME
    head, kept = folder / "2026-11-03T020000Z.head.json", folder / "2026-11-03T020000Z.tsr"
    roots = x509.load_pem_x509_certificates(authority.roots.read_bytes())
    assert check_stamp(head.read_bytes(), kept.read_bytes(), roots).endswith("Z")
    command = ["openssl", "ts", "-verify", "-data", str(head), "-in", str(kept), "-CAfile", str(authority.roots)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    with pytest.raises(EvidenceRefused, match="not over this head"):
        check_stamp(head.read_bytes() + b" ", kept.read_bytes(), roots)
    assert json.loads(head.read_bytes())["document"]["body"]["sequence"] == anchor.head.sequence


def test_an_authority_that_does_not_answer_is_a_failure_of_the_anchor_and_no_more(
    site: Chain, authority: StampAuthority
) -> None:
    anchor = anchor_head(site, time=NOW, stamper=stamper("http://127.0.0.1:9/", authority.roots, timeout=1))
    assert anchor.stamp_failure == "TIME_STAMP_UNREACHABLE"
    assert verify(site.directory, [SITE.public]).valid


def test_a_file_of_roots_that_is_missing_is_a_failure_of_the_stamp_and_no_more(site: Chain, tmp_path: Path) -> None:
    anchor = anchor_head(site, time=NOW, stamper=stamper("http://127.0.0.1:9/", tmp_path / "missing.pem"))
    assert anchor.stamp_failure == "TIME_STAMP_CA"
