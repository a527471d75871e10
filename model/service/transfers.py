"""All transfers of the service: announced, filled, drawn, fetched; and in every ending deleted and signed for."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from model.burned_in.policy import BurnedInText, warning
from model.dicom.uids import uuid_uid
from model.errors import AutocontourError, PrivacyRefused
from model.gate.manifest import MANIFEST_NAME, ManifestFile
from model.gate.reasons import GATE_REASONS, in_words
from model.gate.rules import Findings
from model.gate.verify import MAXIMUM_FILES
from model.packages.package import Wishes
from model.pipeline.draw import IMAGES, STRUCTURE_SET, draw_series
from model.pipeline.time_limit import drawing_seconds
from model.service import wire
from model.service.answers import Refusal, draining, no_records
from model.service.attest import Attestation
from model.service.journal import open_journals
from model.service.ledger import Ledger, Row, State
from model.service.metrics import Metrics
from model.service.outcome import REASONS, UNWRITTEN, Outcome
from model.service.settings import ServiceDocument, Site
from model.service.spool import Spool
from model.service.state import ServiceState
from model.service.status import ended_status, live_status
from model.service.transfer import Transfer, announced_wrongly
from model.service.untold import Unfinished, Untold
from model.worker.pool import Workers

logger = logging.getLogger(__name__)

WAIT_SECONDS = 5.0
# With less on the disk of the records it is a matter of minutes.
LEAST_FREE_BYTES = 1024 * 1024


class Transfers:
    """The transfers of this process. What a crash interrupts is deleted at the next start, never resumed."""

    def __init__(
        self,
        settings: ServiceDocument,
        spool: Spool,
        ledger: Ledger,
        attest: Attestation,
        workers: Workers,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._journals = open_journals(ServiceState(Path(settings.StateDirectory)).journals)
        self._ledger = ledger
        self._attest = attest
        self._workers = workers
        self._metrics = metrics
        self._lock = threading.RLock()
        self._live: dict[tuple[str, str], Transfer] = {}
        self.untold = Untold()
        # Those of which something is still to be deleted, signed or noted.
        self._unfinished: list[Outcome] = []
        self._enqueue: Callable[[str], None] | None = None
        self._missed = 0
        self._unrecorded = 0
        # Set when the service is told to stop: what is open goes on, and nothing else begins.
        self.draining = threading.Event()

    def queue_with(self, enqueue: Callable[[str], None]) -> None:
        """Say how a transfer's folder name is queued for drawing."""
        self._enqueue = enqueue

    # --- opening ----------------------------------------------------------------------------------------------

    def open(self, name: str, site: Site, announced: wire.Announcement, models: tuple[str, ...]) -> Transfer:
        """Accept an announcement; the same one again is the same transfer, so that an upload can be resumed.

        Raises PrivacyRefused for what is wrong with it, Refusal: 404 never, 409 for an id used before, 413 for what
        is too large, 422 for a model that the site may not use, 429 and 503 for what may come later.
        """
        manifest = announced.manifest
        earlier = self._live.get((name, announced.transfer))
        if earlier is not None and earlier.manifest == manifest and earlier.row.model == announced.model:
            return earlier
        if self.draining.is_set():
            raise draining()
        if self._ledger.get(name, announced.transfer) is not None:
            raise Refusal(409, "TRANSFER_USED", "This transfer's id was used before; choose a new one.")
        if announced.model not in models:
            raise Refusal(422, "MODEL_UNKNOWN", "The service has no model of this name for this site: see /v1/models.")
        size = sum(file.size for file in manifest.files)
        if len(manifest.files) > min(site.MaximumInstances, MAXIMUM_FILES) or size > site.MaximumBytes:
            raise Refusal(413, "TOO_LARGE", "The series has more instances or bytes than this site may send.")
        if size > self._spool.bytes:
            raise Refusal(413, "TOO_LARGE", "The series is larger than the service's memory for images.")
        findings = announced_wrongly(manifest, announced.count)
        with self._lock:
            if not findings:
                self._require_room(name, site, size)
            transfer = self._new(name, announced)
        if findings:
            self.reject(transfer, findings)
        return transfer

    def _require_room(self, name: str, site: Site, size: int) -> None:
        mine = sum(1 for (owner, _), one in self._live.items() if owner == name and not one.state.final)
        if mine >= site.Transfers:
            raise Refusal(
                429,
                "TOO_MANY",
                "The site has as many transfers open as it may; wait for one.",
                retry_after=WAIT_SECONDS,
            )
        held = sum(one.size for one in self._live.values() if not one.state.final)
        if held + size > self._spool.bytes:
            raise Refusal(
                503, "BUSY", "The service's memory for images is taken; try again soon.", retry_after=WAIT_SECONDS
            )

    def _new(self, name: str, announced: wire.Announcement) -> Transfer:
        try:
            folder = self._spool.new(self._journals)
        except OSError as error:
            logger.error("the spool takes no folder (%s)", error.strerror or error)
            raise Refusal(
                503, "SPOOL", "The service's memory for images cannot be used; its operator must look.", retry_after=30
            ) from None
        row = Row(
            site=name,
            id=announced.transfer,
            folder=folder.path.name,
            state=State.OPEN,
            model=announced.model,
            manifest=announced.manifest.list_digest,
            count=len(announced.manifest.files),
            created=time.time(),
        )
        fresh = False
        try:
            fresh = self._ledger.add(row)
        finally:
            if not fresh:
                folder.delete()
                folder.close()
        if not fresh:
            raise Refusal(409, "TRANSFER_USED", "This transfer's id was used before; choose a new one.")
        deadline = time.monotonic() + self._settings.TransferMinutes * 60
        transfer = Transfer(row, folder, announced.manifest, deadline)
        self._live[name, announced.transfer] = transfer
        self._metrics.opened()
        try:
            self._attest.opened(row, announced.manifest)
        except UNWRITTEN:
            self.end(transfer, State.FAILED, "RECORDS")
            raise
        return transfer

    # --- filling ----------------------------------------------------------------------------------------------

    def find(self, name: str, transfer: str) -> Transfer:
        """Return a live transfer; raises Refusal 404 for one that this site never had, 410 for one that is over."""
        found = self._live.get((name, transfer))
        if found is not None:
            if not found.state.final:
                return found
            with found.lock:  # whoever ends it holds the lock until the ledger knows
                pass
        row = self._ledger.get(name, transfer)
        if row is None:
            raise Refusal(404, "NO_TRANSFER", "This site has no such transfer.")
        raise Refusal(410, row.code or "GONE", row.message or "The transfer is over, and nothing of it is left.")

    def find_open(self, name: str, transfer: str) -> Transfer:
        """Return a transfer that takes instances; raises Refusal as ``find`` does, and 409 for one that was started."""
        found = self.find(name, transfer)
        with found.lock:
            state = found.state
        if state.final:  # another request ended it meanwhile: say how, and not that it was started
            return self.find(name, transfer)
        if state is not State.OPEN:
            raise Refusal(409, "STARTED", "The transfer was started; it takes no more instances.")
        return found

    def take(self, transfer: Transfer, expected: ManifestFile | None, arrived: str) -> wire.Stored:
        """Check a file that has arrived whole as ``arrived``; raises PrivacyRefused, the transfer deleted.

        ``expected`` is None for a part without a name: which instance it is, it says itself, and its digest proves.
        """
        try:
            data = transfer.folder.read(arrived)
            file, findings = transfer.check(expected, data)
            if findings or file is None:
                self.reject(transfer, findings)
            with transfer.lock:
                self._require_live(transfer)
                if file.sop_instance_uid not in transfer.received:
                    transfer.folder.move(arrived, f"{IMAGES}/{file.name}")
                    transfer.received.add(file.sop_instance_uid)
                    transfer.last_arrival = time.monotonic()
                    self._metrics.received(len(data))
                return wire.Stored(Received=len(transfer.received), Count=transfer.row.count)
        except FileNotFoundError:
            self.vanished(transfer)
        finally:
            transfer.folder.discard(arrived)

    def vanished(self, transfer: Transfer) -> NoReturn:
        """Refuse, as a file or folder of a transfer is not there: the transfer is over, or somebody took it."""
        self._require_live(transfer)
        self.end(transfer, State.FAILED, "SPOOL_CHANGED")
        raise Refusal(503, "SPOOL_CHANGED", REASONS["SPOOL_CHANGED"], retry_after=30) from None

    def full(self, transfer: Transfer) -> NoReturn:
        """Delete the transfer, as the spool took no more; raises Refusal 507."""
        self.end(transfer, State.FAILED, "SPOOL_FULL")
        raise Refusal(507, "SPOOL_FULL", REASONS["SPOOL_FULL"], retry_after=30) from None

    def start(self, transfer: Transfer) -> None:
        """Attest that all is there, and queue it. Starting twice is starting once."""
        with transfer.lock:
            if transfer.state is not State.OPEN:
                return
            self._require_live(transfer)
            if transfer.missing():
                raise Refusal(
                    409, "INCOMPLETE", f"{len(transfer.missing())} instance(s) have not arrived; send them first."
                )
            try:
                transfer.folder.write(f"{IMAGES}/{MANIFEST_NAME}", transfer.manifest.to_json())
            except OSError:
                self.full(transfer)
            self._attest.verified(transfer.row, transfer.manifest, transfer.quote)
            self._ledger.change(transfer.row.site, transfer.row.id, State.QUEUED)
            transfer.state = State.QUEUED
            transfer.queued_at = time.monotonic()
        assert self._enqueue is not None, "the queue is up before the first request"
        try:
            self._enqueue(transfer.row.folder)
        except SQLAlchemyError:
            with transfer.lock:
                if transfer.state is State.QUEUED:
                    transfer.state = State.OPEN  # to be started again
            raise

    # --- drawing ----------------------------------------------------------------------------------------------

    def process(self, folder: str) -> str:
        """Draw one queued transfer in a worker; its images are gone when this returns. Returns the state."""
        try:
            return self._process(folder)
        except UNWRITTEN:
            transfer = self._in_folder(folder)
            if transfer is not None:
                self.end(transfer, State.FAILED, "RECORDS")
            return str(State.FAILED)

    def _in_folder(self, folder: str) -> Transfer | None:
        with self._lock:
            return next((one for one in self._live.values() if one.row.folder == folder), None)

    def _process(self, folder: str) -> str:
        transfer = self._in_folder(folder)
        if transfer is None:
            return "gone"  # deleted while it waited, or by the sweep after a crash
        with transfer.lock:
            if transfer.state is not State.QUEUED:
                return str(transfer.state)
            transfer.state = State.RUNNING
            self._ledger.change(transfer.row.site, transfer.row.id, State.RUNNING)
        self._metrics.waited(time.monotonic() - transfer.queued_at)
        started = time.monotonic()
        try:
            drawn = self._workers.run(
                folder,
                draw_series,
                transfer.folder.path,
                transfer.row.model,
                _made_uid(),
                _made_uid(),
                datetime.now(UTC),
                None,
                None,
                BurnedInText(self._settings.BurnedInText),
                Wishes(self._settings.Precision, self._settings.AirTiles),
                seconds=drawing_seconds(self._settings.JobSeconds, transfer.row.model, transfer.row.count),
            )
            if drawn.suspected:
                logger.warning("transfer %s: %s", transfer.row.id, warning(drawn.suspected))
            content = transfer.folder.read(STRUCTURE_SET)
            transfer.folder.wrote(STRUCTURE_SET, len(content))
        except PrivacyRefused as error:
            self._end_rejected(transfer, error.findings)
        except AutocontourError as error:
            self.end(transfer, State.FAILED, error.code, error.message)
        except OSError:
            self.end(transfer, State.FAILED, "SPOOL_FULL")
        else:
            with transfer.lock:
                if transfer.state is State.RUNNING:
                    # Nothing needs the images any more: they go now, and with the contours the folder.
                    transfer.folder.delete_images()
                    seconds = time.monotonic() - started
                    digest = hashlib.sha256(content).hexdigest()
                    self._attest.processed(transfer.row, drawn, digest, round(1000 * seconds))
                    transfer.drawn = drawn
                    transfer.state = State.READY
                    self._ledger.change(transfer.row.site, transfer.row.id, State.READY)
                    self._metrics.drew(seconds)
        return str(transfer.state)

    # --- telling ----------------------------------------------------------------------------------------------

    def status(self, name: str, transfer_id: str) -> wire.Status:
        """Describe where a transfer stands, also when it is over; raises Refusal 404."""
        transfer = self._live.get((name, transfer_id))
        if transfer is not None:
            with transfer.lock:  # whoever ends it holds the lock until the ledger knows
                if not transfer.state.final:
                    return live_status(transfer, self._ahead_of(transfer))
        row = self._ledger.get(name, transfer_id)
        if row is None:
            raise Refusal(404, "NO_TRANSFER", "This site has no such transfer.")
        if transfer is not None and not row.state.final:
            raise no_records()
        return ended_status(row)

    def _ahead_of(self, transfer: Transfer) -> int:
        return sum(
            1
            for one in list(self._live.values())
            if one.state in (State.QUEUED, State.RUNNING) and one.queued_at < transfer.queued_at
        )

    # --- ending -----------------------------------------------------------------------------------------------

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
        self._end_rejected(transfer, findings)
        told = in_words(Findings(findings), GATE_REASONS)
        raise PrivacyRefused(
            "GATE", f"The transfer is not pseudonymised by this profile and was deleted: {told}.", dict(findings)
        )

    def _end_rejected(self, transfer: Transfer, findings: Mapping[str, int]) -> None:
        with transfer.lock:
            if transfer.state.final:
                return
            self._metrics.rejected()
            self._delete(transfer, State.REJECTED, ("GATE", "The gate refused the transfer."), findings)

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
            self.missed(outcome.deletion.missing)
        try:
            outcome.write(self._attest, self._ledger)
        except UNWRITTEN as error:
            logger.error("the end of a transfer cannot be noted (%s); trying again", type(error).__name__)
        if outcome.noted and not noted:
            self.untold.ended(row.site, row.id)  # before it is no more live: what drains never sees neither
            with self._lock:
                self._live.pop((row.site, row.id), None)
            self._metrics.ended(str(outcome.state))

    def reap(self) -> None:
        """End what outlived its deadline or stalled; called every second."""
        now = time.monotonic()
        for transfer in list(self._live.values()):
            if now > transfer.deadline:
                self.end(transfer, State.EXPIRED, "EXPIRED")
            elif transfer.state is State.OPEN and now - transfer.last_arrival > self._settings.IdleSeconds:
                self.end(transfer, State.EXPIRED, "STALLED")

        for outcome in list(self._unfinished):
            with outcome.transfer.lock:
                outcome.delete_again()
                self._write(outcome)
            if outcome.whole:
                outcome.transfer.folder.close()
                self._unfinished.remove(outcome)

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

    def alerts(self) -> list[dict[str, str | int]]:
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

    def unavailable_reasons(self) -> list[str]:
        """List why the service does not work as it should."""
        reasons = []
        if self._spool.exchanged():
            reasons.append(
                "The spool is not the folder that was opened at start; nothing is taken. Restart the service."
            )
        if any(outcome.deletion.left for outcome in self._unfinished):
            reasons.append("Files of a transfer that is over could not be deleted.")
        if not all(outcome.noted for outcome in self._unfinished) or self._free_bytes() < LEAST_FREE_BYTES:
            reasons.append(
                "The service cannot write its records: the disk of StateDirectory is full, or they were changed."
            )
        return reasons

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._settings.StateDirectory).free

    def stop(self) -> None:
        """End everything: images do not outlive the process."""
        for transfer in list(self._live.values()):
            self.end(transfer, State.FAILED, "STOPPED")

    def count_live(self) -> int:
        """Count the transfers that are open."""
        return len(self._live)

    def unfinished(self) -> Unfinished:
        """Count what a service that is being stopped waits for."""
        return Unfinished(self.count_live(), self.untold.count())  # in this order: see _write

    def held_bytes(self) -> int:
        """Sum what the open transfers announced, in bytes."""
        return sum(one.size for one in list(self._live.values()))

    def _require_live(self, transfer: Transfer) -> None:
        if transfer.state.final:
            row = self._ledger.get(transfer.row.site, transfer.row.id)
            raise Refusal(
                410, (row.code if row else None) or "GONE", "The transfer is over, and nothing of it is left."
            )


def _made_uid() -> str:
    """Make a fresh UID (PS3.5 section B.2)."""
    return uuid_uid(uuid.uuid4().int)
