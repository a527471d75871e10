"""What people changed of the contours, as a part of the monthly report on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.evidence.paper.blocks import Block, Heading, Table, Text, Tone
from plugin.evidence.wording import minute


def quality_blocks(quality: Mapping[str, Any] | None) -> list[Block]:
    """Lay out counts, medians and alerts of a month; nothing where quality is not looked at."""
    if quality is None:
        return []
    return [
        Heading("What people changed of the contours"),
        Text(
            "From the comparisons of this hospital, not from the record of processing. Median of the added path length "
            "over all that were left or edited; months beyond their limit differ from the model's baseline.",
            Tone.NOTE,
        ),
        Table(
            ("Structure", "Model, target", "Left", "Edited", "Deleted", "No number", "Median, mm", "Month"),
            tuple(
                (
                    line["Structure"],
                    f"{line['Model']} {line['ModelDigest'][:8]}, {line['Target']}",
                    *(str(line[name]) for name in ("Untouched", "Edited", "Deleted", "NotComparable")),
                    "–" if line["MedianAddedPathLengthMm"] is None else str(line["MedianAddedPathLengthMm"]),
                    "beyond limit" if line["Beyond"] else "–",
                )
                for line in quality["Structures"]
            ),
            (2.0, 3.0, 0.8, 0.9, 1.0, 1.1, 1.3, 1.3),
            numbers=frozenset({2, 3, 4, 5, 6}),
            empty="Nothing was compared in this month.",
        ),
        Table(
            ("Alert", "Since (UTC)", "Structures", "Model, target", "Direction"),
            tuple(
                (
                    alert["Alert"],
                    minute(alert["Since"]),
                    ", ".join(alert["Structures"]) or "–",
                    f"{alert['Model']} {alert['ModelDigest'][:8]}, {alert['Target']}",
                    alert["Direction"] or "–",
                )
                for alert in quality["Alerts"]
            ),
            (2.4, 1.8, 2.4, 3.0, 1.2),
            empty="No alert of quality came up in this month.",
        ),
    ]
