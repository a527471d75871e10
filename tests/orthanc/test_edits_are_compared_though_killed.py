"""A gateway that is killed at any step goes on: what had arrived is compared soon, and is on record once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders.edited import FIVE, returned
from tests.builders.faulty_gateway import wrapper
from tests.builders.faulty_quality import STEPS
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, until
from tests.orthanc.test_edits_are_compared import Contoured, another_version, assessed, contoured_in, outcome_of

# When a gateway is killed after a structure set was noted, in seconds.
MOMENTS = tuple(round(random.Random(seed).uniform(0.0, 3.0), 2) for seed in range(20))


@dataclass
class Killed:
    """One contoured series in an Orthanc whose gateway is killed where a file says."""

    contoured: Contoured
    told: Path

    @property
    def orthanc(self) -> OrthancProcess:
        return self.contoured.orthanc

    def store(self) -> str:
        """Store another version of the result, with another organ moved each time: each is a record of its own."""
        known = len(self.orthanc.json(f"/autocontour/quality/{self.contoured.job['ID']}")["Versions"])
        edited = another_version(returned(self.contoured.ours, FIVE[0]).dataset)
        for contour in edited.ROIContourSequence[0].ContourSequence:
            data = [float(value) for value in contour.ContourData]
            data[0::3] = [value + 0.5 * (1 + known) for value in data[0::3]]
            contour.ContourData = data
        return self.contoured.store(edited)

    def goes_on(self, instance: str, killed: int) -> None:
        self.orthanc.wait_for_gateway()
        assert self.orthanc.gateway_pid() != killed
        assert self.contoured.version(instance)["State"] == "compared"
        versions: list[dict[str, Any]] = self.orthanc.json(f"/autocontour/quality/{self.contoured.job['ID']}")[
            "Versions"
        ]
        assert len({one["Instance"] for one in versions}) == len(versions)
        records = assessed(self.orthanc, self.contoured.job["EvidenceCode"])
        assert len(records) == len(versions), "each version is on record once"


@pytest.fixture
def killed(start_orthanc: Callable[..., OrthancProcess], tmp_path: Path) -> Killed:
    told = tmp_path / "told"
    environment = {
        "AUTOCONTOUR_PYTHON": wrapper(tmp_path / "faulty"),
        "FAULT": f"quality:{told}",
        "FAULT_ONCE": str(tmp_path / "once"),
    }
    contoured = contoured_in(start_orthanc(environment=environment))
    # What we wrote ourselves arrives too, and takes the same way.
    assert outcome_of(contoured.orthanc, contoured.job["Rtstruct"])["State"] == "ours"
    return Killed(contoured, told)


# What arrived is noted, what it is compared with is noted, and it is on record and not yet kept.
@pytest.mark.parametrize("step", some_of(STEPS, always=("noted", "comparison noted", "on record")))
def test_a_gateway_killed_around_a_step_compares_what_had_arrived(killed: Killed, step: str) -> None:
    for when in ("before", "after"):
        pid = killed.orthanc.gateway_pid()
        killed.told.write_text(f"{step}:{when}")
        instance = killed.store()
        until(lambda: not killed.told.exists(), f"the gateway is killed {when} its step: {step}")
        killed.goes_on(instance, pid)


@pytest.mark.parametrize("seconds", some_of(MOMENTS, always=MOMENTS[:2]))
def test_a_gateway_killed_at_any_moment_compares_what_had_arrived(killed: Killed, seconds: float) -> None:
    pid = killed.orthanc.gateway_pid()
    instance = killed.store()
    series = killed.orthanc.json(f"/instances/{instance}")["ParentSeries"]
    noted = f"/autocontour/series/{series}"
    until(lambda: killed.orthanc.json(noted).get("StructureSets"), "it is noted", every=0.01)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    killed.goes_on(instance, pid)
