"""What is odd in a series that is contoured all the same: sentences for its job and its RTSTRUCT."""

from __future__ import annotations

from model.series.oddities import oddities_in
from model.series.uneven import uneven_steps
from plugin.facts.volumes import Volume


def oddities_of(volume: Volume) -> tuple[str, ...]:
    """Return a sentence for each oddity of the slices that are contoured."""
    steps = uneven_steps(volume.geometry) if volume.clean and volume.geometry is not None else None
    return (*oddities_in(one.header for one in volume.slices), *([] if steps is None else [steps]))
