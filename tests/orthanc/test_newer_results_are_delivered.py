"""A late slice makes a newer result: it is delivered again, or waits where the site says that older ones stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders.delivering import configured, deliveries, dicom, ended
from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def old_and_new(orthanc: OrthancProcess, *, deliver_first: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """The jobs of a series without its last slice, and with it."""
    files = files_of(phantom_series(SeriesDescription="tps"))
    series = orthanc.store_all(files[:-1])
    old = orthanc.job_of(series)
    if deliver_first:
        ended(orthanc, old)
    orthanc.store(files[-1])
    until(lambda: len(orthanc.jobs(Series=series)) == 2, "a second job")
    new = orthanc.job_of(series)
    assert (old["State"], new["State"]) == ("done", "done")
    return old, new


@pytest.mark.parametrize("replace", [True, False])
def test_a_newer_result_follows_or_is_held(start_orthanc: Start, replace: bool) -> None:
    with DicomNode() as node:
        section, options = configured({"tps": dicom("tps", Replace=replace)}, {"tps": node})
        orthanc = start_orthanc(section=section, options=options)
        old, new = old_and_new(orthanc)
        if not replace:
            (held,) = deliveries(orthanc, new)
            assert (held["State"], held["Status"]) == ("waiting", "DELIVERY_HELD")
            assert len(node.kept) == 1
            assert orthanc.post(f"/autocontour/jobs/{new['ID']}/deliver").status_code == 202
        assert ended(orthanc, new)["State"] == "delivered"
        assert list(node.received.values()) == [1, 1]
        (earlier,) = deliveries(orthanc, old)
        assert earlier["State"] == "delivered"
        said = orthanc.json(f"/autocontour/jobs/{new['ID']}")["Warnings"]
        assert any("An older RTSTRUCT of this series was sent to tps before" in sentence for sentence in said)
        refused = orthanc.post(f"/autocontour/jobs/{old['ID']}/deliver")
        assert (refused.status_code, refused.json()["Error"]) == (409, "NOT_DELIVERABLE")


def test_an_older_result_that_was_not_sent_yet_is_not_sent_any_more(start_orthanc: Start) -> None:
    node = DicomNode()
    section, options = configured({"tps": dicom("tps")}, {"tps": node})
    orthanc = start_orthanc(section=section, options=options)
    old, new = old_and_new(orthanc, deliver_first=False)
    with node:
        assert ended(orthanc, new)["State"] == "delivered"
        one = ended(orthanc, old)
    assert (one["State"], one["Status"]) == ("refused", "DELIVERY_SUPERSEDED")
    assert list(node.received.values()) == [1]
