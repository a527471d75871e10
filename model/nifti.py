"""What every reader of NIfTI files asks of their headers."""

from __future__ import annotations

from typing import Any

from model.errors import InputRefused

# nifti1.h: the three lowest bits of xyzt_units are the unit of length; 0 says nothing, and is read as mm as all do.
SPATIAL_BITS = 0x07
MILLIMETRES = (0, 2)
OTHERS = {1: "metres", 3: "micrometres"}


def require_millimetres(header: Any) -> None:
    """Raise InputRefused for a header of nibabel's that gives its lengths in another unit than mm.

    Nothing is converted: such files are rare, and of many only the unit is wrong while their lengths are mm.
    """
    unit = int(header["xyzt_units"]) & SPATIAL_BITS
    if unit not in MILLIMETRES:
        named = f"in {OTHERS[unit]}" if unit in OTHERS else "in a unit that NIfTI does not define"
        raise InputRefused(
            "NIFTI_UNIT",
            f"The NIfTI file says that its lengths are {named} (xyzt_units); write it anew in mm, with that unit.",
        )
