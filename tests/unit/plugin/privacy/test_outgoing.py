"""What would leave, as the administrator sees it: before and after, folded over the slices, and the very files."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from pydicom.dataset import Dataset

from plugin.privacy.outgoing import outgoing, write_zip
from tests.builders.enhanced_series import PHILIPS, enhanced
from tests.builders.marked import NAME, RECORD, ct, encoded
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned


def slices() -> list[bytes]:
    made = []
    for index in range(4):
        dataset = ct(index)
        item = Dataset()
        item.RequestedProcedureDescription = "Thörax"
        dataset.RequestAttributesSequence = [item]
        dataset.SpecificCharacterSet = "ISO_IR 100"
        made.append(encoded(dataset))
    return made


def rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["Keyword"]: row for row in document["Attributes"]}


def test_every_attribute_of_the_source_and_of_what_leaves_is_listed() -> None:
    files = slices()
    clean = cleaned(files)
    document = outgoing(files, clean)
    found = rows(json.loads(json.dumps(document)))
    assert found["PatientName"] | {"Reason": ""} == {
        "Tag": "0010,0010", "Keyword": "PatientName", "VR": "PN", "Action": "replaced",
        "Before": NAME, "After": clean.pseudonym, "Reason": "",
    }  # fmt: skip
    assert (found["PatientID"]["Before"], found["PatientBirthDate"]["Action"]) == (RECORD, "emptied")
    assert (found["SeriesDescription"]["Action"], found["SeriesDescription"]["After"]) == ("removed", None)
    assert (found["KVP"]["Action"], found["KVP"]["After"]) == ("kept", "120")
    assert found["PatientIdentityRemoved"]["Before"] is None
    nested = found["RequestAttributesSequence.RequestedProcedureDescription"]
    assert (nested["Before"], nested["Action"], nested["Tag"]) == ("Thörax", "removed", "0040,0275/0032,1060")
    assert document["Manifest"] == clean.list_digest
    assert all(row["Reason"] for row in found.values())


def test_differences_between_slices_are_folded() -> None:
    files = slices()
    found = rows(outgoing(files, cleaned(files)))
    position = found["ImagePositionPatient"]
    assert position["Action"] == "kept"
    assert (position["Before"]["Distinct"], len(position["Before"]["First"])) == (4, 3)
    assert found["SOPInstanceUID"]["After"]["Distinct"] == 4


def test_an_attribute_of_some_slices_only_is_said_to_be_so() -> None:
    files = slices()
    odd = ct(4)
    odd.PatientComments = "only here"
    files.append(encoded(odd))
    assert rows(outgoing(files, cleaned(files)))["PatientComments"]["Before"] == {
        "Distinct": 1, "Instances": 1, "First": ["only here"],
    }  # fmt: skip


def test_the_zip_holds_the_very_files_and_nothing_else() -> None:
    clean = cleaned(slices())
    buffer = io.BytesIO()
    write_zip(clean, buffer)
    with zipfile.ZipFile(buffer) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            **{file.name: file.data for file in clean}, "manifest.json": clean.manifest.to_json(),
        }  # fmt: skip
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_codes_that_we_write_are_shown_item_by_item() -> None:
    files = slices()
    found = rows(outgoing(files, cleaned(files)))
    assert found["DeidentificationMethodCodeSequence"]["After"] == "(1 items)"
    assert found["DeidentificationMethodCodeSequence.CodeValue"]["After"] == "113100"


def test_of_an_enhanced_object_each_frame_is_shown_as_the_slice_that_leaves() -> None:
    files = files_of(enhanced(phantom_series(Phantom(slices=6, size=32)), PHILIPS))
    found = rows(outgoing(files, cleaned(files)))
    for keyword in ("PixelSpacing", "SliceThickness", "RescaleIntercept", "ImagePositionPatient", "Modality"):
        assert found[keyword]["Action"] == "kept", keyword
    assert found["ImagePositionPatient"]["Before"]["Distinct"] == 6
    assert found["SOPClassUID"]["Action"] == "replaced"
    removed = found["PerFrameFunctionalGroupsSequence.FrameContentSequence.FrameAcquisitionDateTime"]
    assert (removed["Action"], removed["After"]) == ("removed", None)
