"""Let only counts, digests, declared words and our own identifiers into a record."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from pydicom.datadict import tag_for_keyword

from model.errors import EvidenceRefused
from model.evidence.code import is_code
from model.evidence.event import FACTS, SHAPES, Event, Kind, Words

Fact = bool | int | str | Mapping[str, int]
Facts = Mapping[str, Fact]

# No shape takes six digits in a row where a word is meant: record numbers and dates of birth look like that.
_NO_NUMBERS = r"(?!.*\d{6})"
_NO_DATE = r"(?!(?:19|20)\d\d[.-]\d\d?[.-]\d\d?$|\d\d?[.-]\d\d?[.-](?:19|20)\d\d$)"
_SHAPE = {
    Kind.DIGEST: re.compile(r"[0-9a-f]{64}"),
    Kind.PUBLIC_KEY: re.compile(r"[0-9a-f]{64}"),
    Kind.KEY: re.compile(r"[0-9a-f]{16}"),
    Kind.GATEWAY: re.compile(r"[0-9a-f]{16}"),
    Kind.CODE: re.compile(_NO_NUMBERS + r"[A-Z][A-Z0-9]{1,23}(_[A-Z0-9]{1,23}){0,5}"),
    Kind.VERSION: re.compile(_NO_NUMBERS + _NO_DATE + r"\d{1,4}[a-z]?([.+-][0-9a-z]{1,12}){0,5}"),
    Kind.LABEL: re.compile(_NO_NUMBERS + r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}"),
    Kind.PERIOD: re.compile(r"\d{4}-(0[1-9]|1[0-2])"),
}
# A rule of the gate (FILE_META, VALUE_NOT_ALLOWED:PatientSex) or a kind of action (removed).
_RULE = re.compile(
    _NO_NUMBERS + r"(?:[A-Z][A-Z0-9]{1,23}(?:_[A-Z0-9]{1,23}){0,5}(?::(?P<keyword>[A-Za-z0-9]{1,64}))?|[a-z]{2,16})"
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANDOM = re.compile(r"[0-9a-f]{32,64}|[A-Z2-7]{26,64}")
_LARGEST = 2**53 - 1  # what every JSON reader holds exactly (RFC 8259, section 6)


def is_own_id(text: str) -> bool:
    """Say whether a text is one of our random identifiers: evidence code, UUID, 128 bits or more in base32 or hex."""
    return is_code(text) or bool(_UUID.fullmatch(text) or _RANDOM.fullmatch(text))


def version_fact(text: str | None) -> str:
    """Give a version as records hold it; "0" for one of another shape, which the record then does not know."""
    return text if text is not None and _SHAPE[Kind.VERSION].fullmatch(text) else "0"


def check_facts(event: Event, facts: Facts, labels: Collection[str] | None) -> None:
    """Refuse facts that the event's record may not hold.

    ``labels`` are the names that the configuration declares (models, targets, profiles); None skips only that
    membership, for records read back. Raises EvidenceRefused with EVIDENCE_FACT; the message never repeats a value.
    """
    shape = SHAPES[event]
    check_names(f"A record of {event}", facts, shape.needs, shape.may, labels)


def check_names(
    what: str, facts: Facts, needs: frozenset[str], may: frozenset[str], labels: Collection[str] | None
) -> None:
    """Refuse facts of which one is missing, surplus or not of its kind; ``what`` begins the sentence of the error."""
    missing = needs - facts.keys()
    surplus = facts.keys() - needs - may
    if missing or surplus:
        # A surplus name could be anything, so only its number is told.
        wanted = ", ".join(sorted(missing)) or "none"
        raise EvidenceRefused(
            "EVIDENCE_FACT", f"{what} misses the facts {wanted} and has {len(surplus)} that do not belong."
        )
    for name, value in facts.items():
        kind = FACTS[name]
        if not _fits(kind, value, labels):
            meant = kind.value if isinstance(kind, Kind) else "one of " + ", ".join(sorted(kind.allowed))
            raise EvidenceRefused("EVIDENCE_FACT", f"{what} holds the fact {name}, which must be {meant}.")


def _fits(kind: Kind | Words, value: object, labels: Collection[str] | None) -> bool:
    if isinstance(kind, Words):
        return isinstance(value, str) and value in kind.allowed
    if kind is Kind.FLAG:
        return isinstance(value, bool)
    if kind is Kind.COUNT:
        return _is_count(value)
    if kind is Kind.COUNTS:
        return (
            isinstance(value, Mapping)
            and len(value) <= 512
            and all(isinstance(rule, str) and _is_rule(rule) and _is_count(n) for rule, n in value.items())
        )
    if not isinstance(value, str):
        return False
    if kind is Kind.ID:
        return is_own_id(value)
    if not _SHAPE[kind].fullmatch(value):
        return False
    return kind is not Kind.LABEL or labels is None or value in labels


def _is_rule(text: str) -> bool:
    found = _RULE.fullmatch(text)
    return found is not None and (found["keyword"] is None or tag_for_keyword(found["keyword"]) is not None)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST
