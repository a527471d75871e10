"""Which volume of a series is contoured: that which a rule picks, that of a job, or the only one that can be meant.

What is not obvious is refused with the key to set, and an example with the values of this very series that was tried.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from model.errors import InputRefused
from model.series.geometry import require_whole
from model.series.refusals import NO_HELP
from plugin.facts.image_words import NOT_FOR_CONTOURS, usual_order
from plugin.facts.kinds import SEVERAL_IMAGES, TOO_MANY_VOLUMES
from plugin.facts.parameters import COMPONENTS, DIRECTION, IMAGE_TYPE, KINDS, kinds_of
from plugin.facts.parts import Told
from plugin.facts.picking import picked
from plugin.facts.volume_names import VolumeName
from plugin.facts.volumes import Volume, Volumes
from routing.pick import MISSING, Pick, Wanted, WrittenPick, pick_of

# Each volume becomes an RTSTRUCT that a person looks at: enough for the phases of breathing and of the heart, and a
# film of hundreds does not fill a study.
MOST_VOLUMES = 20
# So many volumes are tried for an example.
_TRIED = 3


@dataclass(frozen=True, slots=True)
class WantedVolume:
    """What a job wants of its series: a Pick, and ``key`` of one of the volumes where each is wanted.

    Neither: the only one that can be meant.
    """

    pick: WrittenPick | None = None
    key: str = ""

    @property
    def word(self) -> str:
        """The same for the same wish; empty where nothing is wished."""
        if self.pick is None and not self.key:
            return ""
        written = self.pick if self.pick is None or isinstance(self.pick, str) else list(self.pick.items())
        return hashlib.sha256(f"{json.dumps(written)} {self.key}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The volume that is contoured, what it is called, and the sentence that says why this one."""

    volume: Volume
    name: VolumeName | None
    reason: str


def key_of(volume: Volume) -> str:
    """Return what names a volume in its series: a digest of its slices."""
    uids = sorted(one.header.sop_instance_uid for one in volume.slices)
    return hashlib.sha256("\n".join(uids).encode()).hexdigest()[:12]


def chosen_by(found: Volumes, wanted: WantedVolume) -> Chosen:
    """Return the volume that a rule or a job wants; raises InputRefused when it is none, or not one."""
    pick = pick_of(wanted.pick)
    if wanted.key and any(key_of(volume) == wanted.key for volume in found.volumes):
        return _of_each(found, wanted.key)  # as it was told apart already, whatever Pick leaves beside it
    left = found if pick is None else picked(found, pick)
    if wanted.key:
        return _of_each(left, wanted.key)
    assert pick is not None, "who wishes for nothing gets the obvious one"
    if not pick.criteria:
        volume = _largest(left)
    elif len(left.volumes) == 1 and left.volumes[0].geometry is not None:
        volume = left.volumes[0]
    else:
        raise _still_several(pick, left)
    assert volume.geometry is not None
    require_whole(volume.geometry)
    name = _name_in(found, volume)
    said = f" ({name.words})" if name is not None else ""
    return Chosen(
        volume, name, f"Of the volumes of the series the one is contoured that Pick says: {pick.words}{said}."
    )


def each_of(found: Volumes, pick: WrittenPick | None) -> tuple[tuple[WantedVolume, VolumeName], ...]:
    """Return every volume that Pick leaves, by its key; none for a single one, which needs no name.

    Raises InputRefused when there are too many, or images of a place that nothing tells apart.
    """
    criteria = pick_of(pick)
    left = found if criteria is None else picked(found, criteria)
    if len(left.volumes) < 2 and left.repeats is None:
        return ()
    if left.repeats is not None and any(volume.geometry is None for volume in left.volumes):
        raise left.repeats.refusal
    if len(left.volumes) > MOST_VOLUMES:
        raise InputRefused(
            TOO_MANY_VOLUMES,
            f"The series holds {len(left.volumes)} volumes, and Each contours at most {MOST_VOLUMES}, as a person has "
            f"to look at every result. {NO_HELP}; let Pick of the rule leave those that are wanted.",
        )
    return tuple((WantedVolume(pick, key_of(one)), one.name) for one in left.volumes if one.name is not None)


def obvious(found: Volumes) -> Chosen | None:
    """Return the one volume of several of the same places that can be meant; None where people have to say which.

    Magnitude beside phase, real and imaginary part; an image beside its maximum or minimum intensity projection.
    """
    if found.repeats is None or len(found.volumes) < 2:
        return None
    kinds = _kinds(found.volumes)
    meant = [index for index, kind in enumerate(kinds) if not kind]
    if len(meant) != 1 or found.volumes[meant[0]].geometry is None:
        return None
    volume = found.volumes[meant[0]]
    others = ", ".join(dict.fromkeys(kind for kind in kinds if kind))
    words = volume.name.words if volume.name is not None else "the image"
    return Chosen(
        volume, volume.name, f"Of several images of each place {words} is contoured; the others are {others} images."
    )


def ambiguous(found: Volumes) -> InputRefused:
    """Say that the series holds several images of a place, and which key says which is meant."""
    assert found.repeats is not None
    example = example_of(found)
    if example is None:
        return found.repeats.refusal
    return found.repeats.refused(
        f"Contours need one image of each place: the rule can say which in Then, such as "
        f'"Pick": {json.dumps(example)}, or "Each": true for an RTSTRUCT of each; or exclude such series by a rule on '
        "Acquisitions."
    )


def _of_each(left: Volumes, key: str) -> Chosen:
    for volume in left.volumes:
        if key_of(volume) == key:
            if volume.refusal is not None:
                raise volume.refusal
            assert volume.geometry is not None
            require_whole(volume.geometry)
            words = volume.name.words if volume.name is not None else "this one"
            return Chosen(
                volume,
                volume.name,
                f"One of several volumes of the series, each of which is contoured: {words}.",
            )
    raise InputRefused(
        SEVERAL_IMAGES,
        "The volumes of the series are told apart otherwise than when this job was noted. Ask for new ones by POST "
        "/autocontour/series/{id}/jobs.",
    )


def largest_of(found: Volumes) -> Volume | None:
    """Return the volume with most slices; None where it is not alone, or makes no volume."""
    sizes = [len(volume.slices) for volume in found.volumes]
    alone = sizes.count(sizes[0]) == 1 and found.volumes[0].geometry is not None
    return found.volumes[0] if alone else None


def _largest(found: Volumes) -> Volume:
    if (volume := largest_of(found)) is not None:
        return volume
    if found.repeats is not None:
        raise ambiguous(found)
    sizes = [len(volume.slices) for volume in found.volumes]
    raise InputRefused(
        SEVERAL_IMAGES,
        f"Pick wants the largest of {len(sizes)} volumes, and {sizes.count(sizes[0])} of them have {sizes[0]} slices. "
        f'{NO_HELP}; name one in Pick of the rule by an attribute, or set "Each": true.',
    )


def _still_several(pick: Pick, left: Volumes) -> InputRefused:
    if left.repeats is not None:
        what = f"{left.repeats.count}: {left.repeats.words}"
    elif left.volumes and left.volumes[0].refusal is not None:
        return left.volumes[0].refusal
    else:
        what = f"{len(left.volumes)} volumes" + _named(left.volumes)
    example = example_of(left)
    criteria = {one.attribute: one.wanted for one in pick.criteria}
    more = f', such as "Pick": {json.dumps(criteria | example)}' if example else ""
    return InputRefused(
        SEVERAL_IMAGES,
        f"Pick wants {pick.words}, which leaves {what}. {NO_HELP}; add to Pick of the rule what tells them "
        f'apart{more}, or set "Each": true for an RTSTRUCT of each.',
    )


def _named(volumes: Sequence[Volume]) -> str:
    names = [volume.name.words for volume in volumes[:4] if volume.name is not None]
    return f" ({'; '.join(names)}{' …' if len(volumes) > 4 else ''})" if names else ""


def _name_in(found: Volumes, volume: Volume) -> VolumeName | None:
    key = key_of(volume)
    return next((one.name for one in found.volumes if key_of(one) == key), None)


def _kinds(volumes: Sequence[Volume]) -> list[str]:
    """Return for each volume why nobody contours it; empty where somebody may."""
    types = [KINDS.of(volume.slices[0].item) for volume in volumes]
    meanings = kinds_of(types)
    said = []
    for volume, image_type in zip(volumes, types, strict=True):
        words = {*meanings[image_type], *(word.lower() for word in COMPONENTS.words(volume.slices[0].item))}
        said.append(", ".join(sorted(words & NOT_FOR_CONTOURS)))
    return said


def example_of(found: Volumes) -> dict[str, Wanted] | None:
    """Return a Pick that leaves one volume of this series; None where none was found."""
    values = [one.value for volume in found.volumes for one in volume.told if one.parameter.keyword == IMAGE_TYPE]
    meanings = kinds_of(list(dict.fromkeys(values)))

    def usual(volume: Volume) -> tuple[int, int]:
        first = next((meanings[one.value] for one in volume.told if one.value in meanings), ())
        return len(volume.told), usual_order(first)

    for volume in sorted(found.volumes, key=usual)[:_TRIED]:
        criteria: dict[str, Wanted] = {}
        for told in volume.told:
            criteria |= _criterion(told, meanings.get(told.value, ()))
        if criteria and _is_one(found, criteria):
            return criteria
    return None


def _is_one(found: Volumes, criteria: dict[str, Wanted]) -> bool:
    pick = pick_of(criteria)
    try:
        left = picked(found, pick) if pick is not None else found
    except InputRefused:
        return False
    return len(left.volumes) == 1 and left.volumes[0].geometry is not None


def _criterion(told: Told, meanings: Sequence[str]) -> dict[str, Wanted]:
    keyword, value = told.parameter.keyword, told.value
    if told.of:
        return {keyword: "first"} if told.order == 1 else {}
    if keyword == IMAGE_TYPE:
        return {keyword: meanings[0]} if meanings else {}
    if keyword == DIRECTION:
        return {}
    if value is None:
        return {keyword: MISSING}
    if isinstance(value, float):
        return {keyword: int(value) if value.is_integer() else value} if told.parameter.plausible(value) else {}
    return {keyword: value[0]} if told.parameter.plausible(value) else {}
