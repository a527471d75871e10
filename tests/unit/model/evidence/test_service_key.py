"""An operator's certificate of a service's key: what it says is signed, has its days, and passes for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.errors import EvidenceRefused
from model.evidence.service_key import certify, read_service_key
from model.evidence.signed import DocumentKind, sign
from model.evidence.signing import SigningKey

OPERATOR, SERVICE = SigningKey.new(), SigningKey.new()
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
URL = "https://a.example:8443"


def certificate(**changes: Any) -> dict[str, Any]:
    first, last = NOW - timedelta(days=1), NOW + timedelta(days=1)
    return certify("a", SERVICE.public, changes.get("url", URL), first, last, changes.get("operator", OPERATOR))


def refusal(signed: object, now: datetime | None = None) -> str:
    with pytest.raises(EvidenceRefused) as refused:
        read_service_key(signed, [OPERATOR.public], now=now)
    return refused.value.code


def test_the_operators_key_opens_it() -> None:
    read = read_service_key(certificate(), [OPERATOR.public], now=NOW)
    assert (read.name, read.key.raw, read.url) == ("a", SERVICE.public.raw, URL)
    assert read_service_key(certificate(url=None), [OPERATOR.public], now=NOW).url is None


def test_another_key_or_a_change_does_not() -> None:
    assert refusal(certificate(operator=SigningKey.new())) == "SIGNATURE_KEY"
    changed = certificate()
    changed["document"]["body"]["url"] = "https://stranger.example:8443"
    assert refusal(changed) == "SIGNATURE_WRONG"
    assert refusal(None) == "SIGNATURE_SHAPE"


@pytest.mark.parametrize("days", [-2, 2])
def test_it_ends_and_does_not_begin_early(days: int) -> None:
    assert refusal(certificate(), NOW + timedelta(days=days)) == "KEY_EXPIRED"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "A Name"),
        ("key", "00"),
        ("url", "http://a.example:8443"),
        ("url", "https://a.example:8443/path?query"),
        ("url", "https://user@a.example"),
        ("last", "tomorrow"),
        ("more", "than it holds"),
    ],
)
def test_odd_contents_are_refused_though_the_operator_signed_them(name: str, value: str) -> None:
    body = certificate()["document"]["body"] | {name: value}
    assert refusal(sign(DocumentKind.SERVICE_KEY, body, OPERATOR)) == "SIGNATURE_SHAPE"


def test_a_receipt_of_the_operators_key_is_no_certificate() -> None:
    body = certificate()["document"]["body"]
    assert refusal(sign(DocumentKind.RECEIPT, body, OPERATOR)) == "SIGNATURE_SHAPE"
