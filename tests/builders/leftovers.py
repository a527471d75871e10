"""Everything that an Orthanc and its gateway hold, for tests that ask whether a pseudonymised copy is among it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from tests.builders.orthanc_process import OrthancProcess

PSEUDONYM = re.compile(rb"PSN-[A-Z2-7]{16}")
LEVELS = ("patients", "studies", "series", "instances")


def pseudonyms_in_orthanc(orthanc: OrthancProcess) -> list[str]:
    """Where a pseudonym stands: in any resource of any level, in any stored file, in any of Orthanc's jobs."""
    places = [f"/{level}?expand" for level in LEVELS] + ["/jobs?expand"]
    places += [f"/instances/{instance}/file" for instance in orthanc.json("/instances")]
    return [place for place in places if PSEUDONYM.search(orthanc.get(place).content)]


def shape_of_orthanc(orthanc: OrthancProcess) -> dict[str, Any]:
    """How many resources of each level there are, the modalities of the series, and Orthanc's own jobs."""
    counts: dict[str, Any] = {level: len(orthanc.json(f"/{level}")) for level in LEVELS}
    modalities = sorted(one["MainDicomTags"]["Modality"] for one in orthanc.json("/series?expand"))
    return counts | {"modalities": modalities, "jobs": orthanc.json("/jobs")}


def vault_rows(state: Path) -> list[tuple[str, bytes | None]]:
    """State and sealed key of every transfer in the vault."""
    with sqlite3.connect(state / "vault" / "vault.sqlite") as database:
        return list(database.execute("SELECT state, sealed FROM transfer"))


def deletions(certificate: dict[str, Any]) -> list[tuple[str, object, str]]:
    """What a certificate says: where, how many are left, and how that was verified."""
    return [(one["Where"], one.get("Left"), one["How"]) for one in certificate["Deletions"]]


LISTED = ("this hospital: working files", 0, "verified by listing the place after the deletion")
LOOKED_UP = ("this hospital: copies in Orthanc", 0, "verified by asking Orthanc for the pseudonym after the deletion")
KEY_GONE = (
    "this hospital: the key that links the pseudonyms to the patient",
    None,
    "verified by reading it back after the deletion",
)
RECEIPT = (
    "the recipient",
    0,
    "verified by the recipient's signed receipt, whose key or whose operator's key this site pinned",
)
CONTRACT = (
    "the recipient",
    None,
    "not verified here: the recipient gives no receipts, and deletion there rests on the contract",
)
