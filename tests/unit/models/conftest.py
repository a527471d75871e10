"""Small networks are drawn on one thread: on a busy machine two wait for each other longer than they work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Restore the number of threads afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
