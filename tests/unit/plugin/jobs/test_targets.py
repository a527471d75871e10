"""The state of targets, noted by several threads or gateways at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plugin.jobs.targets import TargetStore
from tests.builders.either_database import tables_in


@pytest.mark.usefixtures("either_database")
def test_jobs_that_fail_at_the_same_moment_note_their_target_once(tmp_path: Path) -> None:
    store = TargetStore(tables_in(tmp_path))
    with ThreadPoolExecutor(8) as jobs:
        list(jobs.map(lambda _: store.failed("cloud", "SERVICE_UNREACHABLE"), range(8)))
    (state,) = store.states().values()
    assert (state.name, state.reason) == ("cloud", "SERVICE_UNREACHABLE")
    assert 1 <= state.failures <= 8
