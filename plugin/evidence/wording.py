"""The sentences of certificates and reports: exactly what was verified and how, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.record import Record

HOW: dict[str, str] = {
    "LISTED": "verified by listing the place after the deletion",
    "LOOKED_UP": "verified by asking Orthanc for the pseudonym after the deletion",
    "READ_BACK": "verified by reading it back after the deletion",
    "RECEIPT": "verified by the recipient's signed receipt, whose key or whose operator's key this site pinned",
    "NEVER_WRITTEN": "nothing was written",
    "NEVER_SENT": "nothing was sent",
    "CONTRACT_ONLY": "not verified here: the recipient gives no receipts, and deletion there rests on the contract",
    "NOT_VERIFIED": "not verified: nobody answered when it was asked for",
}

LEFT_OUT = {"plane": "of another plane or matrix", "acquisition": "of another acquisition or orientation"}

FACE = {
    "REMOVED": "The face was removed from it, and a check of its own found none left.",
    "NOT_FOUND": "It shows no face that could be removed.",
    "WANTED": "The face was not removed from it: the wanted structures are not all known to be away from the face.",
    "NOT_PROVEN": "The face was not removed from it: nothing proves that the wanted contours stay the same.",
    "NOT_PLACED": "The face was not removed from it: the head could not be placed in the images.",
    "LEFT": "The face was not removed from it: the check still found one afterwards, so nothing was changed.",
}

VERDICTS = {
    "untouched": "left as they were",
    "edited": "edited",
    "deleted": "deleted",
    "added": "added",
    "not_comparable": "not comparable",
}


def deletion_sentences(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Say for each deletion where it was, how much, when, and how its success was established."""
    deletions: list[dict[str, Any]] = []
    for record in records:
        facts = record.facts
        if record.event is Event.LOCAL_DELETED:
            deletions.append(
                {
                    "Where": "this hospital: working files",
                    "Files": facts["files"],
                    "Left": facts["left"],
                    "Time": record.time,
                    "How": HOW[str(facts["verified"])],
                }
            )
            deletions.append(
                {
                    "Where": "this hospital: copies in Orthanc",
                    "Files": None,
                    "Left": _copies(facts),
                    "Time": record.time,
                    "How": HOW[str(facts.get("orthanc_verified", "NOT_VERIFIED"))],
                }
            )
        elif record.event is Event.REMOTE_DELETED:
            deletions.append(
                {
                    "Where": "the recipient: a transfer that was given up" if "transfer" in facts else "the recipient",
                    "Files": facts.get("files"),
                    "Left": facts.get("left"),
                    "Time": record.time,
                    "How": HOW[str(facts["verified"])],
                }
            )
        elif record.event is Event.KEY_DESTROYED:
            deletions.append(
                {
                    "Where": "this hospital: the key that links the pseudonyms to the patient",
                    "Time": record.time,
                    "How": HOW[str(facts["verified"])],
                }
            )
    return deletions


def statements(records: Sequence[Record]) -> list[str]:
    """Say in whole sentences what happened to a series, in the order in which it happened."""
    return [sentence for record in records if (sentence := _sentence(record)) is not None]


def _sentence(record: Record) -> str | None:
    facts = record.facts
    match record.event:
        case Event.RECEIVED:
            return f"A series of {facts['instances']} {facts['modality']} images was taken in."
        case Event.MATCHED:
            where = {
                "local": "on this hospital's own machine",
                "service": "at a segmentation service",
                "dicom": "at a DICOM node",
            }[str(facts["target_type"])]
            return f"The model {facts['model']} was chosen, to run {where}."
        case Event.EXCLUDED:
            return f"The series was excluded from processing ({facts['code']}); nothing left the hospital."
        case Event.DEIDENTIFIED:
            return (
                f"A pseudonymised copy of {facts['instances']} images was made by profile {facts['profile']}."
                + _left_out(facts.get("left_out"))
                + _face(facts.get("face"))
            )
        case Event.SELF_CHECKED if facts["passed"]:
            return "The copy was searched for every identifier of the original and nothing was found."
        case Event.SELF_CHECKED:
            return "The search for identifiers refused the copy; it was not sent."
        case Event.SENT:
            return f"{facts['instances']} pseudonymised images went to {facts['target']}."
        case Event.REMOTE_ATTESTED:
            return (
                "Before an image left, the recipient gave a quote of its machine, bound to its key and to a nonce"
                + (
                    "; it is of the software stand-in, which proves nothing about hardware."
                    if facts["attestation"] == "SOFTWARE_STAND_IN"
                    else "."
                )
            )
        case Event.REMOTE_VERIFIED:
            return "The recipient verified, without knowing the patient, that they are pseudonymised."
        case Event.REMOTE_REJECTED:
            return "The recipient refused the transfer: it did not find it pseudonymised."
        case Event.RESULT_RECEIVED:
            return f"Contours of {facts['rois']} structures came back under the pseudonym."
        case Event.REIDENTIFIED:
            return f"All {facts['references']} references of the contours were resolved to the original images."
        case Event.STORED:
            return f"A structure set of {facts['rois']} structures was stored under the original study." + _report(
                facts
            )
        case Event.FAILED:
            return f"The job failed ({facts['code']})."
        case Event.LOCAL_DELETED:
            return (
                f"{facts['files']} working files were deleted here; {facts['left']} are left "
                f"({HOW[str(facts['verified'])]}). {_missing(facts)}{_in_orthanc(facts)}"
            )
        case Event.REMOTE_DELETED:
            which = " of a transfer that was given up" if "transfer" in facts else ""
            return f"Deletion at the recipient{which}: {HOW[str(facts['verified'])]}."
        case Event.KEY_DESTROYED:
            return f"The key that links pseudonyms and patient was destroyed ({HOW[str(facts['verified'])]})."
        case Event.DELIVERED:
            how = {"COMMITMENT": "it committed to keep them", "FIND": "it found them", "ANSWER": "they were read back"}
            count = plural(int(str(facts["instances"])), "object", "objects")
            return f"The result ({count}) was delivered to {facts['destination']}: {how[str(facts['proof'])]}."
        case Event.CONSTANCY_BASELINE:
            return f"What {facts['model']} draws on the reference series is the baseline from here on."
        case Event.CONSTANCY_PASSED:
            return f"On the reference series {facts['model']} drew what the baseline holds."
        case Event.CONSTANCY_FAILED:
            return f"On the reference series {facts['model']} did not draw what the baseline holds ({facts['code']})."
        case Event.ASSESSED:
            counted = ", ".join(f"{facts[name]} {words}" for name, words in VERDICTS.items() if facts[name])
            version = "an approved version" if facts["approved"] else "a version that is not approved"
            return f"People returned {version} of the structure set, which was compared: {counted or 'no structure'}."
        case Event.TAKEN_OVER:
            return f"Gateway {facts['gateway']} had stopped; another took the job over and made its copy anew."
        case Event.HANDED_OVER:
            taker = f"gateway {facts['gateway']}" if "gateway" in facts else "another gateway"
            return f"The job had gone on at {taker}; this one did no more for it."
        case Event.CLOSED:
            return f"The job was closed with the outcome {facts['outcome']}."
    return None


def _report(facts: Facts) -> str:
    report = facts.get("report")
    return "" if report is None else f" Its model was commissioned (report {str(report)[:16]}…)."


def _left_out(counts: object) -> str:
    if not isinstance(counts, Mapping):
        return ""
    listed = ", ".join(f"{count} {LEFT_OUT.get(word, word)}" for word, count in sorted(counts.items()))
    return f" {sum(counts.values())} images of the series were left out and not contoured: {listed}."


def _face(word: object) -> str:
    return f" {FACE[str(word)]}" if word in FACE else ""


def _missing(facts: Facts) -> str:
    missing = facts.get("missing", 0)
    return f"{missing} files that had been written were not there to be deleted. " if missing else ""


def _in_orthanc(facts: Facts) -> str:
    how = str(facts.get("orthanc_verified", "NOT_VERIFIED"))
    if how == "NEVER_WRITTEN":
        return "No pseudonymised copy was made."
    if how == "NOT_VERIFIED":
        return "Whether Orthanc holds a pseudonymised copy was not verified."
    return f"Orthanc holds {facts['orthanc_copies']} pseudonymised copies ({HOW[how]})."


def _copies(facts: Facts) -> object:
    """How many are left in Orthanc; nobody knows where nobody looked."""
    return facts["orthanc_copies"] if facts.get("orthanc_verified", "NOT_VERIFIED") != "NOT_VERIFIED" else None


def second(time: str) -> str:
    """Write a record's time to the second, for tables whose column says that it is UTC."""
    return f"{time[:10]} {time[11:19]}"


def minute(time: str) -> str:
    """Write a record's time to the minute, for narrow tables."""
    return f"{time[:10]} {time[11:16]}"


def amount(count: object) -> str:
    """Write a count, or a dash where there is none."""
    return "–" if count is None else str(count)


def plural(count: int, one: str, many: str) -> str:
    """Write a count with its noun."""
    return f"{count} {one if count == 1 else many}"
