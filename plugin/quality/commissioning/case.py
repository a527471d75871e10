"""One case of a commissioning: a series and its approved structure set, and what a model draws there."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage, generate_uid

from model.compare.compare import compare_structure_sets
from model.compare.comparison import Comparison, RoiComparison
from model.compare.options import CompareOptions
from model.contours.structure import BoxedMask
from model.engines.engine import Algorithm, Engine
from model.errors import InputRefused
from model.pipeline.contour import ImageSeries, contour
from model.preview.planes import three_planes
from model.rtstruct.file import read_structure_set
from model.rtstruct.read import read_masks
from model.series.folder import Folder, Kind, kinds_of_files, open_folder
from model.series.geometry import SeriesGeometry
from model.volume.volume import Volume
from plugin.quality.commissioning.span import CaseFacts

DRAWN, APPROVED = (255, 120, 0), (0, 200, 90)
# Of one case.
MOST_PICTURES = 3


@dataclass(frozen=True)
class Case:
    """A series with its approved structure set; ``sex`` is F, M, or empty where it is not known."""

    folder: Folder
    approved: Dataset
    facts: CaseFacts
    sex: str


@dataclass(frozen=True)
class DrawnCase:
    """What a model made of a case; ``pictures`` are PNGs of the worst structures, by name."""

    algorithm: Algorithm
    comparison: Comparison
    remarks: tuple[str, ...]
    pictures: Mapping[str, bytes]


def open_case(path: Path) -> Case:
    """Read a folder with one series and its approved structure set; raises InputRefused with what is wrong."""
    folder = open_folder(path)
    approved = _approved(path)
    return case_of_files(folder, approved)


def case_of_files(folder: Folder, approved: Dataset) -> Case:
    """Return the case of a series with its approved structure set."""
    first = pydicom.dcmread(folder.files[0], stop_before_pixels=True)
    return Case(folder, approved, facts_of_folder(folder, first), _sex(first))


def draw_case(
    case: Case,
    engine: Engine,
    model: str,
    options: CompareOptions,
    progress: Callable[[float, str], None],
    limit: float | None = None,
) -> DrawnCase:
    """Draw the case with a model and compare with what was approved: reference is what the model drew.

    The worst structures whose surface Dice is below ``limit`` are pictured.
    """
    source = pydicom.dcmread(case.folder.files[0], stop_before_pixels=True)
    made = contour(
        ImageSeries(case.folder.geometry, case.folder.files, source, case.folder.headers),
        engine,
        model=model,
        series_uid=generate_uid(),
        instance_uid=generate_uid(),
        now=datetime.now(UTC).astimezone(),
        progress=progress,
    )
    drawn = pydicom.dcmread(io.BytesIO(made.structure_set.content))
    return compared_case(case, drawn, made.drawing.algorithm, made.remarks, options, limit, lambda: made.volume)


def compared_case(
    case: Case,
    drawn: Dataset,
    algorithm: Algorithm,
    remarks: Sequence[str],
    options: CompareOptions,
    limit: float | None,
    volume: Callable[[], Volume],
) -> DrawnCase:
    """Compare what was drawn on a case with what was approved; ``volume`` is asked for where something is pictured."""
    comparison = compare_structure_sets(drawn, case.approved, case.folder.geometry, options)
    pictures = {}
    if worst := _worst(comparison, limit):
        image, sets = volume(), (drawn, case.approved)
        pictures = {str(roi.name): _picture(image, roi, sets, case.folder.geometry) for roi in worst}
    return DrawnCase(algorithm, comparison, tuple(remarks), pictures)


def _worst(comparison: Comparison, limit: float | None) -> list[RoiComparison]:
    def number(roi: RoiComparison) -> float:
        return 1.0 if roi.metrics.surface_dice is None else roi.metrics.surface_dice

    below = [roi for roi in comparison.rois if roi.name is not None and limit is not None and number(roi) < limit]
    return sorted(below, key=number)[:MOST_PICTURES]


def facts_of_folder(folder: Folder, first: Dataset) -> CaseFacts:
    """Read what a commissioned range is about from a folder, as the facts of rules are told."""
    geometry = folder.geometry
    spacing = round(geometry.spacing_mm, 4)
    thickness = _number(first.get("SliceThickness"))
    covered = float(geometry.offsets[-1] - geometry.offsets[0])
    return CaseFacts(
        thickness=thickness or spacing or None,
        spacing=spacing if len(geometry.planes) > 1 else None,
        extent=round(covered + (thickness or spacing), 3),
        kernel=_text(first.get("ConvolutionKernel")),
        contrast=_text(first.get("ContrastBolusAgent")) is not None,
        scanner=scanner_class(_text(first.get("Manufacturer")), _text(first.get("ManufacturerModelName"))),
    )


def scanner_class(maker: str | None, model: str | None) -> str | None:
    """Return maker and model name as one text; None where neither is said."""
    return " ".join(word for word in (maker, model) if word) or None


def _approved(path: Path) -> Dataset:
    """Return the structure set of a folder: the only one, or the only one that is APPROVED."""
    found = []
    for file, kind in kinds_of_files(path):
        if kind is Kind.DICOM:
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["SOPClassUID", "ApprovalStatus"])
            if header.get("SOPClassUID") == RTStructureSetStorage:
                found.append((str(header.get("ApprovalStatus", "")), file))
    approved = [file for status, file in found if status == "APPROVED"] or [file for _, file in found]
    if not approved:
        raise InputRefused("NOT_RTSTRUCT", "The folder holds no structure set; put the approved one beside the images.")
    if len(approved) > 1:
        raise InputRefused(
            "COMMISSION_SEVERAL", f"The folder holds {len(approved)} structure sets that could be meant; leave one."
        )
    return read_structure_set(approved[0].read_bytes())


def _picture(volume: Volume, roi: RoiComparison, sets: tuple[Dataset, Dataset], geometry: SeriesGeometry) -> bytes:
    masks: list[BoxedMask | None] = []
    for dataset, own in zip(sets, (roi.name, roi.other_name), strict=True):
        rois = read_masks(dataset, geometry) if own is not None else ()
        masks.append(next((one.mask for one in rois if one.name == own and not one.mask.empty), None))
    words = (("drawn", DRAWN), ("approved", APPROVED))
    overlays = [(word, colour, mask) for (word, colour), mask in zip(words, masks, strict=True) if mask is not None]
    return three_planes(volume, overlays, height=300)


def _sex(first: Dataset) -> str:
    sex = _text(first.get("PatientSex")) or ""
    return sex if sex in ("F", "M") else ""


def _text(value: object) -> str | None:
    """Return a value as text; of several the first, None for none."""
    several = value if isinstance(value, pydicom.multival.MultiValue) else [value]
    text = str(several[0] if several and several[0] is not None else "").strip()
    return text or None


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
