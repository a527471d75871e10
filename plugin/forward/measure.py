"""Measures the structures that came back, on the slices that were sent; runs in a worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pydicom

from model.pipeline.draw import IMAGES, STRUCTURE_SET
from model.rtstruct.read import Masks, RoiMask, read_masks
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader
from plugin.jobs.details import DrawnRoi, JobDetails, NotDrawn, UsedAlgorithm


@dataclass(frozen=True)
class Measured:
    """What of a returned structure set can be read: ``rois`` and ``not_drawn`` as a job lists them.

    ``unread`` are the numbers of ROIs that cannot; None stands for those without a usable number.
    """

    rois: tuple[DrawnRoi, ...]
    not_drawn: tuple[NotDrawn, ...]
    warnings: tuple[str, ...]
    unread: frozenset[int | None]

    def of_a_part(self, slices: int, sent: int) -> Measured:
        """Flag the same as of a structure set that answers for a part of the slices that were sent."""
        words = f"The structure set that came back answers for {slices} of the {sent} slices that were sent."
        return replace(
            self,
            rois=tuple(roi.model_copy(update={"flags": (*roi.flags, "PARTIAL")}) for roi in self.rois),
            warnings=(*self.warnings, words),
        )

    @property
    def details(self) -> JobDetails:
        """For the details of a job; a node says neither what drew nor how long it took."""
        return JobDetails(
            rois=self.rois,
            not_drawn=self.not_drawn,
            warnings=self.warnings,
            algorithm=UsedAlgorithm(version="0", digest=""),
        )


def measure(folder: Path) -> Measured:
    """Read what came back on the slices that were sent; raises InputRefused when nothing of it can be."""
    headers = (pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((folder / IMAGES).glob("*.dcm")))
    geometry = geometry_of(SliceHeader.from_dataset(header) for header in headers)
    masks = read_masks(pydicom.dcmread(folder / STRUCTURE_SET), geometry)
    return Measured(
        tuple(_roi(roi, geometry) for roi in masks),
        tuple(NotDrawn(label=one.label, reason=f"not stored: {one.reason}") for one in masks.unread),
        tuple(_warnings(masks)),
        frozenset(one.number for one in masks.unread),
    )


def _roi(roi: RoiMask, geometry: SeriesGeometry) -> DrawnRoi:
    row_mm, column_mm = geometry.common.spacing
    volume = 0.0
    if not roi.mask.empty:
        counts = roi.mask.array.sum(axis=(1, 2))
        start = roi.mask.origin[0]
        volume = float(geometry.thicknesses[start : start + len(counts)] @ counts) * row_mm * column_mm / 1000
    flags = ("OFF_GRID",) if roi.off_grid else ()
    return DrawnRoi(number=roi.number, name=roi.name, full_name=roi.name, volume=round(volume, 2), flags=flags)


def _warnings(masks: Masks) -> Iterator[str]:
    if masks.unread:
        listed = ", ".join(one.label for one in masks.unread)
        yield f"{len(masks.unread)} ROI(s) that came back cannot be read and were not stored ({listed})."
    if off := [f"ROI {roi.number}" for roi in masks if roi.off_grid]:
        yield f"Contours of {len(off)} ROI(s) lie on no slice that was sent ({', '.join(off)})."
    if cut := [f"ROI {roi.number}" for roi in masks if roi.cut]:
        yield (
            f"{len(cut)} ROI(s) reach beyond the rows or columns of the images; what lies there is not in their "
            f"volumes ({', '.join(cut)})."
        )
    if overlapping := [f"ROI {roi.number}" for roi in masks if roi.overlapping]:
        yield (
            f"Contours of {len(overlapping)} ROI(s) partly overlap in one plane; what two of them share is not in "
            f"their volumes ({', '.join(overlapping)})."
        )
    if sparse := [f"ROI {roi.number}" for roi in masks if 3 * roi.bare[0] >= roi.bare[1] > 0]:
        yield (
            f"{len(sparse)} ROI(s) have no contour on a third or more of the slices between their ends, which makes "
            f"their volumes small ({', '.join(sparse)})."
        )
    if elsewhere := [f"ROI {roi.number}" for roi in masks if roi.elsewhere]:
        yield (
            f"Contours of {len(elsewhere)} ROI(s) name another image than the one they lie on ({', '.join(elsewhere)})."
        )
    if masks.nobodys:
        yield f"{masks.nobodys} set(s) of contours that came back belong to no ROI."
