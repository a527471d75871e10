"""TLS between the gateway and its Orthanc: whose certificate is right, and which one the gateway shows."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from model.errors import TargetFailed
from plugin.settings.document import TlsSection
from plugin.settings.places import on_this_machine

CODE = "ORTHANC_CERTIFICATE"
ANOTHER = (
    "What answers at Orthanc's port shows another certificate than the file that SslCertificate names, or none. "
    "Orthanc reads that file when it starts: after an exchange of the certificate, restart it."
)
UNTRUSTED = (
    "Orthanc's certificate is not of the authority in OrthancTls.CaFile, is not valid now, or is for another host."
)
UNKNOWN = (
    "Orthanc asks its clients for a certificate (SslVerifyPeers) and does not take the gateway's: name one that is in "
    "SslTrustedClientCertificates, or is of an authority there, in OrthancTls.CertificateFile and KeyFile."
)
# What OpenSSL calls the refusal of a client without a certificate, or with one that is not known; some servers only
# hang up in the handshake.
_REFUSED = re.compile(
    r"alert (certificate (required|unknown)|unknown ca|bad certificate|handshake failure)|violation of protocol",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class OrthancTrust:
    """How Orthanc is known, and how the gateway is.

    Attributes:
        pinned: SHA-256 of the only certificate that is right, in hexadecimal; None where an authority says it.
        ca_file: The authorities, in PEM; None for the public ones.
        certificate: Our own certificate and key, where Orthanc asks for one.
        host_checked: Whether the certificate must be for the host of the address. On this machine it need not:
            it is for the name that others use.
    """

    pinned: str | None = None
    ca_file: str | None = None
    certificate: tuple[str, str] | None = None
    host_checked: bool = True


def trust_of(url: str, certificate: str | None, tls: TlsSection) -> OrthancTrust:
    """Decide how the Orthanc at an address is known.

    Args:
        url: Its address.
        certificate: The file that its ``SslCertificate`` names, where it speaks TLS on this machine.
        tls: What the site configured for it.

    Raises TargetFailed with ORTHANC_CERTIFICATE when one of the files cannot be used.
    """
    if not url.startswith("https:"):
        return OrthancTrust()
    own = None
    if tls.CertificateFile is not None and tls.KeyFile is not None:
        own = (tls.CertificateFile, tls.KeyFile)
        _require_pair(own)
    if tls.CaFile is not None:
        _first_certificate(tls.CaFile, "OrthancTls.CaFile")
        return OrthancTrust(ca_file=tls.CaFile, certificate=own, host_checked=not on_this_machine(url))
    if certificate is None:
        return OrthancTrust(certificate=own)
    return OrthancTrust(pinned=sha256(_first_certificate(certificate, "SslCertificate")).hexdigest(), certificate=own)


def sentence_of(failure: Exception, trust: OrthancTrust) -> str:
    """Say which of the certificates a failed handshake was about."""
    if _REFUSED.search(str(failure).replace("_", " ")):
        return UNKNOWN
    return UNTRUSTED if trust.pinned is None else ANOTHER


def _first_certificate(path: str, key: str) -> bytes:
    """Return the first certificate of a PEM file, which is the one that a server shows; DER."""
    try:
        found = _BLOCK.search(Path(path).read_text(encoding="latin-1"))
        if found is not None:
            return ssl.PEM_cert_to_DER_cert(found[0])
        what = "holds no certificate in PEM"
    except OSError as error:
        what = f"cannot be read by Orthanc's user ({error.strerror})"
    except ValueError:
        what = "holds a damaged certificate"
    raise TargetFailed(CODE, f"The certificate file {path} ({key}) {what}.", retry=True)


def _require_pair(pair: tuple[str, str]) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*pair)
    except OSError as error:  # of which SSLError is one
        what = "do not fit each other or are no PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise TargetFailed(
            CODE,
            f"The gateway's certificate cannot be used: OrthancTls.CertificateFile and KeyFile ({what}).",
            retry=True,
        ) from None
