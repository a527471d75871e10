"""What the pages tell people to type exists: targets of make, commands and options, the first configuration.

docs/auditor.md, dpo.md, models.md, service.md and the recipes have tests of their own that run what they show.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from plugin.cli import COMMANDS, main
from tests.builders.orthanc_tags import series, stack

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = (*sorted(CHECKOUT.glob("*.md")), *sorted(CHECKOUT.glob("docs/**/*.md")), CHECKOUT / "Makefile")

_FENCED = re.compile(r"^ *```(?:sh)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`([^`\n]+)`")


def typed(word: str) -> list[str]:
    """Each command of the pages that begins with this word, from fenced blocks and from within sentences."""
    found = []
    for page in PAGES[:-1]:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in _FENCED.findall(text) for line in block.splitlines()] + _QUOTED.findall(text)
        found += [line.strip() for line in lines if line.strip().startswith(f"{word} ")]
    return [line for line in found if line != f"{word} COMMAND"]


def test_each_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {re.split(r"[\s#]", line)[1] for line in typed("make")}
    assert {"demo", "test", "lint", "bench", "release"} <= named
    assert named - targets == set()


def test_the_head_of_the_makefile_tells_of_targets_that_exist() -> None:
    text = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    told = set(re.findall(r"^# make ([a-z-]+) ", text, re.MULTILINE))
    assert {"demo", "run", "test", "release"} <= told
    assert told - set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == set()


def test_each_command_of_autocontour_exists() -> None:
    named = {shlex.split(line, comments=True)[1] for line in typed("autocontour")}
    assert {"check", "segment", "backup", "evidence"} & named
    assert {word for word in named if not word.startswith("-")} - set(COMMANDS) == set()


@pytest.mark.parametrize("line", sorted(set(typed("autocontour"))))
def test_each_option_of_autocontour_exists(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in shlex.split(line, comments=True)[1:] if not word.startswith("-")]
    options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)
    actions = words[:2] if words[:1] in (["models"], ["evidence"]) and words[1:2] != ["DIR"] else words[:1]
    said = ""
    for asked in (actions[:length] for length in range(len(actions) + 1)):
        with pytest.raises(SystemExit) as ended:
            main([*asked, "--help"])
        assert ended.value.code == 0
        said += capsys.readouterr().out
    assert [option for option in options if option not in said] == []


def test_the_checks_that_routing_shows_work_as_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (CHECKOUT / "docs" / "routing.md").read_text(encoding="utf-8")
    lines = re.findall(r"^autocontour check .*$", page, re.MULTILINE)
    assert len(lines) == 2
    (tmp_path / "orthanc.json").write_text((CHECKOUT / "orthanc.json").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "tags.json").write_text(json.dumps(series(*stack(5))), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for line in lines:
        assert main(shlex.split(line, comments=True)[1:]) == 0
    assert "hu-ct" in capsys.readouterr().out
