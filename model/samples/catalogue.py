"""The samples by name: which package carries them, what they show, and whose labels come with them."""

from __future__ import annotations

from dataclasses import dataclass

from model.samples.packages import INVESALIUS, MRICRON, PYRADIOMICS, TOTALSEGMENTATOR, Package

_REFERENCE_FILES = "tests/reference_files/"


@dataclass(frozen=True)
class Sample:
    """One image and, where the package has one, a label map of the same grid in ``labels``."""

    name: str
    package: Package
    member: str
    modality: str
    description: str
    body_part: str
    labels: str = ""
    contrast: bool = False


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("thorax", PYRADIOMICS, "data/lung1_image.nrrd", "CT", "Thorax 5 mm", "CHEST"),
        Sample("thorax2", PYRADIOMICS, "data/lung2_image.nrrd", "CT", "Thorax, second", "CHEST"),
        Sample(
            "abdomen",
            TOTALSEGMENTATOR,
            _REFERENCE_FILES + "example_ct.nii.gz",
            "CT",
            "Abdomen and pelvis 3 mm",
            "ABDOMEN",
            labels=_REFERENCE_FILES + "example_seg_fast_force_split.nii.gz",
        ),
        Sample(
            "slab",
            TOTALSEGMENTATOR,
            _REFERENCE_FILES + "example_ct_dicom/",
            "CT",
            "Abdomen slab 2 mm",
            "ABDOMEN",
            labels=_REFERENCE_FILES + "example_seg_dicom.nii.gz",
            contrast=True,
        ),
        Sample(
            "aorta",
            TOTALSEGMENTATOR,
            _REFERENCE_FILES + "aorta_report/example_ct.nii.gz",
            "CT",
            "Thorax and abdomen 1.5 mm",
            "CHEST",
            contrast=True,
        ),
        Sample(
            "heart",
            TOTALSEGMENTATOR,
            _REFERENCE_FILES + "pulmonary_report/models/ct_cropped.nii.gz",
            "CT",
            "Heart 1.5 mm",
            "HEART",
            contrast=True,
        ),
        Sample(
            "head", INVESALIUS, "usr/share/doc/invesalius-examples/examples/Cranium.inv3", "CT", "Head 1.5 mm", "HEAD"
        ),
        Sample(
            "mr-abdomen",
            TOTALSEGMENTATOR,
            _REFERENCE_FILES + "example_mr_sm.nii.gz",
            "MR",
            "MR abdomen 3 mm",
            "ABDOMEN",
            labels=_REFERENCE_FILES + "example_seg_mr.nii.gz",
        ),
        Sample("mr-head", MRICRON, "usr/share/mricron/templates/ch2.nii.gz", "MR", "MR T1 head 1 mm", "HEAD"),
        Sample("mr-head-thick", PYRADIOMICS, "data/brain1_image.nrrd", "MR", "MR T1 head 6.5 mm", "HEAD"),
    )
}
