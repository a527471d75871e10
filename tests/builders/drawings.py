"""Drawings of made-up engines, and structure sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn
from model.rtstruct.write import structure_set
from model.rtstruct.written import StructureSet
from tests.builders import series

ALGORITHM = Algorithm(
    model="test-model", version="1.2.3", digest="ab" * 32, licence="none", description="made up for tests"
)
NOW = datetime(2026, 3, 4, 5, 6, 7)
SERIES_UID, INSTANCE_UID = f"{series.ROOT}.77", f"{series.ROOT}.77.1"


def drawing(masks: Iterable[tuple[str, NDArray[np.bool_]]], not_drawn: Iterable[NotDrawn] = ()) -> Drawing:
    """A drawing of whole masks, by label."""
    structures = tuple(Structure(label, BoxedMask.crop(mask)) for label, mask in masks)
    return Drawing(ALGORITHM, structures, tuple(not_drawn))


def written(
    plan: series.SeriesPlan,
    masks: Iterable[tuple[str, NDArray[np.bool_]]],
    *,
    source: Dataset | None = None,
    **options: object,
) -> StructureSet:
    """The structure set of masks on a planned series."""
    return structure_set(
        series.geometry(plan),
        source if source is not None else series.headers(plan)[0],
        drawing(masks),
        series_uid=SERIES_UID,
        instance_uid=INSTANCE_UID,
        label="autocontour test-model",
        now=NOW,
        **options,  # type: ignore[arg-type]
    )
