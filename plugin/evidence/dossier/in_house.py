"""The file of an in-house device under Article 5(5) MDR: what this software fills in, and what the site writes."""

from __future__ import annotations

from plugin.evidence.dossier.models import ModelLine
from plugin.evidence.dossier.processing import Processing
from plugin.evidence.paper.blocks import Block, Table, Text


def in_house_file(processing: Processing) -> list[Block]:
    """Lay out the skeleton: the models, then each condition."""
    outside = (
        " What another legal entity draws with, at a target outside, becomes no in-house device of this hospital by "
        "this chapter: chapter 18."
        if processing.remote
        else ""
    )
    return [
        Text(
            "For a model that the hospital makes and uses itself, without a CE mark. The MDR then asks for its general "
            "safety and performance requirements (Annex I) and for the conditions of Article 5(5), and nothing else "
            "[L18]; how authorities read them is told in MDCG 2023-1, with a form of the declaration [L19]. A model "
            "with a CE mark does not need this chapter, and a model that is used against its intended purpose is not "
            "saved by it."
        ),
        _models(processing),
        _conditions(processing),
        Text("Not allowed on an industrial scale; a member state may ask for more, and restrict it [L18]." + outside),
    ]


def _models(processing: Processing) -> Table:
    rows = tuple(
        (
            one.name,
            one.target,
            one.version or "not known here",
            one.digest or "not known here",
            one.licence or "not known here",
            _commissioned(one),
            "yes" if one.name in processing.constancy else "no",
        )
        for one in processing.models
    )
    return Table(
        ("Model", "Target", "Version", "SHA-256", "Licence", "Commissioning report", "Constancy"),
        rows,
        (1.6, 0.9, 1.0, 2.1, 1.2, 2.1, 1.1),
        code=frozenset({3, 5}),
        empty="No rule names a model.",
    )


def _commissioned(model: ModelLine) -> str:
    if model.reports is None:
        return "see the dossier of the running gateway"
    return "\n".join(model.reports) or "none registered"


def _conditions(processing: Processing) -> Table:
    outside = (
        "contours are drawn at " + ", ".join(place.name for place in processing.remote)
        if processing.remote
        else "no target outside this machine"
    )
    rows = (
        ("(a) not transferred to another legal entity [L18]", outside, "where the model is used, and by which entity"),
        (
            "(b) made and used under a suitable quality management system [L18]",
            "changes of configuration and model on record with digests; reports of commissioning; monthly reports",
            "the system, who answers for it, training",
        ),
        (
            "(c) why no equivalent device on the market meets the need of the patients [L18]",
            "–",
            "the reasons, and when they are looked at again",
        ),
        (
            "(d) information on its use for the authority, on request [L18]",
            "record of every job, with model and version; verification by public tools",
            "who answers",
        ),
        (
            "(e) a public declaration: the institution, the device, that Annex I is met, or why not [L18, L19]",
            "name, version and digest: the table above",
            "name and address, the declaration, where it is published",
        ),
        (
            "(f) documentation: manufacture, design, performance, intended purpose [L18]",
            "numbers of each structure on the site's own studies, in the report of commissioning; limits in model.json",
            "intended purpose, training data, design, risk management, Annex I point by point",
        ),
        (
            "(g) every device is made as that documentation says [L18]",
            "a model is drawn with only while its files have the digests of its import",
            "release of each version",
        ),
        (
            "(h) experience of its use reviewed, and what had to be corrected [L18]",
            _watched(processing),
            "the review, its date, what was done",
        ),
    )
    return Table(("Condition", "What this software fills in", "What the site enters"), rows, (3.4, 3.6, 3.0))


def _watched(processing: Processing) -> str:
    if processing.quality.Enabled:
        edits = "charts of what people change, by structure and model digest, with alerts in the monthly report"
    else:
        edits = "comparisons with what people change are switched off (Quality.Enabled)"
    tests = "constancy tests by a schedule" if processing.constancy else "no constancy test is configured"
    return f"{edits}; {tests}"
