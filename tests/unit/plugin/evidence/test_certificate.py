"""The certificate says exactly what is on record, is signed as JSON and as PDF, and names no patient."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.misc import PdfReadError, PdfStreamError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code, printed
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.signed import DocumentKind, open_signed
from model.evidence.signing import SigningKey
from plugin.evidence.certificate import issue_certificate
from plugin.evidence.certificate_pages import ATTACHMENT, certificate_pdf
from plugin.evidence.closing import close_job, missing_before_close
from plugin.evidence.paper.signature import PdfSeal, make_seal
from plugin.settings.evidence import Recipient
from tests.builders.evidence import LIFE, open_chain, record_job, record_local_job
from tests.builders.pdf_text import text_of

KEY = SigningKey.new()
SITE = "University Hospital Musterstadt"
RECIPIENTS = {"cloud": Recipient(Name="Contour Services", Country="Germany", Contract="DPA 2026-014")}


@pytest.fixture(scope="module")
def seal() -> PdfSeal:
    return make_seal(SITE)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", KEY)


def body(chain: Chain, code: str) -> dict[str, Any]:
    found: dict[str, Any] = issue_certificate(chain, code, RECIPIENTS)["document"]["body"]
    return found


def test_a_closed_job_says_what_was_deleted_where_and_how_that_was_verified(chain: Chain) -> None:
    code = record_job(chain)
    record_local_job(chain)
    document = body(chain, code)
    assert document["State"] == "closed"
    assert document["EvidenceCode"] == printed(code)
    assert document["Missing"] == []
    assert [(item["Where"].split(":")[0], item["How"]) for item in document["Deletions"]] == [
        (
            "the recipient",
            "verified by the recipient's signed receipt, whose key or whose operator's key this site pinned",
        ),
        ("this hospital", "verified by listing the place after the deletion"),
        ("this hospital", "verified by asking Orthanc for the pseudonym after the deletion"),
        ("this hospital", "verified by reading it back after the deletion"),
    ]
    assert document["Sent"]["Instances"] == 120
    assert document["Recipient"]["Contract"] == "DPA 2026-014"
    assert [receipt["Event"] for receipt in document["Receipts"]] == ["REMOTE_VERIFIED", "REMOTE_DELETED"]
    assert document["Versions"] == {
        "Orthanc": "1.10.1",
        "model": "1.0",
        "orthanc-autocontour": "0.1.0",
        "profile base": "2021b",
    }
    assert len(document["Records"]) == len(LIFE) + 1


def test_a_job_without_a_remote_side_needs_no_remote_deletion(chain: Chain) -> None:
    document = body(chain, record_local_job(chain))
    assert document["State"] == "closed"
    assert document["Sent"] is None
    assert [item["Where"] for item in document["Deletions"]] == [
        "this hospital: working files",
        "this hospital: copies in Orthanc",
        "this hospital: the key that links the pseudonyms to the patient",
    ]


@pytest.mark.parametrize(
    ("until", "missing"),
    [
        (Event.RECEIVED, ()),
        (Event.MATCHED, ()),
        (Event.DEIDENTIFIED, (Event.LOCAL_DELETED, Event.KEY_DESTROYED)),
        (Event.SENT, (Event.LOCAL_DELETED, Event.KEY_DESTROYED, Event.REMOTE_DELETED)),
        (Event.REMOTE_DELETED, (Event.LOCAL_DELETED, Event.KEY_DESTROYED)),
        (Event.LOCAL_DELETED, (Event.KEY_DESTROYED,)),
        (Event.KEY_DESTROYED, ()),
    ],
)
def test_no_job_is_closed_before_both_deletions_and_the_end_of_the_key(
    chain: Chain, until: Event, missing: tuple[Event, ...]
) -> None:
    code = record_job(chain, until=until)
    assert missing_before_close(chain.records(code)) == missing
    if missing:
        with pytest.raises(EvidenceRefused, match=missing[0]):
            close_job(chain, code, "done", 1)
        assert body(chain, code)["Missing"] == list(missing)
    else:
        assert close_job(chain, code, "done", 1).event is Event.CLOSED
        with pytest.raises(EvidenceRefused, match="closed already"):
            close_job(chain, code, "done", 1)


@pytest.mark.parametrize("remains", [{"left": 1}, {"orthanc_copies": 1}])
def test_a_deletion_that_left_something_does_not_count(chain: Chain, remains: dict[str, int]) -> None:
    code = record_job(chain, until=Event.DEIDENTIFIED)
    facts: Facts = {"files": 120, "left": 0, "orthanc_copies": 0, "verified": "LISTED", **remains}
    chain.append(Event.LOCAL_DELETED, code, facts)
    assert Event.LOCAL_DELETED in missing_before_close(chain.records(code))


def test_deletion_that_only_a_contract_promises_is_said_to_be_unverified(chain: Chain, seal: PdfSeal) -> None:
    code = record_job(chain, until=Event.STORED)
    chain.append(Event.REMOTE_DELETED, code, {"verified": "CONTRACT_ONLY"})
    chain.append(*(LIFE[-2][0], code, LIFE[-2][1]))
    chain.append(*(LIFE[-1][0], code, LIFE[-1][1]))
    close_job(chain, code, "done", 1)
    document = body(chain, code)
    assert "not verified here" in document["Deletions"][0]["How"]
    assert "not verified here" in text_of(certificate_pdf(issue_certificate(chain, code), SITE, seal))


def test_an_unknown_code_has_no_certificate(chain: Chain) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        issue_certificate(chain, new_code())
    assert refused.value.code == "EVIDENCE_UNKNOWN"


def test_the_json_certificate_is_signed_and_one_changed_word_is_found(chain: Chain) -> None:
    signed = issue_certificate(chain, record_job(chain), RECIPIENTS)
    assert open_signed(DocumentKind.CERTIFICATE, signed, [KEY.public])["State"] == "closed"
    changed = json.loads(json.dumps(signed).replace('"closed"', '"open"'))
    with pytest.raises(EvidenceRefused) as refused:
        open_signed(DocumentKind.CERTIFICATE, changed, [KEY.public])
    assert refused.value.code == "SIGNATURE_WRONG"
    with pytest.raises(EvidenceRefused) as foreign:
        open_signed(DocumentKind.CERTIFICATE, signed, [SigningKey.new().public])
    assert foreign.value.code == "SIGNATURE_KEY"
    with pytest.raises(EvidenceRefused) as other_kind:
        open_signed(DocumentKind.REPORT, signed, [KEY.public])
    assert other_kind.value.code == "SIGNATURE_SHAPE"


def signature_is_good(pdf: bytes, seal: PdfSeal, folder: Path) -> bool:
    path = folder / "check.pdf"
    path.write_bytes(pdf)
    _, _, der = pem.unarmor(seal.certificate)
    context = ValidationContext(trust_roots=[x509.Certificate.load(der)], allow_fetching=False)
    with path.open("rb") as file:
        signature = PdfFileReader(file).embedded_signatures[0]
        status = validate_pdf_signature(signature, context)
        return bool(status.bottom_line and status.trusted)


def test_the_pdf_verifies_with_the_certificate_of_the_site(chain: Chain, seal: PdfSeal, tmp_path: Path) -> None:
    pdf = certificate_pdf(issue_certificate(chain, record_job(chain), RECIPIENTS), SITE, seal)
    assert signature_is_good(pdf, seal, tmp_path)
    other = make_seal(SITE)
    assert not signature_is_good(pdf, other, tmp_path)


def test_one_flipped_byte_of_the_pdf_is_found_wherever_it_is(chain: Chain, seal: PdfSeal, tmp_path: Path) -> None:
    pdf = certificate_pdf(issue_certificate(chain, record_job(chain), RECIPIENTS), SITE, seal)
    content = pdf.index(b"stream") + 40
    for place in (content, len(pdf) // 4, len(pdf) // 2):
        flipped = bytearray(pdf)
        flipped[place] ^= 1
        with contextlib.suppress(PdfReadError, PdfStreamError, ValueError, zlib.error):
            assert not signature_is_good(bytes(flipped), seal, tmp_path), place


def test_the_signed_json_lies_inside_the_pdf(chain: Chain, seal: PdfSeal, tmp_path: Path) -> None:
    signed = issue_certificate(chain, record_job(chain), RECIPIENTS)
    path = tmp_path / "certificate.pdf"
    path.write_bytes(certificate_pdf(signed, SITE, seal))
    with path.open("rb") as file:
        names = PdfFileReader(file).root["/Names"]["/EmbeddedFiles"]["/Names"]
        attached = names[1].get_object()["/EF"]["/F"].get_object().data
    assert names[0] == ATTACHMENT
    assert open_signed(DocumentKind.CERTIFICATE, json.loads(attached), [KEY.public]) == signed["document"]["body"]


@pytest.mark.skipif(
    shutil.which("pdfsig") is None or shutil.which("certutil") is None,
    reason="pdfsig (Debian's poppler-utils) with certutil (libnss3-tools) is the standard reader here",
)
def test_a_standard_reader_verifies_the_pdf_and_finds_a_flipped_byte(
    chain: Chain, seal: PdfSeal, tmp_path: Path
) -> None:
    pdf = certificate_pdf(issue_certificate(chain, record_job(chain), RECIPIENTS), SITE, seal)
    (tmp_path / "good.pdf").write_bytes(pdf)
    flipped = bytearray(pdf)
    flipped[pdf.index(b"stream") + 40] ^= 1
    (tmp_path / "bad.pdf").write_bytes(bytes(flipped))

    store = f"sql:{tmp_path}"
    (tmp_path / "site.pem").write_bytes(seal.certificate)
    subprocess.run(["certutil", "-N", "-d", store, "--empty-password"], check=True)
    trusted = ["-n", "site", "-t", ",C,", "-a", "-i", str(tmp_path / "site.pem")]

    def read(name: str) -> str:
        command = ["pdfsig", "-nssdir", store, str(tmp_path / name)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    assert "Certificate is Trusted" not in read("good.pdf")
    subprocess.run(["certutil", "-A", "-d", store, *trusted], check=True)
    assert "Certificate is Trusted" in read("good.pdf")
    assert "Signature is Valid" in read("good.pdf")
    assert "Total document signed" in read("good.pdf")
    assert "Signature is Valid" not in read("bad.pdf")


def test_names_in_other_alphabets_are_printed(chain: Chain, seal: PdfSeal) -> None:
    pdf = certificate_pdf(issue_certificate(chain, record_job(chain)), "Γενικό Νοσοκομείο, Łódź", seal)
    assert pdf.startswith(b"%PDF")
