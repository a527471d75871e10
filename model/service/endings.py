"""How transfers end: whatever the reason, everything is deleted, looked at to be gone, and signed for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import NoReturn

from model.errors import PrivacyRefused
from model.gate.reasons import GATE_REASONS, in_words
from model.gate.rules import Findings
from model.service.alerts import OperatorAlerts
from model.service.answers import Refusal
from model.service.attest import Attestation
from model.service.ledger import Ledger, State
from model.service.metrics import Metrics
from model.service.outcome import REASONS, UNWRITTEN, Outcome
from model.service.transfer import Transfer
from model.service.untold import Untold
from model.worker.pool import Workers

logger = logging.getLogger(__name__)


class Endings:
    """Ends transfers, and keeps those of which something is still to be deleted, signed or noted.

    ``forget`` is told of each transfer whose end is noted: it is not live any more.
    """

    def __init__(
        self,
        ledger: Ledger,
        attest: Attestation,
        workers: Workers,
        metrics: Metrics,
        alerts: OperatorAlerts,
        forget: Callable[[Transfer], None],
    ) -> None:
        self._ledger = ledger
        self._attest = attest
        self._workers = workers
        self._metrics = metrics
        self._alerts = alerts
        self._forget = forget
        self._unfinished: list[Outcome] = []
        self.untold = Untold()

    def end(self, transfer: Transfer, state: State, code: str | None, message: str | None = None) -> None:
        """Delete everything of a transfer, look that it is gone, and sign for it; done twice, it is done once."""
        error = (code, message or REASONS.get(code, "The transfer failed and was deleted.")) if code else None
        with transfer.lock:
            if transfer.state.final:
                return
            self._delete(transfer, state, error, {})

    def fetched(self, transfer: Transfer) -> None:
        """Delete the transfer: its contours were handed over."""
        self.end(transfer, State.DELETED, None)

    def reject(self, transfer: Transfer, findings: Mapping[str, int]) -> NoReturn:
        """Delete a transfer for what was found, and sign for both; raises PrivacyRefused."""
        self.end_rejected(transfer, findings)
        told = in_words(Findings(findings), GATE_REASONS)
        raise PrivacyRefused(
            "GATE", f"The transfer is not pseudonymised by this profile and was deleted: {told}.", dict(findings)
        )

    def end_rejected(self, transfer: Transfer, findings: Mapping[str, int]) -> None:
        """Delete a transfer for what was found, and sign for both."""
        with transfer.lock:
            if transfer.state.final:
                return
            self._metrics.rejected()
            self._delete(transfer, State.REJECTED, ("GATE", "The gate refused the transfer."), findings)

    def vanished(self, transfer: Transfer) -> NoReturn:
        """Refuse, as a file or folder of a transfer is not there: the transfer is over, or somebody took it."""
        self.require_live(transfer)
        self.end(transfer, State.FAILED, "SPOOL_CHANGED")
        raise Refusal(503, "SPOOL_CHANGED", REASONS["SPOOL_CHANGED"], retry_after=30) from None

    def full(self, transfer: Transfer) -> NoReturn:
        """Delete the transfer, as the spool took no more; raises Refusal 507."""
        self.end(transfer, State.FAILED, "SPOOL_FULL")
        raise Refusal(507, "SPOOL_FULL", REASONS["SPOOL_FULL"], retry_after=30) from None

    def retry(self) -> None:
        """Do what was kept back: delete, sign and note; called every second."""
        for outcome in list(self._unfinished):
            with outcome.transfer.lock:
                outcome.delete_again()
                self._write(outcome)
            if outcome.whole:
                outcome.transfer.folder.close()
                self._unfinished.remove(outcome)

    def require_live(self, transfer: Transfer) -> None:
        """Raise Refusal 410 for a transfer that is over."""
        if transfer.state.final:
            row = self._ledger.get(transfer.row.site, transfer.row.id)
            raise Refusal(
                410, (row.code if row else None) or "GONE", "The transfer is over, and nothing of it is left."
            )

    @property
    def files_left(self) -> bool:
        """Whether files of a transfer that is over could not be deleted yet."""
        return any(outcome.deletion.left for outcome in self._unfinished)

    @property
    def unnoted(self) -> bool:
        """Whether the end of a transfer is not yet in the ledger."""
        return not all(outcome.noted for outcome in self._unfinished)

    def _delete(
        self, transfer: Transfer, state: State, error: tuple[str, str] | None, findings: Mapping[str, int]
    ) -> None:
        row = transfer.row
        transfer.state = state  # from here on nothing is taken any more
        self._workers.cancel(row.folder)
        # Gone first, signed for then: whatever keeps the service from signing keeps no image.
        outcome = Outcome(transfer, state, error, findings, transfer.folder.delete())
        if outcome.deletion.left:
            logger.error("%d file(s) of a transfer could not be deleted; trying again", outcome.deletion.left)
            self._metrics.left(outcome.deletion.left)
        self._write(outcome)
        if outcome.whole:
            transfer.folder.close()
        else:
            self._unfinished.append(outcome)
        logger.info("transfer ended: %s%s", state, f" ({error[0]})" if error else "")

    def _write(self, outcome: Outcome) -> None:
        noted, row = outcome.noted, outcome.transfer.row
        if outcome.deletion.missing and not outcome.reported:
            outcome.reported = True
            self._alerts.missed(outcome.deletion.missing)
        try:
            outcome.write(self._attest, self._ledger)
        except UNWRITTEN as error:
            logger.error("the end of a transfer cannot be noted (%s); trying again", type(error).__name__)
        if outcome.noted and not noted:
            self.untold.ended(row.site, row.id)  # before it is no more live: what drains never sees neither
            self._forget(outcome.transfer)
            self._metrics.ended(str(outcome.state))
