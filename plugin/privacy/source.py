"""The gate on the source: what cannot be made clean, or is not a slice of a patient, is refused at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag

from model.dicom.tags import (
    BITS_ALLOCATED,
    BURNED_IN_ANNOTATION,
    COLUMNS,
    FRAME_OF_REFERENCE_UID,
    IMAGE_TYPE,
    MODALITY,
    NUMBER_OF_FRAMES,
    PATIENT_ID,
    PHOTOMETRIC_INTERPRETATION,
    ROWS,
    SAMPLES_PER_PIXEL,
    SERIES_INSTANCE_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from model.gate.allowlist import CT_IMAGE, MR_IMAGE, SOP_CLASSES
from model.gate.image_kind import SECONDARY_CAPTURE, is_no_slice, values_of
from model.gate.profile import Action, profile_of
from model.gate.rules import Findings
from model.series.frame_reference import image_reference
from model.series.functional_groups import FramesUnreadable
from plugin.privacy.arriving import Stream, arriving
from plugin.privacy.decode import decodable
from plugin.privacy.frames import is_enhanced, slices_of
from plugin.privacy.markers import Markers
from plugin.privacy.reading import RawFile, TooDeep, Unreadable, read
from plugin.privacy.value_kinds import presence
from plugin.privacy.values import lost_meaning
from plugin.settings.privacy import PrivacyRules

# One, however it is written, or nothing.
ONE_FRAME = re.compile(r"(?:\+?0*1(?:\.0*)?)?")
MAXIMUM_SOURCE = 512 << 20  # bytes of one slice
MAXIMUM_INSTANCES = 5_000
_SIZE = (ROWS, COLUMNS, BITS_ALLOCATED)


@dataclass(frozen=True, slots=True)
class SourceInstance:
    """One slice of the source that the gate let through: its identifiers, and the values that have to survive.

    ``sop_instance`` names the slice (model.series.frame_reference), ``object_uid`` the object that holds it; ``number``
    is its frame there, from 1, None in a classic object. ``frame`` is the frame of reference.
    """

    instance_id: str
    sop_class: str
    sop_instance: str
    study: str
    series: str
    frame: str
    patient_id: str
    kept: Mapping[int, bytes]
    elements: int
    object_uid: str
    number: int | None = None

    @property
    def pixel_bytes(self) -> int:
        """Bytes of the slice's pixels where they are not compressed; 0 when the header does not say."""
        rows, columns, bits = (int.from_bytes(self.kept.get(tag, b""), "little") for tag in _SIZE)
        return rows * columns * bits // 8


def inspect(
    instance_id: str, data: bytes, rules: PrivacyRules, markers: Markers
) -> tuple[SourceInstance | None, Findings]:
    """Judge an instance that is one slice and collect its markers; the first is None when there are findings."""
    findings = Findings()
    if len(data) > MAXIMUM_SOURCE:
        findings.add("SOURCE_SIZE")
        return None, findings
    file = _read(lambda: read(data), markers, findings)
    source = _source(instance_id, file, rules, findings) if file is not None else None
    return source, findings


def inspect_frames(
    instance_id: str, stream: Stream, frames: Sequence[int], rules: PrivacyRules, markers: Markers
) -> tuple[tuple[SourceInstance, ...], Findings]:
    """Judge an enhanced object and those of its frames that are wanted (numbers from 1), and collect its markers.

    There are as many sources as frames unless there are findings. The markers are those of the whole object.
    """
    findings = Findings()
    file = _read(lambda: arriving(stream).with_tail(), markers, findings)
    if file is None:
        return (), findings
    if not is_enhanced(file):
        findings.add("SOURCE_SOP_CLASS")
        return (), findings
    if file.text(BURNED_IN_ANNOTATION).upper() == "YES":
        findings.add("SOURCE_BURNED_IN", kind="YES")  # whatever its functional groups say
    sources = []
    try:
        for frame in slices_of(file, frames, pixels=False):
            source = _source(instance_id, frame, rules, findings)
            if source is not None:
                sources.append(source)
    except TooDeep:
        findings.add("SOURCE_NESTING")
    except Unreadable:
        findings.add("SOURCE_UNREADABLE")
    except FramesUnreadable as unreadable:
        findings.add("SOURCE_FRAMES", kind=unreadable.what)
    return tuple(sources), findings


def _read(reader: Callable[[], RawFile], markers: Markers, findings: Findings) -> RawFile | None:
    try:
        file = reader()
        markers.collect(file)
    except TooDeep:
        findings.add("SOURCE_NESTING")
        return None
    except Unreadable:
        findings.add("SOURCE_UNREADABLE")
        return None
    return file


def _source(instance_id: str, file: RawFile, rules: PrivacyRules, findings: Findings) -> SourceInstance | None:
    found = Findings()
    _judge(file, rules, found)
    findings.merge(found)
    if found:
        return None
    number = file.frame.number if file.frame is not None else None
    rows = profile_of(file.text(SOP_CLASS_UID)).attributes.values()
    kept = {row.tag: file.value(row.tag) or b"" for row in rows if row.action is Action.KEPT and row.vrs != ("OW",)}
    return SourceInstance(
        instance_id=instance_id,
        sop_class=file.text(SOP_CLASS_UID),
        sop_instance=image_reference(file.text(SOP_INSTANCE_UID), number),
        study=file.text(STUDY_INSTANCE_UID),
        series=file.text(SERIES_INSTANCE_UID),
        frame=file.text(FRAME_OF_REFERENCE_UID),
        patient_id=file.text(PATIENT_ID),
        kept=kept,
        elements=len(file.elements),
        object_uid=file.text(SOP_INSTANCE_UID),
        number=number,
    )


def inspect_series(instances: Sequence[SourceInstance]) -> Findings:
    """Judge what only the whole series shows: one patient, one study, one series, one frame of reference."""
    findings = Findings()
    for field, rule in (
        ("patient_id", "SOURCE_PATIENTS"),
        ("study", "SOURCE_STUDIES"),
        ("series", "SOURCE_SERIES"),
        ("frame", "SOURCE_FRAMES_OF_REFERENCE"),
        ("sop_class", "SOURCE_SOP_CLASSES"),
    ):
        if len({getattr(instance, field) for instance in instances}) > 1:
            findings.add(rule)
    if len({instance.sop_instance for instance in instances}) != len(instances):
        findings.add("SOURCE_INSTANCE_TWICE")
    return findings


def _judge(file: RawFile, rules: PrivacyRules, findings: Findings) -> None:
    sop_class = file.text(SOP_CLASS_UID)
    if sop_class not in SOP_CLASSES:
        findings.add("SOURCE_SOP_CLASS")
        return
    if file.text(MODALITY).upper() != {CT_IMAGE: "CT", MR_IMAGE: "MR"}[sop_class]:
        findings.add("SOURCE_MODALITY", kind="another term" if file.text(MODALITY) else presence(file.value(MODALITY)))
    if is_no_slice(values_of(file.value(IMAGE_TYPE) or b"")):
        findings.add("SOURCE_IMAGE_TYPE")
    burned_in = file.text(BURNED_IN_ANNOTATION).upper()
    if burned_in == "YES" or (rules.require_burned_in_no and burned_in != "NO"):
        findings.add("SOURCE_BURNED_IN", kind="YES" if burned_in == "YES" else "not NO")
    if file.word(SAMPLES_PER_PIXEL) not in (None, 1):
        findings.add("SOURCE_COLOUR", kind="SamplesPerPixel is not 1")
    elif file.text(PHOTOMETRIC_INTERPRETATION).upper() not in ("", "MONOCHROME1", "MONOCHROME2"):
        findings.add("SOURCE_COLOUR", kind="PhotometricInterpretation is not MONOCHROME1 or MONOCHROME2")
    if not ONE_FRAME.fullmatch(file.text(NUMBER_OF_FRAMES)):
        findings.add("SOURCE_FRAMES")
    # Scanners write some of these empty, and an empty attribute says nothing.
    if marks := [keyword_for_tag(tag) for tag in SECONDARY_CAPTURE if file.text(tag).strip("\\ ")]:
        findings.add("SOURCE_SECONDARY_CAPTURE", kind=f"a value in {', '.join(marks)}")
    if not file.text(PATIENT_ID):
        findings.add("SOURCE_PATIENT_ID", kind=presence(file.value(PATIENT_ID)))
    for tag, rule in (
        (SOP_INSTANCE_UID, "SOURCE_UID"),
        (STUDY_INSTANCE_UID, "SOURCE_UID"),
        (SERIES_INSTANCE_UID, "SOURCE_UID"),
    ):
        if not file.text(tag):
            findings.add(rule, kind=f"{keyword_for_tag(tag)} is {presence(file.value(tag))}")
    if not file.text(FRAME_OF_REFERENCE_UID):
        findings.add("SOURCE_FRAME_OF_REFERENCE", kind=presence(file.value(FRAME_OF_REFERENCE_UID)))
    if not decodable(file.transfer_syntax):
        findings.add("SOURCE_TRANSFER_SYNTAX")
    if lost := lost_meaning(file, rules):
        findings.add("SOURCE_VALUES", kind=lost)
