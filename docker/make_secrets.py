"""Makes what the compose files need and nobody brought: passwords, a token, keys, and a test authority's certificates.

Run once as root by the service "secrets" of a compose file; what is there already stays as it is. In earnest each
side brings its own files: the hospital its users and the service's CA, token and public key; the service's operator
certificate, key and the hash of the token.
"""

from __future__ import annotations

import ipaddress
import json
import os
import pwd
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from model.evidence.signing import SigningKey
from model.service.sites import new_token

HOSPITAL, PROVIDER = Path("/secrets/hospital"), Path("/secrets/provider")
SERVICE_USER = 10001
DAYS = 365


def main() -> None:
    """Make the hospital's users; with ``forward``, what hospital and service need to meet."""
    orthanc = pwd.getpwnam("orthanc").pw_uid
    users = HOSPITAL / "users.json"
    if not users.exists():
        password = os.environ.get("ORTHANC_PASSWORD") or secrets.token_urlsafe(18)
        write(users, json.dumps({"RegisteredUsers": {"admin": password}}).encode(), orthanc)
    if "forward" in sys.argv[1:] and not (HOSPITAL / "forward.json").exists():
        forward(orthanc)
    for folder, owner in ((HOSPITAL, orthanc), (PROVIDER, SERVICE_USER)):
        if folder.exists():
            os.chown(folder, owner, owner)


def forward(orthanc: int) -> None:
    """Certificates of an authority made for this purpose, a token, the service's signing key, both configurations."""
    authority_pem, certificate_pem, key_pem = certificates("service")
    token, digest = new_token()
    signing = SigningKey.load_or_create(PROVIDER / "signing.key")
    os.chown(PROVIDER / "signing.key", SERVICE_USER, SERVICE_USER)
    write(PROVIDER / "server.pem", certificate_pem, SERVICE_USER)
    write(PROVIDER / "server.key", key_pem, SERVICE_USER)
    service = {
        "Host": "0.0.0.0",
        "Port": 8443,
        "Tls": {"CertificateFile": "/run/autocontour/server.pem", "KeyFile": "/run/autocontour/server.key"},
        "StateDirectory": "/var/lib/autocontour",
        "SigningKeyFile": "/run/autocontour/signing.key",
        "Spool": "/spool",
        "Sites": {"hospital": {"TokenSha256": [digest]}},
    }
    write(PROVIDER / "service.json", json.dumps(service, indent=2).encode(), SERVICE_USER)
    write(HOSPITAL / "ca.pem", authority_pem, orthanc)
    write(HOSPITAL / "token", token.encode(), orthanc)
    rule = {
        "Name": "every axial CT to the service",
        "When": {"Modality": "CT", "Orientation": "AXIAL"},
        "Then": {"Model": "hu-ct", "Target": "service"},
    }
    target = {
        "Type": "service",
        "Url": "https://service:8443",
        "TokenFile": "/run/autocontour/token",
        "CaFile": "/run/autocontour/ca.pem",
        "ServiceKey": signing.public.raw.hex(),
    }
    section = {"AutoContour": {"QuietSeconds": 5, "Rules": [rule], "Targets": {"service": target}}}
    write(HOSPITAL / "forward.json", json.dumps(section, indent=2).encode(), orthanc)


def certificates(host: str) -> tuple[bytes, bytes, bytes]:
    """Make an authority's certificate, and certificate and key of one host, in PEM."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AutoContour compose authority")])
    start = datetime.now(UTC) - timedelta(hours=1)

    def builder(name: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=DAYS))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
        )

    signs = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = builder(issuer, authority_key.public_key(), ca=True).add_extension(signs, critical=True)
    names = x509.SubjectAlternativeName(
        [x509.DNSName(host), x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    server = builder(subject, key.public_key(), ca=False).add_extension(names, critical=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (
        authority.sign(authority_key, hashes.SHA256()).public_bytes(pem),
        server.sign(authority_key, hashes.SHA256()).public_bytes(pem),
        private,
    )


def write(path: Path, content: bytes, owner: int) -> None:
    """Write a file that only its owner reads."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chown(path, owner, owner)


if __name__ == "__main__":
    main()
