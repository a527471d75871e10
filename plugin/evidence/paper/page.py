"""Blocks as a PDF: A4, quiet, readable in print, without a clock or a machine's name in its metadata."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    ListFlowable,
    PageTemplate,
    Paragraph,
)
from reportlab.platypus import Table as Grid

from plugin.evidence.paper import drawing
from plugin.evidence.paper.blocks import (
    Bars,
    Block,
    Blocks,
    Bullets,
    Command,
    Facts,
    Flow,
    Heading,
    Picture,
    Scannable,
    Table,
    Text,
    Verdict,
)
from plugin.evidence.paper.colours import FILL, INK, LINE, MUTED, TONE_FILL, TONE_INK
from plugin.evidence.paper.fonts import Fonts, fonts_for

MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands above, below and beside the blocks on every page."""

    title: str
    subtitle: str
    site: str
    reference: str
    issued: str


def to_pdf(cover: Cover, blocks: Blocks) -> bytes:
    """Print blocks as an unsigned PDF."""
    fonts = fonts_for([cover.title, cover.subtitle, cover.site, *_texts(blocks)])
    styles = _styles(fonts)
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        title=f"{cover.title} {cover.reference}",
        author=cover.site,
        subject=cover.subtitle,
        creator="orthanc-autocontour",
        lang="en",
    )
    frame = Frame(MARGIN, 20 * mm, WIDTH, A4[1] - 46 * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    document.addPageTemplates([PageTemplate("page", [frame])])
    story: list[Flowable] = [
        Paragraph(escape(cover.title), styles["title"]),
        Paragraph(escape(cover.subtitle), styles["subtitle"]),
    ]
    story += _flowables(blocks, styles, fonts)
    document.build(story, canvasmaker=_canvas_maker(cover, fonts))
    return buffer.getvalue()


def _texts(blocks: Blocks) -> Iterator[str]:
    for block in blocks:
        yield repr(block)


def _styles(fonts: Fonts) -> dict[str, ParagraphStyle]:
    base = ParagraphStyle("body", fontName=fonts.plain, fontSize=9.5, leading=13.2, textColor=INK, spaceAfter=2.2 * mm)
    cell = ParagraphStyle("cell", base, fontSize=8.2, leading=10.4, spaceAfter=0)
    return {
        "body": base,
        "item": ParagraphStyle("item", base, spaceAfter=0.7 * mm),
        "note": ParagraphStyle("note", base, fontSize=8.4, leading=11.4, textColor=MUTED),
        "caption": ParagraphStyle("caption", base, fontSize=8.4, leading=11.4, textColor=MUTED, spaceBefore=2 * mm),
        "title": ParagraphStyle("title", base, fontName=fonts.bold, fontSize=21, leading=25, spaceAfter=1 * mm),
        "subtitle": ParagraphStyle("subtitle", base, fontSize=10.5, leading=14, textColor=MUTED, spaceAfter=5 * mm),
        "h1": ParagraphStyle("h1", base, fontName=fonts.bold, fontSize=12.5, leading=16, spaceBefore=4.5 * mm),
        "h2": ParagraphStyle("h2", base, fontName=fonts.bold, fontSize=10, leading=13, spaceBefore=2 * mm),
        "cell": cell,
        "number": ParagraphStyle("number", cell, alignment=TA_RIGHT),
        "code": ParagraphStyle("code", cell, fontName=fonts.mono, fontSize=6.6, leading=9.8, splitLongWords=1),
        "label": ParagraphStyle("label", cell, textColor=MUTED),
        "column": ParagraphStyle("column", cell, fontName=fonts.bold, textColor=INK),
        "columnright": ParagraphStyle("columnright", cell, fontName=fonts.bold, alignment=TA_RIGHT),
        "verdict": ParagraphStyle("verdict", base, fontName=fonts.bold, fontSize=11.5, leading=15, spaceAfter=1 * mm),
    }


def _flowables(blocks: Blocks, styles: dict[str, ParagraphStyle], fonts: Fonts) -> list[Flowable]:
    """Print the blocks in order, each heading kept with what follows it."""
    story: list[Flowable] = []
    headings: list[Flowable] = []
    for block in blocks:
        made = _flowable(block, styles, fonts)
        if isinstance(block, Heading):
            headings.append(made)
            continue
        if headings and isinstance(block, Table):
            # A long table may run on over pages, but not start at the foot of one.
            story += [CondPageBreak(38 * mm), *headings, made]
            headings = []
        elif headings:
            story.append(KeepTogether([*headings, made]))
            headings = []
        else:
            story.append(made)
    return story + headings


def _flowable(block: Block, styles: dict[str, ParagraphStyle], fonts: Fonts) -> Flowable:
    match block:
        case Heading(text, level):
            return Paragraph(escape(text), styles["h1" if level == 1 else "h2"])
        case Text(text, tone):
            return Paragraph(escape(text), styles["body" if tone == "plain" else "note"])
        case Verdict():
            return _verdict(block, styles)
        case Facts(rows):
            return _facts(rows, styles)
        case Table():
            return _table(block, styles)
        case Picture(png, caption):
            return _captioned(_picture(png), caption, styles)
        case Bullets(items):
            entries = [Paragraph(escape(item), styles["item"]) for item in items]
            return ListFlowable(entries, bulletType="bullet", bulletFontSize=6, leftIndent=10, bulletOffsetY=-2)
        case Command(lines):
            text = Paragraph("<br/>".join(escape(line) for line in lines), styles["code"])
            box = Grid([[text]], colWidths=[WIDTH], spaceAfter=2 * mm)
            box.setStyle([("BACKGROUND", (0, 0), (-1, -1), FILL), *_padding(2.2 * mm)])
            return box
        case Scannable():
            return _scannable(block, styles)
        case Bars():
            return _captioned(drawing.bars(block, WIDTH, fonts), block.caption, styles)
        case Flow():
            return _captioned(drawing.flow(block, WIDTH, fonts), block.caption, styles)


def _scannable(block: Scannable, styles: dict[str, ParagraphStyle]) -> Flowable:
    """Put the code on the left, and what a person compares on the right."""
    rows: list[Flowable] = []
    for label, value in block.rows:
        rows += [Paragraph(escape(label), styles["label"]), Paragraph(_lines(value), styles["cell"])]
    side = drawing.CODE_SIDE
    grid = Grid([[drawing.qr_code(block.text), rows]], colWidths=[side + 5 * mm, WIDTH - side - 5 * mm])
    grid.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
    return KeepTogether([grid])


def _picture(png: bytes) -> Flowable:
    """Return a PNG in the width of the page, lower where it would be higher than a third of one."""
    width, height = ImageReader(io.BytesIO(png)).getSize()
    scale = min(WIDTH / width, A4[1] / 3 / height)
    return Image(io.BytesIO(png), width * scale, height * scale)


def _captioned(picture: Flowable, caption: str, styles: dict[str, ParagraphStyle]) -> Flowable:
    return KeepTogether([picture, Paragraph(escape(caption), styles["caption"])])


def _verdict(block: Verdict, styles: dict[str, ParagraphStyle]) -> Flowable:
    title = ParagraphStyle("tone", styles["verdict"], textColor=TONE_INK[block.tone])
    content = [Paragraph(escape(block.title), title), Paragraph(escape(block.text), styles["cell"])]
    box = Grid([[content]], colWidths=[WIDTH], spaceBefore=1 * mm, spaceAfter=3 * mm)
    box.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), TONE_FILL[block.tone]),
            ("LINEBEFORE", (0, 0), (0, -1), 3, TONE_INK[block.tone]),
            *_padding(3 * mm),
        ]
    )
    return box


def _facts(rows: tuple[tuple[str, str], ...], styles: dict[str, ParagraphStyle]) -> Flowable:
    cells = [
        [Paragraph(escape(label), styles["label"]), Paragraph(_lines(value), styles["cell"])] for label, value in rows
    ]
    grid = Grid(cells, colWidths=[0.28 * WIDTH, 0.72 * WIDTH], spaceAfter=3 * mm)
    grid.setStyle(
        [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE), *_padding(1.1 * mm)]
    )
    return grid


def _table(block: Table, styles: dict[str, ParagraphStyle]) -> Flowable:
    if not block.rows:
        return Paragraph(escape(block.empty), styles["note"])
    if block.dense:
        small = ("cell", "number", "code", "column", "columnright")
        styles = styles | {name: _dense(styles[name]) for name in small}
    total = sum(block.widths)
    head = [
        Paragraph(escape(name), styles["columnright" if index in block.numbers else "column"])
        for index, name in enumerate(block.columns)
    ]

    def style(index: int) -> ParagraphStyle:
        return styles["number" if index in block.numbers else "code" if index in block.code else "cell"]

    body = [[Paragraph(_lines(cell), style(index)) for index, cell in enumerate(row)] for row in block.rows]
    grid = Grid(
        [head, *body], colWidths=[WIDTH * width / total for width in block.widths], repeatRows=1, spaceAfter=3 * mm
    )
    grid.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
            *_padding((0.55 if block.dense else 1.1) * mm),
        ]
    )
    return grid


def _dense(style: ParagraphStyle) -> ParagraphStyle:
    size = min(style.fontSize, 6.7)
    return ParagraphStyle(f"{style.name}-dense", style, fontSize=size, leading=size * 1.22)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def _padding(side: float) -> list[tuple[Any, ...]]:
    return [
        ("LEFTPADDING", (0, 0), (-1, -1), min(side, 1.2 * mm) if side < 2 * mm else side),
        ("RIGHTPADDING", (0, 0), (-1, -1), min(side, 1.2 * mm) if side < 2 * mm else side),
        ("TOPPADDING", (0, 0), (-1, -1), side),
        ("BOTTOMPADDING", (0, 0), (-1, -1), side),
    ]


def _canvas_maker(cover: Cover, fonts: Fonts) -> type[Canvas]:
    """Make a canvas that writes head and foot when the number of pages is known."""

    class Pages(Canvas):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._finished: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._finished.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._finished, start=1):
                self.__dict__.update(page)
                self._furnish(number, len(self._finished))
                super().showPage()
            super().save()

        def _furnish(self, number: int, total: int) -> None:
            top, bottom = A4[1] - 14 * mm, 13 * mm
            self.setFillColor(MUTED)
            self.setFont(fonts.plain, 8)
            self.drawString(MARGIN, top, cover.site)
            self.drawRightString(A4[0] - MARGIN, top, cover.reference)
            self.drawString(MARGIN, bottom, f"Issued {cover.issued} by orthanc-autocontour")
            self.drawRightString(A4[0] - MARGIN, bottom, f"Page {number} of {total}")
            self.setStrokeColor(LINE)
            self.setLineWidth(0.5)
            self.line(MARGIN, top - 2.5 * mm, A4[0] - MARGIN, top - 2.5 * mm)
            self.line(MARGIN, bottom + 4 * mm, A4[0] - MARGIN, bottom + 4 * mm)

    return Pages
