"""``autocontour plugin-path`` names the file that Orthanc loads."""

from __future__ import annotations

import pytest

from plugin.cli import main
from tests.builders.orthanc_process import CHECKOUT


def test_it_prints_the_file_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin-path"]) == 0
    assert capsys.readouterr().out == f"{CHECKOUT / 'plugin' / 'orthanc_plugin.py'}\n"
