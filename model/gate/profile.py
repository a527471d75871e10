"""The profile: every attribute of what leaves, in which encoding, with its predicate; named, and frozen by a digest.

Both ends share it. The sender writes by it and the receiver checks by it, without a secret and without the patient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from types import MappingProxyType

from model.gate.allowlist import SOP_CLASSES, allow_list_digest
from model.gate.attribute import Action, Attribute, Option, attribute, method_codes, options_of
from model.gate.predicates import Matching, Predicate
from model.gate.rows import rows_of

__all__ = [
    "PRODUCT",
    "PROFILE_NAME",
    "SOP_CLASSES",
    "Action",
    "Attribute",
    "Option",
    "Profile",
    "method",
    "method_codes",
    "options_of",
    "product_version",
    "profile_digest",
    "profile_of",
]

PROFILE_NAME = "basic-1"
PRODUCT = "orthanc-autocontour"
DIGEST_CHARACTERS = 16  # of the profile's digest, in (0012,0063): LO takes 64 per value


@dataclass(frozen=True)
class Profile:
    """The attributes of one SOP class by tag, ascending."""

    sop_class: str
    attributes: Mapping[int, Attribute]

    @property
    def needed(self) -> tuple[Attribute, ...]:
        """Attributes that every file has."""
        return tuple(row for row in self.attributes.values() if row.needed)


def product_version() -> str:
    """Return the product's version as three numbers."""
    parts = metadata.version(PRODUCT).split(".")[:3]
    return ".".join("".join(c for c in part if c.isdigit()) or "0" for part in parts)


@cache
def method() -> bytes:
    """Return the value of (0012,0063): product and version, then profile and digest."""
    return f"{PRODUCT} {product_version()}\\profile {PROFILE_NAME} {profile_digest()[:DIGEST_CHARACTERS]}".encode()


@cache
def profile_digest() -> str:
    """SHA-256 over every row of both profiles and the digest of the allow-list beneath them."""
    rows = [
        [sop_class, f"{row.tag:08X}", list(row.vrs), row.action, row.needed, _canonical(row.predicate),
         row.option, _canonical(row.without_option)]
        for sop_class in SOP_CLASSES
        for row in rows_of(sop_class)
        if row.keyword != "DeidentificationMethod"
    ]  # fmt: skip
    document = json.dumps({"name": PROFILE_NAME, "allow": allow_list_digest(), "rows": rows}, sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()


def _canonical(predicate: Predicate | None) -> list[object]:
    """Return a predicate as JSON that is the same in every process (sets sorted)."""
    if predicate is None:
        return []
    fields = vars(predicate).items()
    return [type(predicate).__name__, *([name, repr(_sorted(value))] for name, value in sorted(fields))]


def _sorted(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


@cache
def profile_of(sop_class: str) -> Profile:
    """Return the profile of CT or MR Image Storage; raises KeyError for another class."""
    if sop_class not in SOP_CLASSES:
        raise KeyError(sop_class)
    rows = sorted((*rows_of(sop_class), _method_row()), key=lambda row: row.tag)
    return Profile(sop_class, MappingProxyType({row.tag: row for row in rows}))


def _method_row() -> Attribute:
    digest = profile_digest()[:DIGEST_CHARACTERS]
    pattern = rb"orthanc-autocontour [0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\\profile %s %s" % (
        PROFILE_NAME.encode(),
        digest.encode(),
    )
    text = f"`{PRODUCT} VERSION`, and `profile {PROFILE_NAME}` with the digest of this table"
    return attribute("DeidentificationMethod", "LO", Action.REPLACED, Matching(pattern, text), "who cleaned, and how")
