"""A stored RTSTRUCT becomes the one that a destination gets: another object, made in memory, the same each time.

Its UIDs are computed from the stored object, the profile and its options. So a destination is asked for the same object
however often that is sent, and two destinations with the same wishes get one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from model.dicom.uids import uuid_uid
from model.errors import InputRefused
from model.names.naming import entry_for
from model.names.shortening import ascii_text
from model.names.words import is_known
from model.rtstruct.items import colour, items, text, whole
from plugin.deliver.instances import Instances, Item
from plugin.deliver.profiles import PROFILES, REVISION, Profile
from plugin.deliver.roi_names import fitted, pattern_of, standard_name
from plugin.deliver.structure_set import (
    Roi,
    file_of,
    keep_frame,
    keep_only,
    opened,
    own_frame,
    rois_of,
    shorten_numbers,
)
from plugin.settings.shaping import DESCRIPTION, LABEL, Shaping

RTSTRUCT = "RTSTRUCT"
# Characters of VR ST (PS3.5 6.2).
LONGEST_TEXT = 1024


@dataclass(frozen=True, slots=True)
class Shaped:
    """A file, and what was changed beside its UIDs, a sentence each."""

    content: bytes
    sentences: tuple[str, ...]


class Shape:
    """What one destination wants of structure sets."""

    def __init__(self, wishes: Shaping) -> None:
        self._wishes = wishes
        self._profile: Profile = PROFILES[wishes.Profile]
        self._key = json.dumps([REVISION, wishes.Profile, wishes.shaping_options], sort_keys=True)
        self._rois = [pattern_of(one) for one in wishes.Rois or ()]
        self._colours = {name.casefold(): rgb for name, rgb in (wishes.Colours or {}).items()}

    @property
    def name(self) -> str:
        """The profile, as sentences call it."""
        return f"profile {self._wishes.Profile}"

    def addressed(self, instances: Instances) -> Instances:
        """Return the instances as the destination knows them: RTSTRUCTs by the UIDs of what is made of them."""
        return Instances(tuple(self._addressed(item) for item in instances.items))

    def _addressed(self, item: Item) -> Item:
        if item.modality != RTSTRUCT:
            return item
        return replace(item, sop_instance=self.uid(item.sop_instance), series=self.uid(item.sop_instance, "series"))

    def uid(self, stored: str, of: str = "instance") -> str:
        """Return the UID of what is made of a stored SOP instance."""
        digest = hashlib.sha256(f"{of} {stored} {self._key}".encode()).digest()
        return uuid_uid(int.from_bytes(digest[:16]))

    def made(self, content: bytes, model: str) -> Shaped:
        """Make the object that the destination gets of a stored one.

        Args:
            content: The stored RTSTRUCT, a file.
            model: What ``{Model}`` is.

        Raises:
            InputRefused: It cannot be read, or no ROI is left.
        """
        dataset = opened(content)
        said: list[str] = []
        rois = self._chosen(dataset, rois_of(dataset), said)
        names = self._named(rois, said)
        if self._profile.whole:
            _complete(dataset, rois, said)
        self._coloured(rois, names)
        keep_only(dataset, rois, empty_contours=self._profile.empty_contours)
        if (numbers := shorten_numbers(dataset, rois)) > 0:
            said.append(f"{numbers} number(s) of more than 16 characters were rounded")
        self._titled(dataset, model, said)
        self._identified(dataset, said)
        return Shaped(file_of(dataset), tuple(said))

    def _chosen(self, dataset: Dataset, rois: Sequence[Roi], said: list[str]) -> list[Roi]:
        chosen = list(rois)
        if self._profile.whole:
            frame = own_frame(dataset, rois)
            chosen = _left_out(
                chosen,
                [roi for roi in chosen if text(roi.item, "ReferencedFrameOfReferenceUID") in ("", frame)],
                "left out, drawn in another frame of reference",
                said,
            )
            keep_frame(dataset, frame)
        if (self._wishes.EmptyRois or self._profile.empty_rois) == "leave out":
            chosen = _left_out(chosen, [roi for roi in chosen if not roi.empty], "left out, without contours", said)
        if self._rois:
            place = {roi.number: self._place(roi.name) for roi in chosen}
            kept = [roi for roi in chosen if place[roi.number] < len(self._rois)]
            chosen = _left_out(chosen, kept, "left out, not in Rois", said)
            chosen.sort(key=lambda roi: place[roi.number])
        if all(roi.empty for roi in chosen):
            raise InputRefused(
                "DELIVERY_NO_ROI", "No ROI with contours is left for this destination; look at its Rois and Profile."
            )
        return chosen

    def _place(self, name: str) -> int:
        """Return which pattern of Rois a name is the first to match; their number where it matches none."""
        return next((place for place, one in enumerate(self._rois) if one.fullmatch(name)), len(self._rois))

    def _named(self, rois: Sequence[Roi], said: list[str]) -> list[str]:
        stored = [roi.name for roi in rois]
        standard = self._wishes.Names == "TG-263"
        if not standard and not self._profile.whole:
            return stored
        wanted = [standard_name(name) for name in stored] if standard else stored
        names = fitted(wanted, self._profile.name_characters)
        renamed = [(roi, name) for roi, name in zip(rois, names, strict=True) if name != roi.name]
        for roi, name in renamed:
            roi.item.ROIName = name
        if renamed:
            said.append(f"renamed: {', '.join(_renamed(roi, name) for roi, name in renamed)}")
        return names

    def _coloured(self, rois: Sequence[Roi], names: Sequence[str]) -> None:
        for roi, name in zip(rois, names, strict=True):
            rgb = self._colours.get(name.casefold()) or self._colours.get(roi.name.casefold())
            if rgb is not None and roi.contours is not None:
                roi.contours.ROIDisplayColor = list(rgb)

    def _titled(self, dataset: Dataset, model: str, said: list[str]) -> None:
        fields = {"Model": model, "Version": _version(dataset), "Date": text(dataset, "StructureSetDate")}
        for keyword, template, longest in (
            ("StructureSetLabel", self._wishes.Label, LABEL),
            ("SeriesDescription", self._wishes.SeriesDescription, DESCRIPTION),
        ):
            if template is None and (not self._profile.whole or keyword not in dataset):
                continue
            words = str(dataset.get(keyword) or "") if template is None else template.format(**fields)
            plain = ascii_text(words)[:longest].strip()
            if plain != words.strip():
                said.append(f"{keyword} was written in at most {longest} characters of ASCII")
            if plain:
                setattr(dataset, keyword, plain)

    def _identified(self, dataset: Dataset, said: Sequence[str]) -> None:
        stored = str(dataset.SOPInstanceUID)
        dataset.SOPInstanceUID = self.uid(stored)
        dataset.SeriesInstanceUID = self.uid(stored, "series")
        dataset.ApprovalStatus = "UNAPPROVED"
        for keyword in ("ReviewDate", "ReviewTime", "ReviewerName"):
            if keyword in dataset:
                delattr(dataset, keyword)
        words = [f"Made of {stored} for delivery ({self.name}){'; ' if said else ''}{'; '.join(said)}."]
        words += [before] if (before := ascii_text(str(dataset.get("StructureSetDescription") or ""))) else []
        dataset.StructureSetDescription = " ".join(words)[:LONGEST_TEXT].strip()


def _left_out(before: Sequence[Roi], kept: list[Roi], why: str, said: list[str]) -> list[Roi]:
    numbers = {roi.number for roi in kept}
    gone = [_called(roi) for roi in before if roi.number not in numbers]
    if gone:
        said.append(f"{why}: {', '.join(gone)}")
    return kept


def _complete(dataset: Dataset, rois: Iterable[Roi], said: list[str]) -> None:
    """Give a structure set what ours has and another's may lack, and take away what would change a dose."""
    for keyword, source in (("StructureSetDate", "SeriesDate"), ("StructureSetTime", "SeriesTime")):
        if not text(dataset, keyword) and text(dataset, source):
            setattr(dataset, keyword, text(dataset, source))
    typed, physical = [], []
    for roi in rois:
        if not roi.observations:
            _observe(dataset, roi)
        entry = entry_for(roi.name if ascii_text(roi.name).strip("_ ") else f"ROI {roi.number}")
        if not text(roi.item, "ROIGenerationAlgorithm"):
            roi.item.ROIGenerationAlgorithm = "AUTOMATIC"
        if roi.contours is not None and colour(roi.contours) is None:
            roi.contours.ROIDisplayColor = list(entry.colour)
        for one in roi.observations:
            if not text(one, "RTROIInterpretedType"):
                one.RTROIInterpretedType = entry.interpreted_type
                typed.append(_called(roi))
            if "ROIPhysicalPropertiesSequence" in one:
                del one.ROIPhysicalPropertiesSequence
                physical.append(_called(roi))
    if typed:
        said.append(f"given a type by their names: {', '.join(typed)}")
    if physical:
        said.append(f"physical properties left out: {', '.join(physical)}")


def _observe(dataset: Dataset, roi: Roi) -> None:
    """Begin the observation that an ROI lacks (type 1 of the module, PS3.3 C.8.8.8)."""
    taken = [whole(text(one, "ObservationNumber")) or 0 for one in items(dataset, "RTROIObservationsSequence")]
    one = Dataset()
    one.ObservationNumber = max([roi.number, *taken]) + 1
    one.ReferencedROINumber = roi.number
    one.ROIInterpreter = None
    roi.observations.append(one)
    dataset.RTROIObservationsSequence = DicomSequence([*items(dataset, "RTROIObservationsSequence"), one])


def _version(dataset: Dataset) -> str:
    """Return the version of the algorithm that drew the first ROI, as ours say it."""
    roi = next(iter(dataset.get("StructureSetROISequence") or ()), None)
    derived = (roi.get("ROIDerivationAlgorithmIdentificationSequence") or ()) if roi is not None else ()
    return next((text(one, "AlgorithmVersion") for one in derived), "")


def _called(roi: Roi) -> str:
    """Return what a sentence may call an ROI: a name that tables know, or its number, as a name may be a person's."""
    return roi.name if is_known(roi.name) else f"ROI {roi.number}"


def _renamed(roi: Roi, name: str) -> str:
    return f"{_called(roi)} to {name}" if is_known(roi.name) or is_known(name) else _called(roi)
