"""The records of one job, one method an event: what the job's steps call, and may call again after a crash."""

from __future__ import annotations

from collections.abc import Mapping

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Fact, version_fact
from model.evidence.record import Record
from plugin.evidence.closing import close_job, closing_record, missing_before_close, present_attempt


class JobRecords:
    """Writes the records of one job to the chain.

    A step that is repeated after a crash records the same event with the same facts again: that is recognised, and
    the record that stands is returned. Every method raises what ``Chain.append`` raises.
    """

    def __init__(self, chain: Chain, code: str) -> None:
        self._chain = chain
        self._code = code
        self._records: list[Record] | None = None

    @property
    def code(self) -> str:
        """The evidence code of the job, as stored."""
        return self._code

    def records(self) -> list[Record]:
        """Return what is on record of this job."""
        if self._records is None:
            self._records = self._chain.records(self._code)
        return list(self._records)

    def missing(self) -> tuple[Event, ...]:
        """Name what is still to be recorded before the job may be closed."""
        return missing_before_close(self.records())

    def received(
        self, *, instances: int, modality: str, origin: str, software: str | None = None, orthanc: str | None = None
    ) -> Record:
        """A series was taken in; ``modality`` is CT, MR or anything else, ``origin`` STORED, REQUESTED, LUA, …."""
        known = modality if modality in ("CT", "MR") else "OTHER"
        facts: dict[str, Fact] = {"instances": instances, "modality": known, "origin": origin}
        return self._once(Event.RECEIVED, facts | _versions(software_version=software, orthanc_version=orthanc))

    def matched(
        self, *, model: str, target: str, target_type: str, rule: int | None = None, model_version: str | None = None
    ) -> Record:
        """A rule (by its number from 1) or a request chose model and target."""
        facts: dict[str, Fact] = {"model": model, "target": target, "target_type": target_type}
        return self._once(Event.MATCHED, facts | _given(rule=rule) | _versions(model_version=model_version))

    def excluded(self, *, code: str, rule: int | None = None) -> Record:
        """The series is not processed; ``code`` says why (RULE, OBJECTION, …)."""
        return self._once(Event.EXCLUDED, {"code": code} | _given(rule=rule))

    def deidentified(
        self,
        *,
        instances: int,
        profile: str,
        profile_digest: str,
        actions: Mapping[str, int],
        attributes: int | None = None,
        dicom_version: str | None = None,
        orthanc: str | None = None,
        software: str | None = None,
    ) -> Record:
        """A pseudonymised copy was made; ``actions`` counts attributes by kind of action over all images."""
        facts: dict[str, Fact] = {
            "instances": instances,
            "profile": profile,
            "profile_digest": profile_digest,
            "actions": dict(actions),
        }
        versions = _versions(dicom_version=dicom_version, orthanc_version=orthanc, software_version=software)
        return self._once(Event.DEIDENTIFIED, facts | _given(attributes=attributes) | versions)

    def self_checked(
        self,
        *,
        passed: bool,
        instances: int,
        findings: Mapping[str, int],
        manifest: str | None = None,
        words_searched: int | None = None,
    ) -> Record:
        """The copy was searched for the patient; ``findings`` are counts by rule, empty when it passed."""
        facts: dict[str, Fact] = {"passed": passed, "instances": instances, "findings": dict(findings)}
        return self._once(Event.SELF_CHECKED, facts | _given(manifest=manifest, words_searched=words_searched))

    def sent(
        self,
        *,
        instances: int,
        size: int,
        manifest: str,
        target: str,
        target_type: str,
        transfer: str | None = None,
        recipient_key: str | None = None,
    ) -> Record:
        """The copy went to a target; ``manifest`` is the digest of the signed list of files."""
        facts: dict[str, Fact] = {
            "instances": instances,
            "bytes": size,
            "manifest": manifest,
            "target": target,
            "target_type": target_type,
        }
        return self._once(Event.SENT, facts | _given(transfer=transfer, recipient_key=recipient_key))

    def remote_verified(self, *, receipt: str, recipient_key: str, instances: int) -> Record:
        """The recipient's receipt says that the transfer is clean; ``receipt`` is the receipt's digest."""
        facts: dict[str, Fact] = {"receipt": receipt, "recipient_key": recipient_key, "instances": instances}
        return self._once(Event.REMOTE_VERIFIED, facts)

    def remote_rejected(
        self, *, findings: Mapping[str, int], receipt: str | None = None, recipient_key: str | None = None
    ) -> Record:
        """The recipient refused the transfer and deleted it."""
        facts: dict[str, Fact] = {"findings": dict(findings)}
        return self._once(Event.REMOTE_REJECTED, facts | _given(receipt=receipt, recipient_key=recipient_key))

    def result_received(
        self,
        *,
        result: str,
        rois: int,
        size: int | None = None,
        model: str | None = None,
        model_version: str | None = None,
        receipt: str | None = None,
    ) -> Record:
        """Contours came back, or were drawn here; ``result`` is the digest of the pseudonymous RTSTRUCT."""
        facts: dict[str, Fact] = {"result": result, "rois": rois}
        more = _given(bytes=size, model=model, receipt=receipt)
        return self._once(Event.RESULT_RECEIVED, facts | more | _versions(model_version=model_version))

    def reidentified(self, *, references: int, rois: int) -> Record:
        """Every reference was resolved and the patient's identity restored."""
        return self._once(Event.REIDENTIFIED, {"references": references, "rois": rois})

    def stored(self, *, rois: int, size: int | None = None) -> Record:
        """The structure set stands under the original study."""
        return self._once(Event.STORED, {"rois": rois} | _given(bytes=size))

    def failed(self, *, code: str, stage: str | None = None) -> Record:
        """The job failed at a stage, with the code of an error."""
        return self._once(Event.FAILED, {"code": code} | _given(stage=stage))

    def local_deleted(self, *, files: int, left: int, orthanc_copies: int, verified: str = "LISTED") -> Record:
        """Working files and copies in Orthanc were deleted, and the places listed afterwards."""
        facts: dict[str, Fact] = {
            "files": files,
            "left": left,
            "orthanc_copies": orthanc_copies,
            "verified": verified,
        }
        return self._once(Event.LOCAL_DELETED, facts)

    def remote_deleted(
        self,
        *,
        verified: str,
        receipt: str | None = None,
        recipient_key: str | None = None,
        files: int | None = None,
        left: int | None = None,
    ) -> Record:
        """The recipient deleted (``RECEIPT``), is bound by contract to (``CONTRACT_ONLY``), or never got anything."""
        more = _given(receipt=receipt, recipient_key=recipient_key, files=files, left=left)
        return self._once(Event.REMOTE_DELETED, {"verified": verified} | more)

    def key_destroyed(self, *, verified: str = "READ_BACK") -> Record:
        """The key of the transfer is gone from the vault, which was read afterwards."""
        return self._once(Event.KEY_DESTROYED, {"verified": verified})

    def close(self, *, outcome: str, duration_ms: int) -> Record:
        """Close the job in its final state; raises EvidenceRefused while a deletion or the key's end is missing."""
        self._records = None
        closed = closing_record(self.records())
        if closed is not None:
            return closed
        self._records = None
        return close_job(self._chain, self._code, outcome, duration_ms)

    def _once(self, event: Event, facts: Mapping[str, Fact]) -> Record:
        for record in reversed(present_attempt(self.records())):
            if record.event is Event.FAILED and event is not Event.FAILED:
                break  # what failed is begun anew
            if record.event is event:
                if dict(record.facts) == dict(facts):
                    return record
                break
        record = self._chain.append(event, self._code, facts)
        if self._records is not None:
            self._records.append(record)
        return record


def _given(**facts: Fact | None) -> dict[str, Fact]:
    return {name: value for name, value in facts.items() if value is not None}


def _versions(**versions: str | None) -> dict[str, Fact]:
    return {name: version_fact(version) for name, version in versions.items() if version is not None}
