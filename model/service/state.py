"""What lies where in the service's StateDirectory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.storage.layout import Change, as_it_is

# The notes and journals that lie here, number by number; the databases have numbers of their own.
LAYOUTS: tuple[Change, ...] = (as_it_is,)


@dataclass(frozen=True)
class ServiceState:
    """The folder that holds everything the service keeps; images are never among it."""

    path: Path

    @property
    def lock(self) -> Path:
        """Held by the one service that runs on this folder."""
        return self.path / "service.lock"

    @property
    def chain(self) -> Path:
        """The chain of evidence."""
        return self.path / "chain"

    @property
    def signing_key(self) -> Path:
        """The private key of chain and receipts, where SigningKeyFile names no other."""
        return self.path / "signing.key"

    @property
    def ledger(self) -> Path:
        """SQLite: transfers, receipts, heads of the sites."""
        return self.path / "ledger.sqlite"

    @property
    def queue(self) -> Path:
        """SQLite of the durable queue, where Database names no PostgreSQL."""
        return self.path / "queue.sqlite"

    @property
    def journals(self) -> Path:
        """What lies in the spool, transfer by transfer."""
        return self.path / "written"

    @property
    def spool(self) -> Path:
        """Which folder the spool was at the last start, and in which life of the machine."""
        return self.path / "spool.json"

    @property
    def missed(self) -> Path:
        """How many received files somebody else took, while no operator has seen it."""
        return self.path / "missed.json"

    @property
    def name(self) -> Path:
        """What tells this service from others that share its database."""
        return self.path / "name"
