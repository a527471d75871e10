"""Is a series whole? From its geometry, and from the counts that scanners write, where they write them.

Nothing in DICOM says that a series has ended. Holes between slices are certain. Counts are a hint: ImagesInAcquisition
counts what the scanner made, not what was sent. So an answer says whether it is certain, and whoever asks decides how
long a hint is worth waiting for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from model.errors import InputRefused
from model.series.geometry import require_whole
from model.series.steps import GAP_FACTOR
from plugin.facts.concatenations import missing_parts
from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import OrthancItem
from plugin.facts.volumes import Volume, Volumes, empty, unreadable_frames
from routing.facts import number_of
from routing.names import Private, Tag

# More images than any series holds: a count above it is a mistake.
MOST_IMAGES = 20000


class CompletenessState(StrEnum):
    """What is known about a series."""

    WHOLE = "whole"
    WAITING = "waiting"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether a series is whole; ``code`` and ``reason`` say what is missing or wrong.

    ``waiting``: more slices can mend it. ``certain`` False: only a count says so, and the geometry is without hole.
    ``broken``: no slice that may still come can mend it. ``expected`` is the count that a tag gives.
    """

    state: CompletenessState
    code: str
    reason: str
    slices: int
    expected: int | None = None
    certain: bool = True


def completeness_of(found: Volumes) -> Completeness:
    """Judge a series whose volumes are told apart."""
    slices = sum(len(volume.slices) for volume in found.volumes)
    if not slices and found.others:
        what = empty(found)
        return Completeness(CompletenessState.BROKEN, what.code, what.message, 0)
    if not slices:
        return Completeness(CompletenessState.WAITING, "SERIES_EMPTY", "No image slice has arrived yet.", 0)
    if (unreadable := unreadable_frames(found)) is not None:
        return Completeness(CompletenessState.BROKEN, unreadable.code, unreadable.message, slices)
    everything = [one.item for volume in found.volumes for one in volume.slices]
    everything += [one.item for one in found.localizers] + [other.object.item for other in found.others]
    if (parts := missing_parts(everything)) is not None:
        return Completeness(CompletenessState.WAITING, parts.code, parts.message, slices)
    for volume in found.volumes:
        if volume.refusal is not None and found.repeats is not None:
            # Where every place has as many images, none that may come makes a volume of them.
            state = CompletenessState.BROKEN if found.repeats.regular else CompletenessState.WAITING
            return Completeness(state, found.repeats.refusal.code, found.repeats.refusal.message, slices)
        if volume.refusal is not None:
            # Repeats are told apart once each is whole, so two slices at one place may be mended by those to come.
            mendable = volume.refusal.code == "SLICES_COINCIDE"
            state = CompletenessState.WAITING if mendable else CompletenessState.BROKEN
            return Completeness(state, volume.refusal.code, volume.refusal.message, slices)
    for volume in found.volumes:
        if volume.geometry is None:
            continue
        try:
            require_whole(volume.geometry)
        except InputRefused as gap:
            return Completeness(CompletenessState.WAITING, gap.code, gap.message, slices)
    hint = _count_hint(everything) or _places_hint(found, everything) or _sparse_hint(found.volumes)
    if hint is not None:
        return Completeness(CompletenessState.WAITING, hint.code, hint.reason, slices, hint.expected, certain=False)
    announced = _expected(everything)
    expected = announced.count if announced is not None else None
    return Completeness(CompletenessState.WHOLE, "WHOLE", "The series is whole.", slices, expected)


@dataclass(frozen=True, slots=True)
class _Hint:
    code: str
    reason: str
    expected: int | None


@dataclass(frozen=True, slots=True)
class _Announced:
    """How many images the scanner announced, and the attributes that say so."""

    count: int
    where: str


def _count_hint(items: Sequence[OrthancItem]) -> _Hint | None:
    announced = _expected(items)
    if announced is None or len(items) >= announced.count:
        return None
    reason = f"{len(items)} of {announced.count} images that the scanner announced ({announced.where}) have come."
    return _Hint("COUNT_EXPECTED", reason, announced.count)


def _places_hint(found: Volumes, items: Sequence[OrthancItem]) -> _Hint | None:
    """Fewer images of some places than of others, or fewer points in time than announced: more may come."""
    if (repeats := found.repeats) is None:
        return None
    if not repeats.regular:
        reason = f"Some places have {repeats.fewest} image(s) and others {repeats.images}: slices may be missing."
        return _Hint("PLACES_EXPECTED", reason, None)
    positions = _agreed(items, _tag("NumberOfTemporalPositions"))
    come = len({item.values(_tag("TemporalPositionIdentifier")) for item in items} - {()})
    if positions is not None and 0 < come < positions:
        reason = f"{come} of {positions} points in time (NumberOfTemporalPositions) have come."
        return _Hint("POSITIONS_EXPECTED", reason, None)
    return None


def _expected(items: Sequence[OrthancItem]) -> _Announced | None:
    """Return the number of images announced for the series.

    What counts the series itself goes before what counts a scan.
    """
    for where, step in _OF_SERIES:
        if (count := _agreed(items, step)) is not None:
            return _Announced(count, where)
    for keyword, each in _PER_SCAN:
        number, repeats = _tag(keyword), _tag(each)
        count = _agreed(items, number)
        if count is not None:
            times, scans = _agreed(items, repeats) or 1, _scans(items, number)
            names = [keyword, *([each] if times > 1 else []), *(["AcquisitionNumber"] if scans > 1 else [])]
            return _Announced(min(count * times, MOST_IMAGES) * scans, " × ".join(names))
    return None


def _scans(items: Sequence[OrthancItem], number: Tag | Private) -> int:
    # ImagesInAcquisition counts one acquisition (PS3.3 C.7.6.1); a series may hold several.
    if number != _tag("ImagesInAcquisition"):
        return 1
    return len({item.values(_tag("AcquisitionNumber")) for item in items}) or 1


def _agreed(items: Sequence[OrthancItem], step: Tag | Private) -> int | None:
    """Return the count that every slice gives alike, when it is one."""
    found = {item.values(step) for item in items}
    if len(found) != 1:
        return None
    values = next(iter(found))
    number = number_of(values[0]) if len(values) == 1 and isinstance(values[0], str) else None
    return int(number) if number is not None and 1 < number <= MOST_IMAGES and number == int(number) else None


def _sparse_hint(volumes: Iterable[Volume]) -> _Hint | None:
    """Slices further apart than SpacingBetweenSlices says, or holes in InstanceNumber: every other slice came first."""
    for volume in volumes:
        if volume.geometry is None or len(volume.slices) < 3:
            continue
        if any(one.frame is not None for one in volume.slices):
            continue  # an object brings all its frames, and their numbers are their places
        items = [one.item for one in volume.slices]
        announced = {number_of(item.text(_SPACING_TAG).strip()) for item in items}
        spacing = next(iter(announced)) if len(announced) == 1 else None
        if spacing and volume.geometry.spacing_mm > GAP_FACTOR * abs(spacing):
            return _Hint("SPACING_EXPECTED", "Slices are further apart than SpacingBetweenSlices says.", None)
        numbers = {number_of(item.text(_NUMBER_TAG).strip()) for item in items}
        whole = {int(number) for number in numbers if number is not None}
        if len(whole) == len(items) and max(whole) - min(whole) + 1 == 2 * len(whole) - 1:
            return _Hint("NUMBERS_EXPECTED", "Every other InstanceNumber is missing.", None)
    return None


def _tag(keyword: str) -> Tag:
    return Tag(tag_of(keyword) or "")


_SPACING_TAG = _tag("SpacingBetweenSlices").tag
_NUMBER_TAG = _tag("InstanceNumber").tag
_OF_SERIES = (
    ("NumberOfSeriesRelatedInstances", _tag("NumberOfSeriesRelatedInstances")),
    # GE's conformance statements: (0025,xx07) "Images in Series", SL.
    ("Images in Series of GEMS_SERS_01", Private("0025", "07", "GEMS_SERS_01")),
)
# As Orthanc's own ExpectedNumberOfInstances: PET counts slices times time slices; others images times time points.
_PER_SCAN = (("NumberOfSlices", "NumberOfTimeSlices"), ("ImagesInAcquisition", "NumberOfTemporalPositions"))
