"""Codes of constancy tests: why a run failed, or came to no end."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

CONSTANCY = Chapter(
    "Constancy tests",
    "constancy",
    (
        Row(
            ("CONSTANCY_VOXELS", "CONSTANCY_TOLERANCE"),
            Again.NO,
            means="the model draws other contours on the reference series than it did for the baseline",
            way_out=(
                "what was changed (model, driver, the vendor's release)? Where it was wanted: "
                "`POST …/constancy/ID/accept`"
            ),
        ),
        Row(
            ("CONSTANCY_MODEL",),
            Again.NO,
            means=(
                "the model has another digest or version than that of the baseline; the sentence says whether it "
                "draws the same"
            ),
            way_out="commission the new model, then accept the baseline",
        ),
        Row(
            ("CONSTANCY_STRUCTURES",),
            Again.NO,
            means="a structure is drawn that the baseline does not have, or is not drawn any more",
            way_out="as above",
        ),
        Row(
            ("CONSTANCY_SERIES",),
            Again.NO,
            means="the images of the reference series are not those of the baseline: nothing is said about the model",
            way_out="put them back, or accept the new baseline",
        ),
        Row(
            ("CONSTANCY_FOLDER",),
            Again.NO,
            means="the folder of the reference series holds enhanced images",
            way_out="store them in Orthanc; `Series`: its id there",
        ),
        Row(
            ("CONSTANCY_NO_RUN", "NO_CONSTANCY_TEST"),
            Again.NO,
            means="there is no such test, or it has drawn nothing yet that could be accepted",
            way_out="`GET /autocontour/constancy`",
        ),
    ),
)
