"""After a crash nothing is resumed: what is left is deleted at the next start, and signed for."""

from __future__ import annotations

import logging
import time

from model.service.attest import Attestation
from model.service.ending import REASONS
from model.service.figures import Figures
from model.service.ledger import Ledger, Row, State
from model.service.spool import Deletion, Spool, delete

logger = logging.getLogger(__name__)


def sweep(spool: Spool, ledger: Ledger, attest: Attestation, figures: Figures) -> None:
    """Delete what a crash left, and sign that it is gone, for each transfer and as a whole."""
    interrupted = ledger.unfinished()
    known = {row.folder: row for row in interrupted}
    total = Deletion(0, 0, 0)
    folders = spool.folders()
    for folder in folders:
        gone = delete(folder)
        total = Deletion(total.files + gone.files, total.bytes + gone.bytes, total.left + gone.left)
        row = known.pop(folder.name, None)
        if row is not None and not gone.left:
            _end(row, gone, ledger, attest)
    for row in known.values():
        _end(row, Deletion(0, 0, 0), ledger, attest)
    if folders or interrupted:
        attest.swept(total, len(interrupted))
        logger.warning("swept %d transfer(s) that a crash had interrupted", len(interrupted))
    if total.left:
        figures.left(total.left)


def _end(row: Row, gone: Deletion, ledger: Ledger, attest: Attestation) -> None:
    attest.chain.declare((row.model,))
    attest.deleted(row, gone, "RESTARTED")
    ledger.end(row.site, row.id, State.FAILED, time.time(), ("RESTARTED", REASONS["RESTARTED"]), {})
