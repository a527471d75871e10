"""Run by ``make release``: can this commit be tagged? Looks only; the tag is made by hand."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

from plugin.version import VERSION

CHECKOUT = Path(__file__).parents[1]
GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
LONGEST_LINE = 120

_SECTION = re.compile(r"^## \[(.+?)\](?: - (.*))?$", re.MULTILINE)


def main() -> int:
    """Exit status: 0 when the commit can be tagged, 1 with the reasons."""
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    reasons = [
        *problems_of_version(version, VERSION, _git("tag", "--list").split()),
        *problems_of_changelog((CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"), version),
        *problems_of_tree(_git("status", "--porcelain")),
    ]
    for reason in reasons:
        print(reason, file=sys.stderr)
    if not reasons and "--tag" in sys.argv[1:]:
        print(f"git tag -a v{version} -m {version}")
    return 1 if reasons else 0


def problems_of_version(version: str, installed: str, tags: list[str]) -> list[str]:
    """Why this version cannot be tagged: its form, another one in .venv, or a tag that is there already."""
    found = []
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        found.append(f"pyproject.toml: the version {version} is not X.Y.Z")
    if version != installed:
        found.append(f"pyproject.toml says {version}, .venv has {installed}: make setup")
    if f"v{version}" in tags:
        found.append(f"the tag v{version} exists: raise the version in pyproject.toml")
    return found


def problems_of_changelog(text: str, version: str) -> list[str]:
    """What CHANGELOG.md lacks for this version: its dated section on top, known groups, short lines."""
    sections = [(match[1], match[2]) for match in _SECTION.finditer(text)]
    if not sections or sections[0][0] != version:
        return [f"CHANGELOG.md: its first section is not [{version}]"]
    found = []
    if not _is_day(sections[0][1] or ""):
        found.append(f"CHANGELOG.md: [{version}] has no date of the form YYYY-MM-DD")
    headings = re.findall(r"^### (.*)$", text, re.MULTILINE)
    found += [f"CHANGELOG.md: {group} is none of {', '.join(GROUPS)}" for group in headings if group not in GROUPS]
    found += [
        f"CHANGELOG.md:{number}: {len(line)} characters, more than {LONGEST_LINE}"
        for number, line in enumerate(text.splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    return found


def problems_of_tree(status: str) -> list[str]:
    """A sentence when ``git status --porcelain`` lists changes."""
    return ["the working tree has changes: commit them or take them away"] if status.strip() else []


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
