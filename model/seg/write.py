"""A drawing to a DICOM segmentation beside the RT structure set, through highdicom (the extra ``seg``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pydicom.valuerep import DA, TM

from model.contours.structure import Structure
from model.engines.engine import Algorithm, Drawing
from model.errors import InputRefused
from model.names.entry import Code, Entry
from model.names.naming import entries_for
from model.rtstruct.modules import ARTIFICIAL_INTELLIGENCE, MORPHOLOGICAL_OPERATIONS, PRODUCT
from model.seg.frames import images_in_order, name_frames, stand_ins
from model.series.geometry import SeriesGeometry

# Characters that VR LO may hold (DICOM PS3.5 6.2).
LO = 64


def segmentation(
    geometry: SeriesGeometry,
    sources: Sequence[Path] | Sequence[Dataset],
    drawing: Drawing,
    *,
    label: str,
    now: datetime,
) -> bytes:
    """Write a binary segmentation, one segment per structure, as a DICOM file.

    ``sources`` are the images of ``geometry.planes`` in any order, as files or as headers. Needs memory of one
    byte per voxel and structure, as highdicom takes overlapping segments as one array.

    Raises InputRefused when highdicom is not installed, or every structure is empty.
    """
    try:
        import highdicom
    except ImportError:
        raise InputRefused(
            "SEG_NOT_INSTALLED", 'DICOM segmentations need highdicom; install the extra "seg" of this package.'
        ) from None
    drawn = [structure for structure in drawing.structures if not structure.mask.empty]
    if not drawn:
        raise InputRefused("NOTHING_DRAWN", "Every structure is empty, so there is no segmentation to write.")
    entries = entries_for([structure.label for structure in drawn], drawing.names)
    images, originals = stand_ins(images_in_order(sources, geometry))
    made = highdicom.seg.Segmentation(
        source_images=images,
        pixel_array=_stack(drawn, geometry),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _description(highdicom, number, entry, drawing.algorithm) for number, entry in enumerate(entries, start=1)
        ],
        series_instance_uid=generate_uid(prefix=None),
        series_number=1,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        manufacturer=PRODUCT,
        manufacturer_model_name=drawing.algorithm.model[:LO],
        software_versions=version("orthanc-autocontour"),
        device_serial_number="1",
        series_description=label[:LO],
        content_label="AUTOCONTOUR",
        omit_empty_frames=True,
    )
    name_frames(made, originals)
    made["SoftwareVersions"].value = [version("orthanc-autocontour"), drawing.algorithm.version[:LO]]
    made.SeriesDate, made.SeriesTime = DA(now.date()), TM(now.time().replace(microsecond=0))
    stream = BytesIO()
    made.save_as(stream)
    return stream.getvalue()


def _stack(drawn: Sequence[Structure], geometry: SeriesGeometry) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(slice, row, column, segment) uint8."""
    stack = np.zeros((*geometry.shape, len(drawn)), dtype=np.uint8)
    for number, structure in enumerate(drawn):
        z, y, x = structure.mask.origin
        d, h, w = structure.mask.shape
        stack[z : z + d, y : y + h, x : x + w, number] = structure.mask.array
    return stack


def _description(highdicom: Any, number: int, entry: Entry, algorithm: Algorithm) -> Any:
    def concept(code: Code) -> Any:
        return highdicom.sr.CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)

    family = ARTIFICIAL_INTELLIGENCE if algorithm.trained else MORPHOLOGICAL_OPERATIONS
    description = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=entry.name,
        segmented_property_category=concept(entry.category),
        segmented_property_type=concept(entry.code),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=algorithm.model[:LO],
            family=concept(family),
            version=algorithm.version[:LO],
            source=PRODUCT,
            parameters={"sha256": algorithm.digest},
        ),
        tracking_uid=generate_uid(prefix=None),
        tracking_id=entry.name,
        display_color=highdicom.color.CIELabColor.from_rgb(*entry.colour),
    )
    if entry.laterality is not None:
        modifier = concept(entry.laterality)
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
    return description
