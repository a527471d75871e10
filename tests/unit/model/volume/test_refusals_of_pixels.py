"""What is wrong with pixels is said with the attribute and with whether sending again can help; never with a value."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydicom.dataset import Dataset

from model.errors import InputRefused
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from model.volume.load import load_volume
from tests.builders.phantom import phantom_series

NO_HELP = "Sending it again as it is does not help"
SEND = "Send the series again"


def setting(**values: object) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change


@pytest.mark.parametrize(
    ("change", "code", "named", "again"),
    [
        (lambda one: delattr(one, "PixelData"), "PIXELS_UNREADABLE", "PixelData of a slice is missing", SEND),
        (lambda one: setattr(one, "PixelData", one.PixelData[:90]), "PIXELS_UNREADABLE", "PixelData of a slice", SEND),
        (setting(SamplesPerPixel=3), "PIXELS_SHAPE", "SamplesPerPixel of a slice is not 1", NO_HELP),
        (setting(NumberOfFrames=2), "PIXELS_SHAPE", "NumberOfFrames of a slice is not 1", NO_HELP),
        (setting(RescaleSlope="0"), "PIXELS_RESCALE", "RescaleSlope of a slice is not above 0", NO_HELP),
        (setting(ModalityLUTSequence=[Dataset()]), "VALUES_TABLE", "ModalityLUTSequence", NO_HELP),
    ],
)
def test_a_refusal_names_the_attribute_and_whether_sending_again_helps(
    change: Callable[[Dataset], None], code: str, named: str, again: str
) -> None:
    slices = phantom_series()
    geometry = geometry_of(map(SliceHeader.from_dataset, slices))
    change(slices[3])
    with pytest.raises(InputRefused) as refused:
        load_volume(slices, geometry)
    assert refused.value.code == code
    assert named in refused.value.message
    assert again in refused.value.message
