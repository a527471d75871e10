"""What the gateway keeps lies in folders of its own user."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from plugin.state.directory import StateUnusable, open_state


@pytest.mark.parametrize("which", [".", "spool", "evidence"])
def test_a_folder_of_another_user_is_refused(tmp_path: Path, which: str) -> None:
    state = open_state(tmp_path / "state")
    try:
        os.chown(state.path / which, 65534, 65534)
    except PermissionError:
        pytest.skip("giving a folder away needs root")
    with pytest.raises(StateUnusable, match="belongs to another user"):
        open_state(state.path)


def test_folders_that_others_could_read_are_made_private(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state")
    for folder in (state.path, state.spool, state.evidence):
        folder.chmod(0o777)
    open_state(state.path)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (state.path, state.spool, state.evidence)} == {0o700}
