"""A refused value is repeated so that it is found again, and no password with it."""

from __future__ import annotations

import pytest

from routing.problems import shown


@pytest.mark.parametrize("address", ["http://me:secret@host:8042", "https://me:se@cret@host", "ftp://secret@host/path"])
def test_no_password_of_an_address_is_repeated(address: str) -> None:
    assert "secret" not in shown(address)
    assert "cret" not in shown(address)
    assert "://…@host" in shown(address)


def test_an_address_without_a_password_is_shown_as_it_is() -> None:
    assert shown("http://host/a@b") == "'http://host/a@b'"
