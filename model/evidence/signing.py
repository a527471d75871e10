"""Ed25519 keys of a chain: made once, kept on disk for the owner only, named by their digest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from model.errors import EvidenceRefused
from model.storage.files import create_once

# The order of the group: RFC 8032 5.1.7 takes a signature only with S below it, or each would have more than one form.
_ORDER = 2**252 + 27742317777372353535851937790883648493
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


def signature_bytes(text: object) -> bytes | None:
    """Read a signature in the one form that is written: 128 small hexadecimal digits, S reduced; else None."""
    if not isinstance(text, str) or _SIGNATURE.fullmatch(text) is None:
        return None
    signature = bytes.fromhex(text)
    return signature if int.from_bytes(signature[32:], "little") < _ORDER else None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key; ``id`` is the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""

    raw: bytes
    id: str
    _key: Ed25519PublicKey

    @classmethod
    def of(cls, raw: bytes) -> PublicKey:
        """Take the 32 bytes of a public key; raises EvidenceRefused when they are not a key."""
        try:
            key = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError as error:
            raise EvidenceRefused("EVIDENCE_KEY", "An Ed25519 public key has 32 bytes.") from error
        return cls(raw, hashlib.sha256(raw).hexdigest()[:16], key)

    @classmethod
    def from_pem(cls, text: bytes) -> PublicKey:
        """Read a public key as OpenSSL writes it (PEM, SubjectPublicKeyInfo)."""
        try:
            key = serialization.load_pem_public_key(text)
        except ValueError as error:
            raise EvidenceRefused("EVIDENCE_KEY", "The file holds no public key in PEM.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise EvidenceRefused("EVIDENCE_KEY", "The public key is not an Ed25519 key.")
        return cls.of(key.public_bytes_raw())

    def pem(self) -> bytes:
        """Write the key as OpenSSL reads it."""
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key signed the message."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def signed(self, signature: object, message: bytes) -> bool:
        """Say whether a text is this key's signature of the message, written as signatures are written."""
        read = signature_bytes(signature)
        return read is not None and self.verifies(read, message)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key of a chain; it signs and shows nothing but its public half."""

    _key: Ed25519PrivateKey
    public: PublicKey

    @classmethod
    def new(cls) -> SigningKey:
        """Make a key from the system's random source."""
        return cls._around(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read a key from a PEM file; raises EvidenceRefused when there is none in it or others may read the file."""
        if path.stat().st_mode & 0o077:
            raise EvidenceRefused(
                "EVIDENCE_KEY", "The signing key can be read by other users: chmod 600 the file, then restart."
            )
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise EvidenceRefused(
                "EVIDENCE_KEY", "The file of the signing key holds no unencrypted PEM key."
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise EvidenceRefused("EVIDENCE_KEY", "The signing key is not an Ed25519 key.")
        return cls._around(key)

    @classmethod
    def load_or_create(cls, path: Path) -> SigningKey:
        """Read the key, or make it once: mode 0600, in a directory of mode 0700, complete or not there at all."""
        if path.exists():
            return cls.load(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = cls.new()
        # False when another process was first, which then has the key that counts.
        if not create_once(path, made._pem()):
            return cls.load(path)
        return made

    @classmethod
    def _around(cls, key: Ed25519PrivateKey) -> SigningKey:
        return cls(key, PublicKey.of(key.public_key().public_bytes_raw()))

    def sign(self, message: bytes) -> bytes:
        """Sign a message: 64 bytes, the same each time."""
        return self._key.sign(message)

    def _pem(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
