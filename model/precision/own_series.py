"""The site's own series as images of the test: what its scanners make, which no sample is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from model.errors import AutocontourError
from model.sides.sample import SampleSource, Shown, installed, volume_of


def with_own(folders: Sequence[Path], others: SampleSource = installed) -> SampleSource:
    """Return a source of the series in ``folders``, and then of ``others`` where there are any.

    They are numbered, never named: a folder's name may be a patient's. A series of another modality is refused by
    the model as in any job.
    """

    def shown(modality: str, fetch: bool) -> Iterator[Shown]:
        for number, folder in enumerate(folders, start=1):
            yield Shown(f"own series {number}", volume_of(folder), ())
        try:
            yield from others(modality, fetch and not folders)
        except AutocontourError:
            if not folders:
                raise

    return shown if folders else others
