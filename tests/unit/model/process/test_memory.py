"""Blocks of a slice's size are kept for the next slice."""

from __future__ import annotations

import subprocess
import sys

import pytest

from model.process.memory import KEPT_BYTES

COUNT = """
import resource, sys
from model.process.memory import keep_freed_blocks
if sys.argv[1] == "kept":
    keep_freed_blocks()
def slices():
    for _ in range(200):
        held = [bytes(bytearray(1 << 19)) for _ in range(4)]
slices()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
slices()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_no_slice_pays_anew_for_the_pages_of_the_one_before() -> None:
    assert KEPT_BYTES > 4 << 19
    assert page_faults("kept") < page_faults("by itself") / 10
