"""The signing key of a site is exchanged between two jobs; everything before and after it verifies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def rotate(orthanc: OrthancProcess) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plugin.cli", "evidence", "rotate-key", str(orthanc.state)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def contoured(orthanc: OrthancProcess, number: int) -> str:
    patient = Patient(name=f"Evidence^Test{number}", identifier=f"EVIDENCE-{number}")
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=patient))))
    assert job["State"] == "done", job["Error"]
    return str(job["EvidenceCode"])


def signer(orthanc: OrthancProcess, code: str) -> str:
    return str(orthanc.json(f"/autocontour/evidence/{code}")["document"]["key"])


def test_jobs_before_and_after_the_exchange_have_certificates_and_the_chain_is_whole(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    first = contoured(orthanc, 1)
    before = signer(orthanc, first)
    refused = rotate(orthanc)
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    orthanc.stop()
    done = rotate(orthanc)
    assert done.returncode == 0, done.stderr
    orthanc.start()
    second = contoured(orthanc, 2)
    assert signer(orthanc, second) == signer(orthanc, first) != before
    answer = orthanc.json("/autocontour/evidence/verify")
    assert answer["Valid"]
    assert answer["Events"]["KEY_ROTATED"] == 1, answer
    assert orthanc.json("/autocontour/health")["Status"] == "ok"
