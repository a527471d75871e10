"""Two workers on a real Orthanc: one process computes the network for both, and another one when it was killed."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.processes import alive
from tests.builders.with_openvino import require_openvino
from tests.orthanc.test_gateway_is_killed import workers

pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")
require_openvino()

Start = Callable[..., OrthancProcess]
# What computes networks on the CPU, as a process that has loaded it shows among its files.
COMPUTES = "openvino_intel_cpu_plugin"


@pytest.fixture
def orthanc(start_orthanc: Start, tmp_path: Path) -> OrthancProcess:
    """Orthanc with two workers, whose rule draws by a converted network."""
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from tests.builders import sided

    (tmp_path / "file").mkdir()
    options = ImportOptions(name="halves", license="MIT", description=sided.description_of_halves("LPS"))
    import_model(sided.halves(tmp_path / "file"), tmp_path / "models", options, samples=sided.samples)
    rule = AXIAL_CT | {"Then": {"Model": "halves", "Target": "local"}}
    return start_orthanc(section={"Rules": [rule], "ModelsDirectory": str(tmp_path / "models"), "Workers": 2})


def computing(orthanc: OrthancProcess) -> list[int]:
    """The gateway's processes that have loaded what computes networks."""
    return [pid for pid in workers(orthanc.gateway_pid()) if COMPUTES in Path(f"/proc/{pid}/maps").read_text()]


def drawn(orthanc: OrthancProcess, series: str) -> list[str]:
    """The contours of a series, of whose job OpenVINO computed the network."""
    job = orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    written = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert "OpenVINO" in str(written.ContributingEquipmentSequence[0].ContributionDescription)
    return [str(one.ContourData) for roi in written.ROIContourSequence for one in roi.ContourSequence]


def test_series_of_two_workers_are_computed_by_one_process_that_is_replaced_when_it_was_killed(
    orthanc: OrthancProcess,
) -> None:
    both = [orthanc.store_all(files_of(phantom_series())) for _ in range(2)]
    first, second = (drawn(orthanc, series) for series in both)
    assert first
    assert first == second, "the same image has the same contours, whoever drew it"
    (computes,) = computing(orthanc)
    os.kill(computes, signal.SIGKILL)
    until(lambda: not alive(computes), "it has ended")
    assert drawn(orthanc, orthanc.store_all(files_of(phantom_series()))) == first
    (another,) = computing(orthanc)
    assert another != computes
