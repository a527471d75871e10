"""The vault: for each open transfer its key and where its series came from, encrypted; destroyed when it ends.

Destroying the key destroys the link: with it gone, nobody can tell whose the pseudonymous copies were. A gateway that
is alone has a vault of its own (``file_vault``); gateways that share a database share one (``database_vault``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from model.errors import PrivacyRefused
from plugin.privacy.pseudonyms import TransferKey
from plugin.vault.sealing import Seal

OPEN, DESTROYED = "open", "destroyed"


@dataclass(frozen=True)
class OpenTransfer:
    """A transfer whose key still exists: the key, Orthanc's identifier of the source series, and when it ends."""

    key: TransferKey
    source: str
    expires: datetime


@dataclass(frozen=True)
class TransferRecord:
    """What the vault says about a transfer without opening it; all that is left of a destroyed one."""

    transfer: str
    state: str
    created: datetime
    expires: datetime
    destroyed: datetime | None


class Vault(Protocol):
    """Any thread may call; on disk everything is sealed."""

    def open_transfer(self, transfer: str, source: str, hours: float = 24) -> TransferKey:
        """Make a key for ``transfer``, or give the one it has: a retried step gets the same pseudonyms.

        ``source`` is Orthanc's identifier of the series. Raises PrivacyRefused when the transfer was destroyed or
        belongs to another source.
        """
        ...

    def get(self, transfer: str) -> OpenTransfer:
        """Return the key of an open transfer; raises PrivacyRefused when it is unknown, destroyed or past its limit."""
        ...

    def destroy(self, transfer: str) -> bool:
        """Destroy the key of a transfer, which nothing brings back; returns whether it was open until now."""
        ...

    def sweep(self, now: datetime | None = None) -> tuple[str, ...]:
        """Destroy every key past its limit; returns the transfers concerned."""
        ...

    def record(self, transfer: str) -> TransferRecord | None:
        """Return what is known about a transfer without its key; None for one that never was."""
        ...

    def open_transfers(self) -> tuple[TransferRecord, ...]:
        """List every transfer whose key exists, oldest first."""
        ...


@dataclass(frozen=True)
class Row:
    """What is stored of a transfer; ``sealed`` is gone once it is destroyed."""

    transfer: str
    state: str
    expires: datetime
    sealed: bytes | None


def opened(row: Row | None, seal: Seal, now: datetime) -> OpenTransfer:
    """Open what is stored of a transfer; raises PrivacyRefused when there is nothing to open any more."""
    if row is None:
        raise refused("TRANSFER_UNKNOWN", "The vault knows no such transfer.")
    if row.state != OPEN or row.sealed is None:
        raise refused("TRANSFER_CLOSED", "The key of this transfer has been destroyed; start the job anew.")
    if now >= row.expires:
        raise refused("TRANSFER_EXPIRED", "The transfer is past its limit; start the job anew.")
    content = seal.open_key(row.transfer, row.sealed, row.expires)
    if content is None:
        raise refused("TRANSFER_DAMAGED", "The vault's entry of this transfer has been changed; start the job anew.")
    key, source = content
    return OpenTransfer(key, source, row.expires)


def require_source(found: OpenTransfer, source: str) -> TransferKey:
    """Return the key of a transfer; raises PrivacyRefused when it was opened for another series."""
    if found.source != source:
        raise refused("TRANSFER_SOURCE", "The transfer was opened for another series.")
    return found.key


def refused(code: str, message: str) -> PrivacyRefused:
    """Return the refusal of a transfer."""
    return PrivacyRefused(code, message, {code: 1})
