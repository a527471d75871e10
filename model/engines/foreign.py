"""Exceptions of engines and their libraries, as errors with a reason."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from model.errors import AutocontourError, EngineFailed


@contextmanager
def engine_errors(model: str) -> Iterator[None]:
    """Turn foreign exceptions into EngineFailed, without repeating their text: it may hold anything."""
    try:
        yield
    except (AutocontourError, OSError):
        raise
    except MemoryError:
        raise EngineFailed("OUT_OF_MEMORY", "The machine has too little memory for this series and model.") from None
    except Exception as error:  # noqa: BLE001 - whatever a model raises ends its job with a reason
        frame = traceback.extract_tb(error.__traceback__)[-1]
        raise EngineFailed(
            "ENGINE_RAISED",
            f"The model {model} failed ({type(error).__name__} in {frame.name}, line {frame.lineno}). "
            "Please report it with this text.",
        ) from None
