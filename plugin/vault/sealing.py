"""How rows of the vault are sealed: AES-256-GCM under the key-encryption key, each bound to what it says beside."""

from __future__ import annotations

import json
import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from model.errors import ConfigurationRefused
from plugin.privacy.pseudonyms import TransferKey

NONCE_BYTES = 12
PROBE, PROBE_NAME = b"orthanc-autocontour vault", "probe"


class Seal:
    """Seals and opens with one key; what was sealed with another key, or for another place, does not open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, content: bytes, bound: str) -> bytes:
        """Encrypt; ``bound`` is what the content belongs to."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, bound.encode())

    def open(self, sealed: bytes, bound: str) -> bytes | None:
        """Decrypt; None for what was not sealed so."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound.encode())
        except InvalidTag:
            return None

    def require_same(self, probe: bytes, way_out: str) -> None:
        """Raise ConfigurationRefused where a probe was sealed with another key."""
        if self.open(probe, PROBE_NAME) != PROBE:
            raise ConfigurationRefused("Privacy.VaultKeyFile", f"the vault was made with another key; {way_out}")

    def close_key(self, key: TransferKey, source: str, expires: datetime) -> bytes:
        """Seal the key of a transfer: moved to another transfer or another limit, it no longer opens."""
        content = {"pseudonym": key.pseudonym, "secret": key.secret.hex(), "source": source}
        return self.close(json.dumps(content).encode(), _bound(key.transfer, expires))

    def open_key(self, transfer: str, sealed: bytes, expires: datetime) -> tuple[TransferKey, str] | None:
        """Return the key of a transfer and where its series came from; None where the row was changed."""
        content = self.open(sealed, _bound(transfer, expires))
        if content is None:
            return None
        fields = json.loads(content)
        return TransferKey(transfer, fields["pseudonym"], bytes.fromhex(fields["secret"])), fields["source"]


def _bound(transfer: str, expires: datetime) -> str:
    return f"{transfer}|{expires.isoformat()}"
