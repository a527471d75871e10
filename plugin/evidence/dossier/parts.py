"""The tables and the drawing of the dossier."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.datadict import dictionary_description

from model.gate.allowlist import CT_IMAGE, MR_IMAGE, SOP_CLASSES
from model.gate.profile import Attribute, Option, profile_of
from plugin.evidence.dossier.processing import Processing
from plugin.evidence.paper.blocks import Block, Bullets, Flow, FlowStep, Heading, Table, Text, Tone
from plugin.settings.evidence import EvidenceSection, Party
from plugin.settings.privacy import PrivacyRules


def responsibilities(evidence: EvidenceSection) -> tuple[tuple[str, str], ...]:
    """Name who answers for the processing, why and on what basis."""
    rows = [("Controller", _party(evidence.Controller))]
    if evidence.Representative is not None:
        rows.append(("Representative", _party(evidence.Representative)))
    return (
        *rows,
        ("Data protection officer", _party(evidence.DataProtectionOfficer)),
        ("Purposes", "\n".join(evidence.Purposes)),
        ("Legal basis", "\n".join(evidence.LegalBasis) or "to be named by the controller"),
    )


def _party(party: Party | None) -> str:
    if party is None:
        return "to be named in the configuration"
    return "\n".join(line for line in (party.Name, party.Address, party.Contact) if line)


_KINDS = {
    "service": "segmentation service; gives signed receipts",
    "dicom": "DICOM node; gives no receipts",
    "local": "this machine",
}


def recipient_table(processing: Processing) -> Table:
    """List the configured targets and who stands behind each."""
    rows = []
    for place in processing.destinations:
        who = processing.evidence.Recipients.get(place.name)
        in_use = "" if any(rule.target == place.name for rule in processing.rules) else " (no rule uses it)"
        name = "the hospital itself" if place.kind == "local" else "to be named in the configuration"
        if who is not None:
            name = "\n".join(part for part in (who.Name, who.Address, who.Country) if part)
        contract = "–" if who is None else "\n".join(part for part in (who.Role, who.Contract, who.Safeguards) if part)
        rows.append((place.name + in_use, f"{_KINDS[place.kind]}\n{place.address}".strip(), name, contract))
    return Table(
        ("Target", "Kind and address", "Who it is", "Role, contract, safeguards"), tuple(rows), (1.5, 3.0, 3.0, 2.5)
    )


def data_flow(processing: Processing) -> Flow:
    """Draw the way of the data; with no target outside, nothing stands there."""
    names = ", ".join(place.name for place in processing.remote)
    outside = bool(processing.remote)
    # The sender makes this check in any case; a service makes it again.
    checked_there = bool(processing.services)
    back = "contours" if not processing.services else "contours, signed receipts"
    if processing.services and processing.nodes:
        back = "contours; receipts from services"
    steps = (
        FlowStep("Archive (Orthanc)", "original series, never changed"),
        FlowStep("Pseudonymisation", "new files from a list, searched for the patient's words", arriving="one series"),
        FlowStep(
            "Check without the patient", "one finding: all refused and deleted", checked_there, "pseudonymised images"
        ),
        FlowStep(
            "Model",
            f"at {names}: draws the organs" if outside else "draws the organs on this machine",
            outside,
            "pseudonymised images" if processing.nodes else "images in memory",
        ),
        FlowStep(
            "Restoration",
            "references resolved, identity set from the archive",
            arriving=back,
        ),
        FlowStep("Archive (Orthanc)", "structure set under the original study", arriving="RTSTRUCT"),
        FlowStep("Deletion and evidence", "copies and key gone; signed record", arriving="counts and digests"),
    )
    come = "Only contours and signed receipts come back" if processing.services else "Only contours come back"
    caption = f"{come}; the key that links pseudonym and patient never leaves."
    if processing.nodes:
        caption += " A DICOM node gives no receipt: what it deletes is not verified."
    return Flow("Hospital", "Recipient" if outside else "Outside: nothing", steps, caption)


def rule_table(processing: Processing) -> Table:
    """List the rules that choose series."""
    rows = tuple(
        (str(number), rule.name, "excluded" if rule.excludes else rule.model, "–" if rule.excludes else rule.target)
        for number, rule in enumerate(processing.rules, start=1)
    )
    return Table(
        ("No.", "Rule of the site", "Model", "Target"),
        rows,
        (0.6, 5, 2, 2),
        numbers=frozenset({0}),
        empty="No rules are configured: nothing is processed by itself.",
    )


def options_sentence(privacy: PrivacyRules) -> str:
    """Say which options and restrictions of the site are in force."""
    kept = (
        "This configuration keeps patient characteristics (sex, age below 90 years, size, weight), option 113108."
        if Option.PATIENT_CHARACTERISTICS in privacy.options
        else "This configuration keeps no patient characteristics: sex is empty; age, size and weight are away."
    )
    fewer = f" The site removes {len(privacy.remove)} further attributes." if privacy.remove else ""
    burned = " Images that do not deny burned-in text themselves are refused." if privacy.require_burned_in_no else ""
    return kept + fewer + burned


def attribute_table(privacy: PrivacyRules) -> Table:
    """List every attribute of what leaves, for CT and MR together."""
    rows: dict[int, dict[str, tuple[str, ...]]] = {}
    for sop_class in SOP_CLASSES:
        for tag, attribute in profile_of(sop_class).attributes.items():
            off = attribute.option is not None and attribute.option not in privacy.options
            if tag not in privacy.remove and not (off and attribute.without_option is None):
                rows.setdefault(tag, {})[_MODALITY[sop_class]] = _attribute(tag, attribute, off)
    return Table(
        ("Tag", "Attribute", "Becomes", "What may stand there", "Why", "In"),
        tuple(_merged(rows[tag]) for tag in sorted(rows)),
        (1.35, 2.4, 1.1, 3.4, 2.4, 0.9),
    )


_MODALITY = {CT_IMAGE: "CT", MR_IMAGE: "MR"}
_TERMS_SHOWN = 8


def _merged(by_modality: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Give one row for an attribute of several modalities, with each one's condition where they differ."""
    first = next(iter(by_modality.values()))
    conditions = {modality: row[3] for modality, row in by_modality.items()}
    said = first[3]
    if len(set(conditions.values())) > 1:
        said = "\n".join(f"{modality}: {condition}" for modality, condition in conditions.items())
    return (*first[:3], said, *first[4:], ", ".join(by_modality))


def _shortened(terms: str) -> str:
    """Cut a long list of terms; the profile's digest stands for the whole."""
    listed = terms.split(", ")
    if len(listed) <= _TERMS_SHOWN + 2:
        return terms
    return f"{', '.join(listed[:_TERMS_SHOWN])} and {len(listed) - _TERMS_SHOWN} further listed terms"


def _attribute(tag: int, attribute: Attribute, off: bool) -> tuple[str, ...]:
    predicate, action = attribute.predicate, str(attribute.action)
    if off and attribute.without_option is not None:
        predicate = attribute.without_option
    elif attribute.option is not None:
        action = "kept"
    number = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return (
        number,
        dictionary_description(tag),
        action,
        _shortened(predicate.describe().replace("`", "")),
        attribute.reason,
    )


def retention_table(processing: Processing) -> Table:
    """Say for everything that is held how long, and how its end is established."""
    evidence = processing.evidence
    hours = f"at most {processing.privacy.transfer_hours} hours"
    rows = [
        ("Pseudonymised files here", "until the job ends, however it ends", "deleted and listed; recorded"),
        ("Key of a transfer", "until the job is closed", "destroyed and read back; recorded"),
    ]
    if processing.services:
        held = "until the contours are fetched; in memory, or on a disk that its operator says is encrypted"
        rows.append(("Images at a service", held, "a signed receipt of its listing"))
    if processing.nodes:
        rows.append(("Images at a DICOM node", "as its contract says", "not verified; rests on the contract"))
    rows += [
        ("An open transfer", hours, "then its key is destroyed, an alert raised, and the report lists it"),
        ("Contours", "as the medical record", "the archive's own rules"),
        ("Evidence", f"{evidence.RecordYears} years", "past months are removed from the oldest on; recorded"),
    ]
    return Table(("What", "How long", "How its end is established"), tuple(rows), (2.4, 3.6, 4.0))


def configured_measures(
    evidence: EvidenceSection, services: Sequence[str], attested: Sequence[str] = ()
) -> tuple[str, ...]:
    """Say which optional measures this configuration has in force.

    ``services`` are the targets that countersign, ``attested`` those that have to show a quote of their machine.
    """
    audit = evidence.Audit
    lines = [f"The head of the chain is signed daily at {evidence.AnchorHour:02d}:00 UTC."]
    if services:
        lines.append(f"It is handed over then to {', '.join(services)}: held there for good, and countersigned.")
    if evidence.Witnesses:
        lines.append(f"It is handed over to witnesses as well: {', '.join(evidence.Witnesses)}.")
    if evidence.TimeStamp is None and not services and not evidence.Witnesses:
        lines.append("Nobody outside this machine holds it: whoever can write to its disk can cut the chain.")
    if evidence.TimeStamp is not None:
        lines.append("The daily head carries an RFC 3161 time stamp of an independent authority.")
    if attested:
        lines.append(
            f"{', '.join(attested)} has to show a quote before an image leaves; it is that of a software stand-in, "
            "which proves nothing about hardware: this is no measure, and is for tests only."
        )
    if audit is not None:
        how = "over TLS" if audit.Protocol == "tls" else "over UDP, unencrypted, inside the hospital's network"
        lines.append(f"Every event goes to the hospital's audit repository as a DICOM PS3.15 audit message {how}.")
    if evidence.Webhook is not None:
        lines.append("Alerts are posted to the site's own system.")
    return tuple(lines)


def site_measures(evidence: EvidenceSection) -> list[Block]:
    """List the site's own measures."""
    if not evidence.Measures:
        return [Text("The site names no further measures of its own (Evidence.Measures).", Tone.NOTE)]
    return [Heading("Measures of the site", 2), Bullets(tuple(evidence.Measures))]
