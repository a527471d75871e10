"""Which way the images of a training lay: from the files that decide it, or from a person; never from a default.

nnU-Net and MONAI hand their networks arrays. What turned the images before that is written down for one of nnU-Net's
readers and for MONAI's Orientation; the others keep each file's own axes, which no file of a trained model tells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from model.errors import InputRefused
from model.importing.draft import ImportOptions
from model.names.sides import tells_sides
from model.packages.document import AXES
from model.packages.package import ALLOWED

CANONICAL = "RAS"
# nnunetv2.imageio.nibabel_reader_writer: as_reoriented(io_orientation(affine)), in training and in prediction.
TURNS_TO_CANONICAL = frozenset(("NibabelIOWithReorient",))
# Its name in a dataset's. TotalSegmentator turns every image to NIfTI's canonical axes (nibabel.as_closest_canonical).
TOTALSEGMENTATOR = re.compile(r"TotalSegmentator", re.IGNORECASE)
HOW_TO_FIND_OUT = (
    "Give --orientation, three letters for where x, y and z of the training images grow: "
    "nibabel.aff2axcodes(nibabel.load(FILE).affine) prints them for one of its NIfTI files; images that SimpleITK "
    "wrote from axial DICOM slices are LPS, whatever TotalSegmentator was trained on is RAS."
)


@dataclass(frozen=True)
class Found:
    """What files say of the axes; ``letters`` None where they say nothing, ``binding`` where nobody can know better."""

    letters: str | None
    why: str
    binding: bool = False


@dataclass(frozen=True)
class Axes:
    """The axes that are taken, and who says so."""

    letters: str
    source: Literal["files", "given", "assumed"]

    def written(self) -> dict[str, str]:
        """Return the two keys of model.json's ``input``."""
        return {"orientation": self.letters, "orientation_from": self.source}


def of_nnunet(names: Sequence[str], reader: str, ending: str) -> Found:
    """Return what a results folder says.

    That is ``names`` of its dataset, the reader of plans.json, dataset.json's file ending.
    """
    if reader in TURNS_TO_CANONICAL:
        return Found(CANONICAL, f"nnU-Net's reader {reader} turned every image to {CANONICAL}", binding=True)
    if any(TOTALSEGMENTATOR.search(name) for name in names):
        return Found(CANONICAL, f"TotalSegmentator turns every image to {CANONICAL}")
    known = f"nnU-Net's reader {reader}" if reader in ("SimpleITKIO", "NibabelIO", "Tiff3DIO") else "the reader"
    files = f" of the {ending[:10]} files" if ending else ""
    return Found(None, f"{known} keeps the axes{files} as they are, and nothing here tells which those were")


def agreed(found: Sequence[Found], options: ImportOptions) -> Found:
    """Return what all datasets of one package say together.

    Raises InputRefused when they contradict each other, or one of them the options.
    """
    given = given_orientation(options)
    for one in found:
        _require_no_contradiction(one, given)
    said = {one.letters for one in found}
    if len(said) == 1:
        return next((one for one in found if one.binding), found[0])
    if None in said and len(said) == 2:
        return next(one for one in found if one.letters is None)
    raise InputRefused("ORIENTATION", "The datasets were trained on images of different axes; import them apart.")


def given_orientation(options: ImportOptions) -> str | None:
    """Return the letters that were given, by option or description.

    Raises InputRefused when they are not three axes, or differ.
    """
    described = options.description.get("input")
    letters = described.get("orientation") if isinstance(described, dict) else None
    given = {str(one).strip().upper() for one in (options.orientation, letters) if one is not None}
    if len(given) > 1:
        raise InputRefused("ORIENTATION", "--orientation and the description name different axes; give one of them.")
    for one in given:
        if not re.match(AXES, one):
            raise InputRefused("ORIENTATION", f"The orientation is {ALLOWED['orientation']}.")
        return one
    return None


def decided(found: Found, options: ImportOptions, labels: Sequence[str] | None = None) -> Axes:
    """Return the axes of a package; ``labels`` where nothing but a label with a side makes them worth a refusal.

    Raises InputRefused when a wish contradicts what the files fix, or neither says.
    """
    given = given_orientation(options)
    if given is not None:
        _require_no_contradiction(found, given)
        return Axes(given, "given")
    if found.letters is not None:
        return Axes(found.letters, "files")
    if labels is None or any(tells_sides(label) for label in (*labels, *_described_labels(options))):
        raise InputRefused(
            "ORIENTATION",
            f"The files do not tell the orientation of the training images: {found.why}. On other axes a network sees "
            f"the patient mirrored, and left and right are exchanged. {HOW_TO_FIND_OUT}",
        )
    # Nothing that is drawn has a side; DICOM's own axes, and every result says that they were assumed.
    return Axes("LPS", "assumed")


def _require_no_contradiction(found: Found, given: str | None) -> None:
    if found.binding and given not in (None, found.letters):
        raise InputRefused(
            "ORIENTATION",
            f"The files contradict the orientation {given}: {found.why}. Leave --orientation out, or import apart "
            "what was trained on other axes.",
        )


def _described_labels(options: ImportOptions) -> list[str]:
    labels = options.description.get("labels")
    rows = labels if isinstance(labels, list) else []
    return [str(row.get("label", "")) for row in rows if isinstance(row, dict)]
