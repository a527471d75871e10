"""The Lua of docs/routing.md, as it stands there, inside a real Orthanc."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import routing
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

CHECKOUT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```lua\n(.*?)^```", (CHECKOUT / "docs" / "routing.md").read_text(), re.MULTILINE | re.DOTALL)
LIBRARY = Path(routing.__file__).parent / "autocontour.lua"


def test_the_page_shows_a_request_at_stable_one_at_a_slice_and_a_filter(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    assert len(BLOCKS) == 3
    script = tmp_path / "site.lua"
    script.write_text("\n".join(BLOCKS))
    orthanc = start_orthanc(section={"Rules": []}, options={"LuaScripts": [str(script), str(LIBRARY)], "StableAge": 1})

    def store(**attributes: object) -> str:
        return orthanc.store_all(files_of(phantom_series(**attributes)))  # type: ignore[arg-type]

    planned = store(SeriesDescription="Plan CT")
    simulated = store(StationName="CT_SIM")
    vetoed = store(StationName="CT_SIM", BodyPartExamined="BREAST")
    other = store(SeriesDescription="Follow-up")
    for series in (planned, simulated):
        until(lambda series=series: orthanc.jobs(Series=series), "a job")  # type: ignore[misc]
        assert orthanc.job_of(series)["State"] == "done"
    job = orthanc.job_of(vetoed)
    assert job["State"] == "excluded"
    assert "breast images are contoured elsewhere" in job["Error"]["Message"]
    assert orthanc.jobs(Series=other) == []
