"""What pixel values mean has to survive the rebuild: what the allow-list would drop or cut is refused at the source.

RescaleType and ImageType stay only in the standard's terms, and a sequence does not stay at all. A CT that loses the
word which says that it is not a CT in Hounsfield units would be drawn as if it were.
"""

from __future__ import annotations

from model.dicom.tags import IMAGE_TYPE, MODALITY, MODALITY_LUT_SEQUENCE, RESCALE_TYPE
from model.gate.terms import RESCALE_TYPES
from model.volume.meaning import meaning_of
from plugin.privacy.reading import RawFile
from plugin.settings.privacy import PrivacyRules


def lost_meaning(file: RawFile, rules: PrivacyRules) -> str:
    """Say what of this slice tells that its values are others, and would not leave; empty when nothing is lost."""
    table = file.elements.get(MODALITY_LUT_SEQUENCE)
    if table is not None and (table.items or table.value):
        return "ModalityLUTSequence has a value"
    if file.text(MODALITY).upper() != "CT":
        return ""
    carried = file.text(RESCALE_TYPE).upper().encode("ascii", "replace")
    stays = carried in RESCALE_TYPES and RESCALE_TYPE not in rules.remove
    said = meaning_of(file.text(RESCALE_TYPE), file.text(IMAGE_TYPE).split("\\"), rescaled=True)
    if said.other_quantity:
        return "RescaleType or ImageType names another quantity"
    return "" if said.hounsfield or stays else "RescaleType is a term that is not known, or may not leave by Remove"
