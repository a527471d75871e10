"""A job on a real Orthanc whose rule names a package."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom

from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def drawn(start_orthanc: Start, models: Path, name: str, **section: object) -> tuple[dict[str, Any], str]:
    """The job of a phantom under a rule that names the model, and what its RTSTRUCT says of who drew."""
    rule = AXIAL_CT | {"Then": {"Model": name, "Target": "local"}}
    orthanc = start_orthanc(section={"Rules": [rule], "ModelsDirectory": str(models), **section})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    written = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    return job, str(written.ContributingEquipmentSequence[0].ContributionDescription)
