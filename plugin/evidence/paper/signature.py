"""The signature under a PDF: an RSA key with a certificate of the site, which any PDF reader can verify."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from model.errors import EvidenceRefused
from model.storage.files import write_whole

# PDF readers know RSA since ever, Ed25519 hardly; 3072 bits carry beyond 2030 (NIST SP 800-57 part 1, table 2).
RSA_BITS = 3072
YEARS = 20
FIELD = "Signature"
# Two people who ask for the first PDF at the same time get one seal.
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class PdfSeal:
    """What signs PDFs: key and certificate in PEM."""

    key: bytes
    certificate: bytes

    @classmethod
    def load(cls, key: Path, certificate: Path) -> PdfSeal:
        """Take a key and a certificate (chain) that the site got from its own authority, both in PEM."""
        try:
            return cls(key.read_bytes(), certificate.read_bytes())
        except OSError as error:
            raise EvidenceRefused(
                "PDF_SEAL", f"The key or certificate that signs PDFs cannot be read ({error.strerror})."
            ) from error

    @classmethod
    def load_or_create(cls, folder: Path, organisation: str) -> PdfSeal:
        """Load the site's own seal, or make it once: a key for the owner only, and a certificate to hand out."""
        key_path, certificate_path = folder / "pdf-key.pem", folder / "pdf-certificate.pem"
        with _MAKING:
            if key_path.exists() and certificate_path.exists():
                return cls.load(key_path, certificate_path)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = make_seal(organisation)
            write_whole(key_path, made.key)
            write_whole(certificate_path, made.certificate)
            return made

    def fingerprint(self) -> str:
        """Give the SHA-256 of the certificate, as ``openssl x509 -fingerprint -sha256`` shows it, without colons."""
        return x509.load_pem_x509_certificate(self.certificate).fingerprint(hashes.SHA256()).hex()


def make_seal(organisation: str, now: datetime | None = None) -> PdfSeal:
    """Make a key and a certificate that vouches for itself; its fingerprint is what the site publishes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    start = (now or datetime.now(UTC)) - timedelta(minutes=5)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64] or "Autocontour site"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Autocontour evidence"),
        ]
    )
    # It is its own authority: readers that look into NSS (pdfsig among them) trust a root, and nothing else, by itself.
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * YEARS))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return PdfSeal(private, certificate.public_bytes(serialization.Encoding.PEM))


def sign_pdf(pdf: bytes, seal: PdfSeal, *, reason: str, attachments: Mapping[str, bytes] | None = None) -> bytes:
    """Attach files and sign the PDF as final: every later change, of the attachments too, breaks the signature."""
    # Half a second of a processor, which a gateway that starts does not spend: few ask for a PDF.
    from pyhanko.pdf_utils import embed
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    chain = [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(seal.certificate, multiple=True)]
    others = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    others.register_multiple(chain[1:])
    _, _, key = pem.unarmor(seal.key)
    signer = signers.SimpleSigner(
        signing_cert=chain[0], signing_key=keys.PrivateKeyInfo.load(key), cert_registry=others
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for name, content in (attachments or {}).items():
        file = embed.EmbeddedFileObject.from_file_data(writer, content, mime_type="application/json")
        embed.embed_file(writer, embed.FileSpec(file_spec_string=name, file_name=name, embedded_data=file))
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    signed = signers.PdfSigner(metadata, signer).sign_pdf(writer)
    return bytes(signed.getvalue())
