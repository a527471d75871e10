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


def meaning_is_lost(file: RawFile, rules: PrivacyRules) -> bool:
    """Whether the rebuilt slice would say less than this one about what its values are."""
    table = file.elements.get(MODALITY_LUT_SEQUENCE)
    if table is not None and (table.items or table.value):
        return True
    if file.text(MODALITY).upper() != "CT":
        return False
    carried = file.text(RESCALE_TYPE).upper().encode("ascii", "replace")
    stays = carried in RESCALE_TYPES and RESCALE_TYPE not in rules.remove
    said = meaning_of(file.text(RESCALE_TYPE), file.text(IMAGE_TYPE).split("\\"), rescaled=True)
    return said.other_quantity or not (said.hounsfield or stays)
