"""What is delivered of a job: its RTSTRUCT, and before it the images where the site asks for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from plugin.jobs.job import Job
from plugin.jobs.made_uids import INSTANCE, made_uid
from plugin.pacs.client import Orthanc


@dataclass(frozen=True, slots=True)
class Item:
    """One DICOM object: Orthanc's id of it, and the UIDs by which a node knows it.

    ``content`` is the file where another object is sent than the one that Orthanc has; its UIDs are that one's.
    """

    instance: str
    modality: str
    sop_class: str
    sop_instance: str
    series: str
    study: str
    content: bytes | None = field(default=None, repr=False)

    def file(self, orthanc: Orthanc) -> bytes:
        """Return the file that is sent."""
        return orthanc.instance_file(self.instance) if self.content is None else self.content


@dataclass(frozen=True, slots=True)
class Instances:
    """The objects of one delivery, the RTSTRUCT last, so that its images are there when it arrives."""

    items: tuple[Item, ...]

    @property
    def sop_instances(self) -> frozenset[str]:
        """The UIDs of all objects."""
        return frozenset(item.sop_instance for item in self.items)

    def without(self, there: Collection[str]) -> Instances:
        """Return what is left to send when some objects are there."""
        return replace(self, items=tuple(item for item in self.items if item.sop_instance not in there))


def instances_of(job: Job, orthanc: Orthanc, *, images: bool) -> Instances:
    """Look up what a job's result consists of.

    Raises SeriesGone when a part of it is no longer in Orthanc.
    """
    assert job.rtstruct is not None, "only a stored result is delivered"
    result = _items(orthanc, str(orthanc.ask(f"instances/{job.rtstruct}")["ParentSeries"]), job.rtstruct)
    return Instances((*_items(orthanc, job.series, job.series), *result) if images else result)


def result_without_orthanc(job: Job) -> Instances:
    """Return a job's RTSTRUCT by what is known of it when Orthanc has it no more: its UID."""
    uid = made_uid(job, INSTANCE)
    return Instances((Item(instance="", modality="RTSTRUCT", sop_class="", sop_instance=uid, series="", study=""),))


def _items(orthanc: Orthanc, series: str, which: str) -> tuple[Item, ...]:
    """Return the objects of a series: all of them, or the one whose id ``which`` is."""
    described = orthanc.series(series)
    study = str(orthanc.study(str(described["ParentStudy"]))["MainDicomTags"]["StudyInstanceUID"])
    tags = described["MainDicomTags"]
    body = {"Resources": [which], "Level": "Instance", "Short": False, "Metadata": True}
    return tuple(
        Item(
            instance=str(one["ID"]),
            modality=str(tags.get("Modality", "")),
            sop_class=str(one.get("Metadata", {}).get("SopClassUid", "")),
            sop_instance=str(one["MainDicomTags"]["SOPInstanceUID"]),
            series=str(tags["SeriesInstanceUID"]),
            study=study,
        )
        for one in orthanc.ask("tools/bulk-content", body)
    )
