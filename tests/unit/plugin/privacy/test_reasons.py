"""Every refusal says in words what its rule means."""

from __future__ import annotations

import re
from pathlib import Path

from plugin.privacy.reasons import REASONS, in_words

CHECKOUT = Path(__file__).resolve().parents[4]


def test_every_rule_of_the_sender_has_its_words_and_no_other() -> None:
    code = "".join(
        path.read_text() for room in ("privacy", "restore") for path in (CHECKOUT / "plugin" / room).glob("*.py")
        if path.name != "reasons.py"
    )  # fmt: skip
    used = set(re.findall(r'"((?:SOURCE|NATIVE|REBUILD|SELF_CHECK|RESTORE|PIXELS)_[A-Z_]+)"', code))
    assert used == set(REASONS)


def test_findings_are_told_with_reason_identifier_and_count() -> None:
    told = in_words({"REBUILD_VALUE:RescaleSlope": 3, "SOURCE_BURNED_IN": 1})
    assert told == (
        "a value that contouring needs is missing, or may not leave (REBUILD_VALUE:RescaleSlope, 3×); "
        "text may be burned into the image (BurnedInAnnotation) (SOURCE_BURNED_IN, 1×)"
    )
    assert in_words(dict.fromkeys(REASONS, 1)).endswith(f"; and {len(REASONS) - 6} more")
