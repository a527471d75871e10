"""The picture of a job: the stored contours over the stored image."""

from __future__ import annotations

import io

import pydicom

from model.errors import InputRefused
from model.preview.planes import render, three_planes
from model.rtstruct.read import read_masks
from model.rtstruct.reference import references_of
from model.series.enhanced import images_of
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from model.volume.load import load_volume
from plugin.jobs.job import Job
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader


class Previews:
    """Draws pictures of jobs from what Orthanc stores now."""

    def __init__(self, orthanc: Orthanc, reader: SeriesReader) -> None:
        self._orthanc = orthanc
        self._reader = reader

    def png(self, job: Job, plane: str | None, number: int | None) -> bytes:
        """Draw a PNG of one plane, or of all three side by side when ``plane`` is None.

        ``number`` counts slices from the feet, the front or the patient's right; one is chosen when None. Raises
        SeriesGone when series or RTSTRUCT were deleted, InputRefused for a series that changed and for a slice outside
        the volume.
        """
        assert job.rtstruct is not None, "asked for only when there is an RTSTRUCT"
        if not self._reader.content(job.series).is_that_of(job.content):
            raise InputRefused(
                "SERIES_CHANGED",
                "The series changed in Orthanc after it was contoured: on what is there now, the contours would lie "
                "wrongly. Look at the newest job of the series.",
            )
        structures = pydicom.dcmread(io.BytesIO(self._orthanc.instance_file(job.rtstruct)))
        instances = self._orthanc.series(job.series)["Instances"]
        objects = (pydicom.dcmread(io.BytesIO(self._orthanc.instance_file(instance))) for instance in instances)
        # Slices that were left out of the job (scouts, another acquisition) are in no one volume with the others.
        drawn_on = references_of(structures).images
        images = (image for one in objects for image in images_of(one))
        slices = [image for image in images if not drawn_on or str(image.SOPInstanceUID) in drawn_on]
        geometry = geometry_of(SliceHeader.from_dataset(one) for one in slices)
        volume = load_volume(slices, geometry)
        overlays = [(roi.name, roi.colour, roi.mask) for roi in read_masks(structures, geometry)]
        return three_planes(volume, overlays) if plane is None else render(volume, overlays, plane, number)
