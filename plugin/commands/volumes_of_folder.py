"""The volumes of a folder that ``autocontour segment`` draws: chosen as the gateway chooses those of a series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydicom import dcmread

from model.errors import ConfigurationRefused, InputRefused
from model.series.enhanced import images_of
from model.series.folder import Folder, folder_of, images_of_patient, open_folder
from model.series.frame_reference import parse_image_reference
from model.series.header import SliceHeader
from model.series.refusals import several_values
from model.volume.load import Source
from plugin.facts.dictionary import tag_of
from plugin.facts.files import slices_of_files
from plugin.facts.kinds import AMBIGUOUS
from plugin.facts.selection import Selection, select
from plugin.facts.series import known_keywords
from plugin.facts.volume_names import VolumeName
from plugin.facts.volumes import Volumes, tell_apart
from plugin.facts.wanted import WantedVolume, each_of, example_of
from routing.facts import number_of
from routing.pick import LARGEST, Wanted, WrittenPick, read_pick

# For each SOP Instance UID, or the text that names a frame, the file and the header.
Images = Mapping[str, tuple[Path, SliceHeader]]
# What a folder of several volumes is refused for by its geometry alone.
_UNCLEAR = frozenset({"SLICES_COINCIDE", "GEOMETRY_MIXED"})
_SERIES = tag_of("SeriesInstanceUID") or ""


@dataclass(frozen=True)
class FolderVolume:
    """One volume of a folder; ``remarks`` say what was left out and why this one, ``name`` which it is of several."""

    folder: Folder
    name: VolumeName | None = None
    remarks: tuple[str, ...] = ()

    def slices(self) -> Iterable[Source]:
        """Return what load_volume reads: the files, of an enhanced object the frames of this volume alone."""
        wanted = {plane.sop_instance_uid for plane in self.folder.geometry.planes}
        if all(parse_image_reference(uid).frame is None for uid in wanted):
            return self.folder.files
        return (
            image
            for file in self.folder.files
            for image in images_of(dcmread(file))
            if str(image.SOPInstanceUID) in wanted
        )


def read_criteria(criteria: Sequence[str]) -> WrittenPick | None:
    """Read what ``--pick`` was given, in its order; raises ConfigurationRefused where it is no Pick."""
    if not criteria:
        return None
    if list(criteria) == [LARGEST]:
        return LARGEST
    written: dict[str, Wanted] = {}
    for one in criteria:
        key, equals, value = one.partition("=")
        if not equals or key in written:
            raise ConfigurationRefused(
                "--pick", f"it is KEY=VALUE, each KEY once, such as EchoTime=shortest; or {LARGEST} alone."
            )
        number = number_of(value.strip())
        written[key.strip()] = value.strip() if number is None else int(number) if number.is_integer() else number
    pick, problems = read_pick(written, known_keywords(), "--pick")
    if pick is None:
        raise ConfigurationRefused("--pick", "; ".join(str(problem) for problem in problems))
    return written


def volumes_of_folder(path: Path, pick: WrittenPick | None, *, each: bool) -> list[FolderVolume]:
    """Return the volumes to draw: the only one that can be meant, the one that is picked, or each.

    Raises InputRefused as open_folder does, and as the gateway does where several could be meant.
    """
    if pick is None and not each:
        try:
            return [FolderVolume(open_folder(path))]
        except InputRefused as refusal:
            if refusal.code not in _UNCLEAR:
                raise
            return [_obvious(path, refusal)]
    found, images = _told_apart(path)
    try:
        wanted = each_of(found, pick) if each else ()
        chosen = [one for one, _ in wanted] or [WantedVolume(pick)]
        return [_chosen(select(found, wanted=one), images) for one in chosen]
    except InputRefused as refusal:
        _refuse(refusal, found)


def _obvious(path: Path, refusal: InputRefused) -> FolderVolume:
    found, images = _told_apart(path)
    if len(found.volumes) < 2 and found.repeats is None and not found.localizers:
        raise refusal
    try:
        return _chosen(select(found), images)
    except InputRefused as several:
        _refuse(several, found)


def _refuse(refusal: InputRefused, found: Volumes) -> NoReturn:
    """Say beside what a rule would be given what the command line is given."""
    if refusal.code == "SEVERAL_VOLUMES":
        given = "--pick largest"
    elif refusal.code in AMBIGUOUS and (example := example_of(found)) is not None:
        given = " ".join(f"--pick {key}={_shown(value)}" for key, value in example.items())
    else:
        raise refusal  # nothing that could be given would help, or the sentence says what
    raise InputRefused(refusal.code, f"{refusal.message} On the command line: {given}, or --each.")


def _shown(value: Wanted) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if " " in text else text


def _told_apart(path: Path) -> tuple[Volumes, Images]:
    """Return the volumes of a folder, and its images."""
    images = {header.sop_instance_uid: (file, header) for file, header in images_of_patient(path)}
    slices = slices_of_files(dict.fromkeys(file for file, _ in images.values()))
    if (series := len({one.item.text(_SERIES) for one in slices})) > 1:
        raise several_values("SERIES_MIXED", "SeriesInstanceUID", series)
    return tell_apart(slices), images


def _chosen(selection: Selection, images: Images) -> FolderVolume:
    volume = selection.volume
    if volume.geometry is None:
        assert volume.refusal is not None, "a volume without a geometry says why"
        raise volume.refusal
    reasons = Counter(str(reason) for _, reason in selection.left_out)
    left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    said = f"{sum(reasons.values())} slice(s) of the folder are left out: {left_out}." if reasons else None
    folder = folder_of(volume.geometry, images.values())
    return FolderVolume(folder, selection.name, tuple(filter(None, (selection.why, said))))
