"""The evidence records of a job, stage by stage: counts, digests and our own identifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts, version_fact
from model.gate.profile import PROFILE_NAME
from model.pipeline.draw import Drawn
from model.storage.erase import Deletion
from plugin.erase.orthanc_copies import UNKNOWN, Copies
from plugin.evidence.closing import close_job, present_attempt, record_once
from plugin.jobs.failure import FailureRecord
from plugin.jobs.job import Job, State
from plugin.privacy.clean import CleanSeries
from plugin.privacy.face.outcome import Face
from plugin.version import VERSION

MODALITIES = ("CT", "MR")


@dataclass(frozen=True)
class JobRecords:
    """Writes one job's records, under its evidence code."""

    chain: Chain
    job: Job
    # Raises where this process may not write for the group any more.
    require: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        # A job that goes on after a restart may name what the configuration no longer holds.
        self.chain.declare([name for name in (self.job.model, self.job.target, PROFILE_NAME) if name])

    @property
    def _code(self) -> str:
        assert self.job.evidence_code is not None, "every job is noted with its evidence code"
        return self.job.evidence_code

    def _record(self, event: Event, facts: Facts) -> None:
        self.require()
        # A stage that runs again after a crash has said this already.
        record_once(self.chain, self._code, event, facts)

    def received(self, modality: str, target_type: str = "local") -> None:
        """Record that the series was taken in and a rule, or a person, chose model and target."""
        self._taken_in(modality)
        target: Facts = {"model": self.job.model, "target": self.job.target, "target_type": target_type}
        self._record(Event.MATCHED, target)

    def _taken_in(self, modality: str) -> None:
        kind = modality if modality in MODALITIES else "OTHER"
        origin = "RETRY" if self.job.attempt > 1 else "STORED" if self.job.rule else "REQUESTED"
        facts: Facts = {
            "instances": self.job.instances,
            "modality": kind,
            "origin": origin,
            "software_version": VERSION,
        }
        self._record(Event.RECEIVED, facts)

    def ended_at_intake(self, modality: str) -> None:
        """Record that the job ended before anything was made of the series: excluded, or refused as it came."""
        code = self.job.error_code or "UNKNOWN"
        if self.job.state is State.EXCLUDED:
            self._taken_in(modality)
            self._record(Event.EXCLUDED, {"code": code})
        else:
            if self.job.model:
                self.received(modality)
            else:
                self._taken_in(modality)
            self._record(Event.FAILED, {"code": code, "stage": "intake"})
        self.closed(str(self.job.state), 0.0)

    def deidentified(self, clean: CleanSeries, left_out: Mapping[str, int], face: Face | None = None) -> None:
        """Record that the pseudonymised files were made, and searched for the patient's identifiers without a find.

        ``left_out`` counts the slices of the series of which none was made, by reason; ``face`` is what became of it.
        """
        profile = clean.manifest.profile
        facts: Facts = {
            "instances": len(clean),
            "profile": profile,
            "profile_digest": clean.manifest.profile_digest,
            "actions": dict(clean.actions),
            "bytes": clean.size,
            "software_version": VERSION,
        }
        if left_out:
            facts = {**facts, "left_out": dict(left_out)}
        if face is not None:
            facts = {**facts, "face": face.value}
        self._record(Event.DEIDENTIFIED, facts)
        checked: Facts = {"passed": True, "instances": len(clean), "manifest": clean.list_digest, "findings": {}}
        self._record(Event.SELF_CHECKED, checked)

    def begun(self) -> bool:
        """Whether anything was recorded of this job, so that its erasure has to be."""
        return bool(self.chain.records(self._code))

    def drawn(self, drawn: Drawn, digest: str) -> None:
        """Record that the local worker's gate accepted the files, and contours came back."""
        self._record(
            Event.RESULT_RECEIVED,
            {
                "result": digest,
                "rois": len(drawn.rois),
                "bytes": drawn.rtstruct_bytes,
                "model": self.job.model,
                "model_version": version_fact(drawn.version),
            },
        )

    def restored(self, references: int, rois: int) -> None:
        """Every reference was resolved and the patient put back."""
        self._record(Event.REIDENTIFIED, {"references": references, "rois": rois})

    def stored(self, rois: int, size: int, digest: str, report: str | None = None) -> None:
        """Record that the RTSTRUCT lies under the original study: it was read back, and ``digest`` is its SHA-256.

        ``report`` is the digest of the report by which the model that drew was commissioned.
        """
        facts: Facts = {"rois": rois, "bytes": size, "digest": digest}
        self._record(Event.STORED, facts if report is None else {**facts, "report": report})

    def failed(self, failure: FailureRecord) -> None:
        """Record that the job did not succeed."""
        self._record(Event.FAILED, {"code": failure["code"], "stage": failure["stage"]})

    def erased(self, erasure: Deletion, copies: Copies) -> None:
        """Record that the spool was deleted and listed again, and Orthanc was asked for copies.

        Recorded once. A gateway that was killed right afterwards looks again, and finds no file and no pseudonym.
        """
        said = any(record.event is Event.LOCAL_DELETED for record in present_attempt(self.chain.records(self._code)))
        if said and not erasure.files and copies == UNKNOWN:
            return
        facts: Facts = {
            "files": erasure.files,
            "bytes": erasure.bytes,
            "left": erasure.left,
            "orthanc_copies": copies.left,
            "orthanc_verified": copies.verified,
            "verified": "LISTED",
        }
        if erasure.missing:
            facts = {**facts, "missing": erasure.missing}
        self._record(Event.LOCAL_DELETED, facts)

    def key_destroyed(self) -> None:
        """Record that the transfer's key is gone from the vault, which was read again."""
        self._record(Event.KEY_DESTROYED, {"verified": "READ_BACK"})

    def taken_over(self, lost: str) -> None:
        """Record that this gateway goes on with a job that another one had begun, and of which it knows nothing."""
        self._record(Event.TAKEN_OVER, {"gateway": lost})

    def handed_over(self, taker: str | None) -> None:
        """Record that another gateway goes on with the job; which one, where that is known yet."""
        self._record(Event.HANDED_OVER, {"gateway": taker} if taker else {})

    def closed(self, outcome: str, seconds: float) -> None:
        """Nothing is open any more; said once, also when the gateway was killed right after saying it."""
        if any(record.event is Event.CLOSED for record in self.chain.records(self._code)):
            return
        close_job(self.chain, self._code, outcome, round(1000 * seconds))
