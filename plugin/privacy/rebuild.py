"""The allow-list rebuild: a new file of listed attributes only, each with a value that its predicate accepts.

Nothing is copied that is not listed, so what a scanner, a vendor or an attacker adds has no way through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.dicom.tags import (
    DEIDENTIFICATION_METHOD,
    DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
    FRAME_OF_REFERENCE_UID,
    LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED,
    PATIENT_ID,
    PATIENT_IDENTITY_REMOVED,
    PATIENT_NAME,
    PIXEL_DATA,
    PIXEL_REPRESENTATION,
    SERIES_INSTANCE_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from model.gate import canonical
from model.gate.pixels import PixelFormat
from model.gate.profile import Action, Attribute, method, method_codes, profile_of
from model.gate.rules import Findings
from model.series.functional_groups import FramesUnreadable
from plugin.privacy.arriving import Stream, arriving
from plugin.privacy.decode import Undecodable, pixels_of
from plugin.privacy.fitting import Fittings
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.reading import RawFile, TooDeep, Unreadable, read
from plugin.privacy.source import SourceInstance
from plugin.privacy.value_kinds import kind_of, presence
from plugin.settings.privacy import PrivacyRules


@dataclass(frozen=True)
class Rebuilt:
    """One rebuilt file, and what became of the source's attributes: action → count.

    ``generated`` are the values that the key makes of the source, by tag.
    """

    data: bytes
    values: Mapping[int, tuple[str, bytes]]
    actions: Counter[Action]
    generated: Mapping[int, bytes]


def rebuild(
    native: bytes, source: SourceInstance, key: TransferKey, rules: PrivacyRules, fittings: Fittings | None = None
) -> tuple[Rebuilt | None, Findings]:
    """Rebuild one file from the native step's answer; the first is None when there are findings.

    ``fittings`` are those of the series, if there are others of it.
    """
    try:
        return _rebuilt(read(native), source, key, rules, Fittings() if fittings is None else fittings)
    except (TooDeep, Unreadable):
        return None, _unreadable()


def rebuild_frames(
    native: Stream, sources: Sequence[SourceInstance], key: TransferKey, rules: PrivacyRules
) -> Iterator[tuple[Rebuilt | None, Findings]]:
    """Rebuild a file of each wanted frame from the native step's answer for an enhanced object, one after the other."""
    fittings = Fittings()
    try:
        frames = arriving(native).slices([source.number or 0 for source in sources])
        for source, frame in zip(sources, frames, strict=True):
            yield _rebuilt(frame, source, key, rules, fittings)
    except (TooDeep, Unreadable, FramesUnreadable):
        yield None, _unreadable()


def _unreadable() -> Findings:
    findings = Findings()
    findings.add("NATIVE_UNREADABLE")
    return findings


def _rebuilt(
    file: RawFile, source: SourceInstance, key: TransferKey, rules: PrivacyRules, fittings: Fittings
) -> tuple[Rebuilt | None, Findings]:
    findings = Findings()
    replaced = replacements(source, key, rules)
    values: dict[int, tuple[str, bytes]] = {}
    actions: Counter[Action] = Counter()
    signed = file.word(PIXEL_REPRESENTATION) == 1
    for row in profile_of(source.sop_class).attributes.values():
        if row.tag == PIXEL_DATA:
            actions[Action.KEPT] += 1
            continue
        action, value = _value(row, file, source, replaced, rules, fittings, findings)
        if value is not None:
            values[row.tag] = (row.vrs[-1 if signed else 0], value)
            actions[action] += 1
    form = PixelFormat.of(values)
    if findings or form is None:
        return None, findings
    try:
        pixels = pixels_of(file, form)
    except Undecodable as reason:
        findings.add("REBUILD_PIXELS", kind=str(reason))
        return None, findings
    left = sum(1 for tag in values if tag in file) + 1
    actions[Action.REMOVED] += max(0, source.elements - left)
    return Rebuilt(canonical.encode(values, pixels), values, actions, replaced), findings


def replacements(source: SourceInstance, key: TransferKey, rules: PrivacyRules) -> dict[int, bytes]:
    """Return the values that we write ourselves, by tag."""
    return {
        SOP_INSTANCE_UID: key.uid(source.sop_instance).encode(),
        PATIENT_NAME: key.pseudonym.encode(),
        PATIENT_ID: key.pseudonym.encode(),
        STUDY_INSTANCE_UID: key.uid(source.study).encode(),
        SERIES_INSTANCE_UID: key.uid(source.series).encode(),
        FRAME_OF_REFERENCE_UID: key.uid(source.frame).encode(),
        PATIENT_IDENTITY_REMOVED: b"YES",
        DEIDENTIFICATION_METHOD: method(),
        DEIDENTIFICATION_METHOD_CODE_SEQUENCE: method_codes(rules.options),
        LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED: b"REMOVED",
    }


def _value(
    row: Attribute,
    file: RawFile,
    source: SourceInstance,
    replaced: Mapping[int, bytes],
    rules: PrivacyRules,
    fittings: Fittings,
    findings: Findings,
) -> tuple[Action, bytes | None]:
    if row.tag in replaced:
        return Action.REPLACED, replaced[row.tag]
    retained = row.option is not None and row.option in rules.options
    if row.action is Action.EMPTIED and not retained:
        return Action.EMPTIED, b""
    if (row.option is not None and not retained) or row.tag in rules.remove:
        return Action.REMOVED, None
    found = file.value(row.tag)
    if row.action is Action.KEPT and (found or b"").strip(b" \0") != source.kept[row.tag].strip(b" \0"):
        findings.add("NATIVE_CHANGED", row.tag, presence(found) if not found else "another value")
        return Action.REMOVED, None
    value, accepted = fittings.of(source.sop_class, row, found)
    if accepted:
        return Action.KEPT, value
    if row.needed:
        findings.add("REBUILD_VALUE", row.tag, kind_of(row.predicate, found))
    return Action.REMOVED, None
