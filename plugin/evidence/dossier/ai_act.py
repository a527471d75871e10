"""Roles under the AI Act, the dates that apply, and the logs that a deployer keeps."""

from __future__ import annotations

from plugin.evidence.dossier.processing import Processing
from plugin.evidence.dossier.retention import kept_of
from plugin.evidence.paper.blocks import Block, Facts, Heading, Table, Text

_MODEL_ELSEWHERE = {
    "service": "Whoever operates the service, or made its model, if it puts it on the market or into service under its "
    "name",
    "dicom": "The manufacturer of the system behind the node, if it puts it on the market or into service under its "
    "name",
}


def roles_and_logs(processing: Processing) -> list[Block]:
    """Say who is what, from when, and how long the logs are kept."""
    return [
        _roles(processing),
        Text(
            "High-risk by way of Article 6(1) is an AI system that is a medical device, or a safety component of one, "
            "and has to pass a conformity assessment by a third party [L14]. By MDCG 2025-6 this is software of class "
            "IIa and above; a device made and used in one health institution under Article 5(5) MDR passes no notified "
            "body and is not high-risk [L17]. That document is guidance and binds nobody. Which case a model is stands "
            "in no configuration: the site enters it in chapter 16."
        ),
        Heading("Dates", 2),
        Facts(
            (
                (
                    "Since 2 February 2025",
                    "Literacy: a deployer takes measures for those who use the system; since 27 July 2026 to support "
                    "it, without a level that has to be reached [L16].",
                ),
                (
                    "From 2 December 2027",
                    "Duties for systems that are high-risk by a use of Annex III, to which drawing organs does not "
                    "seem to belong: chapter 18 [L16].",
                ),
                (
                    "From 2 August 2028",
                    "The same duties for systems that are high-risk as or in a product of Annex I, medical devices "
                    "among them; before the amendment of July 2026 it was 2 August 2027 [L16].",
                ),
            )
        ),
        Heading("Logs", 2),
        Text(
            "A deployer of a high-risk system keeps the logs that the system makes by itself, as far as they are under "
            "its control, for a time that suits the purpose and at least six months, unless other law says otherwise, "
            "data protection law in particular [L15]. This configuration keeps:"
        ),
        Table(
            ("What", "How long", "Six months?"),
            tuple((one.what, one.how_long, one.verdict) for one in kept_of(processing)),
            (5.2, 3.4, 1.4),
        ),
        *_elsewhere(processing),
        Heading("What a deployer of a high-risk system does, and what is there for it", 2),
        _duties(processing),
    ]


def _roles(processing: Processing) -> Table:
    rows = [
        (
            "The hospital",
            "Deployer: it uses the system under its own authority [L14]",
            "whatever draws, here or elsewhere",
        ),
        (
            "The hospital",
            "Provider as well, if it develops a model, or has one developed, and puts it into service under its own "
            "name; own use counts [L14]",
            "a model of its own, and perhaps one that it has changed: chapter 18",
        ),
        (
            "Whoever made a model that is drawn with here",
            "Provider, if it puts the model on the market or into service under its name [L14]",
            "models of target local",
        ),
    ]
    rows += [(f"{_MODEL_ELSEWHERE[place.kind]} [L14]", "Provider", place.name) for place in processing.remote]
    return Table(("Who", "Role", "For"), tuple(rows), (3.6, 3.8, 2.6))


def _elsewhere(processing: Processing) -> list[Block]:
    if not processing.remote:
        return []
    names = ", ".join(place.name for place in processing.remote)
    return [
        Text(
            f"Logs that are made at {names} are under the control of whoever operates it; how long they are kept there "
            "is for the contract."
        )
    ]


def _duties(processing: Processing) -> Table:
    drafts = "Contours are stored as UNAPPROVED drafts"
    if processing.quality.Enabled:
        drafts += "; approvals and edits that come back are on record, ROI by ROI"
        watched = "Charts of what people change, with limits; " + _tested(processing)
    else:
        watched = "Comparisons with what people change are switched off (Quality.Enabled); " + _tested(processing)
    rows = (
        (
            "Use as its instructions say [L15]",
            "Rules choose the series; a model's limits refuse others",
            "instructions",
        ),
        (
            "Oversight by people who are competent and have the authority [L15]",
            drafts,
            "who they are, and their training",
        ),
        (
            "Input data that suit the purpose, as far as the deployer controls them [L15]",
            "Conditions of the rules, checks of geometry and kind of image",
            "whether they suit its patients",
        ),
        (
            "Watching its work; telling provider and authority of risks and incidents [L15]",
            watched,
            "whom it tells",
        ),
        ("Logs for at least six months [L15]", "the table above", "other law that says otherwise"),
    )
    return Table(("Duty", "What is there", "What the site adds"), rows, (4.2, 3.6, 2.2))


def _tested(processing: Processing) -> str:
    models = ", ".join(dict.fromkeys(processing.constancy))
    return f"constancy tests of {models}." if models else "no constancy test is configured."
