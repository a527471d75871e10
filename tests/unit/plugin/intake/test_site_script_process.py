"""The script in its process: late, dying and hanging ones are errors of the series, and the next series is decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.facts.given import given_facts
from plugin.facts.series import facts_of
from plugin.intake.site_script import SiteScript
from tests.builders.orthanc_process import until
from tests.builders.orthanc_tags import series, stack

SOURCE = """
import os, time
from routing.script import Decision, Exclude, Series

def route(series: Series):
    wanted = series.text("ImageComments")
    if wanted == "hang":
        time.sleep(60)
    if wanted == "loop":
        while True:
            pass
    if wanted == "die":
        os._exit(7)
    if wanted == "raise":
        raise RuntimeError(wanted)
    return Decision("hu-ct") if series.number("Slices") else None
"""

SECONDS = 4


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteScript]:
    path = tmp_path_factory.mktemp("site") / "routing.py"
    path.write_text(SOURCE)
    asked = SiteScript(path, answer_seconds=SECONDS)
    yield asked
    asked.stop()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("hang", f"did not answer within {SECONDS} s"),
        ("loop", f"did not answer within {SECONDS} s"),
        ("die", "ended its process"),
        ("raise", "RuntimeError in line 15"),
    ],
)
def test_a_script_that_misbehaves_is_an_error_and_the_next_series_is_decided(
    script: SiteScript, wanted: str, said: str
) -> None:
    # On crowded cores a good script, too, may be late, which is an error that passes: it is asked again.
    until(lambda: said in (script.ask(given_facts({"ImageComments": wanted})).error or ""), said)
    whole = facts_of(series(*stack(30)))
    until(lambda: [one.model for one in script.ask(whole).decisions] == ["hu-ct"], "the next series is decided")


def test_a_script_that_never_loaded_is_an_error_that_says_why(tmp_path: Path) -> None:
    path = tmp_path / "routing.py"
    path.write_text("import os\nos._exit(3)")
    asked = SiteScript(path)
    try:
        assert asked.ask(given_facts({})).error == "it ended its process"
        assert asked.problem == "RoutingScript: it ended its process"
        path.write_text("def route(series): return None")
        assert asked.ask(given_facts({})).error is None
        assert asked.problem is None
    finally:
        asked.stop()


def test_what_a_new_process_imports_for_the_facts_is_not_of_the_scripts_time(tmp_path: Path) -> None:
    path = tmp_path / "routing.py"
    path.write_text(
        "import os, sys\n"
        "from routing.script import Decision\n"
        "READY = 'plugin.facts.orthanc_item' in sys.modules\n"
        "def route(series):\n"
        "    if series.text('ImageComments') == 'die':\n"
        "        os._exit(7)\n"
        "    return Decision('hu-ct' if READY else 'late')\n"
    )
    asked = SiteScript(path, answer_seconds=60)
    whole = facts_of(series(*stack(30)))
    try:
        asked.ask(given_facts({"ImageComments": "die"}))
        assert [one.model for one in asked.ask(whole).decisions] == ["hu-ct"]
    finally:
        asked.stop()
