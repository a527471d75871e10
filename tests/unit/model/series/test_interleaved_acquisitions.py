"""Two acquisitions in one stack are found by their attributes and by their images; ordinary series raise no alarm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.samples.build import series
from model.samples.catalogue import SAMPLES
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from model.series.interleaved import interleaving_of
from model.volume.interleaved import alternates
from model.volume.load import load_volume
from plugin.cli import main
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned

COUNT = 24
Values = Sequence[object]


def headers(modality: str = "CT", **columns: Values) -> list[SliceHeader]:
    """Headers along the normal; each column gives the text of one attribute, slice by slice."""
    common = {"Modality": modality, "InstanceNumber": "1"}
    length = len(next(iter(columns.values())))
    return [
        SliceHeader.from_texts(common | {keyword: str(values[index]) for keyword, values in columns.items()})
        for index in range(length)
    ]


def in_turn(*values: object) -> list[object]:
    return [values[index % len(values)] for index in range(COUNT)]


# Slices of the first acquisition, then those between them.
EVERY_OTHER = [index // 2 + (COUNT // 2 if index % 2 else 0) for index in range(COUNT)]


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("AcquisitionNumber", (1, 2)),
        ("AcquisitionNumber", (3, 7, 9)),
        ("TemporalPositionIdentifier", (1, 2)),
        ("EchoTime", ("4.6", "92")),
        ("ImageType", ("ORIGINAL\\PRIMARY\\AXIAL", "ORIGINAL\\PRIMARY\\AXIAL\\OTHER")),
        ("ConvolutionKernel", ("B30f", "B60f")),
        ("KVP", ("80", "140")),
        ("SliceThickness", ("5", "2.5")),
        ("IrradiationEventUID", ("2.25.1", "2.25.2")),
    ],
)
def test_slices_of_acquisitions_in_turn_are_told_apart(modality: str, keyword: str, values: tuple[object, ...]) -> None:
    found = interleaving_of(headers(modality, **{keyword: in_turn(*values)}))
    assert found is not None
    assert (found.keyword, found.certain) == (keyword, True)
    assert [list(group) for group in found.groups] == [
        list(range(first, COUNT, len(values))) for first in range(len(values))
    ]


@pytest.mark.parametrize("keyword", ["AcquisitionTime", "TriggerTime", "ContentTime", "AcquisitionDateTime"])
def test_times_that_many_slices_share_tell_in_a_ct_and_not_in_an_mr(keyword: str) -> None:
    times = in_turn("101500", "101732")
    found = interleaving_of(headers("CT", **{keyword: times}))
    assert found is not None
    assert found.certain
    assert interleaving_of(headers("MR", **{keyword: times})) is None


def test_a_second_acquisition_of_a_part_is_found() -> None:
    column = ["1"] * 6 + ["1", "2"] * 5 + ["1"] * 8
    assert interleaving_of(headers(AcquisitionNumber=column)) is not None


@pytest.mark.parametrize("keyword", ["AcquisitionTime", "InstanceNumber"])
@pytest.mark.parametrize("back", [False, True], ids=["both ways alike", "there and back"])
def test_slices_that_were_taken_after_all_those_between_are_found_by_their_order(keyword: str, back: bool) -> None:
    order = [place if place < COUNT // 2 or not back else 3 * COUNT // 2 - 1 - place for place in EVERY_OTHER]
    values = [100000 + 3 * place for place in order]
    found = interleaving_of(headers("CT", **{keyword: values}))
    assert found is not None
    assert (found.keyword, found.certain) == (keyword, False)
    assert interleaving_of(headers("MR", **{keyword: values})) is None


@pytest.mark.parametrize(
    "values",
    [
        list(range(COUNT)),
        list(range(COUNT, 0, -1)),
        [7] * COUNT,
        [1] * 12 + [2] * 12,
        [1] * 8 + [2] * 8 + [3] * 8,
        [1] * 10 + [2] * 4 + [1] * 10,
        [index // 4 for index in range(COUNT)],
        [1] * (COUNT - 1) + [2],
        [""] * COUNT,
        ["", "1"] * (COUNT // 2),
    ],
    ids=repr,
)
@pytest.mark.parametrize("keyword", ["AcquisitionNumber", "AcquisitionTime", "InstanceNumber", "ContentTime"])
def test_ordinary_numbers_and_times_raise_no_alarm(keyword: str, values: Values) -> None:
    assert interleaving_of(headers("CT", **{keyword: values})) is None


@given(st.permutations(list(range(COUNT))), st.sampled_from(["InstanceNumber", "AcquisitionTime"]))
def test_whatever_order_numbers_are_in_nothing_is_certain_of_a_single_acquisition(
    order: list[int], keyword: str
) -> None:
    found = interleaving_of(headers("CT", **{keyword: order}))
    assert found is None or not found.certain


def breathing(move: Callable[[int], int]) -> NDArray[np.int16]:
    """(slice, row, column) HU: a body whose inner border wanders with height; ``move`` is in rows, by slice."""
    noise = np.random.default_rng(5)
    row, column = np.mgrid[:96, :96]
    made = []
    for index in range(COUNT):
        centre = 30 + index + move(index)
        image = np.where((row - 48) ** 2 + (column - 48) ** 2 < 42**2, 20.0, -1000.0)
        image[((row - centre) / 9) ** 2 + ((column - 40) / 14) ** 2 < 1] = -800
        made.append(image + noise.normal(0, 10, image.shape))
    return np.array(made).astype(np.int16)


@pytest.mark.parametrize("millimetres", [3, 5, 12])
def test_every_other_slice_of_another_breath_is_seen(millimetres: int) -> None:
    assert alternates(breathing(lambda index: millimetres * (index % 2)))


def test_another_breath_in_a_part_of_the_stack_is_seen() -> None:
    assert alternates(breathing(lambda index: 6 * (index % 2) if index > 12 else 0))


@pytest.mark.parametrize(
    "array",
    [
        breathing(lambda _: 0),
        breathing(lambda index: 8 if index > 12 else 0),
        breathing(lambda index: 8 if index == 12 else 0),
        np.zeros((COUNT, 32, 32), np.int16),
        np.random.default_rng(3).normal(0, 20, (COUNT, 64, 64)).astype(np.int16),
        np.repeat(np.random.default_rng(3).normal(0, 20, (1, 64, 64)), COUNT, axis=0).astype(np.float32),
        breathing(lambda index: 12 * (index % 2))[:5],
    ],
    ids=["one breath", "one jump", "one slice moved", "nothing", "noise", "the same slice", "too few to tell"],
)
def test_images_of_one_acquisition_raise_no_alarm(array: NDArray[np.int16]) -> None:
    assert not alternates(array)


def test_gain_that_differs_between_files_is_rescaled_before_images_are_compared() -> None:
    slices = phantom_series(Phantom(slices=COUNT))
    for index, (one, image) in enumerate(zip(slices, breathing(lambda _: 0), strict=True)):
        one.Rows = one.Columns = 96
        slope = 2 if index % 2 else 1
        one.PixelData = ((image + 1024) // slope).astype("<i2").tobytes()
        one.RescaleSlope, one.RescaleIntercept = slope, -1024
    assert not cleaned(files_of(slices[::-1])).alternating
    for one, image in zip(slices, breathing(lambda index: 6 * (index % 2)), strict=True):
        one.PixelData, one.RescaleSlope, one.RescaleIntercept = image.tobytes(), 1, 0
    assert cleaned(files_of(slices[::-1])).alternating


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_real_series_raises_an_alarm(name: str) -> None:
    paths = sorted(series(name).glob("*.dcm"))
    found = [SliceHeader.from_dataset(pydicom.dcmread(path, stop_before_pixels=True)) for path in paths]
    geometry = geometry_of(found)
    place = {plane.sop_instance_uid: index for index, plane in enumerate(geometry.planes)}
    assert interleaving_of(sorted(found, key=lambda header: place[header.sop_instance_uid])) is None
    assert not alternates(load_volume(paths, geometry).array)


def folder_of(tmp_path: Path, **columns: Values) -> Path:
    slices = phantom_series(Phantom(slices=COUNT))
    for keyword, values in columns.items():
        for one, value in zip(slices, values, strict=True):
            setattr(one, keyword, value)
    for number, file in enumerate(files_of(slices)):
        (tmp_path / f"{number:04}.dcm").write_bytes(file)
    return tmp_path


def test_the_command_refuses_acquisitions_that_lie_between_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ct").mkdir()
    folder = folder_of(tmp_path / "ct", AcquisitionNumber=in_turn(1, 2))
    assert main(["segment", str(folder), "-o", str(tmp_path / "out.dcm")]) == 1
    said = capsys.readouterr()
    assert "AcquisitionNumber" in said.err + said.out
    assert not (tmp_path / "out.dcm").exists()


def test_the_command_flags_what_only_the_order_of_slices_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ct").mkdir()
    folder = folder_of(tmp_path / "ct", InstanceNumber=[1 + place for place in EVERY_OTHER])
    assert main(["segment", str(folder), "-o", str(tmp_path / "out.dcm")]) == 0
    made = pydicom.dcmread(tmp_path / "out.dcm")
    assert made.StructureSetROISequence
    assert all("two acquisitions" in roi.ROIDescription for roi in made.StructureSetROISequence)
    assert "two acquisitions" in capsys.readouterr().out
