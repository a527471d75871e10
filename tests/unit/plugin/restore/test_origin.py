"""A restored structure set names model, version, digest and evidence where a later reader looks, whoever wrote it."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from plugin.deliver.profiles import PROFILES
from plugin.deliver.shaping import Shape
from plugin.restore.origin import Origin
from plugin.settings.shaping import ProfileName, Shaping
from tests.unit.model.rtstruct.test_validators import dciodvfy, validator_errors
from tests.unit.plugin.restore.test_restore import Journey, altered, journey

CODE, PRINTED = "7K2M9QXA4TDC0HWE", "7K2M-9QXA-4TDC-0HWE"
ORIGIN = Origin(CODE, "hu-ct", "1.4", "cd" * 32)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    return journey(tmp_path_factory.mktemp("vault"))


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def bare(dataset: Dataset) -> None:
    """As a vendor writes it: nothing is said of what drew."""
    for keyword in ("ContributingEquipmentSequence", "StructureSetDescription"):
        if keyword in dataset:
            delattr(dataset, keyword)
    for roi in dataset.StructureSetROISequence:
        for keyword in ("ROIDerivationAlgorithmIdentificationSequence", "ROIGenerationDescription"):
            if keyword in roi:
                delattr(roi, keyword)


@pytest.mark.parametrize("vendor", [False, True], ids=["ours", "a vendor's"])
def test_all_four_stand_in_the_description_and_in_the_contributing_equipment(
    sent: Journey, vendor: bool, tmp_path: Path
) -> None:
    returned = altered(sent.returned, bare) if vendor else sent.returned
    content = sent.restored(rtstruct=returned, origin=ORIGIN, remarks=("Look at it.",))
    restored = read(content)
    said = str(restored.StructureSetDescription)
    *others, gateway = restored.ContributingEquipmentSequence
    assert len(others) == (0 if vendor else 1), "what drew says so itself where it is ours"
    for text in (said, str(gateway.ContributionDescription)):
        assert all(part in text for part in ("hu-ct", "1.4", "cd" * 32, PRINTED))
    assert said.startswith("Look at it. ")
    assert (gateway.Manufacturer, gateway.PurposeOfReferenceCodeSequence[0].CodeValue) == (
        "orthanc-autocontour",
        "109103",
    )
    path = tmp_path / "restored.dcm"
    path.write_bytes(content)
    assert (dciodvfy(path), validator_errors(path)) == ([], 0)


@pytest.mark.parametrize("profile", PROFILES)
def test_each_destination_gets_it_too(sent: Journey, profile: ProfileName, tmp_path: Path) -> None:
    content = Shape(Shaping(Profile=profile, Names="TG-263")).made(sent.restored(origin=ORIGIN), "hu-ct").content
    (tmp_path / "sent.dcm").write_bytes(content)
    assert (dciodvfy(tmp_path / "sent.dcm"), validator_errors(tmp_path / "sent.dcm")) == ([], 0)
    delivered = read(content)
    for said in (
        delivered.StructureSetDescription,
        delivered.ContributingEquipmentSequence[-1].ContributionDescription,
    ):
        assert all(part in str(said) for part in ("hu-ct", "1.4", "cd" * 32, PRINTED))


def test_what_is_not_known_of_a_model_is_said(sent: Journey) -> None:
    said = str(read(sent.restored(origin=Origin(CODE, "vendor-x"))).StructureSetDescription)
    assert said == f"Drawn by vendor-x, version not told, digest not told; evidence {PRINTED}."


def test_the_evidence_stays_whole_however_long_the_remarks_are(sent: Journey) -> None:
    said = str(read(sent.restored(origin=ORIGIN, remarks=("x" * 5000,))).StructureSetDescription)
    assert len(said) <= 1024
    assert said.endswith(f" ... {ORIGIN.sentence}")


def test_the_same_origin_gives_the_same_bytes_and_none_says_nothing(sent: Journey) -> None:
    assert sent.restored(origin=ORIGIN) == sent.restored(origin=ORIGIN)
    assert PRINTED.encode() not in sent.restored()
