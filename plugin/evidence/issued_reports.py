"""Reports that were issued: the same content is handed out again as it was signed, and recorded once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.signed import DocumentKind, open_signed
from model.evidence.signing import PublicKey
from model.storage.files import make_directory, write_whole

# What another reading changes though nothing happened: when it was issued, and how long the chain was then.
OF_THE_READING = ("Issued", "Chain", "Chains")


class IssuedReports:
    """The newest issued report of each month, in a private folder; without it each reading is issued anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def same(self, month: str, signed: Mapping[str, Any], key: PublicKey) -> dict[str, Any] | None:
        """Return the issued report of a month that says the same as this one; None when there is none."""
        try:
            kept: dict[str, Any] = json.loads(self._file(month).read_bytes())
            body = open_signed(DocumentKind.REPORT, kept, [key])
        except (OSError, ValueError, EvidenceRefused):
            return None
        return kept if _content(body) == _content(signed["document"]["body"]) else None

    def keep(self, month: str, signed: Mapping[str, Any]) -> None:
        """Keep a report that is issued now."""
        make_directory(self._folder)
        write_whole(self._file(month), json.dumps(signed).encode())

    def _file(self, month: str) -> Path:
        return self._folder / f"{month}.json"


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    content = {name: part for name, part in body.items() if name not in OF_THE_READING}
    content["Totals"] = {name: count for name, count in body["Totals"].items() if name != "Records"}
    chain = body["Chain"]
    return content | {"Verified": chain["Verified"], "Broken": chain["FirstBrokenRecord"], "Keys": chain["Keys"]}
