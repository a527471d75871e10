"""A quote holds only for the key, the nonce, the transfer and the software that it was asked for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from model.errors import EvidenceRefused
from model.evidence.quote import LARGEST_QUOTE, issue_quote, read_quote, read_wanted_quote, report_data
from model.evidence.quote_kinds import READERS, STAND_IN, STAND_IN_SAYS, read_stand_in, stand_in_quote
from model.evidence.signed import DocumentKind, sign
from model.evidence.signing import SigningKey

KEY, OTHER = SigningKey.new(), SigningKey.new()
NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
NONCE, TRANSFER, SOFTWARE = "5a" * 32, "3f" * 16, "aa" * 48


def quoted(key: SigningKey = KEY, nonce: str = NONCE, kind: str = STAND_IN, software: str = SOFTWARE) -> dict[str, Any]:
    return issue_quote(TRANSFER, nonce, kind, stand_in_quote(software, report_data(key.public, nonce)), NOW, KEY)


def refused(signed: Any, transfer: str = TRANSFER, nonce: str = NONCE) -> str:
    with pytest.raises(EvidenceRefused) as error:
        read_wanted_quote(signed, KEY.public, transfer, nonce, STAND_IN, [SOFTWARE])
    return error.value.code


def test_a_quote_that_was_asked_for_is_taken_and_says_that_it_proves_nothing() -> None:
    signed = quoted()
    quote = read_wanted_quote(signed, KEY.public, TRANSFER, NONCE, STAND_IN, ["bb" * 48, SOFTWARE])
    assert (quote.measurement, quote.key, quote.digest) == (SOFTWARE, KEY.public, signed["sha256"])
    assert not quote.proves
    assert STAND_IN_SAYS == "software stand-in, proves nothing about hardware"
    assert list(READERS) == [STAND_IN], "no reader of hardware's quotes was ever held against hardware"


def test_the_bound_bytes_are_sixty_four_as_the_makers_take_them() -> None:
    data = report_data(KEY.public, NONCE)
    assert len(data) == 64
    assert data[:32] == hashlib.sha256(KEY.public.raw + bytes.fromhex(NONCE)).digest()
    assert data[32:] == bytes(32)


@pytest.mark.parametrize(
    ("signed", "code"),
    [
        (quoted(key=OTHER), "ATTESTATION_UNBOUND"),
        (quoted(nonce="5b" * 32), "ATTESTATION_STALE"),
        (quoted(kind="sev-snp"), "ATTESTATION_KIND"),
        (quoted(software="bb" * 48), "ATTESTATION_MEASUREMENT"),
        (issue_quote(TRANSFER, NONCE, STAND_IN, b"{}", NOW, KEY), "ATTESTATION_WRONG"),
        (issue_quote(TRANSFER, NONCE, STAND_IN, b"\x00" * 3 * LARGEST_QUOTE, NOW, KEY), "SIGNATURE_SHAPE"),
        (sign(DocumentKind.QUOTE, {"transfer": TRANSFER}, KEY), "SIGNATURE_SHAPE"),
        (sign(DocumentKind.QUOTE, {**quoted()["document"]["body"], "quote": "no base64!"}, KEY), "SIGNATURE_SHAPE"),
        ({**quoted(), "signature": "0" * 128}, "SIGNATURE_WRONG"),
        (None, "SIGNATURE_SHAPE"),
    ],
)
def test_a_quote_for_anything_else_is_refused_with_its_reason(signed: Any, code: str) -> None:
    assert refused(signed) == code


def test_a_quote_that_was_given_before_is_stale() -> None:
    assert refused(quoted(), nonce="5c" * 32) == "ATTESTATION_STALE"
    assert refused(quoted(), transfer="4f" * 16) == "ATTESTATION_STALE"


def test_a_quote_that_names_another_key_than_the_one_that_signed_it_is_not_bound() -> None:
    body = quoted()["document"]["body"] | {"service_key": OTHER.public.raw.hex()}
    assert refused(sign(DocumentKind.QUOTE, body, KEY)) == "ATTESTATION_UNBOUND"


def test_what_is_kept_is_verified_again_without_knowing_what_was_asked() -> None:
    assert read_quote(quoted(), [OTHER.public, KEY.public]).nonce == NONCE
    with pytest.raises(EvidenceRefused, match="not bound to the key"):
        read_quote(quoted(key=OTHER), [KEY.public])


@pytest.mark.parametrize("place", [3, 40, 120, -5])
def test_one_other_byte_of_the_stand_in_is_a_damaged_quote(place: int) -> None:
    content = bytearray(stand_in_quote(SOFTWARE, report_data(KEY.public, NONCE)))
    content[place] ^= 1
    with pytest.raises(EvidenceRefused, match="damaged"):
        read_stand_in(bytes(content))
