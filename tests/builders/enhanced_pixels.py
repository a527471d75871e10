"""Pixels of several frames: native, or encapsulated with or without offset tables, in whole or in pieces.

Source: DICOM PS3.5 A.4 (encapsulation, Basic Offset Table), PS3.3 C.7.6.3.1.8 (Extended Offset Table).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import UID, ExplicitVRLittleEndian

BASIC, EXTENDED, NONE = "basic offset table", "extended offset table", "no offset table"


@dataclass(frozen=True)
class Encapsulation:
    """Where frames begin (BASIC, EXTENDED, NONE), and in how many fragments each one is."""

    offsets: str = BASIC
    fragments: int = 1


def put_pixels(
    dataset: Dataset, frames: Sequence[bytes], syntax: str = ExplicitVRLittleEndian, how: Encapsulation | None = None
) -> None:
    """Give an object its frames, each as native little endian bytes, in a transfer syntax."""
    how = how or Encapsulation()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.PixelData = b"".join(frames)
    dataset["PixelData"].VR = "OW"
    if not UID(syntax).is_encapsulated:
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        if not UID(syntax).is_little_endian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        return
    dataset.compress(UID(syntax), generate_instance_uid=False)
    encoded = list(generate_frames(dataset.PixelData, number_of_frames=len(frames)))
    encapsulate_frames(dataset, encoded, how)


def encapsulate_frames(dataset: Dataset, encoded: Sequence[bytes], how: Encapsulation) -> None:
    """Put encoded frames into PixelData."""
    if how.offsets == EXTENDED:
        data, offsets, lengths = encapsulate_extended(list(encoded))
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    else:
        data = encapsulate(list(encoded), fragments_per_frame=how.fragments, has_bot=how.offsets == BASIC)
    dataset.PixelData = data
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
