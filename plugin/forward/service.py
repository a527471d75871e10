"""Target type ``service``: send, wait, fetch, and believe nothing without a valid chain of receipts."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model.errors import AutocontourError, EvidenceRefused, InputRefused, PrivacyRefused, TargetFailed
from model.evidence.event import Event
from model.evidence.signed import digest_of
from model.evidence.signing import SigningKey
from model.gate.manifest import MANIFEST_NAME, Manifest
from model.packages.sides import NOT_VERIFIABLE, VERIFIED
from model.pipeline.draw import IMAGES, PROGRESS, STRUCTURE_SET, ProgressFile
from model.rtstruct.file import read_structure_set
from model.rtstruct.reference import references_of
from model.service.wire import Status, announce
from model.storage.files import write_whole
from plugin.forward.abandoned import Abandoned
from plugin.forward.attestation import Demand, given_quote
from plugin.forward.details import without_personal_texts, without_rois
from plugin.forward.http import ReplicaAway, ServiceClient, TransferLost
from plugin.forward.receipts import Receipts
from plugin.forward.rejection import rejection
from plugin.forward.replicas import Replica, ReplicaFailover, Trust
from plugin.forward.retry import Retry
from plugin.forward.returned import personal, refused, stripped
from plugin.forward.target import RemoteJob, TargetCallbacks
from plugin.forward.upload import Upload
from plugin.jobs.details import DrawnRoi, JobDetails, NotDrawn, UsedAlgorithm
from plugin.privacy.reading import read_with_pydicom
from plugin.restore.identity import Identity
from plugin.settings.document import ServiceTarget

logger = logging.getLogger(__name__)

# A result waits at most for a twentieth of what it took, and many jobs that take minutes ask but once a second.
SHORTEST_POLL, LONGEST_POLL, POLL_PART = 0.05, 1.0, 0.05
# So often a transfer that the service lost is begun anew; then something is wrong that waiting does not mend.
ROUNDS = 8
# Left at the end of the key's life for restoring and erasing.
RESERVE = timedelta(minutes=5)
SENDING, DRAWING = 0.3, 0.65  # parts of the remote stage's progress
RELEASE_SECONDS = 60.0


class ServiceForward:
    """One segmentation service."""

    type = "service"

    def __init__(self, name: str, target: ServiceTarget, key: SigningKey, callbacks: TargetCallbacks) -> None:
        self._client = ServiceClient(name, target)
        self._name = name
        self._trust = Trust.of(name, target)
        self._demand = Demand.of(name, target)
        self._failover = float(target.FailoverSeconds)
        self._key = key
        self._callbacks = callbacks
        self._minutes = target.DeadlineMinutes

    def draw(self, remote: RemoteJob) -> JobDetails:
        """See ``Target.draw``."""
        limit = self._limit(remote)
        retry = Retry(limit, remote.wanted, self._callbacks.failed, self._callbacks.succeeded, remote.report_waiting)
        manifest = Manifest.from_json((remote.folder / IMAGES / MANIFEST_NAME).read_bytes())
        abandoned = Abandoned(self._client, self._trust, remote)
        state = remote.load_state()
        number = int(state.get("round", 1))
        losses = int(state.get("losses", number - 1))
        while losses < ROUNDS:
            remote.save_state(round=number, losses=losses)
            attempt = TransferAttempt(
                self._client,
                self._trust,
                self._failover,
                self._key,
                remote,
                retry,
                manifest,
                number,
                limit,
                self._demand,
            )
            try:
                details = self._run(attempt, abandoned)
            except ReplicaAway as away:
                logger.warning("job %s: %s (%s); the series is sent anew", remote.job.id, away.message, away.code)
            except TransferLost as lost:
                logger.warning("job %s: the service lost the transfer (%s); it is sent anew", remote.job.id, lost.code)
                losses += 1
                retry.sleep(1.0)
            else:
                self._callbacks.delivered()
                return details.model_copy(update={"warnings": (*details.warnings, *abandoned.warnings())})
            number += 1
        raise TargetFailed(
            "SERVICE_LOSES", f"The target {self._name} lost the series {ROUNDS} times; ask its operator, then retry."
        )

    def _run(self, attempt: TransferAttempt, abandoned: Abandoned) -> JobDetails:
        """Run one transfer; what is over there and not proved deleted is noted before it is begun anew."""
        try:
            return attempt.run()
        except TransferLost as lost:
            try:
                known = not isinstance(lost, ReplicaAway) and attempt.settle_lost()
            except ReplicaAway:
                known = False
            if not known and attempt.slices_sent and attempt.signer is not None:
                abandoned.add(attempt.transfer, attempt.signer)
            raise

    def _limit(self, remote: RemoteJob) -> datetime:
        """Return when the job has to be back here; a restart of the gateway does not put it off."""
        assert remote.transfer is not None, "the key lives while its job is drawn"
        limit = remote.transfer.expires - RESERVE
        if self._minutes is None:
            return limit
        began = float(remote.load_state().get("began", time.time()))
        remote.save_state(began=began)
        return min(limit, datetime.fromtimestamp(began, UTC) + timedelta(minutes=self._minutes))

    def release(self, remote: RemoteJob) -> None:
        """Delete what the service may still hold; where it does not answer, its deadline does, and we say so."""
        if not remote.records.has(Event.SENT):
            return
        if not remote.records.has(Event.REMOTE_DELETED):
            self._release_last(remote)
        Abandoned(self._client, self._trust, remote).settle()

    def _release_last(self, remote: RemoteJob) -> None:
        records = remote.records
        limit = datetime.now(UTC) + timedelta(seconds=RELEASE_SECONDS)
        retry = Retry(limit, lambda: True, self._callbacks.failed, self._callbacks.succeeded)
        state = remote.load_state()
        transfer = wire_id(remote.job.workflow_id, int(state.get("round", 1)))
        replica = saved_replica(state, transfer, self._trust) or self._trust.pinned
        if replica is None:
            records.deleted("NEVER_SENT")  # announced at most: nobody has said yet who would take the slices
            return
        client = replica.client(self._client)
        try:
            ending = retry.run(lambda: client.json("DELETE", f"/v1/transfers/{transfer}"))
            Receipts(ending, replica.key, transfer, records, replica.certified).record_deletion()
        except TransferLost:
            # The service knows of no such transfer.
            records.deleted("NOT_VERIFIED" if state.get("slices") == transfer else "NEVER_SENT")
        except AutocontourError as error:
            logger.error("job %s: no receipt of the deletion at the service (%s)", remote.job.id, error.code)
            records.deleted("NOT_VERIFIED")


@dataclass
class TransferAttempt:
    """One transfer, from the announcement to its receipts; each step may find that it was done before."""

    client: ServiceClient
    trust: Trust
    failover: float
    key: SigningKey
    remote: RemoteJob
    retry: Retry
    manifest: Manifest
    number: int
    limit: datetime
    demand: Demand | None = None

    def __post_init__(self) -> None:
        self.transfer = wire_id(self.remote.job.workflow_id, self.number)
        self.path = f"/v1/transfers/{self.transfer}"
        self.progress = ProgressFile(self.remote.folder / PROGRESS)
        self.name = self.trust.name
        self.replica: Replica | None = None
        known = saved_replica(self.remote.load_state(), self.transfer, self.trust)
        if known is not None:
            self._bind(known)

    @property
    def signer(self) -> Replica | None:
        """Whose receipts are expected: of who opened the transfer, or of the one whose key is pinned."""
        return self.replica or self.trust.pinned

    @property
    def slices_sent(self) -> bool:
        """Whether slices of this transfer may have left."""
        return bool(self.remote.load_state().get("slices") == self.transfer)

    def run(self) -> JobDetails:
        """Send, wait, fetch and settle; returns the job's details. Raises TransferLost: it has to be begun anew."""
        fetched = self.remote.load_state().get("fetched")
        if fetched != self.transfer or not self._structure_set.exists():
            self._send()
            self._take_verification()
            details = self._await()
            self.remote.save_state(details=details.to_json())
            content = self.retry.run(lambda: self.client.content(f"{self.path}/rtstruct"))
            write_whole(self._structure_set, content)
            self.remote.save_state(fetched=self.transfer)
        return self._close()

    def settle_lost(self) -> bool:
        """Keep what the service signed about a transfer that is over, and say whether it signed that it was deleted.

        Raises PrivacyRefused when it was refused, ReplicaAway.
        """
        if self.signer is None:
            return True  # announced at most
        try:
            ending = self.retry.run(lambda: self.client.json("GET", f"{self.path}/receipts"))
        except ReplicaAway:
            raise
        except TransferLost:
            return False  # the service never heard of it, or forgot even that
        if isinstance(ending, dict) and ending.get("State") == "rejected":
            # One request of several was told so, or none: what was refused is not sent again.
            status = self._status(self.retry.run(lambda: self.client.json("GET", self.path)))
            findings = status.Error.Findings if status.Error else {}
            self._receipts(ending).record_rejection(findings)
            raise rejection(self.name, findings)
        receipts = self._receipts(ending)
        receipts.keep_all()
        return receipts.deleted

    @property
    def _structure_set(self) -> Path:
        return self.remote.folder / STRUCTURE_SET

    def _send(self) -> None:
        if self.replica is None:
            # Before anything is announced; who opens the transfer may be another of several, and is looked at too.
            self.trust.of_answer(self.retry.run(lambda: self.client.json("GET", "/v1/key")))
        self.progress(0.0, "opening the transfer")
        size = sum(file.size for file in self.manifest.files)
        self.remote.records.sent(
            "service", self.manifest.list_digest, len(self.manifest.files), size, self.transfer, self.trust.recipient
        )
        document = announce(self.transfer, self.remote.job.model, self.manifest, self.key)
        try:
            answer = self.retry.run(lambda: self.client.json("POST", "/v1/transfers", document))
            opened = self._status(answer)
            self._keep_replica(self.trust.of_answer(answer))
            if opened.State == "open":
                self._attest()
                self.remote.save_state(slices=self.transfer)
                self._upload(set(opened.Missing))
                self.retry.run(lambda: self.client.json("POST", f"{self.path}/start"))
        except PrivacyRefused as refused:
            self._refused(refused.findings)
            raise

    def _attest(self) -> None:
        """Have the service's machine attested where the target demands it; until then no slice leaves."""
        if self.demand is None:
            return
        signer = self.signer
        assert signer is not None, "who opened the transfer is known"
        self.demand.attest(self.client, self.retry, self.remote, self.transfer, signer.key)

    def _take_verification(self) -> None:
        """Look for the receipt of the check, there once the transfer was started.

        The chain knows that the rest is owed.
        """
        answer = self.retry.run(lambda: self.client.json("GET", f"{self.path}/receipts"))
        if isinstance(answer, dict) and answer.get("State") in ("queued", "running", "ready"):
            self._receipts(answer).record_verification(self.manifest)

    def _upload(self, missing: set[str]) -> None:
        files = [file for file in self.manifest.files if file.sop_instance_uid in missing]

        def sent(done: int) -> None:
            self.progress(SENDING * done / len(files), f"sent {done} of {len(files)} slices")

        Upload(self.client, self.retry, self.path, self.remote.folder / IMAGES, self._missing, sent).send(files)

    def _missing(self) -> set[str]:
        status = self._status(self.client.json("GET", self.path))
        if status.State != "open":
            raise TransferLost("GONE", f"The target {self.name} has ended the transfer.")
        return set(status.Missing)

    def _await(self) -> JobDetails:
        """Poll until the contours are there; returns the job's details."""
        began = time.monotonic()
        while True:
            status = self._status(self.retry.run(lambda: self.client.json("GET", self.path)))
            if status.State == "ready":
                return _details(status)
            if status.State == "rejected":
                findings = status.Error.Findings if status.Error else {}
                self._refused(findings)
                raise rejection(self.name, findings)
            if status.State == "failed" and status.Error and status.Error.Code not in _TEMPORARY:
                raise TargetFailed(
                    "SERVICE_FAILED", f"The target {self.name} could not draw the series ({_plain(status.Error.Code)})."
                )
            if status.State not in ("queued", "running"):
                raise TransferLost("GONE", f"The target {self.name} has ended the transfer.")
            if datetime.now(UTC) >= self.limit:
                raise TargetFailed(
                    "SERVICE_DEADLINE",
                    f"The target {self.name} has not drawn the series within its DeadlineMinutes, or "
                    "Privacy.TransferHours; what it holds is deleted there. Ask its operator, then retry.",
                )
            said = f"queued there, {status.Ahead} ahead" if status.State == "queued" else "drawn there"
            self.progress(SENDING + DRAWING * status.Progress, said)
            waited = time.monotonic() - began
            self.retry.sleep(min(LONGEST_POLL, max(SHORTEST_POLL, POLL_PART * waited)))

    def _close(self) -> JobDetails:
        """Delete at the service and verify all its receipts; without them there is no result."""
        ending = self.retry.run(lambda: self.client.json("DELETE", self.path))
        receipts = self._receipts(ending)
        content = self._structure_set.read_bytes()
        # Taken before ROIs are left out of it, should this step run again.
        digest = str(self.remote.load_state().get("received") or hashlib.sha256(content).hexdigest())
        try:
            receipts.require_chain(self.manifest, digest)
        except EvidenceRefused:
            self._structure_set.unlink()
            raise
        details = JobDetails.model_validate(self.remote.load_state()["details"])
        assert details.algorithm is not None, "a service says what drew"
        identity = Identity.of(read_with_pydicom(self.remote.first_file()))
        names = [(roi.number, roi.name) for roi in details.rois]
        left_out = personal(names, identity)
        if names and len(left_out) == len(names):
            raise refused("RESTORE_ROI_NAME")
        self.remote.records.result(
            digest, len(details.rois), len(content), details.algorithm.version, digest_of(receipts.processed)
        )
        receipts.record_deletion()
        self._require_all_slices(content)
        if left_out:
            self.remote.save_state(received=digest)
            write_whole(self._structure_set, stripped(content, left_out))
        self.progress(1.0, "fetched, and deleted there")
        return without_rois(without_personal_texts(details, identity), left_out)

    def _require_all_slices(self, content: bytes) -> None:
        """Require references to every slice that was given; a service that leaves one out has drawn on fewer."""
        sent = {file.sop_instance_uid for file in self.manifest.files}
        try:
            listed = references_of(read_structure_set(content)).images
        except InputRefused:
            return  # restoration says what is wrong with it, and with references to what was not sent
        if listed < sent:
            raise TargetFailed(
                "RETURN_PARTIAL",
                f"The target {self.name} answered for {len(listed)} of the {len(sent)} slices that were sent; nothing "
                "of it was stored.",
            )

    def _refused(self, findings: Mapping[str, int]) -> None:
        ending = self.retry.run(lambda: self.client.json("GET", f"{self.path}/receipts"))
        self._receipts(ending).record_rejection(findings)

    def _receipts(self, answer: Any) -> Receipts:
        signer = self.signer
        assert signer is not None, "who opened the transfer is known"
        quote = given_quote(self.remote, self.transfer)
        return Receipts(answer, signer.key, self.transfer, self.remote.records, signer.certified, quote)

    def _keep_replica(self, replica: Replica) -> None:
        """Go on with the service that opened the transfer, also after a restart of the gateway."""
        if replica.certificate is not None:
            self.remote.records.keep_certificate(self.transfer, replica.certificate)
        self.remote.save_state(replica={"transfer": self.transfer, **replica.to_json()})
        if self.replica is None:
            self._bind(replica)

    def _bind(self, replica: Replica) -> None:
        self.replica = replica
        if replica.name is not None:
            common = self.client
            self.client = replica.client(common)
            self.retry = self.retry.with_failover(ReplicaFailover(common, self.trust, replica, self.failover))

    def _status(self, answer: Any) -> Status:
        try:
            return Status.model_validate(answer)
        except ValueError:
            raise TargetFailed(
                "SERVICE_ANSWER", f"The answer of the target {self.name} cannot be understood."
            ) from None


# Ends of a transfer that say nothing about the series: it is sent anew.
_TEMPORARY = ("RECORDS", "RESTARTED", "SPOOL_FULL", "STOPPED", "WORKER_DIED")


def wire_id(workflow_id: str, number: int) -> str:
    """Return the transfer's id at the service: the same for the same attempt and round, and linked to nothing else."""
    return hashlib.sha256(f"transfer {workflow_id} {number}".encode()).hexdigest()[:32]


def saved_replica(state: Mapping[str, Any], transfer: str, trust: Trust) -> Replica | None:
    """Return the service that opened a transfer, as an earlier, cut off attempt saved it."""
    saved = state.get("replica")
    return trust.of_state(saved) if isinstance(saved, dict) and saved.get("transfer") == transfer else None


def _details(status: Status) -> JobDetails:
    sides = status.Algorithm.get("Sides")
    return JobDetails(
        rois=tuple(DrawnRoi.model_validate(roi.model_dump()) for roi in status.Rois),
        not_drawn=tuple(NotDrawn.model_validate(one.model_dump()) for one in status.NotDrawn),
        algorithm=UsedAlgorithm(
            version=status.Algorithm.get("Version", "0"),
            digest=status.Algorithm.get("Digest", ""),
            # One of two words, whatever else a service may say.
            sides=sides if sides in (VERIFIED, NOT_VERIFIABLE) else "",
        ),
        timings=status.Timings,
    )


def _plain(code: str) -> str:
    return code if code.isascii() and code.replace("_", "").isalnum() and len(code) <= 40 else "no code"
