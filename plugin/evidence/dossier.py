"""The processing dossier: what a data protection officer needs before the start, from the site's real configuration."""

from __future__ import annotations

from collections.abc import Sequence

from model.gate.profile import PROFILE_NAME, profile_digest
from plugin.evidence.dossier_parts import (
    attribute_table,
    configured_measures,
    data_flow,
    options_sentence,
    recipient_table,
    responsibilities,
    retention_table,
    rule_table,
    site_measures,
)
from plugin.evidence.paper.blocks import Block, Bullets, Facts, Heading, Table, Text, Tone, Verdict
from plugin.evidence.processing import Destination, Processing
from plugin.evidence.risks import NOT_CLAIMED, RISKS, SOFTWARE_MEASURES

TITLE = "Processing dossier"
SUBTITLE = "Auto-contouring with pseudonymised images: for the assessment by the data protection officer"


def dossier_blocks(processing: Processing) -> list[Block]:
    """Lay out the dossier; it depends on nothing but the configuration and the software's version."""
    evidence = processing.evidence
    # Every target counts, used by a rule or not: a script or a person may name it for one series.
    services = [place.name for place in processing.destinations if place.kind == "service"]
    remote = [place for place in processing.destinations if place.kind != "local"]
    return [
        _verdict(processing, remote),
        Heading("1. Purposes, basis and responsibilities"),
        Facts(responsibilities(evidence)),
        Heading("2. Persons and categories of data"),
        Facts(
            (
                ("Data subjects", "\n".join(evidence.DataSubjects)),
                (
                    "Processed in the hospital",
                    "CT and MR images with all their attributes (data concerning health, Article 9 GDPR), read from "
                    "the hospital's own archive; contours of organs computed from them.",
                ),
                (
                    "Sent to a recipient",
                    "Pixels and the attributes of chapter 6, pseudonymised (Article 4(5) GDPR); still personal data."
                    if remote
                    else "Nothing: this configuration names no target outside this machine.",
                ),
                (
                    "Kept as evidence",
                    "Counts, digests, times, versions and random codes; no name, no identifier, no free text.",
                ),
            )
        ),
        Heading("3. Recipients"),
        recipient_table(processing),
        Heading("4. Flow of data"),
        data_flow(remote),
        Heading("5. Which series are processed"),
        rule_table(processing),
        Heading("6. What leaves, attribute by attribute"),
        Text(
            f"Profile {PROFILE_NAME}, SHA-256 {profile_digest()}. A file is written anew from this list; an attribute "
            "that is not listed does not exist in it. A value that its condition does not accept is dropped, and where "
            "the attribute is needed, the series is refused. The recipient checks the same list again, without knowing "
            "the patient."
        ),
        Text(options_sentence(processing.privacy)),
        attribute_table(processing.privacy),
        Heading("7. Retention and deletion"),
        retention_table(evidence, processing.privacy, bool(remote)),
        Heading("8. Technical and organisational measures (Article 32)"),
        Bullets((*SOFTWARE_MEASURES, *configured_measures(evidence, services))),
        *site_measures(evidence),
        Heading("9. Rights of the persons concerned"),
        Bullets(
            (
                "Access (Article 15): found by the patient's number through a keyed index without names; the answer "
                "says in plain words and in JSON what was done, when and by which model.",
                "Erasure (Article 17): whatever is held for the patient is deleted, with the index entries that lead "
                "to the evidence; the evidence stays and cannot be led back to the person.",
                "Objection (Article 21): the patient's series are not processed from then on, also on manual request.",
                "Original images and stored contours are part of the medical record and follow the archive's rules.",
            )
        ),
        Heading("10. Risks, and what is done about them"),
        Table(("Risk", "What is done", "What remains"), RISKS, (2.4, 4.4, 3.2)),
        Heading("11. What is not claimed"),
        Bullets(NOT_CLAIMED),
        Heading("12. Identity of this document"),
        Facts(
            (
                ("Configuration, SHA-256", processing.configuration_digest),
                ("Software", f"orthanc-autocontour {processing.software_version}"),
                (
                    "Changes",
                    "A change of the configuration is recorded in the chain as CONFIG_CHANGED with the digests before "
                    "and after; this dossier belongs to the digest above and to no other.",
                ),
            )
        ),
    ]


def open_points(processing: Processing) -> tuple[str, ...]:
    """Name what only the site can say and has not said yet."""
    evidence = processing.evidence
    points: list[str] = []
    if evidence.Controller is None:
        points.append("the controller (Evidence.Controller)")
    if evidence.DataProtectionOfficer is None:
        points.append("the data protection officer (Evidence.DataProtectionOfficer)")
    if not evidence.LegalBasis:
        points.append("the legal basis (Evidence.LegalBasis)")
    for place in processing.destinations:
        if place.kind == "local":
            continue
        recipient = evidence.Recipients.get(place.name)
        if recipient is None:
            points.append(f"the recipient behind the target '{place.name}' (Evidence.Recipients)")
        elif not recipient.Contract:
            points.append(f"the contract with the recipient behind '{place.name}' (Article 28)")
    if evidence.TimeStamp is None and not any(place.kind == "service" for place in processing.destinations):
        points.append("a witness for the chain's head: a service that countersigns, or a time stamp authority")
    return tuple(points)


def _verdict(processing: Processing, remote: Sequence[Destination]) -> Verdict:
    names = ", ".join(place.name for place in remote)
    scope = f"Pseudonymised images leave the hospital to: {names}." if remote else "No image leaves this machine."
    points = open_points(processing)
    if points:
        return Verdict("To be completed by the site", f"{scope} Still open: {'; '.join(points)}.", Tone.WARNING)
    return Verdict("Complete as far as the configuration can say", scope, Tone.GOOD)
