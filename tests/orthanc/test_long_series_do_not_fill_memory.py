"""The gateway's memory does not follow the length of a series: slices pass through it one by one."""

from __future__ import annotations

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import Phantom, file_of, phantom_series
from tests.builders.processes import peak_bytes

SIDE = 512
FEW, MANY = 60, 240


def contoured(orthanc: OrthancProcess, slices: int) -> int:
    """Let a series of so many slices be contoured; the gateway's peak so far, in bytes."""
    made = phantom_series(Phantom(slices=slices, size=SIDE, pixel_mm=0.75, step_mm=300 / slices))
    job = orthanc.job_of(orthanc.store_all(file_of(one) for one in made), 600)
    assert job["State"] == "done", job["Error"]
    return peak_bytes(orthanc.gateway_pid())


def test_four_times_the_slices_add_less_than_half_of_their_pixels_to_the_gateways_peak(orthanc: OrthancProcess) -> None:
    before = contoured(orthanc, FEW)  # and what is loaded once
    assert before > 0
    assert contoured(orthanc, MANY) - before < (MANY - FEW) * SIDE * SIDE * 2 / 2
