"""DICOM series with several images of each place: echoes, Dixon, diffusion, a 4D CT, as a scanner sends them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydicom import Dataset
from pydicom.uid import UID, MRImageStorage

from tests.builders.phantom import Phantom, phantom_series

PHASE = "NominalPercentageOfRespiratoryPhase"
Variants = Sequence[Mapping[str, Any]]

ECHOES: Variants = [{"EchoTime": time, "EchoNumbers": number} for number, time in ((1, "2.46"), (2, "7.38"))]
DIXON: Variants = [{"ImageType": ["DERIVED", "PRIMARY", word, "NORM"]} for word in ("W", "F", "IN_PHASE", "OPP_PHASE")]
_TAKEN, _RECKONED = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"], ["DERIVED", "PRIMARY", "DIFFUSION"]
DIFFUSION: Variants = [
    {"DiffusionBValue": 0.0, "ImageType": _TAKEN},
    *(
        {"DiffusionBValue": 1000.0, "ImageType": _TAKEN, "DiffusionGradientOrientation": direction}
        for direction in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    ),
    {"DiffusionBValue": 1000.0, "ImageType": [*_RECKONED, "TRACEW"]},
    {"ImageType": [*_RECKONED, "ADC"]},
]
BREATHING: Variants = [
    *({PHASE: 10.0 * n, "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]} for n in range(10)),
    {"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "AVERAGE"]},
    {"ImageType": ["DERIVED", "SECONDARY", "AXIAL"], "DerivationDescription": "MIP of all phases"},
]


def volumes(variants: Variants, *, modality: str = "CT", places: int = 6, shuffled: bool = True) -> list[Dataset]:
    """A fresh phantom with one image of each place for each of the variants; UIDs end with the variant's number."""
    study = f"2.25.{uuid.uuid4().int}"
    first = phantom_series(Phantom(slices=places), key=uuid.uuid4().hex, study=study)
    made = []
    for number, variant in enumerate(variants):
        for one in deepcopy(first):
            one.SOPInstanceUID = UID(f"{str(one.SOPInstanceUID)[:50]}.{number}")
            one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
            one.InstanceNumber = int(one.InstanceNumber) + places * number
            if modality == "MR":
                one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = MRImageStorage
                one.Modality = "MR"
            for keyword, value in variant.items():
                setattr(one, keyword, value)
            made.append(one)
    if shuffled:
        random.Random(5).shuffle(made)
    return made


def variants_in(rtstruct: Dataset) -> set[int]:
    """Which of the variants the images are of that a structure set refers to."""
    (frame,) = rtstruct.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (series,) = study.RTReferencedSeriesSequence
    return {int(image.ReferencedSOPInstanceUID.rsplit(".", 1)[1]) for image in series.ContourImageSequence}
