"""Which structures lie away from the face: a short list, and nobody knows of any other."""

from __future__ import annotations

import pytest

from model.names.naming import table
from plugin.privacy.face.structures import AWAY, away_from_face, touching

NEAR = (
    "External", "Body", "Skin", "Eye_L", "Eyes", "Lens_R", "OpticNrv_L", "OpticChiasm", "Chiasm", "Parotid_R",
    "Parotids", "Glnd_Submand_L", "Glnd_Lacrimal_L", "Bone_Mandible", "Mandible", "Cavity_Oral", "OralCavity", "Lips",
    "Lip_Upper", "Nose", "Cavity_Nasal", "Sinus_Maxillary", "Tongue", "Bones_HU", "Skull", "Bone_Skull",
    "Musc_Masseter_L", "Larynx", "eyeball_left", "parotid_gland_left", "skull", "face", "head", "hard_palate",
    "zygomatic_arch_left",
)  # fmt: skip
UNKNOWN = ("PTV_60", "GTV", "CTV_N", "Xyzzy", "Brain_PTV", "", "***", "Brain*", "PTV_Brain")
FAR = (
    "Brain", "brain", "Brainstem", "SpinalCanal", "SpinalCord", "spinal_cord", "Hippocampus_L", "Cochlea_R",
    "Cerebellum", "VB_C2", "vertebrae_C1", "Lung_L", "Heart", "rib_left_1", "Liver", "Lungs",
)  # fmt: skip


@pytest.mark.parametrize("name", NEAR + UNKNOWN)
def test_what_touches_the_face_and_what_nobody_knows_count_as_touching(name: str) -> None:
    assert not away_from_face(name)


@pytest.mark.parametrize("name", FAR)
def test_what_lies_away_is_known_by_name_and_by_label(name: str) -> None:
    assert away_from_face(name)


def test_what_touches_is_named() -> None:
    assert touching(["Brain", "Eye_L", "Xyzzy"]) == ["Eye_L", "Xyzzy"]


def test_no_structure_of_the_head_is_away_that_is_not_on_the_list_by_name() -> None:
    words = (
        "eye",
        "lens",
        "optic",
        "nasal",
        "oral",
        "palate",
        "tongue",
        "mandib",
        "masseter",
        "zygom",
        "skull",
        "face",
    )
    named = [entry.label for entry in table().values() if any(word in entry.label.casefold() for word in words)]
    assert len(named) > 10
    assert [label for label in named if away_from_face(label)] == []
    assert "external" not in AWAY
