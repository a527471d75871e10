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

from model.evidence.service_key import certify
from model.evidence.signing import SigningKey
from model.service.sites import new_token

HOSPITAL, PROVIDER = Path("/secrets/hospital"), Path("/secrets/provider")
GATEWAY, DATABASE = Path("/secrets/gateway"), Path("/secrets/database")
# Of the gateways too, in their images; Debian's package makes postgres the first system user of its image.
SERVICE_USER, DATABASE_USER = 10001, 100
SERVICES = (1, 2)
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
    if "scale" in sys.argv[1:] and not (HOSPITAL / "scale.json").exists():
        scale(orthanc)
    folders = [(HOSPITAL, orthanc), (PROVIDER, SERVICE_USER), (GATEWAY, SERVICE_USER), (DATABASE, DATABASE_USER)]
    folders += [(PROVIDER.with_name(f"provider-{number}"), SERVICE_USER) for number in SERVICES]
    for folder, owner in folders:
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


def scale(orthanc: int) -> None:
    """Make what compose.scale.yml needs: the passwords, what all gateways share, the keys of two services."""
    passwords = {name: secrets.token_urlsafe(24) for name in ("postgres", "orthanc", "autocontour")}
    write(DATABASE / "postgres", passwords["postgres"].encode(), DATABASE_USER)
    for name in ("orthanc", "autocontour"):
        write(DATABASE / f"database-{name}", passwords[name].encode(), DATABASE_USER)
    site_token, digest = new_token()
    # Kept apart in earnest: it signs the key of each new service, and is needed for nothing else.
    operator = SigningKey.new()
    ca, (gateways, *services) = authority_of("gateways", *("services" for _ in SERVICES))
    for number, (certificate, key) in zip(SERVICES, services, strict=True):
        provider(PROVIDER.with_name(f"provider-{number}"), number, operator, digest, certificate, key)
    write(GATEWAY / "ca.pem", ca, SERVICE_USER)
    write(GATEWAY / "server.pem", gateways[0], SERVICE_USER)
    write(GATEWAY / "server.key", gateways[1], SERVICE_USER)
    write(GATEWAY / "service-token", site_token.encode(), SERVICE_USER)
    write(GATEWAY / "vault.key", secrets.token_bytes(32), SERVICE_USER)
    gateway_token = secrets.token_urlsafe(32)
    password = json.loads((HOSPITAL / "users.json").read_text())["RegisteredUsers"]["admin"]
    for folder, owner in ((GATEWAY, SERVICE_USER), (HOSPITAL, orthanc)):
        write(folder / "gateway-token", gateway_token.encode(), owner)
    write(GATEWAY / "orthanc-password", password.encode(), SERVICE_USER)
    write(
        GATEWAY / "gateway.json",
        json.dumps(gateway(passwords["autocontour"], operator), indent=2).encode(),
        SERVICE_USER,
    )
    write(HOSPITAL / "ca.pem", ca, orthanc)
    index = {
        "EnableIndex": True,
        "EnableStorage": False,
        "IndexConnectionsCount": 10,
        "Host": "postgresql",
        "Port": 5432,
        "Database": "orthanc",
        "Username": "orthanc",
        "Password": passwords["orthanc"],
        # Several Orthancs share the index.
        "Lock": False,
    }
    section = {
        "Gateway": "https://gateways:8043",
        "GatewayTokenFile": "/run/autocontour/gateway-token",
        "GatewayCaFile": "/run/autocontour/ca.pem",
    }
    both = {"PostgreSQL": index, "AutoContour": section}
    write(HOSPITAL / "scale.json", json.dumps(both, indent=2).encode(), orthanc)


def provider(folder: Path, number: int, operator: SigningKey, digest: str, certificate: bytes, key: bytes) -> None:
    """Write what one of several services needs: its own signing key, which the operator has signed."""
    name, now = f"service-{number}", datetime.now(UTC)
    signing = SigningKey.load_or_create(folder / "signing.key")
    os.chown(folder / "signing.key", SERVICE_USER, SERVICE_USER)
    url = f"https://{name}:8443"
    signed = certify(name, signing.public, url, now - timedelta(hours=1), now + timedelta(days=DAYS), operator)
    write(folder / "service-key.json", json.dumps(signed, indent=2).encode(), SERVICE_USER)
    write(folder / "server.pem", certificate, SERVICE_USER)
    write(folder / "server.key", key, SERVICE_USER)
    service = {
        "Host": "0.0.0.0",
        "Port": 8443,
        "Tls": {"CertificateFile": "/run/autocontour/server.pem", "KeyFile": "/run/autocontour/server.key"},
        "Replica": {"Name": name, "Url": url, "CertificateFile": "/run/autocontour/service-key.json"},
        "DrainSeconds": 15,
        "StateDirectory": "/var/lib/autocontour",
        "SigningKeyFile": "/run/autocontour/signing.key",
        "Spool": "/spool",
        "Sites": {"hospital": {"TokenSha256": [digest]}},
    }
    write(folder / "service.json", json.dumps(service, indent=2).encode(), SERVICE_USER)


def gateway(password: str, operator: SigningKey) -> dict[str, object]:
    """Return the configuration that all gateways share."""
    here = "/run/autocontour"
    listen = {
        "Orthanc": {"Url": "http://orthanc:8042", "User": "admin", "PasswordFile": f"{here}/orthanc-password"},
        "Host": "0.0.0.0",
        "Port": 8043,
        "Tls": {"CertificateFile": f"{here}/server.pem", "KeyFile": f"{here}/server.key"},
        "TokenFile": f"{here}/gateway-token",
    }
    whole = {"Modality": "CT", "Orientation": "AXIAL"}
    head = {**whole, "BodyPartExamined": ["HEAD", "BRAIN"]}
    rules = [
        {"Name": "heads here", "When": head, "Then": {"Model": "hu-ct", "Target": "local"}},
        {
            "Name": "other axial CT to the services",
            "When": whole,
            "Then": {"Model": "hu-ct", "Target": "services"},
        },
    ]
    target = {
        "Type": "service",
        "Url": "https://services:8443",
        "TokenFile": f"{here}/service-token",
        "CaFile": f"{here}/ca.pem",
        "OperatorKey": operator.public.raw.hex(),
        "Limit": 4,
    }
    section = {
        "StateDirectory": "/var/lib/autocontour",
        "Database": f"postgresql://autocontour:{password}@postgresql:5432/autocontour",
        "Privacy": {"VaultKeyFile": f"{here}/vault.key"},
        "Listen": listen,
        "QuietSeconds": 5,
        "Rules": rules,
        "Targets": {"services": target},
    }
    return {"AutoContour": section}


def certificates(host: str) -> tuple[bytes, bytes, bytes]:
    """Make an authority's certificate, and certificate and key of one host, in PEM."""
    authority, ((certificate, key),) = authority_of(host)
    return authority, certificate, key


def authority_of(*hosts: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Make an authority's certificate, and certificate and key of each host, in PEM."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
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
    pem = serialization.Encoding.PEM
    made = []
    for host in hosts:
        key = ec.generate_private_key(ec.SECP256R1())
        # The host's name is that of the address which it shares with others; its own stands beside it.
        names = [x509.DNSName(name) for name in (host, *own_names(host), "localhost")]
        alternative = x509.SubjectAlternativeName([*names, x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        server = builder(subject, key.public_key(), ca=False).add_extension(alternative, critical=False)
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        made.append((server.sign(authority_key, hashes.SHA256()).public_bytes(pem), private))
    return authority.sign(authority_key, hashes.SHA256()).public_bytes(pem), made


def own_names(host: str) -> list[str]:
    """Return the names of the machines behind an address that several share."""
    return [f"service-{number}" for number in SERVICES] if host == "services" else []


def write(path: Path, content: bytes, owner: int) -> None:
    """Write a file that only its owner reads."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chown(path, owner, owner)


if __name__ == "__main__":
    main()
