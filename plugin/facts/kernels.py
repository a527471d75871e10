"""Whether a CT's ConvolutionKernel is soft or sharp, by the makers' names (DICOM PS3.3 C.8.2.1: SH, without a list).

Siemens numbers kernels by their sharpness (B30f, Br40, I31f): its operating instructions recommend up to 41 for soft
tissue and 50 and more "for higher sharpness". GE gives names; Philips letters, from smooth to sharp; Canon (Toshiba)
FC and a number. Which of these are soft-tissue and which are lung or bone kernels is as the protocol of the National
Lung Screening Trial pairs them across makers (standard, B30, C, FC10; lung or bone, B50, D, FC51), and as the makers'
manuals continue their rows; a domain model of the US National Cancer Institute names B30, Standard and FC03 for soft
tissue, and says that the values are "vendor specific and not coded". A name that is not listed here is neither.
"""

from __future__ import annotations

import re

from routing.candidates import SHARP, SOFT

# The first sharp one of Siemens' numbers.
SIEMENS_SHARP = 50
_SIEMENS = re.compile(r"[A-Z]{1,2}(\d{2})(?![0-9])")
_CANON = re.compile(r"FC(\d{2})(?![0-9])")
_CANON_SOFT = (range(1, 20), range(20, 30), range(40, 50), range(60, 70))
_CANON_SHARP = (range(30, 40), range(50, 60), range(80, 90))
_PHILIPS = {"A": SOFT, "B": SOFT, "C": SOFT, "UA": SOFT, "UB": SOFT} | dict.fromkeys(
    ("D", "E", "F", "L", "YB", "YC", "YD"), SHARP
)
# Words in the names of GE's kernels, of the newer ones of Philips and Canon, and of other makers.
_SOFT_WORDS = frozenset(("SOFT", "STANDARD", "STND", "STD", "SMOOTH", "BRAIN", "ROUTINE", "BODYROUTINE"))
_SHARP_WORDS = frozenset(
    ("SHARP", "VSHARP", "SHARPPLUS", "BONE", "BONEPLUS", "LUNG", "EDGE", "EDGEPLUS", "ULTRA", "HRES")
)


def kernel_kind(manufacturer: str, kernel: str) -> str | None:
    """Tell the kind of a kernel: SOFT, SHARP, or None where its name is not known.

    Args:
        manufacturer: Manufacturer of the series.
        kernel: The first value of ConvolutionKernel.
    """
    maker, name = manufacturer.upper(), kernel.strip(" \0").upper()
    if "SIEMENS" in maker and (found := _SIEMENS.match(name)):
        return SHARP if int(found[1]) >= SIEMENS_SHARP else SOFT
    if ("CANON" in maker or "TOSHIBA" in maker) and (found := _CANON.match(name)):
        number = int(found[1])
        return SOFT if any(number in row for row in _CANON_SOFT) else SHARP if _is_sharp(number) else None
    if "PHILIPS" in maker and name in _PHILIPS:
        return _PHILIPS[name]
    words = frozenset(re.split(r"[^A-Z]+", name))
    # "Soft" beside "sharp" says nothing.
    soft, sharp = bool(words & _SOFT_WORDS), bool(words & _SHARP_WORDS)
    return None if soft == sharp else SOFT if soft else SHARP


def _is_sharp(number: int) -> bool:
    return any(number in row for row in _CANON_SHARP)
