"""Two structure sets of one series: which ROI is which, what became of each, and by how much."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from model.compare.comparison import Comparison, Metrics, RoiComparison, Verdict
from model.compare.identity import BLANKS, Identities, Identity
from model.compare.match import Matching, match
from model.compare.options import CompareOptions
from model.compare.verdict import judge, volume_of, why_empty
from model.errors import InputRefused
from model.rtstruct.items import text
from model.rtstruct.read import Masks, RoiMask, UnreadRoi, read_masks, read_rois
from model.rtstruct.reference import require_frame, require_reference
from model.series.geometry import SeriesGeometry

AMBIGUOUS, AT_ODDS, RENAMED = "ROI_AMBIGUOUS", "ROI_AT_ODDS", "ROI_RENAMED"


@dataclass(frozen=True)
class _Set:
    """The ROIs of one structure set, read or not, and who each is."""

    rois: tuple[RoiMask | UnreadRoi, ...]
    identities: tuple[Identity, ...]

    def name(self, index: int) -> str:
        """Return what to call an ROI."""
        return self.rois[index].name.strip(BLANKS)


def compare_structure_sets(
    reference: Dataset, other: Dataset, geometry: SeriesGeometry, options: CompareOptions
) -> Comparison:
    """Say what became of each ROI of a structure set in another one of the same series.

    Args:
        reference: The structure set that was made first: ours. It must be one of the series.
        other: What people made of it. Coordinates of the same frame of reference are enough, with a warning.
        geometry: The series.
        options: Names, what is ignored, tolerances.

    Raises:
        InputRefused: One of the two is no structure set, has no place on the series, or none of the reference's ROIs
            can be read. What is wrong with single ROIs stands in their verdicts.
    """
    ours = _set(reference, read_masks(reference, geometry, keep_contours=True))
    warnings: list[str] = []
    found = _other(other, geometry, warnings)
    theirs = _set(other, found)
    meant = _meant(ours.identities, theirs.identities, options)
    matching = match(ours.identities, [theirs.identities[index] for index in meant], options.aliases)
    taken = {meant[partner] for partner in matching.pairs.values()}
    added = set(meant) - taken
    rois = [_ours(index, ours, theirs, meant, added, matching, geometry, options) for index in range(len(ours.rois))]
    ambiguous = {meant[partner] for partner in matching.other_ambiguous}
    alone = [index for index in range(len(theirs.rois)) if index not in taken]
    rois += _added(alone, theirs, ambiguous, geometry, options, warnings)
    if found.nobodys:
        warnings.append(f"{found.nobodys} set(s) of contours belong to no ROI; they are in no number")
    return Comparison(
        series=options.series or geometry.series_uid,
        reference=text(reference, "SOPInstanceUID"),
        other=text(other, "SOPInstanceUID"),
        rois=tuple(rois),
        warnings=tuple(warnings),
    )


def _set(dataset: Dataset, found: Masks) -> _Set:
    rois: tuple[RoiMask | UnreadRoi, ...] = (*found.rois, *found.unread)
    identities = Identities(dataset)
    return _Set(rois, tuple(identities.of(roi.number, roi.name, drawn=_drawn(roi)) for roi in rois))


def _meant(ours: Sequence[Identity], theirs: Sequence[Identity], options: CompareOptions) -> list[int]:
    """Return which ROIs of the other are paired: an ignored one where it is one of ours.

    By any spelling of its name; by its code where ours is a target, too: a copy of an organ's code makes it no organ.
    """
    names = {one.name.casefold() for one in ours} | {name.strip().casefold() for name in options.aliases}
    plain = {one.plain for one in ours} - {""}
    codes = {code for one in ours if options.ignores(one.name, one.interpreted_type) for code in one.codes}
    return [
        index
        for index, one in enumerate(theirs)
        if not options.ignores(one.name, one.interpreted_type)
        or one.name.casefold() in names
        or one.plain in plain
        or one.codes & codes
    ]


def _drawn(roi: RoiMask | UnreadRoi) -> bool:
    return isinstance(roi, UnreadRoi) or not roi.mask.empty or why_empty(roi) is not None


def _other(dataset: Dataset, geometry: SeriesGeometry, warnings: list[str]) -> Masks:
    try:
        references = require_reference(dataset, geometry)
    except InputRefused as refused:
        if refused.code not in ("OTHER_SERIES", "OTHER_IMAGES"):
            raise
        references = require_frame(dataset, geometry)
        warnings.append(
            "the other structure set was drawn on other images of the same frame of reference; it is compared on the "
            "grid of this series"
        )
    return read_rois(dataset, geometry, references, keep_contours=True)


def _ours(
    index: int,
    ours: _Set,
    theirs: _Set,
    meant: Sequence[int],
    added: Set[int],
    matching: Matching,
    geometry: SeriesGeometry,
    options: CompareOptions,
) -> RoiComparison:
    roi, name = ours.rois[index], ours.name(index)
    alone = Metrics() if isinstance(roi, UnreadRoi) else Metrics(volume=volume_of(roi, geometry))
    if index in matching.ambiguous:
        words = "several ROIs could be its counterpart, by code or name; give the name in the table of names"
        return RoiComparison(name, None, Verdict.NOT_COMPARABLE, alone, AMBIGUOUS, words)
    partner = matching.pairs.get(index)
    if partner is None:
        if isinstance(roi, UnreadRoi):
            return RoiComparison(name, None, Verdict.NOT_COMPARABLE, code=roi.code, reason=roi.reason)
        if any(_same(roi, theirs.rois[number]) for number in added):
            words = "an added ROI has exactly its voxels: if it was renamed, give its name in the table of names"
            return RoiComparison(name, None, Verdict.DELETED, alone, RENAMED, words)
        return RoiComparison(name, None, Verdict.DELETED, alone)
    judged = judge(roi, theirs.rois[meant[partner]], geometry, options.tolerance_of(name))
    if index in matching.at_odds:
        judged = judged.but_first(AT_ODDS, matching.at_odds[index])
    return RoiComparison(name, theirs.name(meant[partner]), judged.verdict, judged.metrics, judged.code, judged.reason)


def _same(one: RoiMask | UnreadRoi, other: RoiMask | UnreadRoi) -> bool:
    """Whether two ROIs hold the same voxels; an ROI without any is no other's."""
    if isinstance(one, UnreadRoi) or isinstance(other, UnreadRoi) or one.mask.empty:
        return False
    return one.mask.origin == other.mask.origin and np.array_equal(one.mask.array, other.mask.array)


def _added(
    alone: Sequence[int],
    theirs: _Set,
    ambiguous: Set[int],
    geometry: SeriesGeometry,
    options: CompareOptions,
    warnings: list[str],
) -> list[RoiComparison]:
    """Return what only the other structure set has, without what nobody drew for an organ."""
    rows: list[RoiComparison] = []
    ignored = without = 0
    for index in alone:
        roi, identity, name = theirs.rois[index], theirs.identities[index], theirs.name(index)
        if index in ambiguous:
            words = "it could be the counterpart of an ROI of the reference, as others could"
            rows.append(RoiComparison(None, name, Verdict.NOT_COMPARABLE, code=AMBIGUOUS, reason=words))
        elif options.ignores(identity.name, identity.interpreted_type):
            ignored += 1
        elif isinstance(roi, UnreadRoi):
            rows.append(RoiComparison(None, name, Verdict.NOT_COMPARABLE, code=roi.code, reason=roi.reason))
        elif not identity.drawn:
            without += 1
        elif roi.mask.empty and (why := why_empty(roi)) is not None:
            rows.append(RoiComparison(None, name, Verdict.NOT_COMPARABLE, code=why[0], reason=why[1]))
        else:
            volume = volume_of(roi, geometry)
            rows.append(RoiComparison(None, name, Verdict.ADDED, Metrics(other_volume=volume)))
    if ignored:
        warnings.append(f"{ignored} added ROI(s) are targets, planning structures or marks; they are not listed")
    if without:
        warnings.append(f"{without} added ROI(s) have no contour; they are not listed")
    return rows
