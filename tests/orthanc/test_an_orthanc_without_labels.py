"""Labels of studies where Orthanc has none (before 1.12); where it has some, tests/debian/test_labels.py holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series


def test_it_is_said_once_and_series_are_contoured_all_the_same(start_orthanc: Callable[..., OrthancProcess]) -> None:
    orthanc = start_orthanc(section={"Labels": {}})
    if orthanc.json("/system").get("HasLabels"):
        pytest.skip("this Orthanc has labels")
    until(lambda: "this Orthanc has none" in orthanc.get("/autocontour/health").text, "health says so")
    assert orthanc.get("/autocontour/health").status_code == 200
    assert orthanc.job_of(orthanc.store_all(files_of(phantom_series())))["State"] == "done"
    assert orthanc.log.read_text(errors="replace").count("this Orthanc has none") == 1
