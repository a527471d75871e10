"""Text for the hospital's privacy notice, from the configuration: recipients by their names."""

from __future__ import annotations

from plugin.evidence.dossier.processing import Destination, Processing
from plugin.evidence.paper.blocks import Block, Bullets, Heading, Table, Text
from plugin.settings.evidence import Party

# The European Economic Area in November 2026: the 27 member states, Iceland, Liechtenstein and Norway.
EEA = {
    "AT": "Austria",
    "BE": "Belgium",
    "BG": "Bulgaria",
    "HR": "Croatia",
    "CY": "Cyprus",
    "CZ": "Czechia",
    "DK": "Denmark",
    "EE": "Estonia",
    "FI": "Finland",
    "FR": "France",
    "DE": "Germany",
    "GR": "Greece",
    "HU": "Hungary",
    "IS": "Iceland",
    "IE": "Ireland",
    "IT": "Italy",
    "LV": "Latvia",
    "LI": "Liechtenstein",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "MT": "Malta",
    "NL": "Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "RO": "Romania",
    "SK": "Slovakia",
    "SI": "Slovenia",
    "ES": "Spain",
    "SE": "Sweden",
}
_KNOWN = frozenset(word.casefold() for pair in EEA.items() for word in pair)


def notice(processing: Processing) -> list[Block]:
    """Write the text, and say which information of Articles 13 and 14 it holds."""
    return [
        Text(
            "Ready to be taken into the hospital's own notice, with what stands in brackets filled in. The law allows "
            "recipients or their categories [L03]; the text names them, because a person who asks has to be told who "
            "they are [L11]."
        ),
        Heading("Outlines of organs in your images", 2),
        *(Text(paragraph) for paragraph in notice_text(processing)),
        Heading("What the law asks, and where it stands", 2),
        _asked(processing),
        Bullets(_to_check(processing)),
    ]


def notice_text(processing: Processing) -> tuple[str, ...]:
    """Write the paragraphs that a patient reads."""
    evidence = processing.evidence
    basis = "; ".join(evidence.LegalBasis) or _gap("legal basis (Evidence.LegalBasis)")
    return (
        "We let software draw the outlines of organs in CT and MR images. The outlines are drafts: a qualified person "
        "reviews them before they are used, and people decide about your treatment.",
        f"Responsible: {_party(evidence.Controller, 'controller (Evidence.Controller)')} Our data protection officer: "
        f"{_party(evidence.DataProtectionOfficer, 'data protection officer (Evidence.DataProtectionOfficer)')}",
        f"Purposes: {' '.join(evidence.Purposes)} Legal basis: {basis}. The images and their data are data about your "
        "health. They come from our own archive, or from whoever sent them to us.",
        *_recipients(processing),
        "Copies that we made for this are deleted as soon as the work ends, and "
        f"their key is destroyed at the latest {processing.privacy.transfer_hours} hours after they were made. The "
        "outlines belong to your medical record and are kept as long as it is. That and how your images were processed "
        f"is recorded without your name and kept for {evidence.RecordYears} years.",
        "You can ask us what was processed and get a copy, also to take it elsewhere where the law gives that right; "
        "have wrong data corrected; and object: from then on this software does not process your images. You can ask "
        "us to erase or to restrict, and you can complain to a data protection authority: "
        f"{_gap('the authority')}.",
    )


def _recipients(processing: Processing) -> tuple[str, ...]:
    told: list[str] = []
    if not processing.remote:
        told.append(
            "For this your images do not leave our own computer, and nobody outside the hospital receives them."
        )
    else:
        told.append(
            "Before images are sent out for this, your name, numbers, dates and all that is not needed for drawing are "
            "removed or replaced (they are pseudonymised; only we can tell whose they are). They are then received by:"
        )
        told += [_recipient(processing, place) for place in processing.remote]
    if processing.deliveries:
        names = ", ".join(processing.deliveries)
        told.append(f"The finished outlines go, under your name, to these systems: {names}.")
    return tuple(told)


def _recipient(processing: Processing, place: Destination) -> str:
    who = processing.recipient(place)
    if who is None:
        name = _gap(f"name, address and country of the recipient (Evidence.Recipients.{place.name})")
        role = "on our behalf"
    else:
        country = who.Country or _gap(f"country (Evidence.Recipients.{place.name}.Country)")
        name = ", ".join(part for part in (who.Name, who.Address, country) if part)
        role = {"processor": "on our behalf", "joint controller": "responsible together with us"}.get(
            who.Role, "responsible by itself"
        )
    if place.kind == "service":
        deleted = "It deletes them when the outlines are fetched, and signs that it did."
    else:
        deleted = "It has to delete them by contract; it does not confirm it to us, and we do not verify it."
    return f"{name}; {role}. {deleted}{_country(processing, place)}"


def _country(processing: Processing, place: Destination) -> str:
    who = processing.recipient(place)
    if who is None or not who.Country or inside_eea(who.Country):
        return ""
    safeguards = who.Safeguards or _gap(f"safeguards (Evidence.Recipients.{place.name}.Safeguards)")
    return f" {who.Country} lies outside the European Economic Area. Safeguards: {safeguards}."


def inside_eea(country: str) -> bool:
    """Say whether a country, by its English name or two letters, is known to be in the European Economic Area."""
    return country.strip().casefold() in _KNOWN


def _asked(processing: Processing) -> Table:
    sent = "by name, with country and role" if processing.remote else "none: said so"
    rows = (
        ("Controller, data protection officer [L03]", "second paragraph"),
        ("Purposes and legal basis [L03]", "third paragraph"),
        ("Categories of data, and their source where the person did not give them [L03]", "third paragraph"),
        ("Recipients [L03, L11]", sent),
        ("Transfer to a third country, safeguards [L03, L09]", "with the recipient, where its country is outside"),
        ("Period of storage [L03]", "the paragraph before the last"),
        ("Rights and complaint [L03, L04]", "last paragraph"),
        ("Automated decisions [L03]", "no decision by software alone: first paragraph"),
        (
            "Where they apply: legitimate interests, withdrawal of consent, duty to give data [L03]",
            "the site adds them",
        ),
    )
    return Table(("Information", "Where"), rows, (5, 4))


def _to_check(processing: Processing) -> tuple[str, ...]:
    lines = ["Whether the notice has to be given again for images that were taken before it: chapter 18."]
    if processing.deliveries:
        lines.append(
            "Systems that results are delivered to: one that somebody else operates is a recipient, and is to be named "
            "with whoever operates it [L03]."
        )
    for place in processing.remote:
        who = processing.recipient(place)
        if who is not None and who.Country and not inside_eea(who.Country):
            lines.append(
                f"{place.name}: '{who.Country}' was not recognised as a country in the European Economic Area; where "
                "it is one by another name, write its English name or two letters. Else a transfer needs an adequacy "
                "decision or safeguards [L09]."
            )
    return tuple(lines)


def _party(party: Party | None, missing: str) -> str:
    if party is None:
        return f"{_gap(missing)}."
    return ", ".join(part for part in (party.Name, party.Address, party.Contact) if part) + "."


def _gap(what: str) -> str:
    return f"[to be completed: {what}]"
