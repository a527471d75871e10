"""The report of a commissioning on paper: signed, with the JSON inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugin.evidence.paper.blocks import Block, Facts, Heading, Picture, Table, Text, Tone, Verdict
from plugin.evidence.paper.page import Cover, to_pdf
from plugin.evidence.paper.signature import PdfSeal, sign_pdf
from plugin.evidence.wording import plural, second
from plugin.settings.settings import LOCAL

TITLE = "Commissioning of a model for contours"
ATTACHMENT = "commissioning.json"
COLUMNS = ("Structure", "Cases", "Within", "Surface Dice", "Dice", "Mean dist. mm", "HD95 mm", "Not appr.", "n. comp.")
WIDTHS = (2.4, 0.9, 1.0, 2.4, 2.4, 2.0, 2.0, 1.0, 1.0)


def commissioning_pdf(
    document: dict[str, Any], content: bytes, pictures: Sequence[tuple[str, bytes]], site: str, seal: PdfSeal
) -> bytes:
    """Print and sign a report; ``pictures`` are captions and PNGs of the worst cases."""
    subtitle = "Contours of the model beside approved ones of the same series"
    cover = Cover(TITLE, subtitle, site, _name(document), second(document["Issued"]))
    pdf = to_pdf(cover, _blocks(document, pictures))
    return sign_pdf(pdf, seal, reason="Commissioning", attachments={ATTACHMENT: content})


def _blocks(document: dict[str, Any], pictures: Sequence[tuple[str, bytes]]) -> list[Block]:
    tables = document["Structures"]
    blocks: list[Block] = [
        _verdict(document),
        Heading("What was looked at"),
        Facts(
            (
                ("Model", _name(document)),
                ("Target", document["Target"]),
                ("Digest of the model", _digest(document, document)),
                ("Cases", str(len(document["Cases"]))),
                ("Cases that could not be used", str(len(document["Unusable"]))),
                *_range(document["Range"]),
            )
        ),
        Heading("Structure by structure"),
        Text(
            f"Median, and 5th to 95th percentile over the cases. Within: cases whose surface Dice reaches "
            f"{document['Limit']:g} at the structure's tolerance. Not appr.: drawn by the model, not in the approved "
            "set. Definitions: docs/quality.md.",
            Tone.NOTE,
        ),
        _table(tables),
    ]
    if (before := document["Against"]) is not None:
        blocks += [
            Heading(f"The same cases by {_name(before)}"),
            Facts((("Digest of that model", _digest(before, document)),)),
            _table(before["Structures"]),
        ]
    blocks += [Heading("Subgroups"), _subgroups(document["Subgroups"]), Heading("Outliers"), _outliers(document)]
    blocks += [Picture(png, caption) for caption, png in pictures]
    if document["Unusable"]:
        rows = tuple((str(one["Case"]), one["Code"], one["Message"]) for one in document["Unusable"])
        blocks += [Heading("Cases that could not be used"), Table(("Case", "Code", "Why"), rows, (1, 3, 6))]
    return blocks


def _name(model: dict[str, Any]) -> str:
    """Return name and version; "0" is a version that nobody told."""
    return str(model["Model"]) + ("" if model["ModelVersion"] == "0" else f" {model['ModelVersion']}")


def _digest(model: dict[str, Any], document: dict[str, Any]) -> str:
    if model["ModelDigest"]:
        return str(model["ModelDigest"])
    if document["Target"] == LOCAL:
        return "the model has none"
    return f"unknown: the target tells none; looked at is what it drew until {second(document['Issued'])}"


def _verdict(document: dict[str, Any]) -> Verdict:
    named = [one for one in document["Structures"] if one["Name"] is not None]
    measured = sum(one["Measured"] for one in named)
    within = sum(one["Within"] for one in named)
    title = f"{within} of {measured} structures reach the limit"
    text = (
        f"On {plural(len(document['Cases']), 'case', 'cases')}. Whether that is enough is for the department to say: "
        "this report states numbers, and releases nothing."
    )
    return Verdict(title, text, Tone.GOOD if within == measured and measured else Tone.WARNING)


def _range(span: dict[str, Any]) -> list[tuple[str, str]]:
    def numbers(name: str) -> str:
        return "unknown" if span[name] is None else f"{span[name]['Min']:g} to {span[name]['Max']:g} mm"

    contrast = {True: "with", False: "without"}
    return [
        ("Slice thickness", numbers("ThicknessMm")),
        ("Spacing", numbers("SpacingMm")),
        ("Extent", numbers("ExtentMm")),
        ("Kernels", ", ".join(span["Kernel"]) or "unknown"),
        ("Contrast", " and ".join(contrast[one] for one in span["Contrast"])),
        ("Scanners", ", ".join(span["Scanner"]) or "unknown"),
    ]


def _table(structures: Sequence[dict[str, Any]]) -> Table:
    rows = tuple(
        (
            one["Name"],
            str(one["Cases"]),
            f"{one['Within']}/{one['Measured']}",
            _spread(one["SurfaceDice"]),
            _spread(one["Dice"]),
            _spread(one["MeanSurfaceDistanceMm"]),
            _spread(one["Hausdorff95Mm"]),
            str(one["NotApproved"]),
            str(one["NotComparable"]),
        )
        for one in structures
        if one["Name"] is not None
    )
    return Table(COLUMNS, rows, WIDTHS, numbers=frozenset(range(1, len(COLUMNS))), dense=True)


def _subgroups(groups: Sequence[dict[str, Any]]) -> Table:
    rows = tuple(
        (one["By"], one["Group"], str(one["Cases"]), _spread(one["SurfaceDice"]), _spread(one["MeanSurfaceDistanceMm"]))
        for one in groups
    )
    columns = ("By", "Group", "Cases", "Surface Dice", "Mean distance, mm")
    return Table(columns, rows, (2, 3, 1, 3, 3), numbers=frozenset((2, 3, 4)))


def _outliers(document: dict[str, Any]) -> Table:
    rows = tuple(
        (
            str(one["Case"]),
            one["Structure"],
            "–" if one["SurfaceDice"] is None else f"{one['SurfaceDice']:.3f}",
            "–" if one["Hausdorff95Mm"] is None else f"{one['Hausdorff95Mm']:.1f}",
            one["Reason"] or "",
        )
        for one in document["Outliers"]
    )
    columns = ("Case", "Structure", "Surface Dice", "HD95 mm", "What the numbers do not tell")
    return Table(columns, rows, (0.8, 2, 1.4, 1.2, 5), numbers=frozenset((0, 2, 3)), empty="None.")


def _spread(value: dict[str, float] | None) -> str:
    return "–" if value is None else f"{value['Median']:.3g} ({value['Low']:.3g}–{value['High']:.3g})"
