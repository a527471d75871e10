"""The processing dossier: what a data protection officer needs before the start, from the site's real configuration."""

from __future__ import annotations

from model.gate.profile import PROFILE_NAME, profile_digest
from plugin.evidence.dossier.ai_act import roles_and_logs
from plugin.evidence.dossier.in_house import in_house_file
from plugin.evidence.dossier.notice import notice
from plugin.evidence.dossier.parts import (
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
from plugin.evidence.dossier.processing import Processing
from plugin.evidence.dossier.pseudonymised import domains, perspectives
from plugin.evidence.dossier.questions import questions
from plugin.evidence.dossier.risks import NOT_CLAIMED, measures, risks
from plugin.evidence.dossier.sources import AS_OF, source_table, sources_of
from plugin.evidence.dossier.supplier import supplier_sheet
from plugin.evidence.paper.blocks import Block, Bullets, Facts, Heading, Table, Text, Tone, Verdict

TITLE = "Processing dossier"
SUBTITLE = "Auto-contouring with pseudonymised images: for the assessment by the data protection officer"


def dossier_blocks(processing: Processing) -> list[Block]:
    """Lay out the dossier.

    It depends on nothing but the configuration, the software's version, and the models that the rules name.
    """
    blocks = [*_processing(processing), *_law(processing)]
    return [*blocks, *_sources(blocks), *_identity(processing)]


def _processing(processing: Processing) -> list[Block]:
    """Describe the processing: what a record of it and an impact assessment ask for."""
    evidence = processing.evidence
    again = ", and by a service at its end" if processing.services else ""
    return [
        _verdict(processing),
        Text(
            f"What is said of law is of {AS_OF} and names its sources as [L01]; they are listed in chapter 19 and told "
            "in docs/law.md. It is no legal advice; what no source answers is in chapter 18."
        ),
        Heading("1. Purposes, basis and responsibilities"),
        Text("For the record of processing activities under Article 30 GDPR [L06]."),
        Facts(responsibilities(evidence)),
        Heading("2. Persons and categories of data"),
        Facts(
            (
                ("Data subjects", "\n".join(evidence.DataSubjects)),
                (
                    "Processed in the hospital",
                    "CT and MR images with all their attributes, read from the hospital's own archive; contours of "
                    "organs computed from them. Data concerning health, Article 9 GDPR [L02].",
                ),
                (
                    "Sent to a recipient",
                    "Pixels and the attributes of chapter 6, pseudonymised in the sense of Article 4(5) GDPR [L01]; "
                    "for whom they are personal data is in chapter 12."
                    if processing.remote
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
        *_deliveries(processing),
        Heading("4. Flow of data"),
        data_flow(processing),
        Heading("5. Which series are processed"),
        rule_table(processing),
        Heading("6. What leaves, attribute by attribute"),
        Text(
            f"Profile {PROFILE_NAME}, SHA-256 {profile_digest()}. A file is written anew from this list; an attribute "
            "that is not listed does not exist in it. A value that its condition does not accept is dropped, and where "
            "the attribute is needed, the series is refused. The same list is checked again, without knowing the "
            f"patient, before anything is drawn or sent{again}."
        ),
        Text(options_sentence(processing.privacy)),
        attribute_table(processing.privacy),
        Heading("7. Retention and deletion"),
        retention_table(processing),
        Heading("8. Technical and organisational measures"),
        Text("For the security of processing and data protection by design, Articles 32 and 25 GDPR [L07]."),
        Bullets(
            (
                *measures(processing),
                *configured_measures(evidence, [place.name for place in processing.services], processing.attested),
            )
        ),
        *site_measures(evidence),
        Heading("9. Rights of the persons concerned"),
        Bullets(
            (
                "Access, Article 15 [L04]: found by the patient's number through a keyed index without names; the "
                "answer says in plain words and in JSON what was done, when, by which model and at which target.",
                "Erasure, Article 17 [L04]: whatever is held for the patient is deleted, with the index entries that "
                "lead to the evidence; the evidence stays, and nothing that is held leads from it to the person. A "
                "contour file that the archive keeps names its evidence code as long as it is kept.",
                "Objection, Article 21 [L04]: the patient's series are not processed from then on, also on manual "
                "request.",
                "Original images and stored contours are part of the medical record and follow the archive's rules.",
            )
        ),
        Heading("10. Risks, and what is done about them"),
        Table(("Risk", "What is done", "What remains"), risks(processing), (2.4, 4.4, 3.2)),
        Heading("11. What is not claimed"),
        Bullets(NOT_CLAIMED),
    ]


def _law(processing: Processing) -> list[Block]:
    """Say what the law makes of it."""
    return [
        Heading("12. Pseudonymised for whom"),
        *perspectives(processing),
        Heading("13. Pseudonymisation domains"),
        *domains(processing),
        Heading("14. Text for the privacy notice"),
        *notice(processing),
        Heading("15. AI Act: roles, dates, logs"),
        *roles_and_logs(processing),
        Heading("16. In-house device: the file"),
        *in_house_file(processing),
        Heading("17. Supplier sheet (NIS2)"),
        *supplier_sheet(processing),
        Heading("18. What a lawyer must still decide"),
        Bullets(questions(processing)),
    ]


def _sources(blocks: list[Block]) -> list[Block]:
    return [
        Heading("19. Sources"),
        Text(f"As of {AS_OF}. The last column says how each was read for this edition of the software."),
        source_table(sources_of(blocks)),
    ]


def _identity(processing: Processing) -> list[Block]:
    return [
        Heading("20. Identity of this document"),
        Facts(
            (
                ("Configuration, SHA-256", processing.configuration_digest),
                ("Software", f"orthanc-autocontour {processing.software_version}"),
                ("State of the law", AS_OF),
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
    for place in processing.remote:
        recipient = processing.recipient(place)
        if recipient is None:
            points.append(f"the recipient behind the target '{place.name}' (Evidence.Recipients)")
            continue
        if not recipient.Contract:
            points.append(f"the contract with the recipient behind '{place.name}' (Evidence.Recipients, Contract)")
        if not recipient.Country:
            points.append(f"the country of the recipient behind '{place.name}' (Evidence.Recipients, Country)")
    if evidence.TimeStamp is None and not processing.services and not evidence.Witnesses:
        points.append("a witness for the chain's head: a service that countersigns, or a time stamp authority")
    return tuple(points)


def _deliveries(processing: Processing) -> list[Block]:
    if not processing.deliveries:
        return []
    names = ", ".join(processing.deliveries)
    return [
        Text(
            f"Results go, with the patient's identity, to these systems: {names}. One that somebody else operates is a "
            "recipient as well, and is not named here by its operator."
        )
    ]


def _verdict(processing: Processing) -> Verdict:
    names = ", ".join(place.name for place in processing.remote)
    scope = f"Pseudonymised images leave the hospital to: {names}." if names else "No image leaves this machine."
    points = open_points(processing)
    if points:
        return Verdict("To be completed by the site", f"{scope} Still open: {'; '.join(points)}.", Tone.WARNING)
    return Verdict("Complete as far as the configuration can say", scope, Tone.GOOD)
