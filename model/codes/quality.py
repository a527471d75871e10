"""Codes of what people made of our structure sets: why one is not compared."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

QUALITY = Chapter(
    "Quality",
    "quality",
    (
        Row(
            ("STRUCTURE_SET_NO_JOB",),
            Again.ITSELF,
            means="no job that is done belongs to it: its images are not in Orthanc, or were not contoured",
            way_out="nothing; it is looked at again when a job of its study ends",
        ),
        Row(
            ("STRUCTURE_SET_OTHER_PATIENT",),
            Again.NO,
            means="it lies under one patient in Orthanc and names images of another",
            way_out="which of the two is right? Let the planning system export it again",
        ),
        Row(
            ("STRUCTURE_SET_OBJECTION",),
            Again.NO,
            means="the patient objected to the processing",
            way_out="",
        ),
        Row(
            ("STRUCTURE_SET_LARGE",),
            Again.NO,
            means="it is larger than 256 MB, or comparing it takes more memory than it may have",
            way_out="fewer points in its contours",
        ),
        Row(
            ("STRUCTURE_SET_OURS_CHANGED", "COMPARISON_OURS_CHANGED"),
            Again.NO,
            means="somebody edited our RTSTRUCT under its own UID, and ours is not in Orthanc any more",
            way_out="let the planning system save under a UID of its own; `OverwriteInstances`: false keeps ours",
        ),
        Row(
            ("NOT_ASSESSED",),
            Again.REPEAT,
            means="nobody returned a structure set made of the job's result, or it is not compared",
            way_out="`Versions` of `GET /autocontour/quality/{job}` says what came and why it is not compared",
        ),
        Row(
            ("ASSESSMENT_NOT_RECORDED",),
            Again.NO,
            means="no record of the chain holds the numbers that the database has: one of them was changed or restored",
            way_out="`autocontour evidence verify`; put back database and chain of the same day",
        ),
        Row(
            ("ASSESSMENT_GONE",),
            Again.NO,
            means="our RTSTRUCT or theirs is not in Orthanc any more, and an SR would name it",
            way_out="`format=json` or `format=fhir`",
        ),
        Row(
            ("COMPARISON_GONE",),
            Again.NO,
            means="our RTSTRUCT, theirs or the series was deleted from Orthanc before they were compared",
            way_out="",
        ),
        Row(
            ("COMPARISON_FAILED",),
            Again.ITSELF,
            means="comparing met something that nobody has thought of, four times at most",
            way_out="`autocontour compare` on the two files; please report it",
        ),
        Row(
            ("COMPARISON_GIVEN_UP",),
            Again.NO,
            means="it was begun four times and never ended: the process died, or took longer than `Quality.Seconds`",
            way_out="the log says which; memory of the machine, `Quality.Seconds`",
        ),
    ),
)
