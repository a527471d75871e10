"""In a real Orthanc, slices interleaved and late: Pick, Each and the default on echoes, Dixon, diffusion, a 4D CT."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pydicom
import pytest

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import file_of, files_of
from tests.builders.series_of_volumes import BREATHING, DIFFUSION, DIXON, ECHOES, PHASE, Variants, variants_in, volumes

# One rule for each word of StudyDescription, so that one Orthanc serves every test.
PICKS: Mapping[str, dict[str, Any]] = {
    "SHORTEST": {"Pick": {"EchoTime": "shortest"}},
    "LONGEST": {"Pick": {"EchoTime": 7.38}},
    "WATER": {"Pick": {"ImageType": "W"}},
    "OPPOSED": {"Pick": {"ImageType": "OPP_PHASE"}},
    "B0": {"Pick": {"DiffusionBValue": 0}},
    "TRACE": {"Pick": {"DiffusionBValue": "largest", "ImageType": "TRACEW"}},
    "HALF": {"Pick": {PHASE: 50}},
    "AVERAGE": {"Pick": {"ImageType": "average"}},
    "MAXIMUM": {"Pick": {"ImageType": "maximum"}},
    "NONE": {"Pick": {"EchoTime": "missing"}},
    "SEVERAL": {"Pick": {"DiffusionBValue": 1000}},
    "EACH": {"Each": True},
    "PHASES": {"Pick": {"ImageType": "ORIGINAL"}, "Each": True},
    "DEFAULT": {},
}
RULES = [
    {"Name": name, "When": {"StudyDescription": name}, "Then": {"Model": "hu-ct", **then}}
    for name, then in PICKS.items()
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    section = {"Rules": RULES, "IncompleteSeconds": 4}
    running = OrthancProcess(tmp_path_factory.mktemp("orthanc"), section=section).start()
    yield running
    running.stop()


def sent(server: OrthancProcess, rule: str, variants: Variants, *, modality: str = "CT") -> str:
    """Send a series for a rule; returns Orthanc's id."""
    slices = volumes(variants, modality=modality)
    for one in slices:
        one.StudyDescription = rule
    return server.store_all(files_of(slices))


def rtstruct_of(server: OrthancProcess, job: Mapping[str, Any]) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(server.get(f"/instances/{job['Rtstruct']}/file").content))


def ended(server: OrthancProcess, series: str, count: int) -> list[dict[str, Any]]:
    """So many jobs of a series, once each has ended; the oldest first."""

    def all_ended() -> Any:
        found = server.jobs(Series=series)
        done = [job for job in found if job["State"] not in ("waiting", "running")]
        return len(done) == len(found) == count and found

    return list(reversed(until(all_ended, f"{count} jobs of the series end", 300)))


@pytest.mark.parametrize(
    ("rule", "variants", "variant", "volume"),
    [
        ("SHORTEST", ECHOES, 0, "EchoTime = 2.46 ms"),
        ("LONGEST", ECHOES, 1, "EchoTime = 7.38 ms"),
        ("WATER", DIXON, 0, "water"),
        ("OPPOSED", DIXON, 3, "opposed phase"),
        ("B0", DIFFUSION, 0, "b = 0"),
        ("TRACE", DIFFUSION, 4, "trace"),
        ("HALF", BREATHING, 5, f"{PHASE} = 50 %"),
        ("AVERAGE", BREATHING, 10, "average"),
        ("MAXIMUM", BREATHING, 11, "maximum"),
    ],
)
def test_the_picked_volume_is_contoured_and_no_other(
    rule: str, variants: Variants, variant: int, volume: str, server: OrthancProcess
) -> None:
    job = server.job_of(sent(server, rule, variants))
    assert job["State"] == "done", job["Error"]
    assert job["Volume"] == volume
    assert len(job["LeftOut"]) == 6 * (len(variants) - 1)
    assert {one["Reason"] for one in job["LeftOut"]} == {"of another volume of the series"}
    assert volume in job["Warnings"][0]
    written = rtstruct_of(server, job)
    assert variants_in(written) == {variant}
    assert written.StructureSetDescription.startswith(
        "Of the volumes of the series the one is contoured that Pick says"
    )
    records = server.json(f"/autocontour/evidence/{job['EvidenceCode']}")
    assert f"'left_out': {{'volume': {len(job['LeftOut'])}}}" in str(records)


@pytest.mark.parametrize(
    ("rule", "variants", "code", "said"),
    [
        ("DEFAULT", ECHOES, "SEVERAL_IMAGES", '"Pick": {"EchoTime": 2.46}'),
        ("DEFAULT", DIXON, "SEVERAL_IMAGES", '"Pick": {"ImageType": "water"}'),
        ("DEFAULT", DIFFUSION, "SEVERAL_IMAGES", '"Pick": {"ImageType": "trace"}'),
        ("DEFAULT", BREATHING, "SEVERAL_IMAGES", "12 images of each place: average and maximum (ImageType); phases"),
        ("NONE", ECHOES, "NOTHING_PICKED", "there are echoes, EchoTime = 2.46 and 7.38 ms"),
        ("SEVERAL", DIFFUSION, "SEVERAL_IMAGES", "which leaves 4 images of each place"),
    ],
)
def test_what_is_not_clear_is_excluded_and_says_which_key_to_set(
    rule: str, variants: Variants, code: str, said: str, server: OrthancProcess
) -> None:
    job = server.job_of(sent(server, rule, variants, modality="MR"))
    assert (job["State"], job["Error"]["Code"]) == ("excluded", code)
    assert said in job["Error"]["Message"]
    assert job["Rtstruct"] is None


def test_magnitude_beside_phase_is_contoured_and_said(server: OrthancProcess) -> None:
    variants = [{"ImageType": ["ORIGINAL", "PRIMARY", word, "ND"]} for word in ("P", "M")]
    job = server.job_of(sent(server, "DEFAULT", variants))
    assert job["State"] == "done", job["Error"]
    assert job["Volume"] == "magnitude"
    assert variants_in(rtstruct_of(server, job)) == {1}
    assert "the others are phase images" in job["Warnings"][0]


def test_each_echo_has_its_job_and_rtstruct_under_a_label_of_its_own(server: OrthancProcess) -> None:
    jobs = ended(server, sent(server, "EACH", ECHOES), 2)
    assert [job["State"] for job in jobs] == ["done", "done"], [job["Error"] for job in jobs]
    written = {job["Volume"]: rtstruct_of(server, job) for job in jobs}
    labels = {
        words: (one.StructureSetLabel, one.SeriesDescription, one.StructureSetName) for words, one in written.items()
    }
    assert labels == {
        f"EchoTime = {time} ms": (f"TE {time} ms", f"AutoContour EchoTime = {time} ms", f"EchoTime = {time} ms")
        for time in ("2.46", "7.38")
    }
    assert {words: variants_in(one) for words, one in written.items()} == {
        "EchoTime = 2.46 ms": {0},
        "EchoTime = 7.38 ms": {1},
    }
    assert (
        len({one.SOPInstanceUID for one in written.values()} | {one.SeriesInstanceUID for one in written.values()}) == 4
    )


def test_each_phase_that_pick_leaves_of_a_4d_ct(server: OrthancProcess) -> None:
    jobs = ended(server, sent(server, "PHASES", BREATHING), 10)
    assert {job["State"] for job in jobs} == {"done"}, [job["Error"] for job in jobs]
    written = [rtstruct_of(server, job) for job in jobs]
    assert {one.StructureSetLabel for one in written} == {f"phase {10 * n} %" for n in range(10)}
    assert sorted(variants_in(one) for one in written) == [{n} for n in range(10)]


def test_phases_that_come_late_make_no_excluded_job_after_another(server: OrthancProcess) -> None:
    slices = volumes(BREATHING[:10], shuffled=False)
    for one in slices:
        one.StudyDescription = "DEFAULT"
    files = [file_of(one) for one in slices]
    series = server.store_all(files[:27])
    answer = until(
        lambda: (said := server.json(f"/autocontour/series/{series}")).get("QuietSeconds", 0) > 1.5 and said,
        "the series has been quiet for longer than QuietSeconds",
    )
    assert answer["Outcome"] == "arriving"
    assert server.jobs(Series=series) == []
    server.store_all(files[27:])
    first = server.job_of(series)
    assert (first["State"], first["Error"]["Code"]) == ("excluded", "SEVERAL_IMAGES")
    assert first["Instances"] == 60
    late = volumes([{PHASE: 100.0}])
    for one in late:
        one.SeriesInstanceUID, one.StudyInstanceUID = slices[0].SeriesInstanceUID, slices[0].StudyInstanceUID
        one.PatientID, one.FrameOfReferenceUID = slices[0].PatientID, slices[0].FrameOfReferenceUID
        one.StudyDescription = "DEFAULT"
    server.store_all(files_of(late))
    newest = until(
        lambda: (found := server.jobs(Series=series)) and len(found) == 2 and found, "the newer content is judged"
    )
    assert [job["State"] for job in newest] == ["excluded", "superseded"]


def test_late_slices_of_one_echo_supersede_both(server: OrthancProcess) -> None:
    slices = volumes(ECHOES, shuffled=False)
    for one in slices:
        one.StudyDescription = "EACH"
    files = [file_of(one) for one in slices]
    series = server.store_all(files[:5] + files[6:11])
    before = ended(server, series, 2)
    assert {job["State"] for job in before} == {"done"}
    server.store_all([files[5], files[11]])
    after = ended(server, series, 4)
    assert [job["State"] for job in after] == ["superseded", "superseded", "done", "done"]
    assert len([job for job in after if job["Rtstruct"] is not None]) in (2, 4)


def test_explain_and_the_series_say_which_volume_and_a_person_can_ask_for_another(server: OrthancProcess) -> None:
    series = sent(server, "SHORTEST", ECHOES)
    server.job_of(series)
    said = server.post("/autocontour/routing/explain", json={"Series": series}).json()
    assert said["Decisions"][0]["Pick"] == {"EchoTime": "shortest"}
    assert said["Volumes"] == [{"Rule": "SHORTEST", "Volume": "EchoTime = 2.46 ms", "Slices": 6, "Refused": None}]
    assert server.json(f"/autocontour/series/{series}")["Jobs"][0]["Volume"] == "EchoTime = 2.46 ms"
    asked = server.post(f"/autocontour/series/{series}/jobs", json={"Pick": {"EchoTime": "longest"}})
    assert asked.status_code == 202, asked.text
    jobs = ended(server, series, 2)
    assert [job["Volume"] for job in jobs] == ["EchoTime = 2.46 ms", "EchoTime = 7.38 ms"]
    each = server.post(f"/autocontour/series/{series}/jobs", json={"Each": True}).json()
    assert len(each["Others"]) == 1
    assert {job["State"] for job in ended(server, series, 4)} == {"done"}
    wrong = server.post(f"/autocontour/series/{series}/jobs", json={"Pick": {"EchoTime": "soonest"}})
    assert wrong.status_code in (400, 422)
    assert "Pick.EchoTime" in wrong.json()["Message"]


def test_a_job_of_a_volume_goes_on_after_a_kill(server: OrthancProcess) -> None:
    series = sent(server, "HALF", BREATHING)
    until(lambda: server.jobs(Series=series), "the job is noted")
    server.kill()
    server.start()
    job = server.job_of(series)
    assert (job["State"], job["Volume"]) == ("done", f"{PHASE} = 50 %")
    assert variants_in(rtstruct_of(server, job)) == {5}
