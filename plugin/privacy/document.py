"""Writes the tables of docs/privacy.md from the profile: ``python -m plugin.privacy.document docs/privacy.md``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from model.gate.allowlist import ADDED, NARROWED, SOP_CLASSES, allow_list_digest
from model.gate.profile import PROFILE_NAME, Action, Attribute, profile_digest, profile_of
from model.gate.reasons import GATE_REASONS, Reason, named
from plugin.privacy.denylist import deny_list, deny_list_digest
from plugin.privacy.reasons import REASONS

NAMES = dict(zip(SOP_CLASSES, ("CT", "MR"), strict=True))


def what_leaves() -> str:
    """One line per attribute: what happens to it, which values may leave, and why it stays."""
    rows: dict[tuple[str, str], tuple[Attribute, list[str]]] = {}
    for sop_class in SOP_CLASSES:
        for row in profile_of(sop_class).attributes.values():
            values = row.predicate.describe()
            rows.setdefault((row.keyword, _compared(row, values)), (row, []))[1].append(NAMES[sop_class])
    lines = ["| attribute | in | what happens | values that leave | needed | why |", "|---|---|---|---|---|---|"]
    for row, classes in sorted(rows.values(), key=lambda entry: (entry[0].tag, entry[1])):
        tag = f"({row.tag >> 16:04X},{row.tag & 0xFFFF:04X})"
        lines.append(
            f"| {row.keyword} {tag} | {', '.join(classes)} | {_happens(row)} | {row.predicate.describe()} "
            f"| {'yes' if row.needed else 'no'} | {row.reason} |"
        )
    return "\n".join(lines)


def what_we_narrowed() -> str:
    """Return what the procedure would let stay and the profile does not, by reason; and what it adds."""
    by_reason: dict[str, list[str]] = {}
    for keyword, reason in NARROWED.items():
        by_reason.setdefault(reason, []).append(keyword)
    lines = ["| left out although the procedure lets it stay | because |", "|---|---|"]
    lines += [f"| {', '.join(sorted(keywords))} | {reason} |" for reason, keywords in by_reason.items()]
    lines += ["", "| there although the procedure removes it | because |", "|---|---|"]
    return "\n".join([*lines, *(f"| {keyword} | {reason} |" for keyword, reason in ADDED.items())])


def which_tables() -> str:
    """Return the digests of the tables and of the profile."""
    return "\n".join(
        [
            "| table | SHA-256 |",
            "|---|---|",
            f"| profile `{PROFILE_NAME}` | `{profile_digest()}` |",
            f"| allow-list (package grand-challenge-dicom-de-id-procedure, CT and MR) | `{allow_list_digest()}` |",
            f"| deny-list (package dicom-anonymizer, PS3.15 2026c, {len(deny_list())} tags) | `{deny_list_digest()}` |",
        ]
    )


def rules() -> str:
    """Return what the sender's rules mean."""
    lines = ["| rule | means | what to do |", "|---|---|---|"]
    return "\n".join([*lines, *(_rule(*one) for one in REASONS.items())])


def gate_rules() -> str:
    """Return what the receiver's rules mean."""
    lines = ["| rule | means | what to do |", "|---|---|---|"]
    return "\n".join([*lines, *(_rule(*one) for one in GATE_REASONS.items())])


SECTIONS: dict[str, Callable[[], str]] = {
    "what leaves": what_leaves,
    "narrowed": what_we_narrowed,
    "tables": which_tables,
    "rules": rules,
    "gate rules": gate_rules,
}


def current(text: str) -> str:
    """Return the document with every generated section as the code has it now."""
    for name, make in SECTIONS.items():
        opening, closing = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        pattern = re.compile(re.escape(opening) + ".*?" + re.escape(closing), re.DOTALL)
        section = f"{opening}\n{make()}\n{closing}"
        text = pattern.sub(lambda _, section=section: section, text)  # type: ignore[misc]
    return text


def main(path: Path) -> None:
    """Rewrite the generated sections of a document."""
    path.write_text(current(path.read_text(encoding="utf-8")), encoding="utf-8")


def _happens(row: Attribute) -> str:
    if row.option is None:
        return row.action.value
    without = "emptied" if row.action is Action.EMPTIED else "removed"
    return f"{without}; kept with `{row.option.value}`"


def _rule(rule: str, reason: Reason) -> str:
    return f"| `{rule}` | {named(reason.means)} | {named(reason.way_out)} |"


def _compared(row: Attribute, values: str) -> str:
    return f"{_happens(row)} {values} {row.needed} {row.reason}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
