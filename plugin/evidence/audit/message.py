"""A record of the chain as a DICOM audit message (PS3.15 section A.5)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from model.evidence.code import is_code, printed
from model.evidence.event import Event
from model.evidence.record import Record

# Coded values of PS3.16 CID 400 (event), CID 401 (type of event), CID 402 (role): code and meaning, scheme DCM.
Code = tuple[str, str]

APPLICATION_ACTIVITY: Code = ("110100", "Application Activity")
AUDIT_LOG_USED: Code = ("110101", "Audit Log Used")
BEGIN_TRANSFERRING: Code = ("110102", "Begin Transferring DICOM Instances")
INSTANCES_ACCESSED: Code = ("110103", "DICOM Instances Accessed")
INSTANCES_TRANSFERRED: Code = ("110104", "DICOM Instances Transferred")
STUDY_DELETED: Code = ("110105", "DICOM Study Deleted")
PATIENT_RECORD: Code = ("110110", "Patient Record")
SECURITY_ALERT: Code = ("110113", "Security Alert")

APPLICATION_START: Code = ("110120", "Application Start")
SECURITY_CONFIGURATION: Code = ("110129", "Security Configuration")
SOFTWARE_CONFIGURATION: Code = ("110131", "Software Configuration")
RESTRICTED_FUNCTION: Code = ("110132", "Use of Restricted Function")
OBJECT_SECURITY: Code = ("110135", "Object Security Attributes Changed")

APPLICATION: Code = ("110150", "Application")
DESTINATION: Code = ("110152", "Destination Role ID")
SOURCE: Code = ("110153", "Source Role ID")

SUCCESS, MINOR, SERIOUS = "0", "4", "8"


@dataclass(frozen=True, slots=True)
class Translation:
    """How an event is told: its event code, its action (create, read, update, delete, execute), its type."""

    event: Code
    action: str
    kind: Code | None = None
    outcome: str = SUCCESS


TRANSLATIONS: Mapping[Event, Translation] = {
    Event.RECEIVED: Translation(INSTANCES_ACCESSED, "R"),
    Event.MATCHED: Translation(APPLICATION_ACTIVITY, "E"),
    Event.EXCLUDED: Translation(APPLICATION_ACTIVITY, "E", outcome=MINOR),
    Event.DEIDENTIFIED: Translation(INSTANCES_ACCESSED, "C"),
    Event.SELF_CHECKED: Translation(INSTANCES_ACCESSED, "R"),
    Event.SENT: Translation(BEGIN_TRANSFERRING, "E"),
    Event.REMOTE_ATTESTED: Translation(APPLICATION_ACTIVITY, "E"),
    Event.REMOTE_VERIFIED: Translation(INSTANCES_TRANSFERRED, "C"),
    Event.REMOTE_REJECTED: Translation(SECURITY_ALERT, "E", RESTRICTED_FUNCTION, SERIOUS),
    Event.RESULT_RECEIVED: Translation(INSTANCES_TRANSFERRED, "C"),
    Event.REIDENTIFIED: Translation(INSTANCES_ACCESSED, "U"),
    Event.STORED: Translation(INSTANCES_ACCESSED, "C"),
    Event.FAILED: Translation(APPLICATION_ACTIVITY, "E", outcome=SERIOUS),
    Event.LOCAL_DELETED: Translation(STUDY_DELETED, "D"),
    Event.REMOTE_DELETED: Translation(STUDY_DELETED, "D"),
    Event.KEY_DESTROYED: Translation(SECURITY_ALERT, "E", OBJECT_SECURITY),
    Event.CLOSED: Translation(APPLICATION_ACTIVITY, "E"),
    Event.TAKEN_OVER: Translation(APPLICATION_ACTIVITY, "E", outcome=MINOR),
    Event.HANDED_OVER: Translation(APPLICATION_ACTIVITY, "E", outcome=MINOR),
    Event.DELIVERED: Translation(INSTANCES_TRANSFERRED, "R"),
    Event.CONSTANCY_BASELINE: Translation(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Event.CONSTANCY_PASSED: Translation(APPLICATION_ACTIVITY, "E"),
    Event.CONSTANCY_FAILED: Translation(APPLICATION_ACTIVITY, "E", outcome=SERIOUS),
    Event.ASSESSED: Translation(INSTANCES_ACCESSED, "R"),
    Event.COMMISSIONED: Translation(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Event.TRANSFER_OPENED: Translation(BEGIN_TRANSFERRING, "E"),
    Event.TRANSFER_VERIFIED: Translation(INSTANCES_TRANSFERRED, "C"),
    Event.TRANSFER_REJECTED: Translation(SECURITY_ALERT, "E", RESTRICTED_FUNCTION, SERIOUS),
    Event.TRANSFER_PROCESSED: Translation(INSTANCES_ACCESSED, "R"),
    Event.TRANSFER_DELETED: Translation(STUDY_DELETED, "D"),
    Event.SWEPT: Translation(STUDY_DELETED, "D"),
    Event.CONFIG_CHANGED: Translation(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Event.REPORT_ISSUED: Translation(AUDIT_LOG_USED, "R"),
    Event.DOSSIER_ISSUED: Translation(AUDIT_LOG_USED, "R"),
    Event.SUPPORT_ISSUED: Translation(AUDIT_LOG_USED, "R"),
    Event.ALERT_RAISED: Translation(SECURITY_ALERT, "E", RESTRICTED_FUNCTION, SERIOUS),
    Event.ALERT_CLEARED: Translation(SECURITY_ALERT, "E", RESTRICTED_FUNCTION),
    Event.SUBJECT_ASKED: Translation(PATIENT_RECORD, "R"),
    Event.SUBJECT_ERASED: Translation(PATIENT_RECORD, "D"),
    Event.SUBJECT_RECTIFIED: Translation(PATIENT_RECORD, "U"),
    Event.OBJECTION_SET: Translation(PATIENT_RECORD, "U"),
    Event.OBJECTION_WITHDRAWN: Translation(PATIENT_RECORD, "U"),
    Event.HEAD_ANCHORED: Translation(AUDIT_LOG_USED, "R"),
    Event.PEER_HEAD: Translation(AUDIT_LOG_USED, "R"),
    Event.GROUP_JOINED: Translation(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Event.CHAIN_STARTED: Translation(APPLICATION_ACTIVITY, "E", APPLICATION_START),
    Event.CHAIN_REPAIRED: Translation(SECURITY_ALERT, "E", RESTRICTED_FUNCTION, MINOR),
    Event.MONTH_CLOSED: Translation(AUDIT_LOG_USED, "R"),
    Event.MONTH_RETIRED: Translation(AUDIT_LOG_USED, "D"),
    Event.KEY_ROTATED: Translation(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
}

_OUTGOING = {Event.SENT, Event.REMOTE_VERIFIED, Event.REMOTE_REJECTED}
_INCOMING = {Event.RESULT_RECEIVED, Event.REMOTE_DELETED}


def audit_message(record: Record, source: str, host: str) -> str:
    """Write a record as an audit message in XML.

    ``source`` is the AuditSourceID, ``host`` the network name of this machine. Nothing but what the record holds is
    told: the object is the job, by its evidence code; there is no patient in it.
    """
    translation = TRANSLATIONS[record.event]
    message = Element("AuditMessage")
    event = SubElement(
        message,
        "EventIdentification",
        EventActionCode=translation.action,
        EventDateTime=record.time,
        EventOutcomeIndicator=_outcome(record, translation),
    )
    _coded(event, "EventID", translation.event)
    if translation.kind is not None:
        _coded(event, "EventTypeCode", translation.kind)
    participants: list[tuple[str, Code, bool]] = [(source, _own_role(record), True)]
    target = record.facts.get("target")
    if record.event in _OUTGOING | _INCOMING:
        other = str(target if target is not None else record.facts.get("recipient_key", "recipient"))
        participants.append((other, DESTINATION if record.event in _OUTGOING else SOURCE, False))
    for name, role, requestor in participants:
        participant = SubElement(
            message, "ActiveParticipant", UserID=name, UserIsRequestor="true" if requestor else "false"
        )
        if requestor:
            participant.set("NetworkAccessPointID", host)
            participant.set("NetworkAccessPointTypeCode", "1")  # a machine name
        _coded(participant, "RoleIDCode", role)
    origin = SubElement(message, "AuditSourceIdentification", AuditSourceID=source)
    SubElement(origin, "AuditSourceTypeCode", {"csd-code": "4"})  # an application server process
    _object(message, record)
    return tostring(message, encoding="unicode", xml_declaration=False)


def _own_role(record: Record) -> Code:
    if record.event in _OUTGOING:
        return SOURCE
    return DESTINATION if record.event in _INCOMING else APPLICATION


def _outcome(record: Record, translation: Translation) -> str:
    if record.facts.get("passed") is False or record.facts.get("left", 0) != 0:
        return SERIOUS
    return translation.outcome


def _object(message: Element, record: Record) -> None:
    """Name the job, or the chain, as the object; its particulars are the record's facts."""
    name = "chain" if record.job is None else printed(record.job) if is_code(record.job) else record.job
    found = SubElement(
        message,
        "ParticipantObjectIdentification",
        ParticipantObjectID=name,
        ParticipantObjectTypeCode="2",  # a system object
        ParticipantObjectTypeCodeRole="13" if record.job is None else "20",  # security resource, job
    )
    SubElement(
        found,
        "ParticipantObjectIDTypeCode",
        {"csd-code": "evidence", "codeSystemName": "99AUTOCONTOUR", "originalText": "Evidence code"},
    )
    SubElement(found, "ParticipantObjectName").text = "Evidence of one job" if record.job else "Evidence of the site"
    for fact, value in (("sequence", record.sequence), ("sha256", record.digest), *sorted(record.facts.items())):
        text = str(value)
        if isinstance(value, Mapping):
            text = ",".join(f"{key}={count}" for key, count in sorted(value.items()))
        detail = SubElement(found, "ParticipantObjectDetail", type=f"autocontour {fact}")
        detail.set("value", _base64(text))


def _base64(text: str) -> str:
    # ParticipantObjectDetail is xs:base64Binary in the schema of PS3.15 A.5.1.
    return b64encode(text.encode()).decode("ascii")


def _coded(parent: Element, name: str, code: Code) -> None:
    attributes = {"csd-code": code[0], "codeSystemName": "DCM", "originalText": code[1]}
    SubElement(parent, name, attributes)
