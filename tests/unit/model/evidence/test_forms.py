"""What verifies has one form: files of one name, anchors that lie where records say, signatures written in one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.errors import EvidenceRefused, TargetFailed
from model.evidence.anchor import anchor_head
from model.evidence.event import Event
from model.evidence.files import ANCHORS_NAME, month_files
from model.evidence.peer import Answer, Witness, countersign
from model.evidence.signed import DocumentKind, open_signed, sign
from model.evidence.signing import SigningKey, signature_bytes
from model.evidence.verification import verify
from model.evidence.walk import Change
from tests.builders.evidence import Clock, open_chain, record_job

SITE, SERVICE = SigningKey.new(), SigningKey.new()
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two closed months and an open one, with a gap between them; the clock went back after the second."""
    clock = Clock(datetime(2026, 8, 30, tzinfo=UTC))
    with open_chain(tmp_path / "chain", SITE, clock) as chain:
        for month in (8, 10, 12, 11):
            clock.now = datetime(2026, month, 20, tzinfo=UTC)
            record_job(chain)
    assert [path.stem for path in month_files(tmp_path / "chain")] == ["2026-08", "2026-10", "2026-12"]
    return tmp_path / "chain"


def test_files_by_the_month_of_their_first_record_are_untouched(folder: Path) -> None:
    assert verify(folder, [SITE.public]).valid


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-12", "2027-01"),
        ("2026-12", "2026-11"),
        ("2026-10", "2026-09"),
        ("2026-08", "2026-07"),
        ("2026-08", "2025-08"),
        ("2026-12", "2026-13"),
        ("2026-12", "9999-12"),
    ],
)
def test_a_month_file_under_another_name_is_named(folder: Path, old: str, new: str) -> None:
    (folder / f"{old}.jsonl").rename(folder / f"{new}.jsonl")
    answer = verify(folder, [SITE.public])
    assert not answer.valid
    assert answer.broken is not None
    assert (answer.broken.change, answer.broken.file) == (Change.MISNAMED, f"{new}.jsonl")


def test_two_month_files_that_changed_their_names_are_found(folder: Path) -> None:
    (folder / "2026-08.jsonl").rename(folder / "aside")
    (folder / "2026-10.jsonl").rename(folder / "2026-08.jsonl")
    (folder / "aside").rename(folder / "2026-10.jsonl")
    assert not verify(folder, [SITE.public]).valid


def test_a_file_that_is_no_month_is_not_read_as_one_and_its_records_are_missed(folder: Path) -> None:
    (folder / "2026-12.jsonl").rename(folder / "2026-12.jsonl.old")
    broken = verify(folder, [SITE.public]).broken
    assert broken is not None
    assert broken.change is Change.CUT_OFF


def test_a_month_file_that_is_a_link_is_remarked(folder: Path, tmp_path: Path) -> None:
    (folder / "2026-10.jsonl").rename(tmp_path / "elsewhere.jsonl")
    (folder / "2026-10.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    assert "2026-10.jsonl is a link to a file elsewhere." in verify(folder, [SITE.public]).remarks


def test_a_clock_that_went_back_after_a_month_was_closed_is_no_finding(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 10, 30, tzinfo=UTC))
    with open_chain(tmp_path, SITE, clock) as chain:
        record_job(chain)
        clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        record_job(chain)
        clock.now = datetime(2026, 9, 1, tzinfo=UTC)
        record_job(chain)
    assert verify(tmp_path, [SITE.public]).valid


def test_a_repair_of_the_next_month_stands_in_the_file_that_was_torn(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 10, 30, tzinfo=UTC))
    with open_chain(tmp_path, SITE, clock) as chain:
        record_job(chain)
        clock.now = datetime(2026, 11, 1, tzinfo=UTC)
        chain.append(Event.SUBJECT_ASKED, None, {"jobs": 0})
    path = tmp_path / "2026-11.jsonl"
    path.write_bytes(b"")
    closed = json.loads((tmp_path / "2026-10.jsonl").read_bytes().splitlines()[-1])
    head = {"sequence": closed["record"]["sequence"], "sha256": closed["sha256"]}
    (tmp_path / "head.json").write_text(json.dumps(head))
    path.write_bytes(b'{"record":{"eve')
    clock.now = datetime(2026, 12, 5, tzinfo=UTC)
    with open_chain(tmp_path, SITE, clock) as chain:
        record_job(chain)
    answer = verify(tmp_path, [SITE.public])
    assert answer.valid, answer.broken


# --- anchors ---------------------------------------------------------------------------------------------------


@pytest.fixture
def anchored(tmp_path: Path) -> Path:
    """A chain whose head a service countersigned and an authority stamped, twice."""
    there = open_chain(tmp_path / "service", SERVICE)

    def hand(signed: dict[str, Any]) -> Answer:
        return countersign(signed, SITE.public, there, datetime.now(UTC))

    with open_chain(tmp_path / "chain", SITE) as chain:
        for day in (4, 5):
            record_job(chain)
            anchor_head(
                chain,
                time=datetime(2026, 11, day, 2, tzinfo=UTC),
                witnesses=[Witness("cloud", SERVICE.public, hand)],
                stamper=lambda content: b"stamp over " + content[:4],
            )
    assert verify(tmp_path / "chain", [SITE.public, SERVICE.public]).valid
    assert verify(tmp_path / "service", [SERVICE.public]).valid, "whose anchors lie elsewhere"
    return tmp_path / "chain"


@pytest.mark.parametrize("day", ["2026-11-04", "2026-11-05"])
@pytest.mark.parametrize("what", ["*.head.json", "*.countersignature.json", "*.tsr", "*"])
def test_an_anchor_that_a_record_names_and_the_folder_lacks_is_named(anchored: Path, day: str, what: str) -> None:
    for path in (anchored / ANCHORS_NAME).glob(f"{day}{what}"):
        path.unlink()
    broken = verify(anchored, [SITE.public, SERVICE.public]).broken
    assert broken is not None
    assert broken.change is Change.ANCHOR_LOST
    assert (day == "2026-11-04") == (broken.sequence < 17)


def test_all_anchors_gone_is_named(anchored: Path) -> None:
    for path in (anchored / ANCHORS_NAME).iterdir():
        path.unlink()
    (anchored / ANCHORS_NAME).rmdir()
    broken = verify(anchored, [SITE.public, SERVICE.public]).broken
    assert broken is not None
    assert broken.change is Change.ANCHOR_LOST


def test_an_emptied_anchor_is_none(anchored: Path) -> None:
    next((anchored / ANCHORS_NAME).glob("*.head.json")).write_bytes(b"")
    assert not verify(anchored, [SITE.public, SERVICE.public]).valid


def test_an_anchor_without_a_record_is_remarked(anchored: Path) -> None:
    with open_chain(anchored, SITE) as chain:
        signed = sign(
            DocumentKind.HEAD, {"sequence": 1, "sha256": "00" * 32, "time": "2026-11-06T02:00:00.000Z"}, SERVICE
        )
        assert chain.head().sequence > 1
    (anchored / ANCHORS_NAME / "2026-11-06T020000Z.head.json").write_text(json.dumps(signed))
    remarks = " ".join(verify(anchored, [SITE.public]).remarks)
    assert "1 anchors are named by no record" in remarks


def test_a_witness_that_was_silent_lacks_nothing(tmp_path: Path) -> None:
    def silent(_signed: dict[str, Any]) -> Answer:
        raise TargetFailed("SERVICE_DOWN", "no answer", retry=True)

    with open_chain(tmp_path, SITE) as chain:
        record_job(chain)
        anchor_head(chain, witnesses=[Witness("cloud", SERVICE.public, silent)])
    assert verify(tmp_path, [SITE.public]).valid


# --- signatures ------------------------------------------------------------------------------------------------


def second_form(signature: str) -> str:
    """The same signature with S + L, which a careless verifier takes as well (RFC 8032 8.4)."""
    raw = bytes.fromhex(signature)
    return (raw[:32] + (int.from_bytes(raw[32:], "little") + ORDER).to_bytes(32, "little")).hex()


FORMS: dict[str, Callable[[str], object]] = {
    "capitals": str.upper,
    "white space inside": lambda text: f"{text[:64]} {text[64:]}",
    "white space around": lambda text: f" {text}\t",
    "a line's end": lambda text: f"{text}\n",
    "S and the order of the group": second_form,
    "a byte more": lambda text: text + "00",
    "nothing": lambda _text: "",
    "a number": lambda _text: 7,
    "digits of another script": lambda text: text.translate({ord("1"): "١"}) if "1" in text else "١" * 128,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_signature_in_another_form_signs_no_document(form: str) -> None:
    signed = sign(DocumentKind.HEAD, {"sequence": 1, "sha256": "00" * 32, "time": "2026-11-06T02:00:00.000Z"}, SITE)
    assert open_signed(DocumentKind.HEAD, signed, [SITE.public])
    signed["signature"] = FORMS[form](signed["signature"])
    with pytest.raises(EvidenceRefused, match="SIGNATURE_"):
        open_signed(DocumentKind.HEAD, signed, [SITE.public])
    assert signature_bytes(signed["signature"]) is None


@pytest.mark.parametrize("form", [form for form in FORMS if form != "a number"])
def test_a_signature_in_another_form_signs_no_record(tmp_path: Path, form: str) -> None:
    with open_chain(tmp_path, SITE) as chain:
        record_job(chain)
    (path,) = month_files(tmp_path)
    lines = path.read_bytes().splitlines()
    signature = json.loads(lines[4])["signature"]
    other = str(FORMS[form](signature))
    lines[4] = lines[4].replace(signature.encode(), other.encode())
    path.write_bytes(b"\n".join(lines) + b"\n")
    broken = verify(tmp_path, [SITE.public]).broken
    assert broken is not None
    assert broken.sequence == 5


def test_what_stands_beside_the_signed_is_refused() -> None:
    signed = sign(DocumentKind.HEAD, {"sequence": 1, "sha256": "00" * 32, "time": "2026-11-06T02:00:00.000Z"}, SITE)
    with pytest.raises(EvidenceRefused, match="SIGNATURE_SHAPE"):
        open_signed(DocumentKind.HEAD, signed | {"valid": True}, [SITE.public])
