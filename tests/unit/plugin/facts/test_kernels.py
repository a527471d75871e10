"""Kernels by the makers' names: soft, sharp, or of no known kind."""

from __future__ import annotations

import pytest

from plugin.facts.kernels import kernel_kind
from routing.candidates import SHARP, SOFT


@pytest.mark.parametrize(
    ("maker", "soft", "sharp", "neither"),
    [
        (
            "SIEMENS",
            ("B10f", "B30f", "B31s", "B41f", "Br40d", "Br36", "Bv40", "I30f", "I31f", "J30s", "H30s", "Hr40", "Qr40"),
            ("B50f", "B70f", "B80s", "Br59", "Bl57", "I70f", "U90u", "Hr64"),
            ("", "none", "40"),
        ),
        (
            "GE MEDICAL SYSTEMS",
            ("SOFT", "STANDARD", "STND", "Standard", "HD STND"),
            ("BONE", "BONEPLUS", "BONE PLUS", "LUNG", "EDGE", "HD LUNG", "ULTRA"),
            ("DETAIL", "CHST", ""),
        ),
        ("Philips", ("A", "B", "C", "UB", "Routine", "Brain Routine"), ("D", "L", "YB", "YC", "Sharp"), ("YA", "EC")),
        ("TOSHIBA", ("FC01", "FC08", "FC13", "FC18", "FC26", "FC43"), ("FC30", "FC51", "FC52", "FC81"), ("FC70", "F1")),
        ("Canon Medical Systems", ("FC08",), ("FC52",), ("FC99",)),
        ("UIH", ("B_SOFT_B",), ("B_SHARP_C", "B_VSHARP_B"), ("B_SOFT_SHARP", "X")),
        ("", ("SMOOTH",), ("LUNG",), ("B30f", "C", "FC13")),
    ],
)
def test_a_name_is_known_by_its_maker(
    maker: str, soft: tuple[str, ...], sharp: tuple[str, ...], neither: tuple[str, ...]
) -> None:
    assert {name: kernel_kind(maker, name) for name in soft} == dict.fromkeys(soft, SOFT)
    assert {name: kernel_kind(maker, name) for name in sharp} == dict.fromkeys(sharp, SHARP)
    assert {name: kernel_kind(maker, name) for name in neither} == dict.fromkeys(neither)
