"""What the site's Lua left with a series: metadata that routing/autocontour.lua writes through Orthanc's REST API.

Metadata of the series is where it is kept because it outlives a restart, and holds when the gateway is down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.answer import Answer
from routing.decide import Decision
from routing.pick import read_pick

# User-defined metadata begin at 1024; the names are for sites that list the numbers under Orthanc's UserMetadata.
VETO = ("7301", "AutoContourVeto")
REQUEST = ("7302", "AutoContourRequest")
LUA = "Lua"
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Marks:
    """``asked``: the site's filter saw the series; ``veto``: its reason against; ``request``: what Lua asked for."""

    asked: bool = False
    veto: str | None = None
    request: Answer = field(default_factory=lambda: Answer(LUA))


def read_marks(metadata: Mapping[str, Any]) -> Marks:
    """Read ``/series/{id}/metadata?expand``; never raises, and a mark that cannot be read is an error to be seen."""
    said = _text(metadata, VETO)
    veto = None
    if said is not None and said != "allowed":
        reason = said.removeprefix("vetoed:").strip()[:LONGEST_REASON]
        veto = "".join(char if char.isprintable() else " " for char in reason) or "no reason given"
    return Marks(said is not None, veto, _request(_text(metadata, REQUEST)))


def filter_answer(marks: Marks, *, required: bool) -> Answer:
    """Return the error of a site that requires its filter to be asked, about a series that it was not asked about."""
    if required and not marks.asked:
        return Answer(LUA, error="AutoContourFilter was not asked; load autocontour.lua as the last of LuaScripts")
    return Answer(LUA)


def _request(text: str | None) -> Answer:
    if text is None:
        return Answer(LUA)
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, dict) or not all(isinstance(wanted.get(key, ""), str) for key in ("Model", "Target")):
        return Answer(LUA, error="its request is not an object with Model and Target")
    model, target = wanted.get("Model", ""), wanted.get("Target", "")
    if not model:
        return Answer(LUA)
    pick, each = wanted.get("Pick"), wanted.get("Each", False)
    if not isinstance(each, bool) or (pick is not None and read_pick(pick, None, "Pick")[1]):
        return Answer(LUA, error="its request has a Pick or an Each that is none")
    return Answer(LUA, (Decision(model, target or "local", rule=LUA, pick=pick, each=each),))


def _text(metadata: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    values = (metadata.get(key) for key in keys)
    return next((value for value in values if isinstance(value, str)), None)
