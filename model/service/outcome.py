"""How a transfer ended, and how much of that is signed and noted: what a full disk keeps back is done later."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass

from model.service.answers import NotRecorded
from model.service.attest import Attestation
from model.service.ledger import Ledger, State
from model.service.transfer import Transfer
from model.storage.erase import Deletion

# What writing to the ledger or the chain raises when there is no room.
UNWRITTEN = (sqlite3.Error, NotRecorded)
REASONS = {
    "EXPIRED": "The transfer outlived its deadline and was deleted; send the series again.",
    "STALLED": "No instance arrived for too long; the transfer was deleted. Send the series again.",
    "SPOOL_FULL": "The service's memory for images is full; the transfer was deleted. Send the series again later.",
    "SPOOL_CHANGED": "Somebody else changed the service's memory for images; the transfer was deleted. Its operator "
    "must look; send the series again later.",
    "RECORDS": "The service could not write its records and deleted the transfer; send the series again later.",
    "RESTARTED": "The service was restarted and deleted what it held; send the series again.",
    "CANCELLED": "The sender deleted the transfer.",
    "STOPPED": "The service is being stopped and deleted what it held; send the series again.",
}


@dataclass
class Outcome:
    """The images are gone, or as good as the file system lets them; ``noted`` is true once the ledger says so."""

    transfer: Transfer
    state: State
    error: tuple[str, str] | None
    findings: Mapping[str, int]
    deletion: Deletion
    rejected: bool = False
    deleted: bool = False
    noted: bool = False
    # Whether the operator was told of files that were not there to be deleted.
    reported: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is left to delete, to sign or to note."""
        return self.deleted and self.noted

    def write(self, attest: Attestation, ledger: Ledger) -> None:
        """Sign and note what is not yet; raises one of UNWRITTEN, and goes on there when called again."""
        row = self.transfer.row
        if self.state is State.REJECTED and not self.rejected:
            attest.rejected(row, self.findings)
            self.rejected = True
        if not self.deletion.left and not self.deleted:
            code = self.error[0] if self.error and self.state is not State.REJECTED else None
            attest.deleted(row, self.deletion, code)
            self.deleted = True
        if not self.noted:
            ledger.end(row.site, row.id, self.state, time.time(), self.error, self.findings)
            self.noted = True

    def delete_again(self) -> None:
        """Try once more to delete what could not be deleted."""
        if self.deletion.left:
            self.deletion = self.transfer.folder.delete()
