"""The header of a scanner: texts, dates, times and private elements beside what an image needs."""

from __future__ import annotations

from pydicom.dataset import Dataset

_TEXTS = (
    "InstitutionName", "StationName", "OperatorsName", "StudyDescription", "ProtocolName", "ManufacturerModelName",
    "SoftwareVersions", "ConvolutionKernel", "FilterType",
)  # fmt: skip


def dress(dataset: Dataset, index: int) -> None:
    """Add to slice number ``index`` what scanners write: some 70 attributes, private ones and a nested request."""
    item = Dataset()
    item.RequestedProcedureID, item.ScheduledProcedureStepDescription = "R-1", "CT thorax with contrast"
    dataset.RequestAttributesSequence = [item]
    for keyword in _TEXTS:
        setattr(dataset, keyword, f"Made up {keyword}"[:16])
    for keyword in ("AcquisitionDate", "ContentDate", "SeriesDate", "InstanceCreationDate"):
        setattr(dataset, keyword, "20240229")
    for keyword in ("AcquisitionTime", "ContentTime", "InstanceCreationTime"):
        setattr(dataset, keyword, f"1015{index % 60:02d}.{index:06d}")
    block = dataset.private_block(0x0029, "MADE UP SCANNER", create=True)
    for number in range(40):
        block.add_new(number, "LO", f"value {number} of slice {index}" if number % 4 == 0 else f"value {number}")
