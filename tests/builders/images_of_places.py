"""Series with several images of each place, as Orthanc describes them: echoes, Dixon, diffusion, a 4D CT."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.builders.orthanc_tags import slice_tags

MR: Mapping[str, Any] = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}
B_VALUE = "DiffusionBValue"
PHASE = "NominalPercentageOfRespiratoryPhase"

ECHOES: Sequence[Mapping[str, Any]] = [{**MR, "EchoTime": t, "EchoNumbers": n} for n, t in ((1, "2.46"), (2, "7.38"))]
DIXON: Sequence[Mapping[str, Any]] = [
    {**MR, "ImageType": f"DERIVED\\PRIMARY\\{word}\\NORM"} for word in ("W", "F", "IN_PHASE", "OPP_PHASE")
]
DIFFUSION: Sequence[Mapping[str, Any]] = [
    {**MR, B_VALUE: 0, "ImageType": "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE"},
    *(
        {
            **MR,
            B_VALUE: 1000,
            "ImageType": "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE",
            "DiffusionGradientOrientation": direction,
        }
        for direction in ("1\\0\\0", "0\\1\\0", "0\\0\\1")
    ),
    {**MR, B_VALUE: 1000, "ImageType": "DERIVED\\PRIMARY\\DIFFUSION\\TRACEW"},
    {**MR, "ImageType": "DERIVED\\PRIMARY\\DIFFUSION\\ADC"},
]
BREATHING: Sequence[Mapping[str, Any]] = [
    *({PHASE: str(10 * n), "ImageType": "ORIGINAL\\PRIMARY\\AXIAL"} for n in range(10)),
    {"ImageType": "DERIVED\\SECONDARY\\AXIAL\\AVERAGE"},
    {"ImageType": "DERIVED\\SECONDARY\\AXIAL", "DerivationDescription": "MIP of all phases"},
]


def repeated(variants: Sequence[Mapping[str, Any]], places: int = 8) -> list[dict[str, Any]]:
    """One slice of each place with each of these attributes, in the order of a bad day."""
    made = [
        slice_tags(3.0 * place, 1 + place, SOPInstanceUID=f"2.25.{1000 * number + place}", **variant)
        for number, variant in enumerate(variants)
        for place in range(places)
    ]
    random.Random(3).shuffle(made)
    return made
