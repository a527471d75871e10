"""One slice whose header was read already, for load_volume: the gate parsed it, and pydicom need not do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WHOLE_NUMBERS = frozenset({"PixelPaddingValue", "PixelPaddingRangeLimit"})


@dataclass(frozen=True)
class TextSlice:
    """What is asked of a pydicom dataset: attributes by keyword, and the stored pixels, (row, column), not rescaled.

    ``texts`` are keyword → text with backslashes between values, whole numbers in decimal.
    """

    texts: Mapping[str, str]
    pixel_array: NDArray[np.integer]

    def get(self, keyword: str) -> Any:
        """Return the value: text, a list of texts, a whole number where pydicom gives one; None when it is missing."""
        text = self.texts.get(keyword)
        if text is None or keyword not in _WHOLE_NUMBERS:
            return text if text is None or "\\" not in text else text.split("\\")
        return int(text)

    def __contains__(self, keyword: str) -> bool:
        return keyword == "PixelData" or keyword in self.texts
