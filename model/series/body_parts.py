"""Codes of anatomic regions as the words of BodyPartExamined (DICOM PS3.16 annex L), SNOMED CT and its earlier codes.

Enhanced objects say the region of a frame by code alone. Only what rules and models commonly ask for.
"""

from __future__ import annotations

from collections.abc import Mapping

_CODES = {
    "ABDOMEN": "818981001 113345001 T-D4000",
    "ABDOMENPELVIS": "818982008 416949008 R-FAB57",
    "BRAIN": "12738006 T-A0100",
    "BREAST": "76752008 T-04000",
    "CHEST": "816094009 51185008 T-D3000",
    "CHESTABDOMEN": "416550000 R-FAB55",
    "CHESTABDPELVIS": "416775004 R-FAB56",
    "CSPINE": "122494005 T-11501",
    "HEAD": "69536005 T-D1100",
    "HEADNECK": "774007 T-D1000",
    "HEART": "80891009 T-32000",
    "KIDNEY": "64033007 T-71000",
    "LIVER": "10200004 T-62000",
    "LSPINE": "122496007 T-11503",
    "NECK": "45048000 T-D1600",
    "PELVIS": "816092008 12921003 T-D6000",
    "PROSTATE": "41216001 T-92000",
    "SPINE": "421060004 T-D04FF",
    "TSPINE": "122495006 T-11502",
    "WHOLEBODY": "38266002 T-D0010",
}
BODY_PARTS: Mapping[str, str] = {code: word for word, codes in _CODES.items() for code in codes.split()}
