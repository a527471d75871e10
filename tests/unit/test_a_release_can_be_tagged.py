"""What ``make release`` looks at, and that the changelog as it stands passes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.release import problems_of_changelog, problems_of_tree, problems_of_version

CHECKOUT = Path(__file__).parents[2]
GOOD = "# Changelog\n\n## [1.2.3] - 2026-11-26\n\n### Added\n- A thing.\n\n## [1.2.2] - 2026-11-25\n"


def test_the_changelog_is_in_order_for_the_version_of_this_checkout() -> None:
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8").replace("## [Unreleased]", "")
    assert problems_of_changelog(text, version) == []


def test_a_dated_section_of_this_version_is_enough() -> None:
    assert problems_of_changelog(GOOD, "1.2.3") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("[1.2.3]", "[Unreleased]"), "its first section is not [1.2.3]"),
        ("# Changelog\n", "its first section is not [1.2.3]"),
        (GOOD.replace(" - 2026-11-26", ""), "no date"),
        (GOOD.replace("2026-11-26", "2026-11-31"), "no date"),
        (GOOD.replace("### Added", "### Mended"), "Mended is none of"),
        (GOOD.replace("A thing.", "A thing" + "." * 120), "CHANGELOG.md:6: 129 characters"),
    ],
)
def test_each_fault_of_the_changelog_is_said(text: str, said: str) -> None:
    (problem,) = problems_of_changelog(text, "1.2.3")
    assert said in problem


@pytest.mark.parametrize(
    ("version", "installed", "tags", "said"),
    [
        ("1.2", "1.2", [], "is not X.Y.Z"),
        ("1.2.3", "1.2.2", [], ".venv has 1.2.2"),
        ("1.2.3", "1.2.3", ["v1.2.3"], "the tag v1.2.3 exists"),
    ],
)
def test_each_fault_of_the_version_is_said(version: str, installed: str, tags: list[str], said: str) -> None:
    (problem,) = problems_of_version(version, installed, tags)
    assert said in problem


def test_a_new_version_in_a_clean_tree_can_be_tagged() -> None:
    assert problems_of_version("1.2.3", "1.2.3", ["v1.2.2"]) == []
    assert problems_of_tree("") == []


def test_changes_that_are_not_committed_are_said() -> None:
    assert problems_of_tree(" M README.md\n") != []
