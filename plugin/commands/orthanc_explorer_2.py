"""Buttons for Orthanc Explorer 2: its ``CustomButtons`` for a study, a series, and several studies at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

SECTION = "OrthancExplorer2"
OPTION = "--orthanc-explorer-2"
DEFAULT_ROOT = "/ui/"
REQUEST_ICON, OPEN_ICON = "bi bi-bounding-box-circles", "bi bi-box-arrow-up-right"
REQUESTED = "Contours are requested: the rules decide on each series"


def block(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes into the configuration of Orthanc that has these ``keys``."""
    api = _up(keys) + "autocontour/"
    buttons = {
        "study": [
            _request("study", f"{api}studies/{{UUID}}/jobs", {}),
            _open("study", f"{api}app/#/find?study={{UUID}}"),
        ],
        "series": [
            _request("series", f"{api}series/{{UUID}}/jobs", {}),
            _open("series", f"{api}app/#/series/{{UUID}}/leaves"),
        ],
        "bulk-studies": [
            _request("bulk", f"{api}studies/jobs", {"Studies": "{JsonArrayUUIDs}"}),
            _open("bulk", f"{api}app/#/find?study={{CommaSeparatedUUIDs}}"),
        ],
    }
    return {SECTION: {"UiOptions": {"CustomButtons": buttons}}}


def text_of(keys: Mapping[str, Any]) -> str:
    """Return the block as it is written into a file."""
    return json.dumps(block(keys), indent=2)


def remark(keys: Mapping[str, Any]) -> str | None:
    """Say that Orthanc Explorer 2 is configured and nothing in it leads to us; None where there is nothing to say."""
    section = keys.get(SECTION)
    if not isinstance(section, dict) or section.get("Enable") is False:
        return None
    if any("autocontour/" in address for address in _addresses(section)):
        return None
    return f"Orthanc Explorer 2 is configured without buttons that lead to contours; check {OPTION} prints them."


def _up(keys: Mapping[str, Any]) -> str:
    """Return the way from its page, ``Root`` and ``app/`` below it, to Orthanc's own root."""
    section = keys.get(SECTION)
    root = section.get("Root") if isinstance(section, dict) else None
    parts = [part for part in (root if isinstance(root, str) else DEFAULT_ROOT).split("/") if part]
    return "../" * (len(parts) + 1)


def _request(level: str, address: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "HttpMethod": "POST",
        "Id": f"autocontour-request-{level}",
        "Tooltip": "Request contours",
        "Icon": REQUEST_ICON,
        "Url": address,
        "Payload": dict(payload),
        "Refresh": False,
        "StartMessage": REQUESTED,
    }


def _open(level: str, address: str) -> dict[str, Any]:
    return {
        "HttpMethod": "GET",
        "Id": f"autocontour-open-{level}",
        "Tooltip": "Open in AutoContour",
        "Target": "_blank",
        "Icon": OPEN_ICON,
        "Url": address,
    }


def _addresses(section: Mapping[str, Any]) -> Iterator[str]:
    options = section.get("UiOptions")
    buttons = options.get("CustomButtons") if isinstance(options, dict) else None
    for level in buttons.values() if isinstance(buttons, dict) else ():
        for button in level if isinstance(level, list) else ():
            if isinstance(button, dict):
                yield str(button.get("Url", ""))
