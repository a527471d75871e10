"""The images of the test: those of the other tests, and a sample whose field is so wide that it has tiles of air."""

from __future__ import annotations

from collections.abc import Iterator

from model.samples.build import series
from model.samples.catalogue import SAMPLES
from model.samples.packages import cache_directory
from model.sides.sample import Shown, installed, volume_of

WIDE = "slab"


def with_wide(modality: str, fetch: bool) -> Iterator[Shown]:
    """Yield the samples of this machine, the wide one last where it comes with one of them.

    Raises TargetFailed when none is here and none could be fetched.
    """
    yield from installed(modality, fetch)
    if modality == "CT" and (cache_directory() / "packages" / SAMPLES[WIDE].package.archive).is_file():
        yield Shown(f"sample CT ({WIDE})", volume_of(series(WIDE)), ())
