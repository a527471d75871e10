"""What planning systems want of a structure set, each demand with its source: the table behind ``Profile``.

None of it was tried on a product. Where no source says more, a profile is what DICOM and AAPM TG-263 ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plugin.settings.shaping import DESCRIPTION, ProfileName

# Another value gives every changed object another UID: to be raised when the rules of shaping change.
REVISION = 1
NO_SOURCE = "no source found"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a demand is written down: what it is called, and its address."""

    name: str
    address: str

    @property
    def markdown(self) -> str:
        """As a link of docs/delivery.md."""
        return f"[{self.name}]({self.address})"


_STANDARD = "https://dicom.nema.org/medical/dicom/current/output/chtml"
TG_263 = Source("AAPM TG-263", "https://pmc.ncbi.nlm.nih.gov/articles/PMC7437157/")
VR = Source("PS3.5 6.2", f"{_STANDARD}/part05/sect_6.2.html")
ROI_CONTOUR = Source("PS3.3 C.8.8.6", f"{_STANDARD}/part03/sect_C.8.8.6.html")
OBSERVATIONS = Source("PS3.3 C.8.8.8", f"{_STANDARD}/part03/sect_C.8.8.8.html")
ENCODING = Source("PS3.5 10.1", f"{_STANDARD}/part05/chapter_10.html")
NAMES_IN_ECLIPSE = Source("CC-Gen, a script for Eclipse", "https://github.com/ddicostanzo/CC-Gen")
LONG_NUMBERS = Source(
    "TotalSegmentator-AIDE 11, Eclipse's own log", "https://github.com/GSTT-CSC/TotalSegmentator-AIDE/issues/11"
)
LONG_LABEL = Source("PyTRiP 291, problems in Eclipse", "https://github.com/pytrip/pytrip/pull/291")
EMPTY_IN_RAYSTATION = Source("PlatiPy 143, files from RayStation", "https://github.com/pyplati/platipy/pull/143")
TYPE_IN_RAYSTATION = Source(
    "DicomRTTool 15, import into RayStation", "https://github.com/brianmanderson/Dicom_RT_and_Images_to_Mask/pull/15"
)

ENCODING_IN_MIM = Source(
    "MIM 7.0.3 to 7.2, conformance statement: no Explicit VR", "https://www.scribd.com/document/700157598"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """The demands of one system.

    ``name_characters``: of an ROI name, which is ASCII and unique whatever its case. ``whole``: what the structure set
    lacks is added (type, colour, date, generation algorithm), ROIs of another frame of reference are left out, and so
    are physical properties, which a planning system may compute dose with. ``empty_rois``: what becomes of ROIs
    without contours. ``empty_contours``: whether one that is kept has an item, without contours, in ROI Contour
    Sequence.
    """

    product: str
    name_characters: int
    whole: bool
    empty_rois: Literal["leave out", "keep"] = "leave out"
    empty_contours: bool = True
    names_by: Source | None = None
    numbers_by: Source | None = None
    label_by: Source | None = None
    types_by: Source | None = None
    empty_by: Source | None = None
    encoding_by: Source | None = None


PROFILES: dict[ProfileName, Profile] = {
    "plain": Profile("none", DESCRIPTION, whole=False, empty_rois="keep"),
    "eclipse": Profile(
        "Varian Eclipse",
        16,
        whole=True,
        names_by=NAMES_IN_ECLIPSE,
        numbers_by=LONG_NUMBERS,
        label_by=LONG_LABEL,
    ),
    "raystation": Profile(
        "RaySearch RayStation",
        16,
        whole=True,
        empty_contours=False,
        types_by=TYPE_IN_RAYSTATION,
        empty_by=EMPTY_IN_RAYSTATION,
    ),
    "monaco": Profile("Elekta Monaco", 16, whole=True),
    "pinnacle": Profile("Philips Pinnacle", 16, whole=True),
    "mim": Profile("MIM", 16, whole=True, encoding_by=ENCODING_IN_MIM),
}
