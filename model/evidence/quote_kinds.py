"""The kinds of quotes that can be read and judged here.

There is one, and it is no hardware's: no confidential machine was there to build and test a reader of its quotes with,
and one that was never held against a real quote would be worse than none. A reader of AMD SEV-SNP or Intel TDX is one
more function of this shape: the bytes, verified up to the maker's root, give a measurement and 64 bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model.errors import EvidenceRefused
from model.evidence.canonical_json import canonical

STAND_IN = "software-stand-in"
STAND_IN_SAYS = "software stand-in, proves nothing about hardware"
# 48 bytes: MEASUREMENT of AMD SEV-SNP and MRTD of Intel TDX are SHA-384.
MEASUREMENT = re.compile(r"[0-9a-f]{96}")
_REPORT_DATA = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a genuine quote states: of which software it is, and what the software had it hold."""

    measurement: str
    report_data: bytes


def stand_in_quote(measurement: str, report_data: bytes) -> bytes:
    """Make what a machine would state; anybody can make it, and it says so itself."""
    stated = {"measurement": measurement, "report_data": report_data.hex(), "says": STAND_IN_SAYS}
    return canonical({"stated": stated, "sha256": hashlib.sha256(canonical(stated)).hexdigest()})


def read_stand_in(content: bytes) -> Reading:
    """Read the same back; raises EvidenceRefused with ATTESTATION_WRONG where a byte of it is another."""
    try:
        document = json.loads(content)
        stated = document["stated"]
        right = canonical(document) == content and stated.keys() == {"measurement", "report_data", "says"}
        right = right and hashlib.sha256(canonical(stated)).hexdigest() == document["sha256"]
        right = right and stated["says"] == STAND_IN_SAYS and MEASUREMENT.fullmatch(stated["measurement"]) is not None
        right = right and _REPORT_DATA.fullmatch(stated["report_data"]) is not None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        right = False
    if not right:
        raise EvidenceRefused("ATTESTATION_WRONG", "The quote is damaged, or not what its kind says.")
    return Reading(stated["measurement"], bytes.fromhex(stated["report_data"]))


READERS: Mapping[str, Callable[[bytes], Reading]] = {STAND_IN: read_stand_in}
