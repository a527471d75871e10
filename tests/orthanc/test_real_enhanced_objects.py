"""In a real Orthanc: pydicom's own enhanced objects are read, or refused with a reason that is true of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.builders.orthanc_process import OrthancProcess

EVERYTHING = {"Name": "everything", "When": {"Modality": ["CT", "MR"]}, "Then": {"Model": "hu-ct", "Target": "local"}}
# Cut down to ten frames by whoever made them, without the functional groups of the frames.
WITHOUT_GROUPS = ("emri_small.dcm", "emri_small_RLE.dcm", "emri_small_jpeg_2k_lossless.dcm")


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc in which a rule wants everything that calls itself CT or MR."""
    server = OrthancProcess(tmp_path_factory.mktemp("orthanc"), section={"Rules": [EVERYTHING]}).start()
    yield server
    server.stop()


def path_of(name: str) -> Path:
    """The file, where the package pydicom-data is installed."""
    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip("needs the package pydicom-data")
    return Path(str(found))


def refusal(orthanc: OrthancProcess, path: Path) -> tuple[str, dict[str, Any]]:
    orthanc.wipe()
    job = orthanc.job_of(orthanc.store_all([path]), seconds=240)
    return job["State"], job["Error"]


@pytest.mark.parametrize("name", WITHOUT_GROUPS)
def test_an_mr_that_lost_its_groups_is_refused_for_that(name: str, eager: OrthancProcess) -> None:
    path = path_of(name)
    state, error = refusal(eager, path)
    assert "PerFrameFunctionalGroupsSequence" not in pydicom.dcmread(path)
    assert (state, error["Code"]) == ("failed", "FRAME_GROUPS")
    assert "1 × Enhanced MR of which PerFrameFunctionalGroupsSequence is missing" in error["Message"]


def test_a_ct_of_blood_flow_is_refused_as_no_ct_in_hounsfield_units(eager: OrthancProcess) -> None:
    path = path_of("eCT_Supplemental.dcm")
    state, error = refusal(eager, path)
    assert (state, error["Code"]) == ("failed", "VALUES_NOT_HU")
    assert str(pydicom.dcmread(path).ImageType[2]) == "PERFUSION"
