"""After a crash nothing is resumed: what is left is deleted at the next start, and signed for."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.errors import ConfigurationRefused
from model.evidence.event import Event
from model.evidence.receipt import Step
from model.service.attest import Attestation
from model.service.journal import Journals, lifetime
from model.service.ledger import Ledger, Row, State
from model.service.metrics import Metrics
from model.service.outcome import REASONS
from model.service.spool import MEMORY, Spool, filesystem_of
from model.storage.erase import NOTHING, Deletion, delete
from model.storage.files import write_whole

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LastSpool:
    """Where images lay when the service ran before, and whether that was in the same life of the machine."""

    path: Path | None
    same_life: bool

    @classmethod
    def read(cls, note: Path) -> LastSpool:
        """Read the note of the last start; nothing is known without one."""
        try:
            told = json.loads(note.read_bytes())
            return cls(Path(str(told["Path"])), told["Lifetime"] == lifetime())
        except (OSError, ValueError, KeyError, TypeError):
            return cls(None, same_life=False)

    def require_the_same(self, path: Path, interrupted: int) -> None:
        """Raise ConfigurationRefused while images of interrupted transfers may lie in another folder than this."""
        path = path.absolute()
        if interrupted and self.path is not None and self.path != path and self.path.is_dir():
            raise ConfigurationRefused(
                "Spool",
                f"was {self.path} before, where images of {interrupted} interrupted transfer(s) may lie; start once "
                "with that folder, so that they are deleted and signed for",
            )


def note_spool(note: Path, spool: Spool) -> None:
    """Remember which folder the spool is, for the next start."""
    write_whole(note, json.dumps({"Path": str(spool.path), "Lifetime": lifetime()}).encode())


def sweep(
    spool: Spool,
    ledger: Ledger,
    attest: Attestation,
    metrics: Metrics,
    journals: Journals,
    last: LastSpool,
    missed: Callable[[int], None],
) -> None:
    """Delete what a crash left, and sign what became of it, for each transfer and as a whole.

    ``missed`` is told, before it is signed, how many files were written before the crash and could not be deleted:
    somebody else took them.
    """
    interrupted = {row.folder: row for row in ledger.unfinished()}
    folders = {path.name for path in spool.folders()}
    memory = filesystem_of(spool.path) in MEMORY
    total = NOTHING
    for name in sorted(folders | interrupted.keys() | set(journals.names())):
        journal = journals.of(name)
        written = journal.written()
        if (memory and spool.fresh) or (not last.same_life and (memory or name in folders)):
            # The memory ended, with the machine or the unit; a disk may not have got all before the power failed.
            written = {}
        gone = delete(spool.path / name, written)
        total += gone
        missed(gone.missing)
        row = interrupted.get(name)
        if row is not None and not gone.left:
            _end(row, gone, ledger, attest)
        if not gone.left:
            journal.remove()
    if folders or interrupted:
        attest.swept(total, len(interrupted))
        logger.warning("swept %d transfer(s) that a crash had interrupted", len(interrupted))
    metrics.left(total.left)


def unrecorded(ledger: Ledger, attest: Attestation) -> int:
    """Count deletions that have a receipt and no record in the chain, which then was cut off; asked after a sweep.

    A receipt is kept before the chain names it, and the sweep makes up for a record that a crash prevented.
    """
    recorded = {record.job for record in attest.chain.records(event=Event.TRANSFER_DELETED)}
    return len(ledger.signed(Step.DELETED.value) - recorded)


def _end(row: Row, gone: Deletion, ledger: Ledger, attest: Attestation) -> None:
    attest.chain.declare((row.model,))
    attest.deleted(row, gone, "RESTARTED")
    ledger.end(row.site, row.id, State.FAILED, time.time(), ("RESTARTED", REASONS["RESTARTED"]), {})
