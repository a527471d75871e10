"""How long drawing may take before it counts as hung: by the model and the number of slices."""

from __future__ import annotations

# Seconds at least, and for each slice: hu-ct was measured to take 4 s for 200 slices, networks minutes.
OF_HU_CT = (120.0, 1.0)
OF_NETWORKS = (600.0, 5.0)
LONGEST_SECONDS = 2700.0


def drawing_seconds(configured: int | None, model: str, slices: int) -> float:
    """Return after how many seconds a model is stopped; ``configured`` is the site's own ``JobSeconds``."""
    if configured is not None:
        return float(configured)
    least, for_each_slice = OF_HU_CT if model == "hu-ct" else OF_NETWORKS
    return min(LONGEST_SECONDS, least + for_each_slice * slices)
