"""The monthly report on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from model.evidence.canonical_json import canonical
from model.evidence.printed_head import read_printed_head, stated_head
from plugin.evidence.paper.blocks import (
    Bars,
    Block,
    Bullets,
    Command,
    Facts,
    Heading,
    Scannable,
    Table,
    Text,
    Tone,
    Verdict,
)
from plugin.evidence.paper.page import Cover, to_pdf
from plugin.evidence.paper.signature import PdfSeal, sign_pdf
from plugin.evidence.quality_pages import quality_blocks
from plugin.evidence.wording import HOW, amount, minute, plural, second

TITLE = "Monthly report of processing"
ATTACHMENT = "report.json"
_ELSEWHERE = (
    "by its records; the stamps lie beside that chain, with the authority's time, and are verified there: by its own "
    "report, or by autocontour evidence verify with its folder."
)


def report_pdf(signed: Mapping[str, Any], site: str, seal: PdfSeal) -> bytes:
    """Print and sign a report; the signed JSON report lies inside the PDF as an attachment."""
    document = signed["document"]["body"]
    subtitle = "Pseudonymised processing of image series: transfers, refusals, deletions, and the state of the record"
    cover = Cover(TITLE, subtitle, site, f"Month {document['Month']}", second(document["Issued"]))
    pdf = to_pdf(cover, report_blocks(document, str(signed["sha256"])))
    content = canonical(json.loads(json.dumps(signed)))
    return sign_pdf(pdf, seal, reason="Monthly report", attachments={ATTACHMENT: content})


def report_blocks(document: Mapping[str, Any], digest: str) -> list[Block]:
    """Lay out a JSON report: the verdict and two pictures first, every line of it behind them."""
    return [
        _verdict(document),
        Heading("Record of processing (Article 30 GDPR)"),
        Facts(_header(document)),
        Heading("Totals"),
        Facts(_totals(document)),
        *_pictures(document),
        Heading("Open items"),
        Text("Jobs that were not closed at the end of the month or when this report was issued, and what they lack."),
        Table(
            ("Evidence code", "Open since (UTC)", "Last event", "Missing"),
            tuple(
                (item["EvidenceCode"], minute(item["Since"]), item["LastEvent"], ", ".join(item["Missing"]))
                for item in document["OpenItems"]
            ),
            (2.6, 1.8, 2.0, 4.0),
            empty="None: every job is closed.",
        ),
        Heading("Refusals and failures"),
        Table(
            ("Evidence code", "When (UTC)", "What", "Reason", "Findings by rule"),
            tuple(
                (
                    item["EvidenceCode"],
                    minute(item["Time"]),
                    item["Event"],
                    item["Code"] or "–",
                    ", ".join(f"{rule}: {count}" for rule, count in item["Findings"].items()) or "–",
                )
                for item in document["Refusals"]
            ),
            (2.7, 1.8, 2.2, 2.0, 2.5),
            empty="None.",
        ),
        Heading("Exceptions of the site"),
        _events(document["Exceptions"], "None."),
        Heading("Changes of configuration, versions and keys"),
        _events(document["Changes"], "None."),
        Facts(
            tuple((name, ", ".join(versions)) for name, versions in document["Versions"].items())
            or (("Versions", "–"),)
        ),
        *quality_blocks(document.get("Quality")),
        Heading("Every transfer"),
        Text(
            "Day and time, UTC. Gone there: deletion at the recipient, by its signed receipt or under contract only; a "
            "dash where nothing was sent. Gone here: deletion of the copies in this hospital. Key gone: destruction of "
            "the key that links pseudonym and patient.",
            Tone.NOTE,
        ),
        _transfers(document),
        *_verification(document, digest),
    ]


def _verdict(document: Mapping[str, Any]) -> Verdict:
    chain, totals = document["Chain"], document["Totals"]
    if not chain["Verified"]:
        broken = chain["FirstBrokenRecord"]
        return Verdict(
            "The record was changed",
            f"Record {broken['Sequence']}{_of(broken.get('Gateway'))} is {broken['Change']}. What this report says "
            "from there on proves nothing.",
            Tone.BAD,
        )
    still = len(document["OpenItems"])
    verified = chain["RecordsVerified"] + sum(one["RecordsVerified"] for one in document.get("Chains", ()))
    text = (
        f"{verified} signed records were verified without a gap. {totals['SeriesSent']} series with "
        f"{totals['ImagesSent']} pseudonymised images were sent; {totals['KeysDestroyed']} keys were destroyed."
    )
    if still:
        return Verdict(f"The record is intact; {plural(still, 'job is', 'jobs are')} open", text, Tone.WARNING)
    return Verdict("The record is intact; every job is closed", text, Tone.GOOD)


def _of(gateway: str | None) -> str:
    return "" if gateway is None else f" of gateway {gateway}"


def _header(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    controller = document["Controller"]

    def party(name: str) -> str:
        found = controller[name]
        if found is None:
            return "not named in the configuration"
        return "\n".join(line for line in (found["Name"], found["Address"], found["Contact"]) if line)

    recipients = [
        f"{who['Target']}: " + ", ".join(who[part] for part in ("Name", "Country", "Role", "Contract") if who[part])
        for who in document["Recipients"]
    ]
    rows = [("Controller", party("Controller"))]
    if controller["Representative"] is not None:
        rows.append(("Representative", party("Representative")))
    return (
        *rows,
        ("Data protection officer", party("DataProtectionOfficer")),
        ("Purposes", "\n".join(controller["Purposes"])),
        ("Legal basis", "\n".join(controller["LegalBasis"]) or "not named in the configuration"),
        ("Data subjects", "\n".join(controller["DataSubjects"])),
        ("Categories of data", "Pseudonymised CT and MR images (data concerning health); contours of organs."),
        ("Recipients", "\n".join(recipients) or "none named in the configuration"),
        ("Time limits", "Pseudonymised copies: until the contours are stored. Keys: destroyed when the job is closed."),
    )


def _totals(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    totals = document["Totals"]
    outcomes = ", ".join(f"{count} {name}" for name, count in totals["Outcomes"].items()) or "none"
    targets = ", ".join(f"{count} to {name}" for name, count in totals["SeriesByTarget"].items()) or "none"
    deletions = ", ".join(f"{n} {HOW[kind]}" for kind, n in totals["RemoteDeletionsByVerification"].items()) or "none"
    return (
        ("Jobs", f"{totals['Jobs']}: {outcomes}"),
        ("Series sent", f"{totals['SeriesSent']}: {targets}"),
        ("Images sent", f"{totals['ImagesSent']}, {totals['BytesSent'] / 1e6:.1f} MB"),
        ("Deletions at recipients", deletions),
        ("Deletions here", f"{totals['LocalDeletions']} jobs; {totals['KeysDestroyed']} keys destroyed"),
        ("Returned by people", _assessed(document["Assessed"])),
        ("Rights of patients", _rights(document["Rights"])),
    )


def _assessed(counts: Mapping[str, int]) -> str:
    if not counts["Versions"]:
        return "no structure set"
    versions = plural(counts["Versions"], "version", "versions")
    words = ("untouched", "edited", "deleted", "added", "not comparable")
    keys = ("Untouched", "Edited", "Deleted", "Added", "NotComparable")
    rois = ", ".join(f"{counts[key]} {word}" for key, word in zip(keys, words, strict=True))
    return f"{versions} of our structure sets, {counts['Approved']} approved; structures: {rois}"


def _rights(counts: Mapping[str, int]) -> str:
    words = {
        "SUBJECT_ASKED": ("request for access", "requests for access"),
        "SUBJECT_ERASED": ("erasure", "erasures"),
        "SUBJECT_RECTIFIED": ("corrected patient", "corrected patients"),
        "OBJECTION_SET": ("objection", "objections"),
        "OBJECTION_WITHDRAWN": ("objection withdrawn", "objections withdrawn"),
    }
    return ", ".join(plural(count, *words[event]) for event, count in counts.items()) or "no requests"


def _pictures(document: Mapping[str, Any]) -> list[Block]:
    days = document["Daily"]
    daily = Bars(
        "Jobs closed, by day of the month",
        tuple(str(day["Day"]) for day in days),
        ("done", "refused or excluded", "failed or cancelled"),
        tuple(tuple(day[kind] for day in days) for kind in ("Done", "Refused", "Failed")),
        (Tone.GOOD, Tone.WARNING, Tone.BAD),
    )
    abroad = document["Abroad"]
    if not any(stay["Series"] for stay in abroad):
        return [daily]
    stay = Bars(
        "How long pseudonymised images were with a recipient, in series",
        tuple(stay["Stay"] for stay in abroad),
        ("from sending to the deletion there",),
        (tuple(stay["Series"] for stay in abroad),),
        (Tone.PLAIN,),
    )
    return [daily, stay]


def _events(items: list[Mapping[str, Any]], empty: str) -> Table:
    known = {"Record", "Time", "Event", "EvidenceCode"}
    return Table(
        ("Record", "When (UTC)", "Event", "Particulars"),
        tuple(
            (
                str(item["Record"]),
                minute(item["Time"]),
                item["Event"],
                ", ".join(f"{name} {value}" for name, value in item.items() if name not in known) or "–",
            )
            for item in items
        ),
        (0.8, 1.6, 2.0, 6.0),
        numbers=frozenset({0}),
        empty=empty,
    )


def _transfers(document: Mapping[str, Any]) -> Table:
    there = {
        "RECEIPT": "receipt",
        "CONTRACT_ONLY": "contract",
        "NOT_VERIFIED": "not verified",
        "NEVER_SENT": "never sent",
        None: "–",
    }

    def clock(time: str | None) -> str:
        return "–" if time is None else time[8:10] + " " + time[11:19]

    return Table(
        (
            "Evidence code",
            "Series",
            "Model, target",
            "Received",
            "Sent",
            "Gone there",
            "Gone here",
            "Key gone",
            "Outcome",
        ),
        tuple(
            (
                line["EvidenceCode"],
                f"{amount(line['Instances'])} {line['Modality'] or ''}",
                f"{line['Model'] or '–'}, {line['Target'] or '–'}",
                clock(line["Received"]),
                clock(line["Sent"]),
                clock(line["RemoteDeleted"])
                + (f" {there.get(line['RemoteDeletionVerified'], 'other')}" if line["RemoteDeleted"] else ""),
                clock(line["LocalDeleted"]),
                clock(line["KeyDestroyed"]),
                line["Outcome"],
            )
            for line in document["Transfers"]
        ),
        (2.55, 0.9, 1.25, 1.2, 1.2, 1.2, 1.2, 1.2, 1.05),
        empty="No series was processed in this month.",
        dense=True,
    )


def _verification(document: Mapping[str, Any], digest: str) -> list[Block]:
    chain = document["Chain"]
    head, issue = chain["HeadAtEndOfMonth"], chain["HeadAtIssue"]
    anchored = sum(1 for anchor in document["Anchors"])
    countersigned = sum(1 for anchor in document["Anchors"] if anchor["Countersigned"])
    stamped = sum(1 for anchor in document["Anchors"] if anchor["Stamped"])
    rows = (
        ("Records of the month", f"{amount(chain['FirstRecord'])} to {amount(chain['LastRecord'])}"),
        ("Head at the end of the month", head or "–"),
        ("Head at issue", f"record {issue['Sequence']}, {issue['Digest']}"),
        ("Anchored in the month", f"{anchored} times; {countersigned} countersigned, {stamped} time-stamped"),
        ("Signing keys", ", ".join(chain["Keys"]) or "–"),
        *(
            (
                f"Gateway {one['Gateway']}",
                f"records {amount(one['FirstRecord'])} to {amount(one['LastRecord'])}; head at issue: record "
                f"{one['HeadAtIssue']['Sequence']}, {one['HeadAtIssue']['Digest']}; "
                + ("verified" if one["Verified"] else "CHANGED"),
            )
            for one in document.get("Chains", ())
        ),
        ("SHA-256 of the JSON report", digest),
    )
    return [
        Heading("The chain of records, and how to verify it"),
        Facts(rows),
        *([Bullets(tuple(chain["Remarks"]))] if chain["Remarks"] else []),
        *_time_stamps(document.get("TimeStamps") or ()),
        *_heads_on_paper(document),
        Command(("autocontour evidence verify FOLDER --key site-evidence-key.pem --report report.pdf",)),
        Text(
            f"The attached file {ATTACHMENT} is this report as signed JSON. Without our software: the site's guide for "
            "auditors verifies digests and signatures with sha256sum and openssl.",
            Tone.NOTE,
        ),
    ]


def _time_stamps(stamps: Sequence[Mapping[str, Any]]) -> list[Block]:
    """List what an independent authority stamped, in a group for each gateway."""
    if not stamps:
        return []
    blocks: list[Block] = [Heading("Time stamps by an independent authority (RFC 3161)", 2)]
    # Reports of earlier versions name no gateway, and list those of the one that issued them.
    for gateway in dict.fromkeys(one.get("Gateway") for one in stamps):
        its = [one for one in stamps if one.get("Gateway") == gateway]
        read = [one for one in its if one.get("Recorded") is None]
        if gateway is not None:
            told = "read here." if read else _ELSEWHERE
            blocks.append(Text(f"Of the chain of gateway {gateway}, {told}"))
        blocks.append(_stamps_read(read) if read else _stamps_recorded(its))
    return blocks


def _stamps_read(stamps: Sequence[Mapping[str, Any]]) -> Table:
    """List stamps that lie here; one that is not over its head is said to be false."""
    words = {True: "verified", False: "FALSE", None: "not verified"}
    rows = tuple(
        (
            amount(one["Sequence"]),
            one["Digest"] or "–",
            "–" if one["Time"] is None else second(one["Time"]),
            one["Authority"] or "–",
            words[one["Verified"]],
        )
        for one in stamps
    )
    columns = ("Record", "Head", "Stamped (UTC)", "Authority", "Here")
    return Table(columns, rows, (0.8, 4.6, 1.7, 2.4, 1.0), numbers=frozenset({0}), code=frozenset({1}), dense=True)


def _stamps_recorded(stamps: Sequence[Mapping[str, Any]]) -> Table:
    """List stamps of which only the records are here."""
    rows = tuple((amount(one["Sequence"]), one["Digest"], second(one["Recorded"])) for one in stamps)
    columns = ("Record", "Head", "Recorded there (UTC)")
    return Table(columns, rows, (0.8, 4.6, 5.1), numbers=frozenset({0}), code=frozenset({1}), dense=True)


def _heads_on_paper(document: Mapping[str, Any]) -> list[Block]:
    """Print each chain's signed head for whoever keeps this sheet: nobody here can change what lies in a drawer."""
    chains = [document["Chain"], *document.get("Chains", ())]
    codes: list[Block] = []
    for chain in chains:
        line = chain.get("SignedHead")
        if line is None:
            continue
        signed = read_printed_head(line)
        head = stated_head(signed)
        gateway = chain.get("Gateway")
        codes.append(
            Scannable(
                line,
                (
                    *([("Gateway", gateway)] if gateway else []),
                    ("Record", str(head.sequence)),
                    ("Its SHA-256", head.digest),
                    ("Signed at (UTC)", second(signed["document"]["body"]["time"])),
                    ("By the key", signed["document"]["key"]),
                ),
            )
        )
    if not codes:
        return []
    told = (
        "Keep this sheet where the hospital's computers do not reach. Each code is the signed head of a chain: who "
        "cuts the chain off before that record, or writes it again, contradicts the paper. Read it with a phone, and "
        "give the text to: autocontour evidence verify FOLDER --head TEXT"
    )
    return [Heading("The head of the chain, for paper", 2), Text(told, Tone.NOTE), *codes]
