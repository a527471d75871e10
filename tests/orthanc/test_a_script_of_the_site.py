"""A site with a PythonScript of its own: it imports ours, and what Orthanc takes once is shared by both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]

IMPORT = f"""
import sys
sys.path.append({str(CHECKOUT / "plugin")!r})
import orthanc_plugin
"""
OWN = """
import orthanc

def changed(change, level, resource):
    orthanc.LogWarning("theirs heard of change %d" % change)

def answer(output, uri, **request):
    output.AnswerBuffer(b"theirs", "text/plain")

def admitted(uri, **request):
    return uri != "/statistics"

orthanc.RegisterRestCallback("/theirs", answer)
"""
CHANGE = "orthanc.RegisterOnChangeCallback(changed)\n"
FILTER = "orthanc.RegisterIncomingHttpRequestFilter(admitted)\n"


@pytest.fixture
def with_script(start_orthanc: Start, tmp_path: Path) -> Callable[[str], OrthancProcess]:
    def start(text: str) -> OrthancProcess:
        script = tmp_path / "hospital_script.py"
        script.write_text(text)
        return start_orthanc(options={"PythonScript": str(script)})

    return start


def contours(orthanc: OrthancProcess) -> bool:
    return str(orthanc.job_of(orthanc.store_all(files_of(phantom_series())))["State"]) == "done"


def said(orthanc: OrthancProcess) -> str:
    return orthanc.log.read_text(errors="replace")


def test_theirs_imports_ours_first_and_both_hear_of_everything(with_script: Callable[[str], OrthancProcess]) -> None:
    orthanc = with_script(IMPORT + OWN + CHANGE + FILTER)
    assert contours(orthanc)
    until(lambda: "theirs heard of change" in said(orthanc), "their callback is called")
    assert orthanc.get("/theirs").text == "theirs"
    assert orthanc.get("/statistics").status_code == 403, "their filter is asked"
    refused = orthanc.post("/autocontour/subjects/find", files={"x": ("x", b"{}")})
    assert refused.status_code == 403, "and ours"
    orthanc.stop()
    assert orthanc.process is not None
    assert orthanc.process.returncode == 0


def test_where_onchange_is_taken_the_wake_up_is_dropped_and_orthanc_is_not(
    with_script: Callable[[str], OrthancProcess],
) -> None:
    orthanc = with_script(OWN + CHANGE + IMPORT)
    assert contours(orthanc)
    assert "another script has OnChange" in said(orthanc)
    assert "theirs heard of change" in said(orthanc)
    orthanc.stop()
    assert orthanc.process is not None
    assert orthanc.process.returncode == 0


def test_where_the_filter_is_taken_ours_only_reads(with_script: Callable[[str], OrthancProcess]) -> None:
    orthanc = with_script(OWN + FILTER + IMPORT)
    assert contours(orthanc)
    refused = orthanc.post("/autocontour/routing/explain", json={"Tags": {"Modality": "CT"}})
    assert (refused.status_code, refused.json()["Error"]) == (503, "FILTER_TAKEN")
    assert "another script has the filter" in said(orthanc)


def test_what_theirs_shows_in_orthanc_explorer_is_shown_beside_ours(
    with_script: Callable[[str], OrthancProcess],
) -> None:
    shown = "orthanc.ExtendOrthancExplorer('window.first = 1;')\northanc.ExtendOrthancExplorer('window.second = 2;')\n"
    sent = with_script(IMPORT + OWN + shown).get("/plugins/explorer.js").text
    assert [words in sent for words in ("Request contours", "window.first", "window.second")] == [True] * 3
