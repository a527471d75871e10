"""All transfers of the service: announced, filled, drawn, told of; how they end is in endings."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from model.burned_in.policy import BurnedInText, warning
from model.dicom.uids import uuid_uid
from model.errors import AutocontourError, PrivacyRefused
from model.gate.manifest import MANIFEST_NAME, ManifestFile
from model.gate.verify import MAXIMUM_FILES
from model.packages.package import Wishes
from model.pipeline.draw import IMAGES, STRUCTURE_SET, draw_series
from model.pipeline.time_limit import drawing_seconds
from model.service import wire
from model.service.alerts import OperatorAlerts
from model.service.answers import Refusal, draining, no_records
from model.service.attest import Attestation
from model.service.endings import Endings
from model.service.journal import open_journals
from model.service.ledger import Ledger, Row, State
from model.service.metrics import Metrics
from model.service.outcome import UNWRITTEN
from model.service.settings import ServiceDocument, Site
from model.service.spool import Spool
from model.service.state import ServiceState
from model.service.status import ended_status, live_status
from model.service.transfer import Transfer, announced_wrongly
from model.service.untold import Unfinished
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
        state = ServiceState(Path(settings.StateDirectory))
        self._journals = open_journals(state.journals)
        self._ledger = ledger
        self._attest = attest
        self._workers = workers
        self._metrics = metrics
        self._lock = threading.RLock()
        self._live: dict[tuple[str, str], Transfer] = {}
        self.alerts = OperatorAlerts(metrics, state.missed)
        self.endings = Endings(ledger, attest, workers, metrics, self.alerts, self._forget)
        self._enqueue: Callable[[str], None] | None = None
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
            self.endings.reject(transfer, findings)
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
            self.endings.end(transfer, State.FAILED, "RECORDS")
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
                self.endings.reject(transfer, findings)
            with transfer.lock:
                self.endings.require_live(transfer)
                if file.sop_instance_uid not in transfer.received:
                    transfer.folder.move(arrived, f"{IMAGES}/{file.name}")
                    transfer.received.add(file.sop_instance_uid)
                    transfer.last_arrival = time.monotonic()
                    self._metrics.received(len(data))
                return wire.Stored(Received=len(transfer.received), Count=transfer.row.count)
        except FileNotFoundError:
            self.endings.vanished(transfer)
        finally:
            transfer.folder.discard(arrived)

    def start(self, transfer: Transfer) -> None:
        """Attest that all is there, and queue it. Starting twice is starting once."""
        with transfer.lock:
            if transfer.state is not State.OPEN:
                return
            self.endings.require_live(transfer)
            if transfer.missing():
                raise Refusal(
                    409, "INCOMPLETE", f"{len(transfer.missing())} instance(s) have not arrived; send them first."
                )
            try:
                transfer.folder.write(f"{IMAGES}/{MANIFEST_NAME}", transfer.manifest.to_json())
            except OSError:
                self.endings.full(transfer)
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
                self.endings.end(transfer, State.FAILED, "RECORDS")
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
            self.endings.end_rejected(transfer, error.findings)
        except AutocontourError as error:
            self.endings.end(transfer, State.FAILED, error.code, error.message)
        except OSError:
            self.endings.end(transfer, State.FAILED, "SPOOL_FULL")
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

    def reap(self) -> None:
        """End what outlived its deadline or stalled; called every second."""
        now = time.monotonic()
        for transfer in list(self._live.values()):
            if now > transfer.deadline:
                self.endings.end(transfer, State.EXPIRED, "EXPIRED")
            elif transfer.state is State.OPEN and now - transfer.last_arrival > self._settings.IdleSeconds:
                self.endings.end(transfer, State.EXPIRED, "STALLED")
        self.endings.retry()

    def unavailable_reasons(self) -> list[str]:
        """List why the service does not work as it should."""
        reasons = []
        if self._spool.exchanged():
            reasons.append(
                "The spool is not the folder that was opened at start; nothing is taken. Restart the service."
            )
        if self.endings.files_left:
            reasons.append("Files of a transfer that is over could not be deleted.")
        if self.endings.unnoted or self._free_bytes() < LEAST_FREE_BYTES:
            reasons.append(
                "The service cannot write its records: the disk of StateDirectory is full, or they were changed."
            )
        return reasons

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._settings.StateDirectory).free

    def stop(self) -> None:
        """End everything: images do not outlive the process."""
        for transfer in list(self._live.values()):
            self.endings.end(transfer, State.FAILED, "STOPPED")

    def count_live(self) -> int:
        """Count the transfers that are open."""
        return len(self._live)

    def unfinished(self) -> Unfinished:
        """Count what a service that is being stopped waits for."""
        return Unfinished(self.count_live(), self.endings.untold.count())  # in this order: see Endings

    def held_bytes(self) -> int:
        """Sum what the open transfers announced, in bytes."""
        return sum(one.size for one in list(self._live.values()))

    def _forget(self, transfer: Transfer) -> None:
        with self._lock:
            self._live.pop((transfer.row.site, transfer.row.id), None)


def _made_uid() -> str:
    """Make a fresh UID (PS3.5 section B.2)."""
    return uuid_uid(uuid.uuid4().int)
