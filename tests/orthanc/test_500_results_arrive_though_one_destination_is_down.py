"""Results for two destinations of which one is down for ten minutes: all arrive once, the most urgent first.

Everything is real: an Orthanc with its gateway, a second Orthanc that is down, a node that is up. In the suite there
are 120, and the deliverer's clock is set ten minutes ahead; `make test-long` has 500, and waits for them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.builders.delivering import TITLE, configured, contoured, dicom, ended
from tests.builders.dicom_node import DicomNode
from tests.builders.faulty_gateway import wrapper
from tests.builders.long_tests import long
from tests.builders.many_results import in_order, note_deliveries, stored_results
from tests.builders.orthanc_process import OrthancProcess, until

TEN_MINUTES = 600.0


def test_120_results_arrive_once_and_in_order_though_one_was_down_for_ten_minutes_of_the_deliverers_clock(
    tmp_path: Path,
) -> None:
    clock = tmp_path / "ahead"

    def set_ahead(seconds: float) -> None:
        clock.with_suffix(".new").write_text(str(seconds))
        clock.with_suffix(".new").replace(clock)

    environment = {
        "AUTOCONTOUR_PYTHON": wrapper(tmp_path / "python"),
        "FAULT": f"clock:{clock}",
        "FAULT_ONCE": str(tmp_path / "once"),
    }
    set_ahead(0.0)
    _results(120, tmp_path, environment, set_ahead)


@long
def test_500_results_arrive_once_and_in_order_though_one_was_down_for_ten_minutes(tmp_path: Path) -> None:
    _results(500, tmp_path, {}, time.sleep)


def _results(number: int, tmp_path: Path, environment: dict[str, str], let_pass: Callable[[float], None]) -> None:
    down = OrthancProcess(tmp_path / "down", plugin=False)
    down.options = {"DicomAet": "DOWN", "DicomModalities": {"gateway": [TITLE, "127.0.0.1", 104]}}
    up = DicomNode()
    section, options = configured({"up": dicom("up"), "down": dicom("down")}, {"up": up})
    options["DicomModalities"]["down"] = ["DOWN", "127.0.0.1", down.dicom_port]
    orthanc = OrthancProcess(tmp_path / "orthanc", section=section, options=options, environment=environment)
    try:
        up.start()
        orthanc.start()
        job = contoured(orthanc, "up")
        ended(orthanc, job)
        model = orthanc.get(f"/instances/{job['Rtstruct']}/file").content
        results = stored_results(orthanc, model, number)
        orthanc.stop()
        up.order.clear()
        up.received.clear()
        note_deliveries(orthanc.state, results, ("up", "down"))

        orthanc.start()
        began = time.monotonic()
        counted(orthanc, "up", number + 1, 600)
        took_up = time.monotonic() - began
        assert up.order == in_order(results)
        assert set(up.received.values()) == {1}
        assert told(orthanc, "down") == {"waiting": number}
        let_pass(TEN_MINUTES - took_up if let_pass is time.sleep else TEN_MINUTES)
        assert told(orthanc, "down") == {"waiting": number}

        down.start()
        began = time.monotonic()
        until(lambda: down.json("/instances"), "the first arrives", 400)
        first = time.monotonic() - began
        counted(orthanc, "down", number, 600)
        print(f"up: {took_up:.0f} s; down: first after {first:.0f} s, all after {time.monotonic() - began:.0f} s")
        arrived = [
            str(down.json(f"/instances/{change['ID']}")["MainDicomTags"]["SOPInstanceUID"])
            for change in down.json("/changes?since=0&limit=100000")["Changes"]
            if change["ChangeType"] == "NewInstance"
        ]
        assert arrived == in_order(results)  # an object that comes again would be a change again
    finally:
        up.stop()
        orthanc.stop()
        down.stop()


def told(orthanc: OrthancProcess, name: str) -> Counter[str]:
    """How many deliveries to a destination are in each state, as the metrics say."""
    states: Counter[str] = Counter()
    for line in orthanc.get("/autocontour/metrics").text.splitlines():
        if line.startswith(f'autocontour_deliveries{{destination="{name}",state="'):
            number = int(float(line.split()[-1]))
            states += Counter({line.split('state="')[1].split('"')[0]: number})
    return states


def counted(orthanc: OrthancProcess, name: str, number: int, seconds: float) -> None:
    """Wait until so many are delivered to a destination, and nothing else is open there."""
    until(lambda: told(orthanc, name) == {"delivered": number}, f"{number} at {name}", seconds, 0.5)
