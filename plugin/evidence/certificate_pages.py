"""The certificate of one job on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from model.evidence.canonical_json import canonical
from plugin.evidence.paper.blocks import Block, Bullets, Command, Facts, Heading, Table, Text, Tone, Verdict
from plugin.evidence.paper.page import Cover, to_pdf
from plugin.evidence.paper.signature import PdfSeal, sign_pdf
from plugin.evidence.wording import amount, second

TITLE = "Certificate of processing"
SUBTITLE = "What happened to one image series, from its arrival to the deletion of every pseudonymised copy"
ATTACHMENT = "certificate.json"


def certificate_pdf(signed: Mapping[str, Any], site: str, seal: PdfSeal) -> bytes:
    """Print and sign a certificate; the signed JSON certificate lies inside the PDF as an attachment."""
    document = signed["document"]["body"]
    cover = Cover(TITLE, SUBTITLE, site, f"Evidence code {document['EvidenceCode']}", second(document["Issued"]))
    pdf = to_pdf(cover, certificate_blocks(document, str(signed["sha256"]), str(signed["document"]["key"])))
    content = canonical(json.loads(json.dumps(signed)))
    return sign_pdf(pdf, seal, reason="Certificate of processing", attachments={ATTACHMENT: content})


def certificate_blocks(document: Mapping[str, Any], digest: str, key: str) -> list[Block]:
    """Lay out a JSON certificate for a reader who asks: what left, to whom, and is it gone?"""
    return [
        _verdict(document),
        Facts(_summary(document)),
        Text(
            "This certificate names no patient and holds nothing from which one could be found without the hospital's "
            "own index. Data were pseudonymised in the sense of Article 4(5) GDPR; they were not made anonymous.",
            Tone.NOTE,
        ),
        Heading("What was done"),
        Bullets(tuple(document["Statements"])),
        *_sent(document),
        *_recipient(document),
        Heading("Deletion, and how it was verified"),
        Table(
            ("Where", "Files", "Left", "When (UTC)", "How it was verified"),
            tuple(
                (item["Where"], amount(item.get("Files")), amount(item.get("Left")), second(item["Time"]), item["How"])
                for item in document["Deletions"]
            ),
            (3.1, 0.8, 0.7, 2.0, 3.4),
            numbers=frozenset({1, 2}),
            empty="Nothing was deleted, because nothing had been made.",
        ),
        *_gateways(document),
        Heading("Records of the chain"),
        Table(
            ("Record", "When (UTC)", "Event", "SHA-256 of the record"),
            tuple(
                (
                    str(record["record"]["sequence"]),
                    second(record["record"]["time"]),
                    record["record"]["event"],
                    record["sha256"],
                )
                for record in document["Records"]
            ),
            (0.8, 1.8, 2.0, 6.4),
            numbers=frozenset({0}),
            code=frozenset({3}),
            dense=True,
        ),
        *_verification(document, digest, key),
    ]


def _gateways(document: Mapping[str, Any]) -> list[Block]:
    """Say which gateways of a group had the job, in order; nothing where there is one chain."""
    parts = document.get("Gateways")
    if not parts:
        return []
    text = (
        "Several gateways share the work here; each has a chain of its own, with its own key. The records below are in "
        "this order, and their numbers are those of their gateway's chain."
    )
    return [
        Heading("Gateways"),
        Text(text, Tone.NOTE),
        Table(
            ("Gateway", "Records", "From (UTC)", "Until (UTC)", "Signing keys", "Still missing"),
            tuple(
                (
                    part["Gateway"],
                    f"{part['FirstRecord']} to {part['LastRecord']}",
                    second(part["Began"]),
                    second(part["Ended"]),
                    ", ".join(part["Keys"]),
                    ", ".join(part["Missing"]) or "–",
                )
                for part in parts
            ),
            (2.0, 1.4, 1.9, 1.9, 2.0, 1.8),
            code=frozenset({0, 4}),
        ),
    ]


def _verdict(document: Mapping[str, Any]) -> Verdict:
    if document["State"] != "closed":
        lacking = ", ".join(document["Missing"]) or "the closing record"
        return Verdict("Open: not yet complete", f"Still missing on record: {lacking}.", Tone.WARNING)
    contract = any("contract" in item["How"] for item in document["Deletions"])
    outcome = f"Outcome of the job: {document['Outcome']}. "
    if document["Pseudonymisation"] is None:
        return Verdict("Closed: nothing left this hospital", outcome + "No copy was made.", Tone.GOOD)
    if contract:
        text = "Deletion here was verified; deletion at the recipient rests on the contract and was not verified here."
        return Verdict("Closed: deleted here, and under contract there", outcome + text, Tone.WARNING)
    unknown = [item["Where"] for item in document["Deletions"] if item["How"].startswith("not verified")]
    if unknown:
        text = f"Deleted, as far as could be verified. Not verified: {', '.join(dict.fromkeys(unknown))}."
        return Verdict("Closed: not every deletion was verified", outcome + text, Tone.WARNING)
    there = "at the recipient and here" if document["Sent"] is not None else "here, the only place where one was made"
    text = f"Every pseudonymised copy was deleted {there}, and the key that linked it to the patient was destroyed."
    return Verdict("Closed: nothing is left", outcome + text, Tone.GOOD)


def _summary(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    received, decision = document["Received"] or {}, document["Decision"] or {}
    pseudonymised = document["Pseudonymisation"]
    rows = [("Evidence code", document["EvidenceCode"])]
    if received:
        rows.append(
            (
                "Series",
                f"{received['Instances']} {received['Modality']} images, received {second(received['Time'])} UTC",
            )
        )
    if "Model" in decision:
        version = decision.get("ModelVersion")
        rows.append(("Model", decision["Model"] + (f", version {version}" if version else "")))
        rows.append(("Processed", _where(document, decision)))
    if pseudonymised:
        rows.append(
            ("Pseudonymisation", f"profile {pseudonymised['Profile']}, SHA-256 {pseudonymised['ProfileDigest']}")
        )
    versions = document["Versions"]
    rows.append(("Versions", ", ".join(f"{name} {version}" for name, version in versions.items()) or "not on record"))
    return tuple(rows)


def _where(document: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    if decision["TargetType"] == "local":
        return "on this hospital's own machine; no image left it"
    if document["Sent"] is None:
        return f"meant for '{decision['Target']}'; nothing was sent"
    kind = "a segmentation service" if decision["TargetType"] == "service" else "a DICOM node"
    return f"at '{decision['Target']}', {kind}"


def _sent(document: Mapping[str, Any]) -> list[Block]:
    pseudonymised, checks, sent = document["Pseudonymisation"], document["Checks"], document["Sent"]
    if pseudonymised is None:
        return []
    actions = ", ".join(f"{count} {action}" for action, count in sorted(pseudonymised["Actions"].items()))
    rows = [("Attributes by action", f"{actions} (counted over all {pseudonymised['Instances']} images)")]
    if checks is not None:
        searched = f"; {checks['WordsSearched']} words of the source were searched" if "WordsSearched" in checks else ""
        found = sum(checks.get("Findings", {}).values())
        rows.append(("Self-check", ("passed" if checks["Passed"] else f"refused with {found} findings") + searched))
        if "Manifest" in checks:
            rows.append(("Manifest, SHA-256", checks["Manifest"]))
    if sent is not None:
        rows.append(("Sent", f"{sent['Instances']} images, {_bytes(sent['Bytes'])}, {second(sent['Time'])} UTC"))
        if "Transfer" in sent:
            rows.append(("Transfer", sent["Transfer"]))
    return [Heading("What was pseudonymised and sent" if sent else "What was pseudonymised"), Facts(tuple(rows))]


def _recipient(document: Mapping[str, Any]) -> list[Block]:
    if document["Sent"] is None:
        return []
    recipient = document["Recipient"]
    rows = [("Target", document["Sent"]["Target"])]
    if recipient:
        rows += [
            (label, recipient[label])
            for label in ("Name", "Address", "Country", "Role", "Contract")
            if recipient.get(label)
        ]
    else:
        rows.append(("Name", "not named in the configuration"))
    if "RecipientKey" in document["Sent"]:
        rows.append(("Signing key of the recipient", document["Sent"]["RecipientKey"]))
    receipts = tuple((item["Event"], second(item["Time"]), item["Receipt"]) for item in document["Receipts"])
    table = Table(
        ("Receipt for", "When (UTC)", "SHA-256 of the signed receipt"),
        receipts,
        (2.3, 2.0, 6.4),
        code=frozenset({2}),
        empty="The recipient gave no signed receipts.",
    )
    return [Heading("Recipient and receipts"), Facts(tuple(rows)), table]


def _verification(document: Mapping[str, Any], digest: str, key: str) -> list[Block]:
    head = document["ChainHead"]
    rows = [("SHA-256 of the JSON certificate", digest), ("Signed with key", key)]
    if head:
        rows.append(("Chain head at issue", f"record {head['Sequence']}, {head['Digest']}"))
    return [
        Heading("How to verify this certificate"),
        Text(
            "The PDF is signed: any PDF reader shows whether a byte was changed, with the certificate that the site "
            f"publishes. The attached file {ATTACHMENT} holds the same statements and every record with its own "
            "signature. The chain itself is verified with:"
        ),
        Command(("autocontour evidence verify FOLDER --key site-evidence-key.pem",)),
        Facts(tuple(rows)),
    ]


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count} bytes"
