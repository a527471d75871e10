"""Rules on series as a real Orthanc describes them: character sets, private and nested attributes, senders."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pydicom
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of, phantom_series

CREATOR = "ACME PROTOCOL 1.0"
CONDITIONS: dict[str, dict[str, Any]] = {
    "umlauts": {"StudyDescription": "SCHÄDEL*"},
    "kanji": {"StudyDescription": {"Pattern": "胸部"}},
    "cyrillic": {"StudyDescription": "грудь"},
    "padding": {"BodyPartExamined": "chest"},
    "decimal": {"SliceThickness": 5, "PixelSpacing": 3},
    "multi-valued": {"ImageType": "axial", "Not": {"ImageType": "LOCALIZER"}},
    "nested": {"RequestAttributesSequence.RequestedProcedureDescription": "*planning*"},
    "nested by tag": {"0040,0275.0032,1060": "*planning*"},
    "private": {f"0029,xx08:{CREATOR}": "Head*"},
    "private number": {f"0029,xx09:{CREATOR}": {"Min": 7}},
    "private binary": {f"0029,xx0a:{CREATOR}": {"Exists": True}},
    "own dictionary": {"AcmeProtocol": "Head*"},
    "empty is missing": {"ContrastBolusAgent": {"Exists": False}},
    "shape": {
        "Slices": 12,
        "Orientation": "AXIAL",
        "SpacingMm": 5,
        "Uniform": True,
        "ExtentMm": {"Min": 59, "Max": 61},
    },
    "origin": {"Origin": "RestApi", "RemoteIp": "127.*", "CallingAet": {"Exists": False}},
    "arrival": {"Weekday": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "Time": {"Min": "00:00", "Max": "23:59"}},
    "made by nobody": {"Anonymized": False, "Modified": False},
    "differs": {"InstanceNumber": 1},
    "differs within a range": {"InstanceNumber": {"Min": 1, "Max": 12}},
}


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., dict[str, bool]]]:
    """Store a series and say for each of the conditions whether it matched."""
    rules = [{"Name": name, "When": when, "Then": {"Model": "hu-ct"}} for name, when in CONDITIONS.items()]
    orthanc = OrthancProcess(
        tmp_path_factory.mktemp("rules"),
        section={"Rules": rules, "QuietSeconds": 600},
        options={"Dictionary": {"0029,1008": ["LO", "AcmeProtocol", 1, 1, CREATOR]}},
    ).start()

    def explain(slices: list[Dataset]) -> dict[str, bool]:
        series = orthanc.store_all(files_of(slices))
        answer = orthanc.post("/autocontour/routing/explain", json={"Series": series})
        assert answer.status_code == 200, answer.text
        return {rule["Name"]: rule["Matched"] for rule in answer.json()["Rules"]}

    yield explain
    orthanc.stop()


def full(**attributes: Any) -> list[Dataset]:
    """A phantom with all that the conditions ask for."""
    usual: dict[str, Any] = {"BodyPartExamined": "CHEST ", "SliceThickness": "5.000", "ContrastBolusAgent": ""}
    slices = phantom_series(**(usual | attributes))
    for one in slices:
        item = Dataset()
        item.RequestedProcedureDescription = "CT Planning thorax"
        one.RequestAttributesSequence = Sequence([item])
        block = one.private_block(0x29, CREATOR, create=True)
        block.add_new(0x08, "LO", "Head 1.0")
        block.add_new(0x09, "SL", 7)
        block.add_new(0x0A, "OB", b"\x00\x01")
    return slices


CHARACTER_SETS = {"umlauts", "kanji", "cyrillic"}


def test_every_kind_of_attribute_and_fact(explained: Callable[..., dict[str, bool]]) -> None:
    answer = explained(full())
    assert {name for name, matched in answer.items() if not matched} == CHARACTER_SETS | {"differs"}


@pytest.mark.parametrize(
    ("name", "charset", "description"),
    [
        ("umlauts", "ISO_IR 100", "Schädel nativ"),
        ("umlauts", "ISO_IR 192", "Schädel nativ"),
        ("kanji", ["ISO 2022 IR 6", "ISO 2022 IR 87"], "CT 胸部"),
        ("kanji", ["ISO 2022 IR 13", "ISO 2022 IR 87"], "CT 胸部"),
        ("kanji", ["", "ISO 2022 IR 87"], "CT 胸部"),
        ("kanji", "ISO_IR 192", "CT 胸部"),
        ("cyrillic", ["ISO 2022 IR 100", "ISO 2022 IR 144"], "ГРУДЬ"),
        ("cyrillic", "ISO_IR 144", "ГРУДЬ"),
    ],
)
def test_text_in_any_character_set(
    explained: Callable[..., dict[str, bool]], name: str, charset: Any, description: str
) -> None:
    answer = explained(full(SpecificCharacterSet=charset, StudyDescription=description))
    assert {other: answer[other] for other in CHARACTER_SETS} == {other: other == name for other in CHARACTER_SETS}


def test_a_series_whose_backslashes_come_as_yen_signs_has_its_shape(explained: Callable[..., dict[str, bool]]) -> None:
    answer = explained(full(SpecificCharacterSet="ISO_IR 13"))
    assert {name for name in ("shape", "multi-valued", "decimal") if not answer[name]} == set()


def test_a_bare_series_matches_only_what_it_has(explained: Callable[..., dict[str, bool]]) -> None:
    bare = phantom_series()
    for one in bare:
        for keyword in ("BodyPartExamined", "StudyDescription", "ContrastBolusAgent"):
            if keyword in one:
                delattr(one, keyword)
    answer = explained(bare)
    wrong = {"padding", "nested", "nested by tag", "private", "private number", "private binary", "own dictionary"}
    assert {name for name in wrong if answer[name]} == set()
    assert answer["empty is missing"]


def test_one_slice_that_differs_is_enough_for_no(explained: Callable[..., dict[str, bool]]) -> None:
    slices = full()
    slices[3].BodyPartExamined = "NECK"
    assert explained(slices)["padding"] is False


@pytest.mark.parametrize("charset", ["ISO_IR 13", ["ISO 2022 IR 13", "ISO 2022 IR 87"]], ids=["single byte", "kanji"])
def test_a_series_from_japan_gets_its_contours(orthanc: OrthancProcess, charset: Any) -> None:
    description = "ｷｮｳﾌﾞ" if charset == "ISO_IR 13" else "CT 胸部"
    slices = phantom_series(SpecificCharacterSet=charset, StudyDescription=description)
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert made.StudyDescription == description
