"""Blocks as Markdown."""

from __future__ import annotations

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
    Tone,
    Verdict,
)


def to_markdown(title: str, subtitle: str, blocks: Blocks) -> str:
    """Print blocks as Markdown that reads well as plain text too."""
    parts = [f"# {title}", subtitle, *(_block(block) for block in blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * (level + 1)} {text}"
        case Text(text, tone):
            return text if tone is Tone.PLAIN else f"> {text}"
        case Verdict(title, text, _):
            return f"> **{title}** {text}"
        case Facts(rows):
            return _table(("", ""), rows)
        case Table():
            return _table(block.columns, block.rows) if block.rows else block.empty
        case Bullets(items):
            return "\n".join(f"- {item}" for item in items)
        case Command(lines):
            return "\n".join(("```sh", *lines, "```"))
        case Picture(_, caption):
            return f"*{caption}*"
        case Scannable(text, rows):
            return f"{_table(('', ''), rows)}\n\n`{text}`"
        case Bars():
            return _bars(block)
        case Flow():
            return _flow(block)


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells) + " |"

    return "\n".join((line(columns), "|" + "---|" * len(columns), *map(line, rows)))


def _bars(chart: Bars) -> str:
    rows = tuple((label, *(str(values[index]) for values in chart.values)) for index, label in enumerate(chart.labels))
    return f"**{chart.title}**\n\n" + _table(("", *chart.series), rows)


def _flow(flow: Flow) -> str:
    width = max(len(flow.inside), len(flow.outside), *(len(step.title) for step in flow.steps)) + 4
    lines: list[str] = []
    zone: bool | None = None
    for step in flow.steps:
        if step.arriving:
            lines.append(f"        │ {step.arriving}")
            lines.append("        ▼")
        if step.outside != zone:
            zone = step.outside
            lines.append(f"=== {flow.outside if zone else flow.inside} ===")
        lines.append("┌" + "─" * width + "┐")
        lines.append("│ " + step.title.ljust(width - 1) + "│  " + step.text)
        lines.append("└" + "─" * width + "┘")
    return "\n".join(("```text", *lines, "```", flow.caption))
