"""What can happen to a series, and which facts each event's record holds: names and kinds, never free text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """The events of the chain; the first block is one job's life in the gateway, in its order."""

    RECEIVED = "RECEIVED"
    MATCHED = "MATCHED"
    EXCLUDED = "EXCLUDED"
    DEIDENTIFIED = "DEIDENTIFIED"
    SELF_CHECKED = "SELF_CHECKED"
    SENT = "SENT"
    # Before anything left: a quote of the recipient's machine, where the target demands one.
    REMOTE_ATTESTED = "REMOTE_ATTESTED"
    REMOTE_VERIFIED = "REMOTE_VERIFIED"
    REMOTE_REJECTED = "REMOTE_REJECTED"
    RESULT_RECEIVED = "RESULT_RECEIVED"
    REIDENTIFIED = "REIDENTIFIED"
    STORED = "STORED"
    FAILED = "FAILED"
    LOCAL_DELETED = "LOCAL_DELETED"
    REMOTE_DELETED = "REMOTE_DELETED"
    KEY_DESTROYED = "KEY_DESTROYED"
    CLOSED = "CLOSED"
    # In a group of gateways: first in the chain of the one that took the job over, last in that of the one before.
    TAKEN_OVER = "TAKEN_OVER"
    HANDED_OVER = "HANDED_OVER"
    # The result reached a destination of the site; before or after the job was closed.
    DELIVERED = "DELIVERED"
    # A constancy test: one run's, under a code of its own, or the baseline that a person accepted.
    CONSTANCY_BASELINE = "CONSTANCY_BASELINE"
    CONSTANCY_PASSED = "CONSTANCY_PASSED"
    CONSTANCY_FAILED = "CONSTANCY_FAILED"
    # People's version of the result came back, and was compared with it.
    ASSESSED = "ASSESSED"
    # A report of a model's commissioning was registered.
    COMMISSIONED = "COMMISSIONED"
    # One transfer's life in the segmentation service, whose job reference is the transfer's own id.
    TRANSFER_OPENED = "TRANSFER_OPENED"
    TRANSFER_VERIFIED = "TRANSFER_VERIFIED"
    TRANSFER_REJECTED = "TRANSFER_REJECTED"
    TRANSFER_PROCESSED = "TRANSFER_PROCESSED"
    TRANSFER_DELETED = "TRANSFER_DELETED"
    SWEPT = "SWEPT"
    # What belongs to no job.
    CONFIG_CHANGED = "CONFIG_CHANGED"
    REPORT_ISSUED = "REPORT_ISSUED"
    DOSSIER_ISSUED = "DOSSIER_ISSUED"
    SUPPORT_ISSUED = "SUPPORT_ISSUED"
    ALERT_RAISED = "ALERT_RAISED"
    ALERT_CLEARED = "ALERT_CLEARED"
    SUBJECT_ASKED = "SUBJECT_ASKED"
    SUBJECT_ERASED = "SUBJECT_ERASED"
    # The archive corrected the patient of a series: its jobs are found under the corrected one.
    SUBJECT_RECTIFIED = "SUBJECT_RECTIFIED"
    OBJECTION_SET = "OBJECTION_SET"
    OBJECTION_WITHDRAWN = "OBJECTION_WITHDRAWN"
    HEAD_ANCHORED = "HEAD_ANCHORED"
    PEER_HEAD = "PEER_HEAD"
    GROUP_JOINED = "GROUP_JOINED"
    # The chain's own.
    CHAIN_STARTED = "CHAIN_STARTED"
    CHAIN_REPAIRED = "CHAIN_REPAIRED"
    MONTH_CLOSED = "MONTH_CLOSED"
    MONTH_RETIRED = "MONTH_RETIRED"
    KEY_ROTATED = "KEY_ROTATED"


class Kind(StrEnum):
    """What a fact's value may be; each kind is a closed set or a shape that no name, date or sentence fits."""

    COUNT = "a whole number from 0"
    FLAG = "true or false"
    DIGEST = "64 hexadecimal digits: SHA-256 of something without identifiers, or an HMAC"
    KEY = "the 16 hexadecimal digits that name a public key"
    GATEWAY = "the 16 hexadecimal digits that name a gateway"
    PUBLIC_KEY = "the 64 hexadecimal digits of an Ed25519 public key"
    ID = "one of our own random identifiers: evidence code, UUID, or 26 to 64 base32 or hexadecimal digits"
    CODE = "an error or reason code in capitals"
    VERSION = "a version that starts with a digit"
    LABEL = "a name that the configuration declares: model, target, profile or destination"
    PERIOD = "a month as YYYY-MM"
    COUNTS = "whole numbers by rule identifier or kind of action"


@dataclass(frozen=True, slots=True)
class Words:
    """A fact whose value is one of a few words."""

    allowed: frozenset[str]


def _words(*allowed: str) -> Words:
    return Words(frozenset(allowed))


# How the absence of data was established, for the deletions and the key.
VERIFIED_BY = _words(
    "LISTED", "READ_BACK", "LOOKED_UP", "RECEIPT", "NEVER_WRITTEN", "NEVER_SENT", "CONTRACT_ONLY", "NOT_VERIFIED"
)

FACTS: Mapping[str, Kind | Words] = {
    "actions": Kind.COUNTS,
    "added": Kind.COUNT,
    "after": Kind.DIGEST,
    "alert": _words(
        "TRANSFER_OVERDUE",
        "RECEIPT_MISSING",
        "CHAIN_BROKEN",
        "MIRROR_DIFFERS",
        "REMOTE_REFUSAL",
        "ANCHOR_MISSING",
        "ANCHOR_REFUSED",
        "COUNTERSIGNATURE_WRONG",
        "AUDIT_UNREACHABLE",
    ),
    "anchor": Kind.DIGEST,
    "approved": Kind.FLAG,
    "attestation": _words("SOFTWARE_STAND_IN"),
    "attributes": Kind.COUNT,
    "baseline": Kind.DIGEST,
    "before": Kind.DIGEST,
    "bytes": Kind.COUNT,
    "cases": Kind.COUNT,
    "code": Kind.CODE,
    "countersigned": Kind.FLAG,
    "deleted": Kind.COUNT,
    "delivery": Kind.COUNT,
    "destination": Kind.LABEL,
    "dicom_version": Kind.VERSION,
    "digest": Kind.DIGEST,
    "duration_ms": Kind.COUNT,
    "edited": Kind.COUNT,
    "engine_version": Kind.VERSION,
    "face": _words("REMOVED", "NOT_FOUND", "WANTED", "NOT_PROVEN", "NOT_PLACED", "LEFT", "PROVEN"),
    "files": Kind.COUNT,
    "findings": Kind.COUNTS,
    "first": Kind.COUNT,
    "gateway": Kind.GATEWAY,
    "head": Kind.DIGEST,
    "instances": Kind.COUNT,
    "jobs": Kind.COUNT,
    "key": Kind.KEY,
    "left": Kind.COUNT,
    "left_out": Kind.COUNTS,
    "manifest": Kind.DIGEST,
    "modality": _words("CT", "MR", "OTHER"),
    "missing": Kind.COUNT,
    "model": Kind.LABEL,
    "model_digest": Kind.DIGEST,
    "model_version": Kind.VERSION,
    "month": Kind.PERIOD,
    "new_key": Kind.PUBLIC_KEY,
    "not_comparable": Kind.COUNT,
    "objections": Kind.COUNT,
    "orthanc_copies": Kind.COUNT,
    "orthanc_verified": VERIFIED_BY,
    "orthanc_version": Kind.VERSION,
    "origin": _words("STORED", "REQUESTED", "LUA", "RETRY", "LATE_SLICE"),
    "outcome": _words("done", "excluded", "rejected", "failed", "cancelled", "superseded"),
    "passed": Kind.FLAG,
    "previous_key": Kind.KEY,
    "profile": Kind.LABEL,
    "profile_digest": Kind.DIGEST,
    "proof": _words("COMMITMENT", "FIND", "ANSWER"),
    "quote": Kind.DIGEST,
    "receipt": Kind.DIGEST,
    "recipient_key": Kind.KEY,
    "records": Kind.COUNT,
    "references": Kind.COUNT,
    "report": Kind.DIGEST,
    "result": Kind.DIGEST,
    "rois": Kind.COUNT,
    "rows": Kind.COUNT,
    "rule": Kind.COUNT,
    "sequence": Kind.COUNT,
    "software_version": Kind.VERSION,
    "stage": _words(
        "queued", "intake", "routing", "pseudonymise", "send", "draw", "receive", "restore", "store", "erase", "closed"
    ),
    "stamped": Kind.FLAG,
    "target": Kind.LABEL,
    "target_type": _words("local", "service", "dicom"),
    "torn_bytes": Kind.COUNT,
    "torn_digest": Kind.DIGEST,
    "transfer": Kind.ID,
    "untouched": Kind.COUNT,
    "verified": VERIFIED_BY,
    "words_searched": Kind.COUNT,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which facts an event's record must hold and which it may; whether it belongs to a job (None: it may)."""

    needs: frozenset[str]
    may: frozenset[str]
    of_a_job: bool | None


def _job(needs: str, may: str = "") -> Shape:
    return Shape(frozenset(needs.split()), frozenset(may.split()), True)


def _site(needs: str, may: str = "") -> Shape:
    return Shape(frozenset(needs.split()), frozenset(may.split()), False)


SHAPES: Mapping[Event, Shape] = {
    Event.RECEIVED: _job("instances modality origin", "bytes software_version orthanc_version"),
    Event.MATCHED: _job("model target target_type", "rule model_version engine_version"),
    Event.EXCLUDED: _job("code", "rule"),
    Event.DEIDENTIFIED: _job(
        "instances profile profile_digest actions",
        "dicom_version orthanc_version software_version attributes bytes left_out face",
    ),
    Event.SELF_CHECKED: _job("passed", "instances manifest findings words_searched code"),
    Event.SENT: _job("instances bytes manifest target target_type", "transfer recipient_key"),
    Event.REMOTE_ATTESTED: _job("quote recipient_key transfer attestation"),
    Event.REMOTE_VERIFIED: _job("receipt recipient_key", "instances findings"),
    Event.REMOTE_REJECTED: _job("findings", "receipt recipient_key code"),
    Event.RESULT_RECEIVED: _job("result rois", "bytes model model_version engine_version receipt"),
    Event.REIDENTIFIED: _job("references rois", ""),
    Event.STORED: _job("rois", "bytes digest report"),
    Event.FAILED: _job("code", "stage"),
    Event.LOCAL_DELETED: _job("files left orthanc_copies verified", "bytes missing orthanc_verified"),
    Event.REMOTE_DELETED: _job("verified", "receipt recipient_key files left missing transfer"),
    Event.KEY_DESTROYED: _job("verified", ""),
    Event.CLOSED: _job("outcome", "duration_ms code"),
    Event.TAKEN_OVER: _job("gateway", "stage"),
    Event.HANDED_OVER: _job("", "gateway stage"),
    Event.DELIVERED: _job("destination proof instances", "delivery"),
    Event.CONSTANCY_BASELINE: Shape(frozenset({"target", "model", "result"}), frozenset({"model_digest"}), None),
    Event.CONSTANCY_PASSED: _job("target model result baseline", "model_digest rois"),
    Event.CONSTANCY_FAILED: _job("target model result baseline code", "model_digest rois"),
    Event.ASSESSED: _job("rois untouched edited deleted added not_comparable approved digest"),
    Event.COMMISSIONED: _site("model target report", "model_digest cases face"),
    Event.TRANSFER_OPENED: _job("instances manifest profile", "bytes model model_version"),
    Event.TRANSFER_VERIFIED: _job("instances receipt", "bytes manifest"),
    Event.TRANSFER_REJECTED: _job("findings receipt", "instances code"),
    Event.TRANSFER_PROCESSED: _job("model rois result", "model_version engine_version duration_ms receipt"),
    Event.TRANSFER_DELETED: _job("files left verified receipt", "bytes code missing"),
    Event.SWEPT: _site("files left verified", "jobs missing receipt"),
    Event.CONFIG_CHANGED: _site("before after", "software_version orthanc_version"),
    Event.REPORT_ISSUED: _site("month digest", "records jobs"),
    Event.DOSSIER_ISSUED: _site("digest", "before after"),
    Event.SUPPORT_ISSUED: _site("digest files", ""),
    Event.ALERT_RAISED: Shape(frozenset({"alert"}), frozenset({"code", "duration_ms"}), None),
    Event.ALERT_CLEARED: Shape(frozenset({"alert"}), frozenset({"duration_ms"}), None),
    Event.SUBJECT_ASKED: _site("jobs", ""),
    Event.SUBJECT_ERASED: _site("jobs rows files left", "verified orthanc_copies objections"),
    Event.SUBJECT_RECTIFIED: _site("jobs", ""),
    Event.OBJECTION_SET: _site("objections", ""),
    Event.OBJECTION_WITHDRAWN: _site("objections", ""),
    Event.HEAD_ANCHORED: _site("sequence head anchor countersigned stamped", "recipient_key"),
    Event.PEER_HEAD: _site("sequence head key", "anchor gateway"),
    Event.GROUP_JOINED: _site("gateway", ""),
    Event.CHAIN_STARTED: _site("new_key", "software_version"),
    Event.CHAIN_REPAIRED: _site("torn_bytes torn_digest", ""),
    Event.MONTH_CLOSED: _site("month first records", ""),
    Event.MONTH_RETIRED: _site("month sequence head", "gateway"),
    Event.KEY_ROTATED: _site("new_key previous_key", ""),
}
