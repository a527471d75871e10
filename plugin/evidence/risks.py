"""What the dossier says about measures and risks: sentences that the software's behaviour and tests stand behind."""

from __future__ import annotations

SOFTWARE_MEASURES = (
    "Pseudonymisation by allow-list: what leaves is written anew from listed attributes, each with a condition.",
    "Self-check with the patient's own words, identifiers, dates and UIDs before anything leaves; a finding stops it.",
    "A second check at the receiving side that knows no patient; one finding refuses and deletes the whole transfer.",
    "A random key for each transfer: pseudonyms of two transfers cannot be linked with each other.",
    "The key and the reference to the source are encrypted at rest (AES-256-GCM) and destroyed when the job is closed.",
    "Only contours come back. They are accepted only when every reference resolves to the series that was sent.",
    "Transport by TLS; the recipient's signing key is pinned in the configuration.",
    "A record of every step: append-only, each record signed and chained; changed, removed or cut records are found.",
    "No log line, error, address or record holds a name, an identifier of a patient, a date of theirs or free text.",
    "Access only through the archive's own users and permissions; files readable by the service's account alone.",
)

# Risk, what is done, what remains.
RISKS = (
    (
        "An identifier stays in an attribute",
        "Allow-list with conditions; search for the patient's words; a second check at the receiver.",
        "A number or code that a condition accepts could mean somebody to those who know the case.",
    ),
    (
        "Text burned into the pixels",
        "Kinds of images that carry it (secondary capture, screen saves, dose reports), or are marked so, are refused.",
        "Text in an image that declares itself clean is not recognised.",
    ),
    (
        "A face drawn from the volume of a head",
        "Images go only to recipients under contract, in memory, for minutes.",
        "A head scan shows a face. It is not removed, because contours near it would be wrong.",
    ),
    (
        "The recipient keeps a copy",
        "A service signs that it listed its place after the deletion; a DICOM node is bound by contract.",
        "A receipt proves a statement, not the absence of a copy. The contract must forbid it.",
    ),
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
        "Signed chain, daily heads held by the other end, optional time stamps.",
        "Whoever holds the signing key can write a new history since the last head that somebody else holds.",
    ),
    (
        "Deleted data can be recovered from the disk",
        "Images in work lie on storage that the site provides encrypted, or in memory.",
        "Deletion of a file is not an overwrite; erasing media remains with the site.",
    ),
)

NOT_CLAIMED = (
    "That data are anonymous: they are pseudonymised and stay personal data, for the hospital and for the recipient.",
    "That pixels are cleaned or faces removed (PS3.15 options 113101 and 113102 are not claimed).",
    "That a deleted file cannot be recovered from a disk with physical access.",
    "That a recipient without signed receipts has deleted anything.",
    "That contours are right: they are drafts for review by a qualified person.",
    "Legal compliance: this document supports the assessment by the controller and does not replace it.",
)
