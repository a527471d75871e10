"""What images are, by the words of ImageType and descriptions: plain, or made from others."""

from __future__ import annotations

import pytest

from plugin.facts.orthanc_item import OrthancItem
from plugin.facts.reconstruction import image_kind, kind_of_texts
from routing.candidates import AVERAGE, CALCULATED, DERIVED, PLAIN, PROJECTION, REFORMAT
from tests.builders.orthanc_tags import tags


@pytest.mark.parametrize(
    ("image_type", "kind"),
    [
        ("ORIGINAL\\PRIMARY\\AXIAL", PLAIN),
        ("ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI", PLAIN),
        ("ORIGINAL\\PRIMARY\\AXIAL\\HELIX", PLAIN),
        ("ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE", PLAIN),
        ("", PLAIN),
        ("DERIVED\\PRIMARY\\AXIAL", DERIVED),
        ("DERIVED\\SECONDARY\\AXIAL\\CT_SOM5 MPR", REFORMAT),
        ("DERIVED\\SECONDARY\\OTHER\\CSA MPR\\\\CSAPARALLEL", REFORMAT),
        ("DERIVED\\SECONDARY\\REFORMATTED\\AVERAGE", REFORMAT),
        ("DERIVED\\SECONDARY\\AXIAL\\CT_SOM5 MIP", PROJECTION),
        ("DERIVED\\SECONDARY\\MIN_IP", PROJECTION),
        ("DERIVED\\PRIMARY\\AXIAL\\AVERAGE", AVERAGE),
        ("DERIVED\\PRIMARY\\PERFUSION\\CBF", CALCULATED),
        ("DERIVED\\PRIMARY\\VOLUME\\VMI", CALCULATED),
    ],
)
def test_image_type_says_it(image_type: str, kind: str) -> None:
    assert kind_of_texts(image_type) == kind


@pytest.mark.parametrize(
    ("derivation", "description", "kind"),
    [
        ("Multiplanar reformatting, MPR", "", REFORMAT),
        ("", "Thorax MIP 10 mm", PROJECTION),
        ("", "4D AVG", AVERAGE),
        ("", "Chest 1.0 Br40", PLAIN),
        ("", "Perfusion of the liver, venous", PLAIN),
        ("", "Hippocampus", PLAIN),
    ],
)
def test_descriptions_count_for_the_words_of_the_table(derivation: str, description: str, kind: str) -> None:
    assert kind_of_texts("ORIGINAL\\PRIMARY\\AXIAL", derivation, description) == kind


def test_the_worst_slice_tells_the_kind_of_a_series() -> None:
    plain = OrthancItem(tags(ImageType="ORIGINAL\\PRIMARY\\AXIAL"))
    mip = OrthancItem(tags(ImageType="DERIVED\\SECONDARY\\AXIAL\\MIP"))
    assert image_kind([plain, mip, plain]) == PROJECTION
    assert image_kind([plain]) == image_kind([]) == PLAIN
