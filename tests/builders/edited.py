"""One RTSTRUCT of ours as five planning systems return it, with the right verdict on each of its ROIs.

Each system does what others do as well: the five together are the noise that is expected, not a statement about any
version of a product. ``returned(ours, system)`` needs nothing but the dataset, so that it serves what a real Orthanc
holds; what a person did is told apart from what the system did by itself.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RTStructureSetStorage, generate_uid

Points = NDArray[np.float64]
UNTOUCHED, EDITED, DELETED, NOT_COMPARABLE = "untouched", "edited", "deleted", "not comparable"


@dataclass(frozen=True)
class Contour:
    """One contour: (n, 3) LPS mm, its geometric type, and the items that name its image."""

    points: Points
    kind: str = "CLOSED_PLANAR"
    images: tuple[Dataset, ...] = ()


@dataclass(frozen=True)
class Roi:
    """One ROI of a structure set; ``origin`` is the name that we gave it, None where a person drew it."""

    number: int
    name: str
    contours: tuple[Contour, ...]
    origin: str | None
    observation: Dataset | None = None
    interpreted_type: str = "ORGAN"


@dataclass(frozen=True)
class Person:
    """What a person did, by our names: ``moved`` by two pixels to the patient's left, ``deleted``, ``emptied``."""

    moved: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    emptied: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Returned:
    """A structure set that came back.

    ``verdicts`` are the right ones by our names, ``listed`` the names that count as added, ``aliases`` what a site has
    to say in its table of names (theirs to ours).
    """

    dataset: Dataset
    verdicts: Mapping[str, str]
    listed: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The file."""
        stream = io.BytesIO()
        dcmwrite(stream, self.dataset, enforce_file_format=True)
        return stream.getvalue()


@dataclass(frozen=True)
class PlanningSystem:
    """How one system writes: by ROI, by contour, and the head of the file."""

    name: str
    write_roi: Callable[[Roi], Roi]
    write_contour: Callable[[Contour], tuple[Contour, ...]]
    decimals: int
    extra: tuple[tuple[str, str], ...] = ()
    listed: frozenset[str] = frozenset()
    first_number: int = 1
    order: Callable[[Roi], object] = lambda roi: roi.number
    utf8: bool = False
    transfer_syntax: str = ImplicitVRLittleEndian
    approval: str = "UNAPPROVED"
    predecessor: bool = False
    names_images: bool = True
    aliases: Callable[[str], str | None] = lambda name: None


def person_for(names: Sequence[str]) -> Person:
    """Something of everything, as far as there are ROIs: the second moved, the third deleted, the fourth emptied."""
    return Person(frozenset(names[1:2]), frozenset(names[2:3]), frozenset(names[3:4]))


def returned(ours: Dataset, system: PlanningSystem, person: Person | None = None) -> Returned:
    """Make the structure set that comes back of ours, edited by a person and written by a system."""
    rois = rois_of(ours)
    names = [roi.name for roi in rois]
    did = person_for(names) if person is None else person
    kept = [edited(roi, did) for roi in rois if roi.name not in did.deleted]
    made = [written_by(system, roi) for roi in [*kept, *_drawn_beside(system, kept)]]
    made = [replace(roi, number=system.first_number + 3 * n) for n, roi in enumerate(sorted(made, key=_by(system)))]
    verdicts = dict.fromkeys(names, UNTOUCHED)
    verdicts |= dict.fromkeys(did.moved, EDITED) | dict.fromkeys(did.deleted | did.emptied, DELETED)
    aliases = {theirs: name for name in names if (theirs := system.aliases(name)) is not None}
    return Returned(_dataset(ours, made, system), verdicts, system.listed, aliases)


def rois_of(dataset: Dataset) -> list[Roi]:
    """The ROIs of a structure set of ours."""
    observed = {int(one.ReferencedROINumber): one for one in dataset.RTROIObservationsSequence}
    drawn = {int(one.ReferencedROINumber): one for one in dataset.ROIContourSequence}
    return [
        Roi(
            int(one.ROINumber),
            str(one.ROIName),
            tuple(
                Contour(
                    np.array([float(value) for value in item.ContourData]).reshape(-1, 3),
                    str(item.ContourGeometricType),
                    tuple(item.get("ContourImageSequence") or ()),
                )
                for item in drawn[int(one.ROINumber)].ContourSequence
            ),
            str(one.ROIName),
            observed[int(one.ROINumber)],
        )
        for one in dataset.StructureSetROISequence
    ]


def edited(roi: Roi, person: Person) -> Roi:
    """An ROI after a person was at it."""
    if roi.name in person.emptied:
        return replace(roi, contours=())
    if roi.name in person.moved:
        return replace(roi, contours=tuple(replace(one, points=one.points + _two_pixels(roi)) for one in roi.contours))
    return roi


def written_by(system: PlanningSystem, roi: Roi) -> Roi:
    """An ROI as the system writes it, its numbers rounded."""
    contours = tuple(part for one in roi.contours for part in system.write_contour(one))
    rounded = tuple(replace(one, points=np.round(one.points, system.decimals)) for one in contours)
    return system.write_roi(replace(roi, contours=rounded))


# What systems do to contours without changing what is inside.


def as_it_is(contour: Contour) -> tuple[Contour, ...]:
    """Nothing but rounding."""
    return (contour,)


def started_elsewhere(contour: Contour) -> tuple[Contour, ...]:
    """It begins a third of the way along, runs the other way, and without points on straight lines."""
    points = np.roll(contour.points[::-1], len(contour.points) // 3, axis=0)
    return (replace(contour, points=without_straight(points)),)


def closed_and_dense(contour: Contour) -> tuple[Contour, ...]:
    """A point in the middle of each edge, every tenth one twice, and the first one repeated at the end."""
    following = np.roll(contour.points, -1, axis=0)
    points = np.stack([contour.points, (contour.points + following) / 2], axis=1).reshape(-1, 3)
    points = np.repeat(points, np.where(np.arange(len(points)) % 10 == 0, 2, 1), axis=0)
    return (replace(contour, points=np.concatenate([points, points[:1]])),)


def rings(contour: Contour) -> tuple[Contour, ...]:
    """Keyholes cut open: what is around and each hole is a contour of its own."""
    return tuple(replace(contour, points=ring) for ring in rings_of(contour.points))


def exclusive_rings(contour: Contour) -> tuple[Contour, ...]:
    """The same as CLOSEDPLANAR_XOR (DICOM PS3.3 C.8.8.6.3)."""
    return tuple(replace(one, kind="CLOSEDPLANAR_XOR") for one in rings(contour))


def without_straight(points: Points) -> Points:
    """Points without those on the straight line between their neighbours, unless the line turns back on itself."""
    back, ahead = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    straight = (np.linalg.norm(np.cross(back, ahead), axis=1) < 1e-6) & (np.einsum("ij,ij->i", back, ahead) > 0)
    return points[~straight] if np.count_nonzero(~straight) >= 3 else points


def rings_of(points: Points) -> list[Points]:
    """The rings of a contour whose bridges are walked there and back over the same points."""
    keys = [tuple(np.round(point, 6)) for point in points]
    edges = list(zip(keys, keys[1:] + keys[:1], strict=True))
    bridges = {edge for edge in edges if (edge[1], edge[0]) in set(edges)}
    following: dict[tuple[float, ...], list[tuple[float, ...]]] = {}
    for start, end in edges:
        if (start, end) not in bridges and start != end:
            following.setdefault(start, []).append(end)
    found = []
    while following:
        first = next(iter(following))
        ring, at = [first], first
        while True:
            ends = following[at]
            end = ends.pop()
            if not ends:
                del following[at]
            if end == first:
                break
            ring.append(end)
            at = end
        found.append(np.array(ring))
    return [ring for ring in found if len(ring) >= 3]


# What systems do to ROIs.


def _uncoded(roi: Roi) -> Roi:
    if roi.observation is None:
        return roi
    plain = copy.deepcopy(roi.observation)
    for keyword in ("RTROIIdentificationCodeSequence", "SegmentedPropertyCategoryCodeSequence"):
        if keyword in plain:
            delattr(plain, keyword)
    return replace(roi, observation=plain)


def _cut(roi: Roi) -> Roi:
    return replace(roi, name=roi.name[:16])


def _shouted(roi: Roi) -> Roi:
    return replace(roi, name=f"{roi.name.upper()}  ", observation=None)


def _renamed_with_code(roi: Roi) -> Roi:
    """The code stays; the name is the clinic's (only where there is a code that says what it is)."""
    code = roi.observation.RTROIIdentificationCodeSequence[0] if roi.observation is not None else None
    telling = code is not None and code.CodeValue != "123037004" and roi.origin is not None
    return replace(roi, name=f"Klinik {roi.number} äöü") if telling else roi


def _site_name(name: str) -> str:
    return f"oar {name.lower()} final"


def _site_named(roi: Roi) -> Roi:
    return _uncoded(replace(roi, name=_site_name(roi.name)) if roi.origin is not None else roi)


ECLIPSE = PlanningSystem(
    "Eclipse",
    _cut,
    rings,
    decimals=2,
    extra=(("PTV_High", "PTV"), ("CTV_High", "CTV"), ("CouchSurface", "SUPPORT"), ("zzRing", "ORGAN")),
    approval="APPROVED",
    transfer_syntax=ImplicitVRLittleEndian,
)
RAYSTATION = PlanningSystem(
    "RayStation",
    _uncoded,
    started_elsewhere,
    decimals=3,
    extra=(("ITV_all", "CTV"), ("Isocentre 1", "ISOCENTER"), ("Scar", "ORGAN")),
    listed=frozenset({"Scar"}),
    order=lambda roi: roi.name,
    utf8=True,
)
MONACO = PlanningSystem(
    "Monaco",
    _shouted,
    as_it_is,
    decimals=1,
    extra=(("GTV p", "GTV"), ("_Opt1", "ORGAN")),
    first_number=0,
    order=lambda roi: -roi.number,
    names_images=False,
)
PINNACLE = PlanningSystem(
    "Pinnacle",
    _site_named,
    closed_and_dense,
    decimals=2,
    extra=(("ptv 60", "ORGAN"),),
    first_number=41,
    transfer_syntax=ExplicitVRLittleEndian,
    aliases=_site_name,
)
MIM = PlanningSystem(
    "MIM",
    _renamed_with_code,
    exclusive_rings,
    decimals=2,
    extra=(("PTV_5400", "PTV"), ("Pacemaker", "ORGAN")),
    listed=frozenset({"Pacemaker"}),
    order=lambda roi: roi.name[::-1],
    utf8=True,
    approval="APPROVED",
    predecessor=True,
)
FIVE = (ECLIPSE, RAYSTATION, MONACO, PINNACLE, MIM)


def _by(system: PlanningSystem) -> Callable[[Roi], tuple[bool, str]]:
    # One key for orders of numbers and of names.
    return lambda roi: (False, f"{key:06}" if isinstance(key := system.order(roi), int) else str(key))


def _two_pixels(roi: Roi) -> Points:
    """Twice the smallest step between two columns of the contours' points, to the patient's left (LPS)."""
    across = np.unique(np.round(np.concatenate([one.points for one in roi.contours])[:, 0], 4))
    # Points lie at half pixels.
    return np.array([4 * float(np.diff(across).min()), 0.0, 0.0])


def _drawn_beside(system: PlanningSystem, kept: Sequence[Roi]) -> list[Roi]:
    """What people drew beside ours: a copy of an ROI's contours, or one point."""
    of = next(roi for roi in kept if roi.contours)
    added: list[Roi] = []
    for name, kind in system.extra:
        contours = of.contours
        if kind == "ISOCENTER":
            contours = (Contour(of.contours[0].points[:1], "POINT", of.contours[0].images),)
        added.append(Roi(900 + len(added), name, contours, None, None, kind))
    return added


def _dataset(ours: Dataset, rois: Sequence[Roi], system: PlanningSystem) -> Dataset:
    made = copy.deepcopy(ours)
    before = made.SOPInstanceUID
    if system.utf8:
        made.decode()
        made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPInstanceUID, made.SeriesInstanceUID = generate_uid(), generate_uid()
    made.Manufacturer, made.ManufacturerModelName = system.name, f"{system.name} in a test"
    made.SoftwareVersions = "1.0"
    for keyword in ("ContributingEquipmentSequence", "RTROIObservationsSequence"):
        if keyword in made:
            delattr(made, keyword)
    made.StructureSetLabel, made.SeriesDescription = "Plan 1", "Plan 1"
    made.ApprovalStatus = system.approval
    if system.approval == "APPROVED":
        made.ReviewDate, made.ReviewTime, made.ReviewerName = "20260305", "101500", "Reviewer^Test"
    if system.predecessor:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = RTStructureSetStorage, before
        made.PredecessorStructureSetSequence = [item]
    frame = ours.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
    made.StructureSetROISequence = [_roi_item(roi, frame) for roi in rois]
    made.ROIContourSequence = [_contour_item(roi, system) for roi in rois]
    made.RTROIObservationsSequence = [_observation(roi) for roi in rois]
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = UID(system.transfer_syntax)
    stream = io.BytesIO()
    dcmwrite(stream, made, enforce_file_format=True)
    return dcmread(io.BytesIO(stream.getvalue()))


def _roi_item(roi: Roi, frame: str) -> Dataset:
    item = Dataset()
    item.ROINumber, item.ROIName, item.ReferencedFrameOfReferenceUID = roi.number, roi.name, frame
    item.ROIGenerationAlgorithm = "SEMIAUTOMATIC"
    return item


def _contour_item(roi: Roi, system: PlanningSystem) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber, item.ROIDisplayColor = roi.number, [255, 0, 0]
    if roi.contours:
        item.ContourSequence = []
    for one in roi.contours:
        contour = Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = one.kind, len(one.points)
        contour.ContourData = [f"{value:.{system.decimals}f}" for point in one.points for value in point]
        if system.names_images and one.images:
            contour.ContourImageSequence = [copy.deepcopy(image) for image in one.images]
        item.ContourSequence.append(contour)
    return item


def _observation(roi: Roi) -> Dataset:
    item = copy.deepcopy(roi.observation) if roi.observation is not None else Dataset()
    item.ObservationNumber, item.ReferencedROINumber = roi.number, roi.number
    item.RTROIInterpretedType = item.get("RTROIInterpretedType") or roi.interpreted_type
    item.ROIInterpreter = None
    return item
