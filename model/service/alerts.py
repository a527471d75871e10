"""What an operator of the service must look at, though it works; gone when it was stopped and is started again."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path

from model.service.metrics import Metrics
from model.storage.files import write_whole

logger = logging.getLogger(__name__)


class OperatorAlerts:
    """Files that somebody else took, and deletions without a record.

    ``note`` is a file that remembers the first over a kill: nothing that is left would tell of them again.
    """

    def __init__(self, metrics: Metrics, note: Path) -> None:
        self._metrics = metrics
        self._note = note
        self._missed = 0
        self._unrecorded = 0
        self.missed(_noted(note))

    def missed(self, files: int) -> None:
        """Count received files that were not there to be deleted: somebody has them, and its operator must look."""
        if files:
            self._missed += files
            self._metrics.missing(files)
            try:
                write_whole(self._note, json.dumps({"Files": self._missed}).encode())
            except OSError as error:
                logger.error("an alert cannot be noted (%s): it is shown until a kill", type(error).__name__)
            logger.error("%d received file(s) were not there to be deleted: somebody else took or changed them", files)

    def stopping(self) -> None:
        """Take what is shown as seen: its operator ends the service, and starts it anew."""
        self._missed = 0
        with contextlib.suppress(OSError):  # then the next start shows it once more
            self._note.unlink(missing_ok=True)

    def lacking(self, transfers: int) -> None:
        """Tell that deletions have receipts and no record: the chain was cut."""
        self._unrecorded = transfers
        self._metrics.unrecorded(transfers)
        if transfers:
            logger.error("%d deletions have a receipt and no record in the chain: call the auditor", transfers)

    def shown(self) -> list[dict[str, str | int]]:
        """Return what its operator must look at, though the service works."""
        found: list[dict[str, str | int]] = []
        if self._missed:
            message = (
                "Files that were received were not there to be deleted: somebody else can reach the spool. Find out "
                "who has them, then restart the service."
            )
            found.append({"Alert": "FILES_MISSING", "Files": self._missed, "Message": message})
        if self._unrecorded:
            message = (
                "Deletions have receipts and no record in the chain of evidence: it was cut off, or an old copy was "
                "restored. Keep the folder as it is and call the auditor."
            )
            found.append({"Alert": "CHAIN_CUT", "Transfers": self._unrecorded, "Message": message})
        return found


def _noted(note: Path) -> int:
    try:
        return max(0, int(json.loads(note.read_bytes())["Files"]))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError):
        return 1  # there was an alert, of which the number is lost
