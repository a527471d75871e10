"""Where a later reader finds what drew a structure set and which evidence belongs to it, whoever wrote the file.

A sentence at the end of StructureSetDescription, which planning systems show, and an item of its own in Contributing
Equipment Sequence (DICOM PS3.3 C.12.1.1.5), which is whole in what destinations get too.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from model.dicom.encoding import ITEM, implicit_header
from model.dicom.tags import CONTRIBUTING_EQUIPMENT_SEQUENCE
from model.evidence.code import printed
from model.names.entry import Code
from model.names.shortening import ascii_text
from model.rtstruct.modules import LO, PRODUCT, ST, coded
from plugin.restore.rewrite import Pieces

# DICOM PS3.16 CID 7005.
MODIFYING_EQUIPMENT = Code("109103", "DCM", "Modifying Equipment")
GATEWAY = f"{PRODUCT} gateway"


@dataclass(frozen=True, slots=True)
class Origin:
    """The model that drew, as the job knows it, and the evidence code of the job, as it is stored."""

    evidence_code: str
    model: str
    version: str = "0"
    digest: str = ""

    @property
    def sentence(self) -> str:
        """What StructureSetDescription says."""
        return f"Drawn by {self._model}; evidence {printed(self.evidence_code)}."

    @property
    def _model(self) -> str:
        # Of a vendor's node nobody knows more than what it is called here.
        version = f" {self.version}" if self.version not in ("", "0") else ", version not told"
        digest = f", sha256 {self.digest}" if self.digest else ", digest not told"
        return ascii_text(f"{self.model}{version}{digest}")

    def contribute(self, elements: MutableMapping[int, Pieces]) -> None:
        """Add the gateway to the contributing equipment; elements as in plugin.restore.description."""
        before = b"".join(elements.get(CONTRIBUTING_EQUIPMENT_SEQUENCE, Pieces()).parts)[8:]
        item = self._item()
        content = before + implicit_header(ITEM, len(item)) + item
        whole = implicit_header(CONTRIBUTING_EQUIPMENT_SEQUENCE, len(content)) + content
        elements[CONTRIBUTING_EQUIPMENT_SEQUENCE] = Pieces([whole], len(whole))

    def _item(self) -> bytes:
        item = Dataset()
        item.Manufacturer, item.ManufacturerModelName = PRODUCT, GATEWAY[:LO]
        item.PurposeOfReferenceCodeSequence = coded(MODIFYING_EQUIPMENT)
        said = f"Patient and references restored. Evidence code {printed(self.evidence_code)}; model {self._model}"
        item.ContributionDescription = said[:ST]
        buffer = DicomBytesIO()
        buffer.is_implicit_VR, buffer.is_little_endian = True, True
        write_dataset(buffer, item)
        return buffer.getvalue()
