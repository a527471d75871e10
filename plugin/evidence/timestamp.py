"""RFC 3161 time stamps over anchored heads, from the authority that the site configures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def stamper(
    url: str, authority: Path, *, timeout: float = 15.0, proxy: Callable[[], str | None] = lambda: None
) -> Stamper:
    """Make the function that has bytes stamped; ``authority`` is a PEM file with the authority's root certificates.

    ``proxy`` gives the address of the proxy on the way, where there is one.

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
        with http_session(proxy=proxy()) as session:
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
