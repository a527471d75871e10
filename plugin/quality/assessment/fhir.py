"""An assessment as FHIR R4: a Bundle (collection) of a Provenance and an AuditEvent.

By default it holds nothing that leads to the patient: no UID, no id of Orthanc's, no person; its handle is the evidence
code. With the names of the objects (``ObjectNames``) it tells which structure sets they are, for the hospital's own
record. Never a name or number of the patient, nor of the reviewer.
"""

from __future__ import annotations

import uuid
from typing import Any

from model.evidence.code import printed
from model.names.entry import Code
from model.rtstruct.modules import PRODUCT
from plugin.jobs.job import iso
from plugin.quality.assessment import vocabulary
from plugin.quality.assessment.assessed import AssessedRoi, Assessment
from plugin.quality.assessment.objects import ObjectNames
from plugin.quality.assessment.vocabulary import numbers_in, written

OWN_SYSTEM = f"urn:oid:{vocabulary.SCHEME_UID}"
# Identifiers of our own stand below the OID of the scheme.
EVIDENCE_SYSTEM, KEY_SYSTEM, MODEL_SYSTEM = f"{OWN_SYSTEM}.1", f"{OWN_SYSTEM}.2", f"{OWN_SYSTEM}.3"
DICOM_UIDS = "urn:dicom:uid"
DICOM_CODES = "http://dicom.nema.org/resources/ontology/DCM"
PARTICIPANTS = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
OPERATIONS = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
SOURCES = "http://terminology.hl7.org/CodeSystem/security-source-type"
OURS, THEIRS = "RT structure set that the model drew", "RT structure set that a person made of it"
SOMEBODY = "A person; this document names nobody"

Json = dict[str, Any]


def assessment_bundle(assessment: Assessment, software: str, names: ObjectNames | None = None) -> Json:
    """Return the bundle as JSON; the same arguments give the same document."""
    record = assessment.record
    entries = [_provenance(assessment, software, names), _audit_event(assessment, software, names)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": _evidence(assessment, ""),
        "timestamp": record.time,
        "entry": [
            {"fullUrl": f"urn:uuid:{_made_id(assessment, one['resourceType'])}", "resource": one} for one in entries
        ],
    }


def _provenance(assessment: Assessment, software: str, names: ObjectNames | None) -> Json:
    version = assessment.version
    made: Json = {
        "resourceType": "Provenance",
        "target": [_set(assessment, names, ours=False)],
        "recorded": assessment.record.time,
        "activity": {"coding": [{"system": OPERATIONS, "code": "UPDATE", "display": "revise"}]},
        "agent": [
            {"type": _participant("performer", "Performer"), "who": {"display": SOMEBODY}},
            {"type": _participant("assembler", "Assembler"), "who": _gateway(assessment, software)},
        ],
        "entity": [
            {
                "role": "revision",
                "what": _set(assessment, names, ours=True),
                "agent": [{"type": _participant("author", "Author"), "who": _model(assessment)}],
            }
        ],
    }
    if version.reviewed is not None:
        made["occurredDateTime"] = iso(version.reviewed)
    return made


def _audit_event(assessment: Assessment, software: str, names: ObjectNames | None) -> Json:
    version, record = assessment.version, assessment.record
    said = {
        "approval": assessment.approval,
        "link": str(version.link),
        "late": str(version.late).lower(),
        "model": version.model,
        "model version": assessment.model_version,
        "model SHA-256": version.digest,
        "record": str(record.sequence),
        "record SHA-256": record.digest,
        "result SHA-256": str(record.facts["digest"]),
    }
    counts = {f"ROIs {decision}": str(count) for decision, count in assessment.counts.items()}
    sets = [
        {"what": _set(assessment, names, ours=True), "name": OURS},
        {"what": _set(assessment, names, ours=False), "name": THEIRS, "detail": _details(said | counts)},
    ]
    rois = [_roi(assessment, number, roi) for number, roi in enumerate(assessment.rois, start=1)]
    return {
        "resourceType": "AuditEvent",
        "type": {"system": DICOM_CODES, "code": "110103", "display": "DICOM Instances Accessed"},
        "subtype": [{"system": OWN_SYSTEM, "code": "ASSESSED", "display": "Compared with what a person made of it"}],
        "action": "R",
        "recorded": record.time,
        "outcome": "0",
        "agent": [
            {"who": {"display": SOMEBODY}, "requestor": True},
            {
                "type": {"coding": [{"system": DICOM_CODES, "code": "110150", "display": "Application"}]},
                "who": _gateway(assessment, software),
                "requestor": False,
            },
        ],
        "source": {
            "observer": _gateway(assessment, software),
            "type": [{"system": SOURCES, "code": "4", "display": "Application Server"}],
        },
        "entity": [*sets, *rois],
    }


def _roi(assessment: Assessment, number: int, roi: AssessedRoi) -> Json:
    said = {"decision": str(roi.decision), "code": roi.code or "", "reason": roi.reason or ""}
    numbers = {
        f"{measure.code.meaning} ({measure.unit.meaning})": written(value) for measure, value in numbers_in(roi.metrics)
    }
    return {
        "what": {"identifier": _evidence(assessment, f"/roi/{number}")},
        "type": _coding(vocabulary.DECISION_CODES[roi.decision]),
        "name": roi.name or f"Added structure {number}",
        "detail": _details(said | numbers),
    }


def _set(assessment: Assessment, names: ObjectNames | None, *, ours: bool) -> Json:
    """Refer to a structure set: by its UID where names are given and known, else by the evidence code alone."""
    uid = None if names is None else names.ours if ours else names.theirs
    if uid is not None:
        identifier: Json = {"system": DICOM_UIDS, "value": f"urn:oid:{uid}"}
    else:
        identifier = _evidence(assessment, "/drawn" if ours else f"/assessed/{assessment.record.sequence}")
    return {"identifier": identifier, "display": OURS if ours else THEIRS}


def _evidence(assessment: Assessment, part: str) -> Json:
    return {"system": EVIDENCE_SYSTEM, "value": printed(assessment.version.evidence_code) + part}


def _gateway(assessment: Assessment, software: str) -> Json:
    """Name the software by the key that signed the record."""
    identifier = {"system": KEY_SYSTEM, "value": assessment.record.key}
    return {"type": "Device", "identifier": identifier, "display": f"{PRODUCT} {software}"}


def _model(assessment: Assessment) -> Json:
    version = assessment.version
    who: Json = {"type": "Device", "display": f"{version.model} {assessment.model_version}"}
    if version.digest:
        who["identifier"] = {"system": MODEL_SYSTEM, "value": version.digest}
    return who


def _participant(code: str, display: str) -> Json:
    return {"coding": [{"system": PARTICIPANTS, "code": code, "display": display}]}


def _coding(code: Code) -> Json:
    return {"system": OWN_SYSTEM, "code": code.value, "display": code.meaning}


def _details(said: dict[str, str]) -> list[Json]:
    return [{"type": name, "valueString": value} for name, value in said.items() if value]


def _made_id(assessment: Assessment, what: str) -> uuid.UUID:
    return uuid.uuid5(uuid.UUID(assessment.record.digest[:32]), what)
