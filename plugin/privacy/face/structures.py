"""Which structures lie away from the face, by their names; every other one is taken for one that touches it.

Names are those of AAPM TG-263 and labels that the tables of ``model.names`` know. A target (GTV, CTV, PTV) can lie
anywhere, and what nobody knows may be a lip: both count as the face's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from model.errors import InputRefused
from model.names.naming import entry_for

_SIDE = re.compile(r"_(L|R|B)$")
_NUMBERED = re.compile(r"^(VB_[CTLS]|Rib)[0-9]{1,2}$")
# The brain's frontal pole lies a centimetre behind the skin of the forehead: whether it moves is what the proof shows.
AWAY = frozenset(
    """
    Brain Brainstem Brainstem_Core Brainstem_Surf Cerebellum Cerebrum Hippocampus Thalamus Pons Pineal Cochlea
    Ear_Internal Ear_Middle Lobe_Occipital Lobe_Parietal Fossa_Posterior Sys_Ventricular SpinalCanal SpinalCord
    SpinalCord_Cerv SpinalCord_Lum SpinalCord_Sac SpinalCord_Thor VBs Discs_IV BrachialPlex BrachialPlexus
    Lung Lungs Lung_LLL Lung_LUL Lung_RLL Lung_RML Lung_RUL Trachea Carina Bronchus Esophagus Heart Pericardium Aorta
    A_Aorta A_Aorta_Asc A_Aorta_Desc A_Pulmonary V_Pulmonary A_LAD A_Brachiocephls A_Subclavian V_Brachioceph
    V_Venacava_S V_Venacava_I V_PortalSplenic AtrialAppendg A_Iliac V_Iliac Breast Chestwall Rib Ribs Bone_Sternum
    Sternum Cartlg_Costal Scapula Clavicle Humerus Liver Spleen Kidney Kidneys KidneyCyst Gallbladder Stomach Pancreas
    Glnd_Adrenal Duodenum Bowel Bowel_Small Bowel_Large Bag_Bowel Colon Rectum Bladder Prostate SeminalVes Uterus Femur
    Femur_Head Pelvis Sacrum CaudaEquina Musc_GlutMax Musc_GlutMed Musc_GlutMin Musc_DeepBack Musc_Iliopsoas
    """.casefold().split()
)


def away_from_face(name: str) -> bool:
    """Whether a structure of this name, or label, is known to lie away from the face."""
    try:
        known = entry_for(name).name
    except InputRefused:
        return False
    plain = _SIDE.sub("", known)
    return bool(_NUMBERED.match(plain)) or plain.casefold() in AWAY


def touching(names: Iterable[str]) -> list[str]:
    """Return those of the names that touch the face, or are not known to be away from it."""
    return [name for name in names if not away_from_face(name)]
