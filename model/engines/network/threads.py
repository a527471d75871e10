"""Threads for what is computed beside the network: as many as the network's own runtime takes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from model.process.cores import threads


def pool() -> ThreadPoolExecutor:
    """Threads that end with the work they were made for."""
    return ThreadPoolExecutor(threads(), thread_name_prefix="network")
