"""What is done in the worker process, which knows neither Orthanc nor a database."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import Any, TypeVar

from model.compare.compare import compare_structure_sets
from model.compare.comparison import Comparison
from model.compare.options import CompareOptions
from model.errors import AutocontourError, EngineFailed, InputRefused
from model.rtstruct.contours_digest import contours_digest
from model.rtstruct.file import read_structure_set
from model.series.geometry import SeriesGeometry

Result = TypeVar("Result")

# What comparing may take (data of the process), beside what the modules take.
MEMORY_BYTES = 6 << 30
LARGE = "STRUCTURE_SET_LARGE"


def limited(function: Callable[..., Result], *arguments: Any) -> Result:
    """Run a function with no more memory than it may have; raises InputRefused where that is not enough."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = MEMORY_BYTES if most == resource.RLIM_INFINITY else min(MEMORY_BYTES, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
    try:
        return function(*arguments)
    except MemoryError:
        raise InputRefused(LARGE, "The structure set takes more memory than a comparison may have.") from None
    except AutocontourError:
        raise
    except Exception as error:  # noqa: BLE001 - the file is anybody's; the kind is logged, never a text of the file
        raise EngineFailed("COMPARISON_FAILED", f"Comparing met an unexpected {type(error).__name__}.") from None


def contours_of(file: bytes) -> str:
    """Return the digest of what a file draws, in the worker; raises InputRefused."""
    return contours_digest(read_structure_set(file))


def compare_files(ours: bytes, theirs: bytes, geometry: SeriesGeometry, options: CompareOptions) -> Comparison:
    """Compare two files, in the worker; raises InputRefused."""
    return compare_structure_sets(read_structure_set(ours), read_structure_set(theirs), geometry, options)
