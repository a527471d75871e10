"""The whole way through a real Orthanc: adversarial series, transfer syntaxes, and what Orthanc keeps of it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless

from model.errors import PrivacyRefused
from model.gate.verify import verify
from plugin.pacs.client import Orthanc
from plugin.privacy.clean import CleanSeries
from plugin.privacy.native import DICOM_VERSIONS, NativeStep
from plugin.privacy.possible import possible
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from tests.builders.adversarial import CLEAN, Case, cases
from tests.builders.marked import MARKS, ct, encoded, mark_everything, marks_in, mr
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.untouched import lay

CASES = cases()
IDENTIFIERS = {
    **dict.fromkeys(("PatientID", "PatientName"), "PSN-AAAAAAAAAAAAAAAA"),
    **{f"{level}InstanceUID": f"2.25.{number}" for number, level in enumerate(("Study", "Series", "SOP"), 1)},
    "FrameOfReferenceUID": "2.25.9",
}


@pytest.fixture(scope="module")
def plain_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc without the plugin, so that nothing happens but what a test asks for."""
    server = OrthancProcess(tmp_path_factory.mktemp("plain"), plugin=False).start()
    yield server
    server.stop()


@pytest.fixture
def pacs(plain_orthanc: OrthancProcess) -> Iterator[OrthancProcess]:
    yield plain_orthanc
    plain_orthanc.wipe_patients()


def send(pacs: OrthancProcess, files: tuple[bytes, ...] | list[bytes]) -> list[str]:
    """Store the files; ids of those that Orthanc took."""
    answers = [pacs.post("/instances", data=file) for file in files]
    return [answer.json()["ID"] for answer in answers if answer.status_code == 200]


def cleaned(pacs: OrthancProcess, instances: list[str], key: TransferKey | None = None) -> CleanSeries:
    place = Path(tempfile.mkdtemp(dir=pacs.directory)) / "images"
    return pseudonymise(instances, Orthanc(pacs.url), key or TransferKey.new("t"), PrivacyRules(), place)


@pytest.mark.parametrize("case", [case for case in CASES if case.end == CLEAN], ids=str)
def test_a_way_out_that_ends_clean_passes_a_real_orthanc_without_a_marker(
    pacs: OrthancProcess, case: Case, tmp_path: Path
) -> None:
    instances = send(pacs, case.files)
    assert len(instances) == len(case.files)
    lay(cleaned(pacs, instances), tmp_path)
    for path in tmp_path.iterdir():
        assert marks_in(path.read_bytes()) == []
    assert len(verify(tmp_path)) == len(case.files)


@pytest.mark.parametrize("case", [case for case in CASES if case.end != CLEAN], ids=str)
def test_a_way_out_that_cannot_be_cleaned_is_refused_by_orthanc_or_by_us(pacs: OrthancProcess, case: Case) -> None:
    instances = send(pacs, case.files)
    if len(instances) < len(case.files) or len(set(instances)) < len(case.files):
        return  # Orthanc itself did not take the bad file, so it can go nowhere
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(pacs, instances)
    assert refused.value.findings
    assert marks_in(str(refused.value).encode()) == []


def test_the_gate_refuses_every_file_that_only_the_native_step_touched(pacs: OrthancProcess) -> None:
    step = NativeStep(Orthanc(pacs.url), frozenset())
    seen = 0
    for case in CASES:
        for instance in send(pacs, case.files[:1]):
            with pytest.raises(PrivacyRefused) as refused:
                verify({"0001.dcm": step.run(instance, IDENTIFIERS)})
            assert refused.value.findings
            seen += 1
        pacs.wipe_patients()
    assert step.version in DICOM_VERSIONS
    assert seen > 60


def test_what_the_bytes_could_hold_gives_the_same_answer_as_the_whole_deny_list(pacs: OrthancProcess) -> None:
    orthanc = Counting(pacs.url)
    step, whole = NativeStep(orthanc, frozenset()), NativeStep(Orthanc(pacs.url), frozenset())
    everything = ct(0)
    mark_everything(everything)
    for tag in (0xFFFAFFFA, 0xFFFCFFFC):  # behind the pixels
        everything.pop(tag, None)
    shorter = seen = 0
    for files in (*(case.files[:1] for case in CASES), (encoded(everything),)):
        for instance in send(pacs, files):
            original = orthanc.instance_file(instance)
            size = 2 * 32 * 32
            asked = orthanc.asked
            assert step.run(instance, IDENTIFIERS, original, size) == whole.run(instance, IDENTIFIERS)
            shorter += orthanc.asked == asked + 1 and possible(original, size) is not None
            seen += 1
        pacs.wipe_patients()
    assert seen > 60
    assert shorter > 30, "most are asked for once, and with fewer"


class Counting(Orthanc):
    """Counts what is asked of the native step."""

    asked = 0

    def anonymize_instance(self, instance: str, request: Mapping[str, Any]) -> bytes:
        self.asked += 1
        return super().anonymize_instance(instance, request)


@pytest.mark.parametrize(
    ("syntax", "lossy"),
    [(JPEGLosslessSV1, False), (JPEGLSLossless, False), (JPEGLSNearLossless, True)],
    ids=["JPEG", "JPEG-LS", "JPEG-LS lossy"],
)
def test_series_that_orthanc_itself_compressed_are_decoded(pacs: OrthancProcess, syntax: str, lossy: bool) -> None:
    files = [encoded(ct(index, (64, 64))) for index in range(2)]
    series = pacs.store_all(files)
    archive = pacs.get(f"/series/{series}/archive?transcode={syntax}").content
    pacs.wipe_patients()
    with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
        compressed = [unpacked.read(name) for name in sorted(unpacked.namelist())]
    assert {str(pydicom.dcmread(io.BytesIO(one)).file_meta.TransferSyntaxUID) for one in compressed} == {str(syntax)}
    clean = cleaned(pacs, send(pacs, compressed))
    for file in verify({file.name: file.data for file in clean}):
        index = int(file.texts["InstanceNumber"]) - 1
        difference = np.abs(file.pixels.astype(int) - ct(index, (64, 64)).pixel_array.astype(int)).max()
        assert difference <= (400 if lossy else 0)


def test_geometry_pixels_and_scale_are_those_of_the_source(pacs: OrthancProcess) -> None:
    for kind in (ct, mr):
        clean = cleaned(pacs, send(pacs, [encoded(kind(index)) for index in range(3)]))
        for file in verify({file.name: file.data for file in clean}):
            source = kind(int(file.texts["InstanceNumber"]) - 1)
            assert (file.pixels == source.pixel_array).all()
            for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
                assert file.texts[keyword] == "\\".join(str(value.original_string) for value in source[keyword].value)
            assert file.texts.get("RescaleIntercept") == (
                source.RescaleIntercept.original_string if kind is ct else None
            )
        pacs.wipe_patients()


def test_a_retry_sends_the_same_bytes_and_another_transfer_other_ones(pacs: OrthancProcess) -> None:
    instances = send(pacs, [encoded(ct(index)) for index in range(2)])
    key = TransferKey.new("t")
    first, again = cleaned(pacs, instances, key), cleaned(pacs, instances, key)
    assert [file.data for file in first] == [file.data for file in again]
    other = cleaned(pacs, instances)
    assert {file.sop_instance_uid for file in first}.isdisjoint(file.sop_instance_uid for file in other)


def test_the_native_step_leaves_no_job_no_copy_and_no_trace_in_orthanc(pacs: OrthancProcess) -> None:
    instances = send(pacs, [encoded(ct(index)) for index in range(3)])
    changes, jobs = pacs.json("/changes?last")["Last"], pacs.json("/jobs")
    clean = cleaned(pacs, instances)
    assert pacs.json("/jobs") == jobs
    assert sorted(pacs.json("/instances")) == sorted(instances)
    assert pacs.json("/changes?last")["Last"] == changes
    index = b"".join(path.read_bytes() for path in (pacs.directory / "storage").glob("index*"))
    assert MARKS.search(index), "the index holds the original"
    for leaving in (clean.pseudonym, *(file.sop_instance_uid for file in clean)):
        assert leaving.encode() not in index
