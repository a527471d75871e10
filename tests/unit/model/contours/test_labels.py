"""Label maps find their place in the series by position: NIfTI in any orientation, .npy along the normal."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from model.contours.label_files import LabelMap, read_labels, read_names, whole_numbers
from model.contours.label_grid import boxes_of, on_grid
from model.contours.nifti_masks import affine_of, mask_file
from model.contours.structure import BoxedMask
from model.errors import InputRefused
from tests.builders import series

EVEN = [name for name in series.GEOMETRIES if name not in ("uneven spacing", "missing slices")]


def labels(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    made = np.random.default_rng(4).integers(0, 4, shape).astype(np.uint8)
    made[:, :2] = 0
    return made


@pytest.mark.parametrize("name", EVEN)
def test_nifti_on_the_grid_of_the_series_is_taken_voxel_for_voxel(name: str) -> None:
    geometry = series.geometry(series.GEOMETRIES[name])
    made = labels(geometry.shape)
    assert np.array_equal(on_grid(LabelMap(made.transpose(2, 1, 0), affine_of(geometry)), geometry), made)


ORDERS = list(itertools.product(itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)))


@pytest.mark.parametrize(("axes", "signs"), ORDERS)
def test_nifti_with_its_axes_in_any_order_and_direction_is_the_same(
    axes: tuple[int, ...], signs: tuple[int, ...], tmp_path: Path
) -> None:
    geometry = series.geometry(series.GEOMETRIES["not square"])
    made = labels(geometry.shape)
    image = nibabel.Nifti1Image(made.transpose(2, 1, 0), affine_of(geometry))
    turned = image.as_reoriented(np.array(list(zip(axes, signs, strict=True))))
    nibabel.save(turned, tmp_path / "labels.nii.gz")
    assert np.array_equal(on_grid(read_labels(tmp_path / "labels.nii.gz"), geometry), made)


@pytest.mark.parametrize("name", ["uneven spacing", "missing slices"])
def test_each_slice_takes_the_labels_at_its_own_position(name: str) -> None:
    geometry = series.geometry(series.GEOMETRIES[name])
    fine = series.geometry(replace(series.GEOMETRIES["axial"], offsets=tuple(0.5 * n for n in range(61))))
    made = np.broadcast_to(np.arange(1, 62, dtype=np.uint8)[:, None, None], fine.shape).copy()
    made[2 * 31 :] = 0
    inside = fine.offsets <= geometry.offsets[-1] + 0.1
    made[~inside] = 0
    placed = on_grid(LabelMap(made.transpose(2, 1, 0), affine_of(fine)), geometry)
    expected = np.rint((geometry.offsets - fine.offsets[0]) / 0.5) + 1
    assert placed[:, 5, 5].tolist() == expected.tolist()


def test_coarser_labels_take_the_nearest_voxel() -> None:
    geometry = series.geometry(series.GEOMETRIES["oblique"])
    coarse = affine_of(geometry) @ np.diag([2.0, 2.0, 1.0, 1.0])
    coarse[:3, 3] += (affine_of(geometry)[:3, :3] @ np.array([0.5, 0.5, 0.0])).T
    made = labels((geometry.shape[0], 32, 32))
    placed = on_grid(LabelMap(made.transpose(2, 1, 0), coarse), geometry)
    assert np.array_equal(placed, made.repeat(2, axis=1).repeat(2, axis=2))


@pytest.mark.parametrize("shift", [(500.0, 0, 0), (0, -60.0, 0), (0, 0, 12.0)])
def test_labels_outside_the_series_are_refused(shift: tuple[float, float, float]) -> None:
    geometry = series.geometry(series.GEOMETRIES["axial"])
    affine = affine_of(geometry)
    affine[:3, 3] += shift
    with pytest.raises(InputRefused, match="LABELS_OUTSIDE"):
        on_grid(LabelMap(np.ones(geometry.shape[::-1], np.uint8), affine), geometry)


def test_a_larger_grid_with_labels_inside_the_series_is_taken() -> None:
    geometry = series.geometry(series.GEOMETRIES["axial"])
    made = labels(geometry.shape)
    affine = affine_of(geometry)
    affine[:3, 3] -= affine[:3, :3] @ np.array([5.0, 6.0, 2.0])
    padded = np.pad(made, ((2, 1), (6, 3), (5, 4)))
    assert np.array_equal(on_grid(LabelMap(padded.transpose(2, 1, 0), affine), geometry), made)


@pytest.mark.parametrize("shape", [(7, 64, 64), (8, 64, 63), (64, 64, 8)])
def test_npy_of_another_shape_is_refused(shape: tuple[int, int, int]) -> None:
    geometry = series.geometry(series.GEOMETRIES["axial"])
    with pytest.raises(InputRefused, match="LABELS_SHAPE"):
        on_grid(LabelMap(np.zeros(shape, np.uint8), None), geometry)


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.full((2, 2, 2), 0.5), "LABELS_NUMBERS"),
        (np.full((2, 2, 2), np.nan), "LABELS_NUMBERS"),
        (np.full((2, 2, 2), np.inf), "LABELS_NUMBERS"),
        (np.full((2, 2, 2), -1), "LABELS_NUMBERS"),
        (np.full((2, 2, 2), 2**40), "LABELS_NUMBERS"),
        (np.full((2, 2, 2), 1j), "LABELS_NUMBERS"),
        (np.zeros((2, 2)), "LABELS_SHAPE"),
        (np.zeros((2, 2, 2, 2)), "LABELS_SHAPE"),
    ],
)
def test_what_is_no_label_map_is_refused(array: NDArray[np.generic], code: str) -> None:
    with pytest.raises(InputRefused, match=code):
        whole_numbers(array)


def test_whole_numbers_stored_as_floats_are_labels() -> None:
    assert whole_numbers(np.array([[[0.0, 3.0]]])).tolist() == [[[0, 3]]]


@pytest.mark.parametrize(("millimetres", "said"), [(0.3, False), (20.0, True)])
def test_nifti_whose_sform_and_qform_are_apart_is_taken_by_its_sform_and_said(
    millimetres: float, said: bool, tmp_path: Path
) -> None:
    geometry = series.geometry(series.GEOMETRIES["axial"])
    made = labels(geometry.shape)
    affine = affine_of(geometry)
    image = nibabel.Nifti1Image(made.transpose(2, 1, 0), affine)
    image.set_sform(affine, code=1)
    moved = affine.copy()
    moved[0, 3] += millimetres
    image.set_qform(moved, code=1)
    nibabel.save(image, tmp_path / "labels.nii")
    read = read_labels(tmp_path / "labels.nii")
    assert np.array_equal(on_grid(read, geometry), made)
    assert (read.remark is not None and f"{millimetres:.1f} mm apart" in read.remark) == said


def test_nifti_without_orientation_is_refused(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((4, 4, 4), np.uint8), None)
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    nibabel.save(image, tmp_path / "labels.nii")
    with pytest.raises(InputRefused, match="LABELS_NOWHERE"):
        read_labels(tmp_path / "labels.nii")


@pytest.mark.parametrize("name", ["labels.nii", "labels.nii.gz", "labels.npy", "labels.png"])
def test_a_file_that_is_no_label_map_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"no labels at all" * 100)
    with pytest.raises(InputRefused, match="LABELS_UNREADABLE"):
        read_labels(tmp_path / name)


def test_a_nifti_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 9, (30, 30, 30)).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(noise, np.eye(4)), tmp_path / "labels.nii.gz")
    whole = (tmp_path / "labels.nii.gz").read_bytes()
    (tmp_path / "labels.nii.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputRefused, match="LABELS_UNREADABLE"):
        read_labels(tmp_path / "labels.nii.gz")


@pytest.mark.parametrize("most", [3, 300, 70000, 10**9])
def test_each_label_has_its_own_box_however_large_its_number(most: int) -> None:
    made = np.zeros((3, 5, 6), np.uint32)
    made[0, 1, 2], made[1:, 2:4, 3:] = 2, most
    boxes = dict(boxes_of(made))
    assert sorted(boxes) == [2, most]
    assert all(np.array_equal(box.full((3, 5, 6)), made == label) for label, box in boxes.items())


@pytest.mark.parametrize(
    "text", ["", "[1]", '{"a": "Heart"}', '{"0": "Heart"}', '{"1": 5}', '{"1": "A", "1": "B"}', '{"1": " "}']
)
def test_a_names_file_that_names_nothing_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused, match="NAME"):
        read_names(tmp_path / "names.json")


@pytest.mark.parametrize("name", EVEN)
def test_masks_written_as_nifti_lie_where_the_series_lies(name: str, tmp_path: Path) -> None:
    geometry = series.geometry(series.GEOMETRIES[name])
    mask = labels(geometry.shape) > 1
    (tmp_path / "mask.nii.gz").write_bytes(mask_file(BoxedMask.crop(mask), geometry))
    image: Any = nibabel.load(tmp_path / "mask.nii.gz")
    corner = image.affine @ np.array([3, 4, geometry.shape[0] - 1, 1.0])
    plane = geometry.planes[-1]
    lps = (
        np.array(plane.position)
        + 3 * plane.spacing[1] * np.array(plane.row_direction)
        + 4 * plane.spacing[0] * np.array(plane.column_direction)
    )
    assert np.allclose(corner[:3] * (-1, -1, 1), lps, rtol=1e-6, atol=1e-2)
    assert np.array_equal(on_grid(read_labels(tmp_path / "mask.nii.gz"), geometry) > 0, mask)


@pytest.mark.parametrize("divisor", [3, 7, 127, 255, 1000])
@pytest.mark.parametrize("inter", [0.0, 10.0])
def test_labels_that_a_scale_in_single_precision_rounded_are_whole_numbers(divisor: int, inter: float) -> None:
    whole = np.arange(200).reshape(10, 20, 1)
    slope = np.float64(np.float32(1 / divisor))
    assert np.array_equal(whole_numbers((whole * divisor) * slope + np.float64(np.float32(inter)) - inter), whole)


@pytest.mark.parametrize("away", [0.002, 0.1, 0.5])
def test_what_is_further_from_whole_than_a_thousandth_is_refused(away: float) -> None:
    with pytest.raises(InputRefused, match="LABELS_NUMBERS"):
        whole_numbers(np.array([[[0.0, 1.0, 2.0 - away]]]))
