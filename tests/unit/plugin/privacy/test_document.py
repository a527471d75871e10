"""docs/privacy.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from model.gate.profile import SOP_CLASSES, profile_of
from plugin.privacy.document import SECTIONS, current, main
from plugin.settings.privacy import PrivacySettings

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "privacy.md"


def test_the_generated_tables_are_current() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"<!-- generated: {name} -->" in text for name in SECTIONS)
    assert current(text) == text, "run: python -m plugin.privacy.document docs/privacy.md"


def test_every_attribute_and_every_setting_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for sop_class in SOP_CLASSES:
        for row in profile_of(sop_class).attributes.values():
            assert f"| {row.keyword} (" in text
    for field in PrivacySettings.model_fields.values():
        assert f"`{field.alias}`" in text


def test_the_command_puts_the_tables_into_a_document(tmp_path: Path) -> None:
    document = tmp_path / "privacy.md"
    document.write_text("# Title\n<!-- generated: tables -->\nold\n<!-- end: tables -->\nrest\n")
    main(document)
    written = document.read_text()
    assert written.startswith("# Title\n<!-- generated: tables -->\n| table |")
    assert "old" not in written
    assert written.endswith("rest\n")
