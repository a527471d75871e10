"""Eight gateways at once: no series is lost, none gets another's contours, and memory does not grow with them."""

from __future__ import annotations

from pathlib import Path

from tests.builders.load import GATEWAYS, many_series, send_at_once
from tests.builders.service_process import ServiceProcess

SERIES = 32


def test_no_series_is_lost_or_mixed_up_and_memory_does_not_grow_with_their_number(tmp_path: Path) -> None:
    """The same with 200 series of 60 slices: ``make bench ARGS=forward``."""
    limits = {"Transfers": 3}  # more come than may: those are told to wait, and do
    with ServiceProcess(tmp_path, limits=limits).start() as service:
        first = send_at_once(service, tmp_path / "first", many_series(GATEWAYS, slices=12, size=64))
        then = send_at_once(service, tmp_path / "then", many_series(SERIES - GATEWAYS, slices=12, size=64))
        assert (first.lost, first.mixed, first.left) == ((), 0, 0)
        assert (then.lost, then.mixed, then.left) == ((), 0, 0)
        assert then.queued[0] == service.metric('autocontour_transfers_ended_total{state="deleted"}') == SERIES
        # A series unpacked is 0.2 MB on the wire and ten times that in the worker; three times as many cost no more.
        assert then.memory[1] < first.memory[1] + 60, (first.memory, then.memory)
