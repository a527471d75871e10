"""What would leave, shown to the administrator: every attribute before and after, and the very files.

Values of the source are in here: this goes to whoever may see the series in Orthanc, and to no log.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import keyword_for_tag
from pydicom.uid import UID

from model.dicom.tags import NUMBER_OF_FRAMES, PIXEL_DATA, SOP_CLASS_UID, SOP_INSTANCE_UID, SPECIFIC_CHARACTER_SET
from model.gate import canonical
from model.gate.allowlist import NARROWED
from model.gate.image_kind import CLASSIC
from model.gate.manifest import MANIFEST_NAME
from model.gate.profile import Action, Profile, profile_of
from plugin.privacy.clean import CleanSeries
from plugin.privacy.frames import is_enhanced, slices_of
from plugin.privacy.reading import RawFile, read
from plugin.privacy.walking import RawElement, items_in

# Values shown of an attribute that differs between slices, and characters of one value.
SHOWN_VALUES, SHOWN_CHARACTERS = 3, 200
_TEXTS = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
_WORDS = {"US": False, "SS": True}
_NOT_LISTED = "not on the allow-list"

Path = tuple[int, ...]


@dataclass
class _Folded:
    """The values of one attribute over all slices, in the order in which they came."""

    vr: str
    values: dict[str, int] = field(default_factory=dict)

    def add(self, value: str) -> None:
        self.values[value] = self.values.get(value, 0) + 1

    def document(self, instances: int) -> object:
        """One value when all slices share it, else how many there are and the first few."""
        if len(self.values) == 1 and sum(self.values.values()) == instances:
            return next(iter(self.values))
        return {
            "Distinct": len(self.values),
            "Instances": sum(self.values.values()),
            "First": list(self.values)[:SHOWN_VALUES],
        }


def outgoing(originals: Iterable[bytes], clean: CleanSeries) -> dict[str, object]:
    """Every attribute of the series before and after, differences between slices folded.

    ``originals`` are the source's files, one after the other; ``clean`` is what was made of them. The document has
    Instances, Bytes, Profile, ProfileDigest, Manifest (digest of the list), Actions, and Attributes: Tag, Keyword, VR,
    Action, Before, After, Reason; nested attributes by their path.
    """
    before: dict[Path, _Folded] = {}
    sop_class = ""
    for data in originals:
        file = read(data)
        sop_class = sop_class or file.text(SOP_CLASS_UID)
        encodings = tuple(convert_encodings(_texts_of(file.elements.get(SPECIFIC_CHARACTER_SET))))
        _fold(before, file.elements, (), encodings, apart=_of_frames(file))
        for frame in _frames_of(file):
            _fold(before, frame, (), encodings)
    after: dict[Path, _Folded] = {}
    for one in clean:
        parsed = canonical.parse(one.data)
        elements = {
            tag: RawElement(vr, value, items_in(value) if vr == "SQ" else None)
            for tag, (vr, value) in parsed.values.items()
        }
        elements[PIXEL_DATA] = RawElement("OW", parsed.pixels)
        _fold(after, elements, (), ("iso8859",))
    enhanced = UID(sop_class) in CLASSIC
    profile = profile_of(CLASSIC.get(UID(sop_class), sop_class))
    return {
        "Instances": len(clean),
        "Bytes": clean.size,
        "Profile": clean.manifest.profile,
        "ProfileDigest": clean.manifest.profile_digest,
        "Manifest": clean.list_digest,
        "Actions": dict(clean.actions),
        "Attributes": [
            _row(path, before.get(path), after.get(path), len(clean), profile, some=enhanced)
            for path in sorted({*before, *after})
        ],
    }


def write_zip(clean: CleanSeries, stream: IO[bytes]) -> None:
    """Write the very files and their manifest as a ZIP, stored and not compressed, without dates."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for one in clean:
            archive.writestr(zipfile.ZipInfo(one.name), one.data)
        archive.writestr(zipfile.ZipInfo(MANIFEST_NAME), clean.manifest.to_json())


def _row(
    path: Path, before: _Folded | None, after: _Folded | None, instances: int, profile: Profile, *, some: bool
) -> dict[str, object]:
    """Describe one attribute; ``some``: of an enhanced object only the frames that are contoured leave."""
    keywords = [keyword_for_tag(tag) for tag in path]
    row = profile.attributes.get(path[0])
    if after is None:
        action = Action.REMOVED
    elif before is not None and (
        before.values == after.values or (some and after.values.keys() <= before.values.keys())
    ):
        action = Action.KEPT
    else:
        action = Action.EMPTIED if list(after.values) == [""] else Action.REPLACED
    reason = row.reason if row is not None else NARROWED.get(keywords[0], _NOT_LISTED)
    return {
        "Tag": "/".join(f"{tag >> 16:04X},{tag & 0xFFFF:04X}" for tag in path),
        "Keyword": ".".join(keyword or "?" for keyword in keywords),
        "VR": (before or after or _Folded("")).vr,
        "Action": action.value,
        "Before": before.document(instances) if before is not None else None,
        "After": after.document(instances) if after is not None else None,
        "Reason": reason,
    }


def _of_frames(file: RawFile) -> frozenset[int]:
    """Return the attributes that are shown of each frame of an enhanced object, and not of the object."""
    if not is_enhanced(file):
        return frozenset()
    leaving = profile_of(CLASSIC[UID(file.text(SOP_CLASS_UID))]).attributes
    return frozenset(leaving) - {SOP_CLASS_UID, SOP_INSTANCE_UID, PIXEL_DATA}


def _frames_of(file: RawFile) -> Iterator[dict[int, RawElement]]:
    """Yield those attributes of each frame, as a classic slice has them."""
    shown = _of_frames(file)
    if not shown:
        return
    count = int(file.text(NUMBER_OF_FRAMES))
    for frame in slices_of(file, range(1, count + 1), pixels=False):
        yield {tag: element for tag, element in frame.elements.items() if tag in shown}


def _fold(
    folded: dict[Path, _Folded],
    elements: Mapping[int, RawElement],
    path: Path,
    encodings: tuple[str, ...],
    apart: frozenset[int] = frozenset(),
) -> None:
    for tag, element in elements.items():
        if tag in apart:
            continue
        here = (*path, tag)
        if element.vr != "SQ":
            folded.setdefault(here, _Folded(element.vr)).add(_shown(element, encodings))
            continue
        items = element.items or ()
        folded.setdefault(here, _Folded("SQ")).add(f"({len(items)} items)")
        for item in items:
            _fold(folded, item, here, encodings)


def _shown(element: RawElement, encodings: tuple[str, ...]) -> str:
    if element.vr in _WORDS and len(element.value) == 2:
        return str(int.from_bytes(element.value, "little", signed=_WORDS[element.vr]))
    if element.vr not in _TEXTS:
        return f"({len(element.value)} bytes)" if element.value else ""
    raw = bytes(element.value).strip(b" \0")
    # Padding around the parts of a value is not a difference.
    text = "\\".join(part.strip() for part in _decoded(raw, encodings).split("\\"))
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _decoded(raw: bytes, encodings: tuple[str, ...]) -> str:
    try:
        return decode_bytes(raw, list(encodings), {ord(c) for c in "\r\n\t\f\\^="})
    except (LookupError, UnicodeDecodeError):
        return raw.decode("latin-1")


def _texts_of(element: RawElement | None) -> list[str]:
    return list(_parts(element)) or [""]


def _parts(element: RawElement | None) -> Iterator[str]:
    if element is not None and element.value:
        yield from (part.strip() for part in bytes(element.value).decode("latin-1").strip(" \0").split("\\"))
