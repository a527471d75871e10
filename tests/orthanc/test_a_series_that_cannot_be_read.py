"""The files of one series are lost on Orthanc's disk: it is named and given up, and nobody waits behind it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def test_it_keeps_nobody_waiting_and_ends_as_a_failed_job(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options={"MaximumStorageCacheSize": 0}, section={"QuietSeconds": 2})
    lost = orthanc.store_all(files_of(phantom_series()))
    files = [path for path in (orthanc.directory / "storage").rglob("*") if re.fullmatch(r"[0-9a-f-]{36}", path.name)]
    assert files
    kept = {path: path.read_bytes() for path in files}
    for path in files:
        path.unlink()
    assert orthanc.get(f"/series/{lost}/instances-tags").status_code == 500
    good = orthanc.store_all(files_of(phantom_series()))
    assert orthanc.job_of(good)["State"] == "done"
    warnings = until(lambda: orthanc.json("/autocontour/health").get("Warnings"), "health names it")
    assert any(lost in warning for warning in warnings)
    job = orthanc.job_of(lost, seconds=240)
    assert (job["State"], job["Error"]["Code"]) == ("failed", "SERIES_UNREADABLE")
    assert orthanc.get(f"/autocontour/evidence/{job['EvidenceCode']}").status_code == 200
    until(lambda: "Warnings" not in orthanc.json("/autocontour/health"), "health is well again")

    for path, content in kept.items():
        path.write_bytes(content)
    answer = orthanc.post(f"/autocontour/jobs/{job['ID']}/retry")
    assert (answer.status_code, answer.json()["State"]) == (200, "superseded")
    until(lambda: len(orthanc.jobs(Series=lost)) == 2, "the rules are asked again")
    assert orthanc.job_of(lost)["State"] == "done"
