"""The slices of a series that are contoured, and those that are left out with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from model.errors import InputRefused
from model.series.geometry import is_localizer
from model.series.header import SliceHeader
from model.series.refusals import NO_HELP
from plugin.facts.volume_names import VolumeName
from plugin.facts.volumes import Volume, Volumes, empty, unreadable_frames
from plugin.facts.wanted import WantedVolume, ambiguous, chosen_by, largest_of, obvious

MixedPolicy = Literal["refuse", "largest"]
LocalizerPolicy = Literal["leave-out", "refuse"]
THE_OBVIOUS = WantedVolume()


class Reason(StrEnum):
    """Why a slice is left out; the names are the words under which evidence counts them."""

    LOCALIZER = "localizer"
    KIND = "not a slice of a scan"
    PLANE = "of another plane or matrix, and too few for a volume"
    ACQUISITION = "of another acquisition or orientation"
    VOLUME = "of another volume of the series"


@dataclass(frozen=True, slots=True)
class Selection:
    """The volume that is contoured, and the slices that are left out with the reason.

    ``name`` is what the volume is called, and ``why`` a sentence that says why it is this one of several; None where
    nothing had to be chosen.
    """

    volume: Volume
    left_out: tuple[tuple[str, Reason], ...]
    name: VolumeName | None = None
    why: str | None = None

    @property
    def kept(self) -> tuple[SliceHeader, ...]:
        """The headers of the slices that are contoured."""
        return tuple(one.header for one in self.volume.slices)


def select(
    found: Volumes,
    *,
    mixed: MixedPolicy = "refuse",
    localizers: LocalizerPolicy = "leave-out",
    wanted: WantedVolume = THE_OBVIOUS,
) -> Selection:
    """Return the slices to contour; raises InputRefused when the site refuses such series, or nothing is left."""
    if localizers == "refuse" and found.localizers:
        count = len(found.localizers)
        raise InputRefused(
            "LOCALIZERS",
            f"The series holds {count} localizer(s), by ImageType or by their planes. {NO_HELP}; set Localizers to "
            '"leave-out" to have the others contoured.',
        )
    if not found.volumes:
        raise empty(found)
    if (unreadable := unreadable_frames(found)) is not None:
        raise unreadable
    chosen = chosen_by(found, wanted) if wanted != THE_OBVIOUS else obvious(found)
    if chosen is not None:
        return _selection(found, chosen.volume, Reason.VOLUME, chosen.name, chosen.reason)
    if found.repeats is not None and (mixed == "refuse" or largest_of(found) is None):
        raise ambiguous(found)
    if mixed == "refuse" and len(found.volumes) > 1:
        sizes = ", ".join(str(len(volume.slices)) for volume in found.volumes[:6])
        raise InputRefused(
            "SEVERAL_VOLUMES",
            f"The series holds {len(found.volumes)} acquisitions or orientations ({sizes} slices), by their planes, "
            f"FrameOfReferenceUID, Rows and Columns or AcquisitionNumber. {NO_HELP}; send each as a series of its own, "
            'or say in Then of the rule which is meant: "Pick": "largest", or "Each": true for all of them.',
        )
    return _selection(found, found.volumes[0], Reason.ACQUISITION)


def _selection(
    found: Volumes, volume: Volume, reason: Reason, name: VolumeName | None = None, why: str | None = None
) -> Selection:
    kept = {one.header.sop_instance_uid for one in volume.slices}
    beside = [
        (one.header.sop_instance_uid, Reason.LOCALIZER if is_localizer(one.header) else Reason.PLANE)
        for one in found.localizers
    ]
    beside += [(other.object.header.sop_instance_uid, Reason.KIND) for other in found.others]
    beside += [(one.header.sop_instance_uid, reason) for other in found.volumes for one in other.slices]
    return Selection(volume, tuple((uid, said) for uid, said in beside if uid not in kept), name, why)
