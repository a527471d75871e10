"""Codes of the evidence: chain, keys, witnesses, time stamps."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

EVIDENCE = Chapter(
    "Evidence",
    "evidence",
    (
        Row(
            ("CHAIN_CUT", "CHAIN_CHANGED", "CHAIN_KEY"),
            Again.NO,
            means="the chain of evidence was cut or changed, or its key is another; contouring is off",
            way_out=(
                "keep the folder for the auditor, restore the backup or move it aside, restart; jobs that ended "
                "before are then an alert for 30 days"
            ),
        ),
        Row(
            ("EVIDENCE_KEY", "EVIDENCE_FACT", "EVIDENCE_CLOSED", "EVIDENCE_OPEN", "EVIDENCE_RETENTION"),
            Again.NO,
            means=(
                "the signing key cannot be used; a record that must not be written, or cannot be now; old records "
                "that do not end as they must"
            ),
            way_out="rights of `evidence/`; report the others",
        ),
        Row(
            ("WITNESS_UNREACHABLE", "WITNESS_FOLDER", "WITNESS_LOST"),
            Again.ITSELF,
            means=(
                "under `Witnesses` in `/autocontour/health`: a folder of `Evidence.Witnesses` is not there, gives "
                "back another file, or has lost heads"
            ),
            way_out=(
                "is the share mounted, may Orthanc's user create files in it? `WITNESS_LOST`: ask whoever keeps it, "
                "and tell the auditor"
            ),
        ),
        Row(
            ("WITNESS_KEY", "WITNESS_UNABLE"),
            Again.ITSELF,
            means="a service knows another key of this chain, or is too old to hold heads",
            way_out="its operator: `ManifestKeys`, an upgrade",
        ),
        Row(
            ("ANCHOR_BACKWARDS", "ANCHOR_FOREIGN", "PEER_BACKWARDS", "PEER_STALE"),
            Again.NO,
            means=(
                "a witness holds a later head than ours, signs another one, or its own chain went back or stands still"
            ),
            way_out="keep both, and tell the auditor",
        ),
        Row(
            (
                *("EVIDENCE_MIRROR", "MIRROR_CHANGED", "MIRROR_CHAIN_CUT", "MIRROR_MISSING"),
                *("PEER_CHANGED", "PEER_CUT"),
            ),
            Again.NO,
            means=(
                "several gateways: a copy of a chain in the database was changed, lacks records, or is of another "
                "history than the chain on the gateway's disk, or than its peers hold"
            ),
            way_out=(
                "`/autocontour/evidence/verify` names chain and record; keep all, and tell the auditor; then "
                "docs/auditor.md, Several gateways"
            ),
        ),
        Row(
            ("KEY_EXPIRED",),
            Again.RETRY,
            means="the operator's certificate of a service's key is not valid at the time in question",
            way_out="the service's operator signs the key again ([service.md](service.md)); both clocks",
        ),
        Row(
            ("SIGNATURE_KEY", "SIGNATURE_SHAPE", "SIGNATURE_WRONG"),
            Again.NO,
            means="a signed document has another key, another form, or was changed",
            way_out="its sender; tell the auditor",
        ),
        Row(
            ("PDF_SIGNATURE",),
            Again.NO,
            means=(
                "a report that `evidence verify` was given is not signed, signed by another certificate, or changed"
            ),
            way_out="ask whoever kept it; fetch it anew; tell the auditor",
        ),
        Row(
            ("TIME_STAMP_UNREACHABLE", "TIME_STAMP_WRONG", "TIME_STAMP_CA"),
            Again.ITSELF,
            means="the time stamp authority does not answer, answers for something else, or its `CaFile` holds no PEM",
            way_out="`Evidence.TimeStamp`",
        ),
        Row(
            ("AUDIT_SIZE",),
            Again.NO,
            means="an audit message is too long for UDP",
            way_out="TLS for `Evidence.Audit`",
        ),
        Row(
            ("PDF_SEAL", "SUBJECT_KEY"),
            Again.REPEAT,
            means="the key that signs PDFs, or the key of the index of patients, cannot be used",
            way_out="the backup of `evidence/`; rights",
        ),
    ),
)
