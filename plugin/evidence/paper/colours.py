"""The colours of documents; every meaning is also said in words, for print in grey and for the colour-blind."""

from __future__ import annotations

from reportlab.lib.colors import Color, HexColor

from plugin.evidence.paper.blocks import Tone

INK: Color = HexColor("#1d2733")
MUTED: Color = HexColor("#5b6875")
LINE: Color = HexColor("#c9d1d9")
FILL: Color = HexColor("#f3f5f7")

TONE_INK: dict[Tone, Color] = {
    Tone.PLAIN: HexColor("#33536b"),
    Tone.NOTE: HexColor("#8a97a5"),
    Tone.GOOD: HexColor("#0f6b57"),
    Tone.WARNING: HexColor("#a15c00"),
    Tone.BAD: HexColor("#a4262c"),
}
TONE_FILL: dict[Tone, Color] = {
    Tone.PLAIN: FILL,
    Tone.NOTE: FILL,
    Tone.GOOD: HexColor("#e8f4f0"),
    Tone.WARNING: HexColor("#fdf3e2"),
    Tone.BAD: HexColor("#fbeaea"),
}
