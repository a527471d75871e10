"""Pseudonyms of one transfer: a random key makes every identifier, and who has no key finds no way back.

Deterministic inside one transfer, so that retries, references and the frame of reference agree; unlinkable between
transfers, as no key outlives its own. No site-wide key exists.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from model.dicom.uids import uuid_uid
from model.gate.pseudonym import PSEUDONYM_BYTES, pseudonym_of

KEY_BYTES = 32


@dataclass(frozen=True)
class TransferKey:
    """The secret of one transfer and the pseudonym of its patient; ``transfer`` is our own identifier for it."""

    transfer: str
    pseudonym: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, transfer: str) -> TransferKey:
        """Draw a fresh key and a fresh pseudonym."""
        pseudonym = pseudonym_of(secrets.token_bytes(PSEUDONYM_BYTES))
        return cls(transfer, pseudonym, secrets.token_bytes(KEY_BYTES))

    def uid(self, original: str) -> str:
        """Return the pseudonymous UID.

        It is ``2.25.`` and the first 128 bits of HMAC-SHA256(key, UID) (PS3.5 section B.2).
        """
        digest = hmac.digest(self.secret, original.encode("ascii", "surrogateescape"), hashlib.sha256)
        return uuid_uid(int.from_bytes(digest[:16], "big"))

    def originals(self, uids: Iterable[str]) -> dict[str, str]:
        """Return the way back: pseudonymous UID → original, for the originals that the PACS still has."""
        return {self.uid(original): original for original in uids}
