"""What an operator of the service must look at, though it works; gone when it is started again."""

from __future__ import annotations

import logging

from model.service.metrics import Metrics

logger = logging.getLogger(__name__)


class OperatorAlerts:
    """Files that somebody else took, and deletions without a record."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._missed = 0
        self._unrecorded = 0

    def missed(self, files: int) -> None:
        """Count received files that were not there to be deleted: somebody has them, and its operator must look."""
        if files:
            self._missed += files
            self._metrics.missing(files)
            logger.error("%d received file(s) were not there to be deleted: somebody else took or changed them", files)

    def lacking(self, transfers: int) -> None:
        """Tell that deletions have receipts and no record: the chain was cut."""
        self._unrecorded = transfers
        self._metrics.unrecorded(transfers)
        if transfers:
            logger.error("%d deletions have a receipt and no record in the chain: call the auditor", transfers)

    def shown(self) -> list[dict[str, str | int]]:
        """Return what its operator must look at, though the service works; gone when it is started again."""
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
