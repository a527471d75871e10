"""What the dossier says about measures and risks: sentences that the software's behaviour and tests stand behind."""

from __future__ import annotations

from model.burned_in.policy import BurnedInText
from plugin.evidence.dossier.processing import Processing

_ALWAYS = (
    "Pseudonymisation by allow-list: what leaves is written anew from listed attributes, each with a condition.",
    "Self-check with the patient's own words, identifiers, dates and UIDs before anything leaves; a finding stops it.",
    "A second check that knows no patient, before anything is drawn or sent; one finding refuses the whole series.",
    "A random key for each transfer: pseudonyms of two transfers cannot be linked with each other.",
    "The key and the reference to the source are encrypted at rest (AES-256-GCM) and destroyed when the job is closed.",
    "Only contours come back. They are accepted only when every reference resolves to the series that was sent.",
)
_SERVICE = (
    "A service makes the second check again at its end; one finding refuses and deletes the whole transfer.",
    "Transport to a service by TLS; its signing key is pinned in the configuration.",
)
_NODE = (
    "Transport to a DICOM node as Orthanc's own configuration says; encrypted only where DICOM over TLS is set up "
    "there.",
)
_RECORDS = (
    "A record of every step: append-only, each record signed and chained; changed or removed records are found, and a "
    "chain that was cut where somebody else holds its head.",
    "No log line, error, address or record holds a name, an identifier of a patient, a date of theirs or free text.",
    "Access only through the archive's own users and permissions; files readable by the service's account alone.",
)

NOT_CLAIMED = (
    "That data are anonymous: they are pseudonymised. For the hospital they stay personal data, and for a recipient "
    "they are treated so; chapter 12 says why [L01, L10].",
    "That pixels are cleaned of text (PS3.15 option 113101 is not claimed), or that a face is removed where the "
    "certificate of the job does not say so (113102 is claimed only there).",
    "That a deleted file cannot be recovered from a disk with physical access.",
    "That a recipient without signed receipts has deleted anything.",
    "That contours are right: they are drafts for review by a qualified person.",
    "Legal compliance: this document supports the assessment by the controller and does not replace it.",
)


def measures(processing: Processing) -> tuple[str, ...]:
    """List what the software does with this configuration."""
    sent = (*(_SERVICE if processing.services else ()), *(_NODE if processing.nodes else ()))
    return (*_ALWAYS, *sent, *_RECORDS)


def risks(processing: Processing) -> tuple[tuple[str, str, str], ...]:
    """List the risks: each with what is done, and what remains."""
    rows = [
        (
            "An identifier stays in an attribute",
            "Allow-list with conditions; search for the patient's words; a second check that knows no patient.",
            "A number or code that a condition accepts could mean somebody to those who know the case.",
        ),
        ("Text burned into the pixels", *_burned(processing)),
        _face(processing),
    ]
    if processing.remote:
        rows.append(_copy(processing))
    return (
        *rows,
        (
            "The link to the patient becomes known",
            "A random key per transfer, encrypted, never sent, destroyed at the end.",
            "While a job is open, whoever controls the hospital's machine can link it.",
        ),
        (
            "Contours at the wrong patient",
            "Every reference must resolve; the identity is copied from the original study, never from the result.",
            "A clinician reviews contours: they are stored as unapproved.",
        ),
        (
            "The record is changed afterwards",
            "Signed chain, daily heads; who else holds them is in chapter 8.",
            "Whoever holds the signing key can write a new history since the last head that somebody else holds.",
        ),
        (
            "Deleted data can be recovered from the disk",
            "Images in work lie on storage that the site provides encrypted, or in memory.",
            "Deletion of a file is not an overwrite; erasing media remains with the site.",
        ),
    )


def _burned(processing: Processing) -> tuple[str, str]:
    kinds = "Kinds of images that carry it (secondary capture, screens, dose reports), or are marked so, are refused"
    match processing.privacy.burned_in_text:
        case BurnedInText.REFUSE:
            return f"{kinds}; the pixels are searched for it, and a suspicion refuses.", _MISSED
        case BurnedInText.FLAG:
            return f"{kinds}; the pixels are searched for it, and a suspicion is flagged and leaves.", _MISSED
        case _:
            return f"{kinds}; the pixels are not searched (Privacy.BurnedInText).", "Text in any other image."


_MISSED = "Text is recognised by its look, not read; some is missed (docs/privacy.md has the numbers)."


def _face(processing: Processing) -> tuple[str, str, str]:
    shown = "A head scan shows a face. It is not removed, because contours near it would be wrong."
    if not processing.remote:
        return "A face drawn from the volume of a head", "Images stay on this machine.", shown
    bound = "Images go to a recipient who is to be bound by contract"
    if not processing.nodes:
        bound += ", until the contours are fetched"
    if processing.privacy.remove_face:
        bound += (
            ". The face is removed, and looked for again, where no wanted structure touches it and a registered proof "
            "says that the wanted contours stay the same (Privacy.Face)"
        )
        shown = (
            "Where a job does not say REMOVED, a head scan shows a face; where it does, ears, skull and teeth still "
            "tell people apart."
        )
    return "A face drawn from the volume of a head", f"{bound}.", shown


def _copy(processing: Processing) -> tuple[str, str, str]:
    done = []
    if processing.services:
        done.append("A service signs that it listed its place after the deletion.")
    if processing.nodes:
        done.append("A DICOM node confirms nothing; what binds it is a contract alone.")
    remains = "A receipt proves a statement, not the absence of a copy. " if processing.services else ""
    return "The recipient keeps a copy", " ".join(done), f"{remains}The contract must forbid it."
