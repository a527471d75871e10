"""RFC 3161 time stamps over anchored heads, from the authority that the site configures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import cms, tsp
from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm

from model.errors import EvidenceRefused
from model.evidence.anchor import Stamper
from model.outbound.session import http_session

# Replies are a few KB with their certificates; more than this is not one.
LARGEST_REPLY = 1 << 20


# How much of an authority's name is told.
_NAME_LENGTH = 120
_TIME_STAMPING = "time_stamping"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a reply states: the time as ISO 8601 UTC, and the subject of the certificate that signed it."""

    time: str
    authority: str | None


def stamper(
    url: str,
    authority: Path,
    *,
    timeout: float = 15.0,
    tls_authority: str | None = None,
    proxy: Callable[[], str | None] = lambda: None,
) -> Stamper:
    """Make the function that has bytes stamped; ``authority`` is a PEM file with the authority's root certificates.

    ``tls_authority`` is the file of those that its address over https may be of, the public ones without; ``proxy``
    gives the address of the proxy on the way, where there is one.

    The function raises EvidenceRefused with TIME_STAMP_WRONG when the reply is not over these bytes by that
    authority, with TIME_STAMP_CA when the authority's file cannot be read, and OSError (which requests' errors are)
    when it cannot be reached. Only a digest is sent.
    """

    def stamp(content: bytes) -> bytes:
        try:
            roots = x509.load_pem_x509_certificates(authority.read_bytes())
        except (OSError, ValueError) as error:
            raise EvidenceRefused("TIME_STAMP_CA", "The CaFile of the time stamp authority holds no PEM.") from error
        request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
        with http_session(ca_file=tls_authority, proxy=proxy()) as session:
            answer = session.post(
                url,
                data=request.as_bytes(),
                headers={"Content-Type": "application/timestamp-query"},
                timeout=timeout,
                stream=True,
            )
            if answer.status_code >= 300:  # a redirect, which is not followed, is no stamp either
                raise OSError(f"the time stamp authority answered with HTTP {answer.status_code}")
            reply = answer.raw.read(LARGEST_REPLY, decode_content=True)
        check_stamp(content, reply, roots, nonce=request.nonce)
        return bytes(reply)

    return stamp


def check_stamp(content: bytes, reply: bytes, roots: Sequence[x509.Certificate], *, nonce: int | None = None) -> str:
    """Verify a kept reply over these bytes; return the time it states as ISO 8601 UTC.

    Raises EvidenceRefused with TIME_STAMP_WRONG.
    """
    try:
        response = decode_timestamp_response(_ordered(reply))
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        if nonce is not None:
            builder = builder.nonce(nonce)
        builder.build().verify_message(response, content)
    except (VerificationError, ValueError) as error:
        raise EvidenceRefused(
            "TIME_STAMP_WRONG", "The time stamp is not over this head, or not by the configured authority."
        ) from error
    return response.tst_info.gen_time.isoformat().replace("+00:00", "Z")


def read_stamp(reply: bytes) -> Stamp:
    """Read what a kept reply states, without judging it; raises EvidenceRefused with TIME_STAMP_WRONG."""
    try:
        response = decode_timestamp_response(_ordered(reply))
        return Stamp(response.tst_info.gen_time.isoformat().replace("+00:00", "Z"), _signer(reply))
    except (ValueError, TypeError, KeyError) as error:
        raise EvidenceRefused("TIME_STAMP_WRONG", "This is not the reply of a time stamp authority.") from error


def _signer(reply: bytes) -> str | None:
    """Name the authority by the certificate in its reply that is made for stamping."""
    signed = tsp.TimeStampResp.load(reply)["time_stamp_token"]["content"]
    for choice in signed["certificates"]:
        usage = choice.chosen.extended_key_usage_value
        if usage is not None and _TIME_STAMPING in usage.native:
            subject = choice.chosen.subject.native
            parts = [subject[part] for part in ("common_name", "organization_name") if part in subject]
            words = ", ".join(part if isinstance(part, str) else " ".join(part) for part in parts)
            return "".join(sign for sign in words if sign.isprintable())[:_NAME_LENGTH] or None
    return None


def _ordered(reply: bytes) -> bytes:
    """Put the certificates of a reply into the order of DER: OpenSSL's authorities do not, and the reader insists.

    They stand outside of what the authority signed.
    """
    response = tsp.TimeStampResp.load(reply)
    if response["status"]["status"].native not in ("granted", "granted_with_mods"):
        raise ValueError("the authority refused")
    signed = response["time_stamp_token"]["content"]
    signed["certificates"] = cms.CertificateSet(sorted(signed["certificates"], key=lambda one: one.dump()))
    ordered: bytes = response.dump(force=True)
    return ordered
