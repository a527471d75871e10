"""The self-check knows the patient: what the source says about him is found wherever it would leave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pydicom.dataset import Dataset

from model.errors import PrivacyRefused
from plugin.privacy.markers import Markers
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.reading import read
from plugin.privacy.selfcheck import PixelSearch
from tests.builders.marked import RECORD, ROOT, ct, encoded
from tests.builders.untouched import cleaned


def markers_of(dataset: Dataset) -> Markers:
    found = Markers()
    found.collect(read(encoded(dataset)))
    return found


def test_names_numbers_dates_and_uids_become_markers_wherever_they_stand() -> None:
    dataset = ct(0)
    item = Dataset()
    item.RequestedProcedureDescription = "knee of Ms Birnbaum"
    item.PatientID = "12-345-678"
    dataset.RequestAttributesSequence = [item]
    block = dataset.private_block(0x0011, "VENDOR", create=True)
    block.add_new(0x01, "OB", b"\x00\x01name=Fichtenberg;\x00\x00")
    found = markers_of(dataset)
    assert {b"birnbaum", b"fichtenberg", b"quintilla", b"vendor", b"knee"} <= found.words
    assert {RECORD.encode(), b"19470811", b"12345678"} <= found.numbers
    assert any(uid.startswith(ROOT.encode()) for uid in found.uids)


def test_measurements_in_free_text_are_no_markers() -> None:
    dataset = ct(0)
    dataset.ImageComments = "spacing 0.9765625 at -120.5 and 1.2345678e-05"
    found = markers_of(dataset)
    assert not {b"9765625", b"1205", b"2345678"} & found.numbers
    assert len(cleaned([encoded(dataset)])) == 1


def test_a_patient_named_like_a_term_of_the_profile_can_be_contoured() -> None:
    for name in ("Head^Neck", "Axial^Original", "Ches^T"):
        dataset = ct(0)
        dataset.PatientName = name
        assert len(cleaned([encoded(dataset)])) == 1


def test_a_record_number_in_a_kept_number_is_found() -> None:
    dataset = ct(0)
    dataset.PatientID = "976562"
    assert len(cleaned([encoded(dataset)])) == 1
    dataset.PatientID = "9765625"
    with pytest.raises(PrivacyRefused) as refused:
        cleaned([encoded(dataset)])
    assert refused.value.findings == {"SELF_CHECK_NUMBER": 1}


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 501])
def test_text_among_pixels_is_found_at_every_offset(offset: int) -> None:
    noise = np.random.default_rng(4).integers(0, 65536, 5000, dtype=np.uint16).tobytes()
    search = PixelSearch({b"Fichtenberg", b"86753091"})
    for text in (b"Fichtenberg", b"86753091"):
        assert search.found(memoryview(noise[:offset] + text + noise[offset + len(text) :]))
    assert not search.found(memoryview(noise))


def test_pixels_of_a_scanner_are_passed_by_their_range() -> None:
    pixels = np.random.default_rng(5).integers(-1024, 3071, 512 * 512, dtype=np.int16)
    assert not PixelSearch({b"Fichtenberg"}).found(memoryview(pixels.tobytes()))
    assert not PixelSearch(set()).found(memoryview(pixels.tobytes()))


def test_pseudonyms_agree_within_a_transfer_and_not_between_two() -> None:
    one, two = TransferKey.new("a"), TransferKey.new("b")
    assert one.uid("1.2.3") == one.uid("1.2.3") != one.uid("1.2.4")
    assert one.uid("1.2.3") != two.uid("1.2.3")
    assert one.originals(["1.2.3"]) == {one.uid("1.2.3"): "1.2.3"}
    assert one.secret.hex() not in repr(one)


def series(change: Callable[[Dataset, int], None], slices: int = 8) -> list[bytes]:
    made = [ct(index) for index in range(slices)]
    for index, dataset in enumerate(made):
        change(dataset, index)
    return [encoded(one) for one in made]


def refused_for(files: list[bytes]) -> dict[str, int]:
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(files)
    return refused.value.findings


def test_six_digits_that_one_position_of_many_has_by_chance_are_no_finding() -> None:
    def oblique(dataset: Dataset, index: int) -> None:
        dataset.PatientID = "642578"
        dataset.ImagePositionPatient = [f"-{120 + index}.64257{index}", "-120.5", f"{index}.0"]

    assert len(cleaned(series(oblique))) == 8


def test_six_digits_that_every_slice_has_are_a_finding() -> None:
    def constant(dataset: Dataset, index: int) -> None:
        dataset.PatientID = "642578"
        dataset.ImagePositionPatient = ["-120.642578", "-120.5", f"{index}.0"]

    assert refused_for(series(constant)) == {"SELF_CHECK_NUMBER": 1}


def test_a_birth_date_in_one_slice_is_a_finding() -> None:
    def once(dataset: Dataset, index: int) -> None:
        if index == 3:
            dataset.SliceThickness = "1.19470811"

    assert refused_for(series(once)) == {"SELF_CHECK_NUMBER": 1}


def test_numbers_of_private_elements_count_only_when_long_and_in_most_slices() -> None:
    def private(number: str, everywhere: bool) -> Callable[[Dataset, int], None]:
        def change(dataset: Dataset, index: int) -> None:
            dataset.private_block(0x0029, "MADE UP", create=True).add_new(0x01, "OB", f"id={number};".encode())
            if everywhere or index == 0:
                dataset.SliceThickness = f"1.{number}"

        return change

    assert len(cleaned(series(private("7654321", everywhere=True)))) == 8
    assert len(cleaned(series(private("76543219", everywhere=False)))) == 8
    assert refused_for(series(private("76543219", everywhere=True))) == {"SELF_CHECK_NUMBER": 1}


def test_round_fractions_and_times_of_day_are_no_findings() -> None:
    def change(dataset: Dataset, index: int) -> None:
        dataset.PatientID = "500000"
        dataset.AcquisitionTime = "125000.250000"
        dataset.ImagePositionPatient = ["-120.500000", "-120.125000", f"{index}.250000"]

    assert len(cleaned(series(change))) == 8
