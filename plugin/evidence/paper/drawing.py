"""The pictures of documents: a stacked bar chart, and a data flow between two houses."""

from __future__ import annotations

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import white
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from plugin.evidence.paper.blocks import Bars, Flow, FlowStep, Tone
from plugin.evidence.paper.colours import FILL, INK, LINE, MUTED, TONE_FILL, TONE_INK
from plugin.evidence.paper.fonts import Fonts

# 57 modules and the quiet zone of four on each side (ISO/IEC 18004, 5.3.8): 0.74 mm each, which any phone tells apart.
CODE_SIDE = 48 * mm
_CHART_HEIGHT = 46 * mm
_BOX_HEIGHT = 15 * mm
_BOX_GAP = 9 * mm


def qr_code(text: str) -> Drawing:
    """Draw a text as a QR code that a fold or a stain of 15 % does not spoil (level M)."""
    drawing = Drawing(CODE_SIDE, CODE_SIDE)
    drawing.add(QrCodeWidget(text, barLevel="M", barBorder=4, barWidth=CODE_SIDE, barHeight=CODE_SIDE))
    return drawing


def bars(chart: Bars, width: float, fonts: Fonts) -> Drawing:
    """Draw a stacked bar chart with its legend."""
    drawing = Drawing(width, _CHART_HEIGHT + 16 * mm)
    bottom, left = 12 * mm, 10 * mm
    totals = [sum(values[index] for values in chart.values) for index in range(len(chart.labels))]
    top = _round_up(max(totals, default=0))
    drawing.add(String(0, _CHART_HEIGHT + 11.5 * mm, chart.title, fontName=fonts.bold, fontSize=9, fillColor=INK))
    for part in range(5):
        value = top * part / 4
        if value != int(value):
            continue
        y = bottom + (_CHART_HEIGHT - bottom) * part / 4
        drawing.add(Line(left, y, width, y, strokeColor=LINE, strokeWidth=0.4))
        text = f"{int(value)}"
        drawing.add(
            String(left - 3, y - 2.5, text, fontName=fonts.plain, fontSize=7, fillColor=MUTED, textAnchor="end")
        )
    pitch = (width - left) / max(1, len(chart.labels))
    for index, label in enumerate(chart.labels):
        x = left + pitch * index + pitch * 0.18
        y = bottom
        for values, tone in zip(chart.values, chart.tones, strict=True):
            height = (_CHART_HEIGHT - bottom) * values[index] / top
            if height:
                drawing.add(Rect(x, y, pitch * 0.64, height, fillColor=TONE_INK[tone], strokeColor=None))
            y += height
        middle = x + pitch * 0.32
        drawing.add(
            String(middle, bottom - 8, label, fontName=fonts.plain, fontSize=7, fillColor=MUTED, textAnchor="middle")
        )
    _legend(drawing, chart, left, fonts)
    return drawing


def _legend(drawing: Drawing, chart: Bars, left: float, fonts: Fonts) -> None:
    x = left
    for name, tone in zip(chart.series, chart.tones, strict=True):
        drawing.add(Rect(x, 1 * mm, 2.6 * mm, 2.6 * mm, fillColor=TONE_INK[tone], strokeColor=None))
        drawing.add(String(x + 4 * mm, 1.2 * mm, name, fontName=fonts.plain, fontSize=7.5, fillColor=INK))
        x += 9 * mm + stringWidth(name, fonts.plain, 7.5)


def _round_up(value: int) -> int:
    """Give the next number that four steps divide evenly, and that reads well."""
    step = 1
    while True:
        for nice in (4, 8, 12, 20, 40):
            if nice * step >= value:
                return nice * step
        step *= 10


def flow(picture: Flow, width: float, fonts: Fonts) -> Drawing:
    """Draw the steps from top to bottom, those of the other house on the right, with what passes on each arrow."""
    count = len(picture.steps)
    height = count * _BOX_HEIGHT + (count - 1) * _BOX_GAP + 12 * mm
    drawing = Drawing(width, height)
    zone = width / 2 - 3 * mm
    for x, name in ((0, picture.inside), (width - zone, picture.outside)):
        drawing.add(Rect(x, 0, zone, height, rx=4, ry=4, fillColor=FILL, strokeColor=LINE, strokeWidth=0.6))
        drawing.add(
            String(x + 3 * mm, height - 6 * mm, name, fontName=fonts.bold, fontSize=9, fillColor=TONE_INK[Tone.PLAIN])
        )
    for index, step in enumerate(picture.steps):
        y = height - 10 * mm - (index + 1) * _BOX_HEIGHT - index * _BOX_GAP
        _box(drawing, step, (width - zone if step.outside else 0) + 3 * mm, y, zone - 6 * mm, fonts)
        if index:
            _arrow(drawing, picture.steps[index - 1], step, y, width, zone, fonts)
    return drawing


def _box(drawing: Drawing, step: FlowStep, x: float, y: float, width: float, fonts: Fonts) -> None:
    tone = Tone.WARNING if step.outside else Tone.GOOD
    ink = TONE_INK[tone]
    drawing.add(Rect(x, y, width, _BOX_HEIGHT, rx=3, ry=3, fillColor=white, strokeColor=ink, strokeWidth=0.8))
    drawing.add(
        String(x + 2.5 * mm, y + _BOX_HEIGHT - 4.6 * mm, step.title, fontName=fonts.bold, fontSize=8.2, fillColor=INK)
    )
    for number, line in enumerate(_wrapped(step.text, width - 5 * mm, fonts)[:2]):
        drawing.add(
            String(
                x + 2.5 * mm,
                y + _BOX_HEIGHT - (8.4 + 3.4 * number) * mm,
                line,
                fontName=fonts.plain,
                fontSize=7.2,
                fillColor=MUTED,
            )
        )


def _arrow(
    drawing: Drawing, before: FlowStep, step: FlowStep, y: float, width: float, zone: float, fonts: Fonts
) -> None:
    start_x = width - zone / 2 if before.outside else zone / 2
    end_x = width - zone / 2 if step.outside else zone / 2
    start, end = y + _BOX_HEIGHT + _BOX_GAP, y + _BOX_HEIGHT
    middle = (start + end) / 2
    ink = TONE_INK[Tone.WARNING if before.outside != step.outside else Tone.NOTE]
    for x1, y1, x2, y2 in (
        (start_x, start, start_x, middle),
        (start_x, middle, end_x, middle),
        (end_x, middle, end_x, end),
    ):
        drawing.add(Line(x1, y1, x2, y2, strokeColor=ink, strokeWidth=1))
    tip = [end_x, end, end_x - 2.2, end + 4.5, end_x + 2.2, end + 4.5]
    drawing.add(Polygon(tip, fillColor=ink, strokeColor=ink, strokeWidth=0.5))
    if not step.arriving:
        return
    if before.outside != step.outside:
        label_x, anchor = width / 2, "middle"
        size = stringWidth(step.arriving, fonts.plain, 7.2)
        drawing.add(
            Rect(
                label_x - size / 2 - 4,
                middle - 4.5,
                size + 8,
                9,
                rx=2,
                ry=2,
                fillColor=TONE_FILL[Tone.WARNING],
                strokeColor=ink,
                strokeWidth=0.5,
            )
        )
    else:
        label_x, anchor = start_x + 2.5 * mm, "start"
    drawing.add(
        String(
            label_x, middle - 2.2, step.arriving, fontName=fonts.plain, fontSize=7.2, fillColor=INK, textAnchor=anchor
        )
    )


def _wrapped(text: str, width: float, fonts: Fonts) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if stringWidth(longer, fonts.plain, 7.2) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
