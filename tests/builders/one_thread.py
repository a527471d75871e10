"""For the folders whose tests draw with networks: skipped without torch, and on one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Draw small networks on one thread: on a busy machine two wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
