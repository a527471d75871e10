"""A PDF of ours read back: is it signed, whole and unchanged, by whose certificate, and what is attached to it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader

# The deepest that a list of attachments is followed; ours has one level.
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class SignedFile:
    """What a PDF is; ``problem`` says what is wrong with its signature, None where nothing is.

    ``fingerprint`` is the SHA-256 of the certificate that signed. ``trusted`` is whether that is one of those given, or
    of them; None where none was given. The attachments of a file with a problem are those that lie in it now.
    """

    problem: str | None
    fingerprint: str | None = None
    trusted: bool | None = None
    attachments: Mapping[str, bytes] = field(default_factory=dict)


def open_signed_file(content: bytes, certificates: bytes | None = None) -> SignedFile:
    """Read a PDF and judge its signature; ``certificates`` (PEM) are those that may have signed, or their authority."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(content))
        attachments = dict(_attachments(reader))
    except Exception:  # noqa: BLE001 - a file that was changed makes its reader fail anywhere
        return SignedFile("it cannot be read as a PDF")
    try:
        problem, fingerprint, trusted = _signature(reader, certificates)
    except Exception:  # noqa: BLE001 - as above
        problem, fingerprint, trusted = "its signature cannot be read", None, None
    return SignedFile(problem, fingerprint, trusted, attachments)


def _signature(reader: PdfFileReader, certificates: bytes | None) -> tuple[str | None, str | None, bool | None]:
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    signatures = reader.embedded_regular_signatures
    if not signatures:
        return "it is not signed", None, None
    last = signatures[-1]
    signer = last.signer_cert
    fingerprint = signer.sha256.hex()
    # Whether the signature holds is asked here, by the certificate that it names; whose that is, below.
    status = validate_pdf_signature(last, ValidationContext(trust_roots=[signer], allow_fetching=False))
    if not status.intact or not status.valid:
        return "it was changed after it was signed", fingerprint, None
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        return "something was added to it after it was signed", fingerprint, None
    if certificates is None:
        return None, fingerprint, None
    own = x509.load_der_x509_certificate(signer.dump())
    return None, fingerprint, any(_vouches(one, own) for one in x509.load_pem_x509_certificates(certificates))


def _vouches(given: x509.Certificate, own: x509.Certificate) -> bool:
    """Whether a certificate that was given is the signer's own, or that of the authority that issued it."""
    if given == own:
        return True
    try:
        own.verify_directly_issued_by(given)
        return given.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False


def _attachments(reader: PdfFileReader) -> Iterator[tuple[str, bytes]]:
    """Give the names and contents of the attached files."""
    try:
        tree = reader.root["/Names"]["/EmbeddedFiles"]
    except KeyError:
        return
    yield from _leaves(tree, _DEPTH)


def _leaves(node: Any, depth: int) -> Iterator[tuple[str, bytes]]:
    for kid in node["/Kids"] if depth and "/Kids" in node else ():
        yield from _leaves(kid, depth - 1)
    if "/Names" in node:
        names = node["/Names"]  # not by get, which leaves a reference as it is
        for place in range(0, len(names) - 1, 2):
            yield str(names[place]), bytes(names[place + 1]["/EF"]["/F"].data)
