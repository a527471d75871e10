"""Enhanced objects larger than a slice are not held: their header is, and one frame after the other."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from model.gate.pixels import PixelFormat
from plugin.privacy.arriving import FIRST_BYTES, arriving, up_to_pixels
from plugin.privacy.decode import pixels_of
from plugin.privacy.frames import slices_of
from plugin.privacy.markers import Markers
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.reading import Unreadable, read
from plugin.privacy.source import inspect_frames
from plugin.settings.privacy import PrivacyRules
from tests.builders.enhanced_series import GE, PHILIPS, enhanced
from tests.builders.phantom import Phantom, file_of, phantom_series
from tests.builders.untouched import Untouched

SIZE = 256
FORM = PixelFormat(SIZE, SIZE, 16, 16, 15, signed=False)


def large(count: int = 4, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    made = phantom_series(Phantom(slices=count, size=SIZE))
    for number, one in enumerate(made):
        one.PixelData = (one.pixel_array + number).tobytes()
    return enhanced(made, PHILIPS, syntax=syntax)[0]


def pixels(file: bytes, wanted: list[int]) -> list[bytes]:
    return [bytes(pixels_of(one, FORM)) for one in arriving(BytesIO(file)).slices(wanted)]


@pytest.mark.parametrize("wanted", [[1, 2, 3, 4], [2, 4], [3]])
def test_frames_come_as_they_would_from_the_whole_file(wanted: list[int]) -> None:
    file = file_of(large())
    assert len(file) > 2 * FIRST_BYTES
    assert arriving(BytesIO(file)).length == 4 * FORM.length
    assert pixels(file, wanted) == [bytes(pixels_of(one, FORM)) for one in slices_of(read(file), wanted)]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, RLELossless])
def test_a_file_of_another_syntax_is_read_whole(syntax: str) -> None:
    file = file_of(large(syntax=syntax))
    assert arriving(BytesIO(file)).length is None
    assert pixels(file, [1, 3]) == pixels(file_of(large()), [1, 3])


def test_a_header_longer_than_what_is_read_first_is_read_to_its_end() -> None:
    one = large()
    one.PerFrameFunctionalGroupsSequence[0].FrameContentSequence[0].FrameComments = "x" * (3 * FIRST_BYTES)
    assert len(pixels(file_of(one), [4])) == 1


def test_what_stands_behind_the_pixels_is_searched_for_names_too() -> None:
    one = large()
    one.add_new(0x7FE30010, "LO", "HIDDEN")
    one.add_new(0x7FE31001, "LO", "Zaphod")
    file = file_of(one)
    assert arriving(BytesIO(file)).length is not None
    markers = Markers()
    sources, findings = inspect_frames("0", BytesIO(file), [1, 2], PrivacyRules(), markers)
    assert (len(sources), findings.counts) == (2, {})
    assert b"zaphod" in markers.words


@pytest.mark.parametrize("missing", [1, FORM.length, 3 * FORM.length])
def test_a_file_that_ends_within_its_pixels_is_refused(missing: int) -> None:
    file = file_of(large())[:-missing]
    with pytest.raises(Unreadable):
        arriving(BytesIO(file)).with_tail()
    with pytest.raises(Unreadable):
        pixels(file, [1, 2, 3, 4])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless])
def test_the_header_of_a_file_is_had_without_its_pixels_where_they_can_be_told(syntax: str) -> None:
    one = large(syntax=syntax)
    file = file_of(one)
    header = up_to_pixels(BytesIO(file))
    found = pydicom.dcmread(BytesIO(header), stop_before_pixels=True)
    assert found.PatientID == one.PatientID
    assert len(found.PerFrameFunctionalGroupsSequence) == 4
    assert (header == file) == (syntax == ImplicitVRLittleEndian)


def peak_of(count: int, place: Path) -> int:
    """Bytes of memory that pseudonymising an object of so many frames needs at most at once."""

    class Disk(Untouched):
        """Serves files without holding them in memory."""

        def __init__(self, path: Path) -> None:
            super().__init__([])
            self.path = path

        def open_instance(self, instance_id: str) -> object:  # type: ignore[override]
            return self.path.open("rb")

        def open_anonymized(self, instance_id: str, request: object) -> object:  # type: ignore[override]
            return self.path.open("rb")

    path = place.parent / f"{place.name}.dcm"
    series = phantom_series(Phantom(slices=count, size=SIZE))
    path.write_bytes(file_of(enhanced(series, GE)[0]))
    del series
    tracemalloc.start()
    try:
        wanted = {"0": range(1, count + 1)}
        pseudonymise(["0"], Disk(path), TransferKey.new("t"), PrivacyRules(), place, wanted)  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_does_not_grow_with_the_pixels(tmp_path: Path) -> None:
    peak_of(2, tmp_path / "tables")  # what is read once and kept
    few, many = peak_of(8, tmp_path / "few"), peak_of(64, tmp_path / "many")
    # What grows is the description of each frame.
    assert many - few < 56 * FORM.length / 2
