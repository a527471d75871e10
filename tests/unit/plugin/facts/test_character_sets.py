"""Text in character sets that Orthanc decodes wrongly is read from the file."""

from __future__ import annotations

import io
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from plugin.facts.character_sets import MOST_FILES, original_texts, slices_to_read
from plugin.facts.series import facts_of
from routing.names import FactName, parse_steps
from tests.builders.orthanc_tags import series, slice_tags, stack

JAPANESE = "ISO 2022 IR 13¥ISO 2022 IR 87"
# What Orthanc 1.10.1 makes of "CT 胸部" and "山田^太郎" in that character set.
MANGLED, MANGLED_NAME = "CT 6;It", "Yamada^Tarou=;3ED^B@O:"


def file_of(description: str = "CT 胸部") -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = ["ISO 2022 IR 13", "ISO 2022 IR 87"]
    dataset.SeriesDescription = description
    dataset.PatientName = "Yamada^Tarou=山田^太郎"
    item = Dataset()
    item.RequestedProcedureDescription = description
    dataset.RequestAttributesSequence = Sequence([item])
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    return buffer.getvalue()


def mangled(**attributes: Any) -> dict[str, dict[str, Any]]:
    usual = {
        "SpecificCharacterSet": JAPANESE,
        "SeriesDescription": MANGLED,
        "PatientName": MANGLED_NAME,
        "RequestAttributesSequence": [{"RequestedProcedureDescription": MANGLED}],
    }
    return series(*stack(5, **(usual | attributes)))


def shown(instances: dict[str, dict[str, Any]], name: str, **options: Any) -> Any:
    return facts_of(instances, **options).attribute(FactName(name, parse_steps(name))).shown


def test_one_file_is_enough_for_slices_of_one_text() -> None:
    instances = mangled()
    assert slices_to_read(instances) == ("instance-0",)
    originals = original_texts(instances, {"instance-0": file_of()})
    assert shown(instances, "SeriesDescription", originals=originals) == "CT 胸部"
    assert shown(instances, "PatientName", originals=originals) == "Yamada^Tarou=山田^太郎"
    path = "RequestAttributesSequence.RequestedProcedureDescription"
    assert shown(instances, path, originals=originals) == "CT 胸部"


def test_slices_of_other_text_are_read_too_up_to_a_limit() -> None:
    slices = [slice_tags(n, n, SpecificCharacterSet=JAPANESE, ImageComments=f"n {n}") for n in range(MOST_FILES + 9)]
    assert len(slices_to_read(series(*slices))) == MOST_FILES


@pytest.mark.parametrize("plain", ["ISO_IR 100", "ISO_IR 192", "\\ISO 2022 IR 87", "ISO_IR 13", "", "GB18030"])
def test_other_series_need_no_file(plain: str) -> None:
    assert slices_to_read(series(*stack(3, SpecificCharacterSet=plain))) == ()


@pytest.mark.parametrize("extended", ["ISO 2022 IR 6\\ISO 2022 IR 87", JAPANESE, "\\ISO 2022 IR 87\\ISO 2022 IR 159"])
def test_series_with_code_extensions_do(extended: str) -> None:
    assert slices_to_read(series(*stack(3, SpecificCharacterSet=extended))) == ("instance-0",)


@pytest.mark.parametrize("charset", ["ISO_IR 13", JAPANESE])
def test_yen_signs_between_values_are_backslashes(charset: str) -> None:
    plain = stack(5, SpecificCharacterSet=charset)
    for one in plain:
        for element in one.values():
            element["Value"] = element["Value"].replace("\\", "¥")
    assert shown(series(*plain), "ImageType") == ["ORIGINAL", "PRIMARY", "AXIAL"]
    facts = facts_of(series(*plain)).named
    assert (facts["Orientation"].shown, facts["SpacingMm"].shown) == ("AXIAL", 3.0)


def test_yen_signs_of_other_character_sets_are_yen_signs() -> None:
    assert shown(series(*stack(2, SeriesDescription="¥1")), "SeriesDescription") == "¥1"


@pytest.mark.parametrize("broken", [b"", b"no DICOM", b"\0" * 500, file_of()[:60]])
def test_a_file_that_cannot_be_read_leaves_what_orthanc_gave(broken: bytes) -> None:
    instances = mangled()
    originals = original_texts(instances, {"instance-0": broken, "unknown": file_of()})
    assert shown(instances, "SeriesDescription", originals=originals) == MANGLED
