"""The block of Orthanc Explorer 2: what its ``CustomButtons`` take, with addresses that are right from its own page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

import pytest
from pydantic import BaseModel, ConfigDict, Field

from plugin.cli import main
from plugin.commands.orthanc_explorer_2 import block, remark

CHECKOUT = Path(__file__).resolve().parents[4]
LEVELS = ("study", "series", "bulk-studies")


class Button(BaseModel):
    """A button, with the keys and values that DefaultConfiguration.json of Orthanc Explorer 2 describes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    HttpMethod: Literal["GET", "POST", "PUT", "DELETE"]
    Id: str = Field(pattern=r"^[a-z-]+$")
    Tooltip: str
    Icon: str = Field(pattern=r"^bi bi-[a-z-]+$")
    Url: str
    Target: Literal["_blank"] | None = None
    Payload: dict[str, Any] | None = None
    Refresh: bool = False
    StartMessage: str | None = None


def buttons(keys: dict[str, Any]) -> list[Button]:
    custom = block(keys)["OrthancExplorer2"]["UiOptions"]["CustomButtons"]
    assert tuple(custom) == LEVELS
    return [Button.model_validate(one) for level in LEVELS for one in custom[level]]


def test_each_level_requests_and_opens_with_an_id_of_its_own() -> None:
    made = buttons({})
    assert [button.HttpMethod for button in made] == ["POST", "GET"] * len(LEVELS)
    assert len({button.Id for button in made}) == len(made)
    assert all(button.Payload is not None for button in made if button.HttpMethod == "POST")


@pytest.mark.parametrize(
    ("keys", "page"),
    [
        ({}, "/ui/app/filtered-studies?Modality=CT"),
        ({"OrthancExplorer2": {"Root": "/ui/"}}, "/ui/app/"),
        ({"OrthancExplorer2": {"Root": "/our/own/"}}, "/our/own/app/"),
        ({"OrthancExplorer2": "wrong"}, "/ui/app/"),
    ],
)
def test_addresses_are_right_from_its_page_wherever_it_lies(keys: dict[str, Any], page: str) -> None:
    for below in ("http://pacs", "https://hospital/apps/pacs"):
        reached = [urljoin(below + page, button.Url) for button in buttons(keys)]
        assert all(address.startswith(f"{below}/autocontour/") for address in reached), reached


@pytest.mark.parametrize("written", [{}, {"Root": "/our/own/"}])
def test_check_prints_the_block_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str], written: Any) -> None:
    keys = {"AutoContour": {}, "OrthancExplorer2": written}
    (tmp_path / "orthanc.json").write_text(json.dumps(keys))
    assert main(["check", str(tmp_path / "orthanc.json"), "--orthanc-explorer-2"]) == 0
    assert json.loads(capsys.readouterr().out) == block(keys)


def test_check_says_where_it_is_configured_without_a_way_to_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "orthanc.json").write_text(json.dumps({"AutoContour": {}, "OrthancExplorer2": {"Enable": True}}))
    assert main(["check", str(tmp_path / "orthanc.json")]) == 0
    assert "--orthanc-explorer-2" in capsys.readouterr().out


@pytest.mark.parametrize("keys", [{}, block({}), {"OrthancExplorer2": {"Enable": False}}])
def test_nothing_is_said_where_it_is_absent_off_or_leads_to_us(keys: dict[str, Any]) -> None:
    assert remark(keys) is None


def test_the_documentation_shows_the_block_of_the_usual_root() -> None:
    page = (CHECKOUT / "docs/orthanc-explorer.md").read_text(encoding="utf-8")
    shown = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    assert block({}) in shown
