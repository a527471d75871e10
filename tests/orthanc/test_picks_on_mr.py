"""In a real Orthanc, true MR Image Storage: Pick and Each of rules, script and Lua end done; one volume is retried."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, MRImageStorage

import routing
from model.samples.build import series as sample
from tests.builders.mr_model import NAME, library_for_mr
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of
from tests.builders.series_of_volumes import DIFFUSION, DIXON, ECHOES, Variants, variants_in, volumes

PICKS: Mapping[str, dict[str, Any]] = {
    "SHORTEST": {"Pick": {"EchoTime": "shortest"}},
    "WATER": {"Pick": {"ImageType": "W"}},
    "FAT": {"Pick": {"ImageType": "F"}},
    "B0": {"Pick": {"DiffusionBValue": 0}},
    "TRACE": {"Pick": {"DiffusionBValue": "largest", "ImageType": "trace"}},
    "EACH": {"Each": True},
    "BEST": {"OnePerStudy": {"QuietSeconds": 2}, "Each": True},
}
RULES = [
    {"Name": name, "When": {"Modality": "MR", "StudyDescription": name}, "Then": {"Model": NAME, **then}}
    for name, then in PICKS.items()
]
HEAD = {"Name": "HEAD", "When": {"StudyDescription": "HEAD"}, "Then": {"Model": "deepbet", **PICKS["SHORTEST"]}}
SCRIPT = """
from autocontour import Decision

def route(series):
    if series.text("StudyDescription") == "SCRIPT":
        return Decision("halves", pick={"EchoTime": "longest"})
    if series.text("StudyDescription") == "SCRIPT EACH":
        return Decision("halves", each=True)
"""
LUA = """
function OnStableSeries(seriesId, tags, metadata)
   if tags.SeriesDescription == 'LUA' then
      AutoContour.request(seriesId, { Model = 'halves', Pick = { ImageType = 'W' } })
   elseif tags.SeriesDescription == 'LUA EACH' then
      AutoContour.request(seriesId, { Model = 'halves', Each = true })
   end
end
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    root = tmp_path_factory.mktemp("mr")
    script, lua = root / "routing.py", root / "site.lua"
    script.write_text(SCRIPT)
    lua.write_text(LUA)
    section = {
        "Rules": [*RULES, HEAD],
        "ModelsDirectory": str(library_for_mr(root)),
        "RoutingScript": str(script),
        "IncompleteSeconds": 4,
    }
    library = str(Path(routing.__file__).parent / "autocontour.lua")
    options = {"LuaScripts": [str(lua), library], "StableAge": 1}
    running = OrthancProcess(root / "orthanc", section=section, options=options).start()
    yield running
    running.stop()


def sent(server: OrthancProcess, rule: str, variants: Variants) -> str:
    """Send a series for a rule, as MR, its slices interleaved; returns Orthanc's id."""
    return server.store_all(files_of(for_rule(rule, volumes(variants, modality="MR"))))


def for_rule(rule: str, slices: list[Dataset]) -> list[Dataset]:
    for one in slices:
        assert one.SOPClassUID == MRImageStorage
        one.StudyDescription = one.SeriesDescription = rule
    return slices


def rtstruct_of(server: OrthancProcess, job: Mapping[str, Any]) -> Dataset:
    return pydicom.dcmread(io.BytesIO(server.get(f"/instances/{job['Rtstruct']}/file").content))


def ended(server: OrthancProcess, series: str, count: int) -> list[dict[str, Any]]:
    """So many jobs of a series, once each has ended."""

    def all_ended() -> Any:
        found = server.jobs(Series=series)
        return len(found) == count and all(job["State"] not in ("waiting", "running") for job in found) and found

    return list(until(all_ended, f"{count} jobs of the series end; log:\n{server.tail()}", 300))


@pytest.mark.parametrize(
    ("rule", "variants", "variant", "volume"),
    [
        ("SHORTEST", ECHOES, 0, "EchoTime = 2.46 ms"),
        ("WATER", DIXON, 0, "water"),
        ("FAT", DIXON, 1, "fat"),
        ("B0", DIFFUSION, 0, "b = 0"),
        ("TRACE", DIFFUSION, 4, "trace"),
        ("SCRIPT", ECHOES, 1, "EchoTime = 7.38 ms"),
        ("LUA", DIXON, 0, "water"),
    ],
)
def test_the_picked_volume_of_an_mr_is_contoured(
    rule: str, variants: Variants, variant: int, volume: str, server: OrthancProcess
) -> None:
    series = sent(server, rule, variants)
    (job,) = ended(server, series, 1)
    assert job["State"] == "done", job["Error"]
    assert (job["Volume"], len(job["LeftOut"])) == (volume, 6 * (len(variants) - 1))
    assert {roi["Name"] for roi in job["Rois"]} == {"Kidney_L", "Kidney_R"}
    assert variants_in(rtstruct_of(server, job)) == {variant}


@pytest.mark.parametrize(
    ("rule", "variants"), [("EACH", DIXON), ("EACH", DIFFUSION), ("SCRIPT EACH", ECHOES), ("LUA EACH", ECHOES)]
)
def test_each_volume_of_an_mr_has_its_own_rtstruct(rule: str, variants: Variants, server: OrthancProcess) -> None:
    jobs = ended(server, sent(server, rule, variants), len(variants))
    assert {job["State"] for job in jobs} == {"done"}, [job["Error"] for job in jobs]
    written = [rtstruct_of(server, job) for job in jobs]
    assert sorted([*variants_in(one)] for one in written) == [[n] for n in range(len(variants))]
    assert len({one.StructureSetLabel for one in written}) == len(variants)


def test_one_volume_of_several_is_retried_alone(server: OrthancProcess) -> None:
    server.post("/autocontour/targets/local/pause")
    series = sent(server, "EACH", ECHOES)
    until(lambda: len(server.jobs(Series=series, State="waiting")) == 2, "both jobs wait")
    first = next(job for job in server.jobs(Series=series) if job["Volume"] == "EchoTime = 2.46 ms")
    assert server.post(f"/autocontour/jobs/{first['ID']}/cancel").status_code == 200
    server.post("/autocontour/targets/local/resume")
    states = {job["Volume"]: job["State"] for job in ended(server, series, 2)}
    assert states == {"EchoTime = 2.46 ms": "cancelled", "EchoTime = 7.38 ms": "done"}
    again = server.post(f"/autocontour/jobs/{first['ID']}/retry")
    assert again.status_code == 200, again.text
    jobs = ended(server, series, 2)
    assert {job["State"] for job in jobs} == {"done"}, [job["Error"] for job in jobs]
    assert {job["Volume"]: variants_in(rtstruct_of(server, job)) for job in jobs} == {
        "EchoTime = 2.46 ms": {0},
        "EchoTime = 7.38 ms": {1},
    }


def test_of_the_best_series_of_a_study_each_volume_is_contoured(server: OrthancProcess) -> None:
    short, long = volumes(ECHOES, modality="MR", places=6), volumes(ECHOES, modality="MR", places=12)
    for one in long:
        one.StudyInstanceUID, one.PatientID = short[0].StudyInstanceUID, short[0].PatientID
        one.PatientName, one.FrameOfReferenceUID = short[0].PatientName, short[0].FrameOfReferenceUID
    shorter = server.store_all(files_of(for_rule("BEST", short)))
    longer = server.store_all(files_of(for_rule("BEST", long)))
    jobs = ended(server, longer, 2)
    assert {job["State"] for job in jobs} == {"done"}, [job["Error"] for job in jobs]
    assert {job["Volume"] for job in jobs} == {"EchoTime = 2.46 ms", "EchoTime = 7.38 ms"}
    (other,) = ended(server, shorter, 1)
    assert (other["State"], other["Error"]["Code"]) == ("excluded", "BETTER_SERIES")
    assert longer in other["Error"]["Message"]


def doubled(slices: Sequence[Dataset]) -> list[Dataset]:
    """A second echo beside the first: the same head, darker."""
    made = []
    for number, echo in enumerate(("2.46", "7.38")):
        for one in deepcopy(list(slices)):
            one.SOPInstanceUID = UID(f"{str(one.SOPInstanceUID)[:50]}.{number}")
            one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
            one.EchoTime, one.EchoNumbers, one.RepetitionTime = echo, number + 1, "8.5"
            one.InstanceNumber = int(one.InstanceNumber) + number * len(slices)
            one.PixelData = (one.pixel_array // (1 + 3 * number)).tobytes()
            made.append(one)
    return made


def test_the_brain_is_drawn_on_the_picked_echo_of_a_real_head(server: OrthancProcess) -> None:
    pytest.importorskip("deepbet", reason="the model of heads is not installed")
    slices = [pydicom.dcmread(path) for path in sorted(sample("mr-head-thick").glob("*.dcm"))]
    (job,) = ended(server, server.store_all(files_of(for_rule("HEAD", doubled(slices)))), 1)
    assert job["State"] == "done", job["Error"]
    assert (job["Volume"], [roi["Name"] for roi in job["Rois"]]) == ("EchoTime = 2.46 ms", ["Brain"])
    assert variants_in(rtstruct_of(server, job)) == {0}
