"""By what a gateway is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.group.identity import NAME, gateway_id


def test_a_gateway_is_known_by_the_same_id_after_a_restart(tmp_path: Path) -> None:
    made = gateway_id(tmp_path)
    assert len(made) == 16
    assert int(made, 16) >= 0
    assert gateway_id(tmp_path) == made
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("torn", [b"", b"12ab", b"\xff\xfe"])
def test_an_id_that_was_torn_is_made_anew(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / NAME).write_bytes(torn)
    assert len(gateway_id(tmp_path)) == 16


def test_no_two_gateways_have_one_id(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert gateway_id(tmp_path / "one") != gateway_id(tmp_path / "two")
