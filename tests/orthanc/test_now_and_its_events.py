"""What happens now, through a real Orthanc: asked, watched from arrival to contours, and left when it stops."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

NOW, EVENTS = "/autocontour/now", "/autocontour/events"
HELD_AT_ONCE, CROWD = 3, 9


def event(orthanc: OrthancProcess, last: str = "") -> dict[str, str]:
    """One answer of the events: its fields."""
    answer = orthanc.get(EVENTS, headers={"Last-Event-ID": last} if last else {})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = [line for line in answer.text.split("\n") if line and not line.startswith(":")]
    return dict(line.split(": ", 1) for line in lines)


def test_what_has_not_changed_costs_no_body(orthanc: OrthancProcess) -> None:
    def same() -> Any:
        answer = orthanc.get(NOW)
        assert answer.json()["Health"]["Status"] == "ok"
        again = orthanc.get(NOW, headers={"If-None-Match": answer.headers["ETag"]})
        return again.status_code == 304 and again

    assert until(same, "nothing changes between two requests").content == b""


def test_a_series_is_watched_from_its_arrival_to_its_contours(orthanc: OrthancProcess) -> None:
    seen: defaultdict[str, list[str]] = defaultdict(list)
    stop = threading.Event()

    def watch() -> None:
        last = event(orthanc)["id"]
        while not stop.is_set():
            said = event(orthanc, last)
            last = said["id"]
            if "data" in said:
                now = json.loads(said["data"])
                for series in sent:
                    seen[series].extend(place for place in places_of(now, series) if place not in seen[series])

    def watched() -> bool:
        """Whether the watcher saw each step of a series; on crowded cores one may be over between two answers."""
        files = files_of(phantom_series())
        series = orthanc.store_all(files[:1])
        sent.append(series)
        orthanc.store_all(files[1:])
        until(lambda: "Ended" in seen[series], "the watcher sees the end")
        assert "Refused" not in seen[series]
        assert seen[series][-1] == "Ended"
        return seen[series][0] == "Arriving" and "Running draw" in seen[series]

    sent: list[str] = []
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        until(watched, "a series is seen from its arrival through its drawing to its end")
    finally:
        stop.set()
        watcher.join(120)
    assert not watcher.is_alive()


def places_of(said: dict[str, Any], series: str) -> list[str]:
    """In which lists a series stands, with the stage of a running job."""
    found = ["Arriving"] * any(one["Series"] == series for one in said["Arriving"]["Series"])
    for key in ("Waiting", "Running", "Ended", "Refused"):
        jobs = [job for job in said[key]["Jobs"] if job["Series"] == series]
        found += [f"Running {job['Stage']}" if key == "Running" else key for job in jobs]
    return found


def test_a_series_that_misses_slices_says_that_it_waits_for_them(start_orthanc: Callable[..., OrthancProcess]) -> None:
    orthanc = start_orthanc(section={"IncompleteSeconds": 600})
    files = files_of(phantom_series())
    orthanc.store_all([*files[:4], *files[6:]])

    def waits() -> Any:
        arriving = orthanc.json(NOW)["Arriving"]
        return arriving["Total"] == 1 and arriving["Series"][0]["Why"]["Code"] == "slices" and arriving["Series"][0]

    said = until(waits, "the missing slices are waited for")
    assert said["Slices"] == len(files) - 2
    assert said["Why"]["Until"] > said["Arrived"]


def test_crowds_that_watch_leave_threads_for_others(orthanc: OrthancProcess) -> None:
    def seen() -> Any:
        last = event(orthanc)["id"]
        with ThreadPoolExecutor(CROWD) as crowd:
            watchers = [crowd.submit(event, orthanc, last) for _ in range(CROWD)]
            assert orthanc.get("/autocontour/targets").status_code == 200
            until(lambda: sum(one.done() for one in watchers) >= CROWD - HELD_AT_ONCE, "most are answered at once")
            orthanc.post("/autocontour/targets/local/pause")
            orthanc.post("/autocontour/targets/local/resume")
            said = [one.result() for one in watchers]
        return [one for one in said if one["retry"] == "10000" and "data" not in one]

    assert until(seen, "a crowd comes while nothing changes")


def test_idle_traffic_is_small(orthanc: OrthancProcess) -> None:
    def held() -> Any:
        last = event(orthanc)["id"]
        answer = orthanc.get(EVENTS, headers={"Last-Event-ID": last})
        return "data" not in answer.text and answer

    answer = until(held, "nothing happens for as long as a request is held")
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    # The browser's own request is as large again.
    assert 2 * (head + len(answer.content)) / answer.elapsed.total_seconds() < 200


def test_orthanc_stops_at_once_though_somebody_watches(start_orthanc: Callable[..., OrthancProcess]) -> None:
    orthanc = start_orthanc()
    last = [event(orthanc)["id"]]

    def watch() -> None:
        with contextlib.suppress(AssertionError, requests.RequestException):  # as Orthanc goes
            while True:
                last.append(event(orthanc, last[-1])["id"])

    watchers = [threading.Thread(target=watch, daemon=True) for _ in range(HELD_AT_ONCE)]
    for one in watchers:
        one.start()
    until(lambda: len(last) > 1, "one has been answered, and asks again")
    orthanc.stop()  # a deadlock after 15 s, and a request is held for 20
    for one in watchers:
        one.join(60)
        assert not one.is_alive()
