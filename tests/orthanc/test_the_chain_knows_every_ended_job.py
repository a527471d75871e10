"""A site without any witness: a chain that was cut with all its traces still knows less than the table of jobs."""

from __future__ import annotations

from collections.abc import Callable

from model.evidence.files import HEAD_NAME, month_files
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def test_a_chain_that_was_cut_while_orthanc_stood_still_is_an_alert_at_the_next_start(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    assert orthanc.json("/autocontour/evidence/verify")["Valid"]
    orthanc.stop()
    chain = orthanc.state / "evidence" / "chain"
    path = month_files(chain)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    begins = next(number for number, line in enumerate(lines) if b'"event":"RECEIVED"' in line)
    anchored = [number for number, line in enumerate(lines) if b'"event":"HEAD_ANCHORED"' in line]
    path.write_bytes(b"".join(lines[: min(begins, *anchored, begins + 1)]))
    (chain / HEAD_NAME).unlink()
    for anchor in (chain / "anchors").glob("*"):
        anchor.unlink()
    orthanc.start()

    def alerts() -> list[str]:
        return [one["Alert"] for one in orthanc.json("/autocontour/health").get("Alerts", [])]

    until(lambda: "CHAIN_BROKEN" in alerts(), "the gateway looked by itself")
    answer = orthanc.json("/autocontour/evidence/verify")
    assert not answer["Valid"]
    assert answer["FirstBroken"]["Change"] == "cut off"
    assert 'autocontour_alerts{alert="CHAIN_BROKEN"} 1.0' in orthanc.get("/autocontour/metrics").text
