"""Codes of the commands."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

COMMAND_LINE = Chapter(
    "The command line",
    "command_line",
    (
        Row(
            ("CODE_UNKNOWN",),
            Again.REPEAT,
            means="`errors`: there is no error code of that name",
            way_out="`autocontour errors` lists them",
        ),
        Row(
            ("NO_PART10", "NO_DICOM", "NO_FOLDER", "SLICE_CORRUPT", "DIRECTORY"),
            Again.REPEAT,
            means=(
                "a folder holds images without the header of a DICOM file, no image at all, or one that is cut short;"
                " or it cannot be read"
            ),
            way_out="export the series again as DICOM files",
        ),
        Row(
            ("OUTPUT_IS_INPUT", "OUTPUT_EXISTS", "OUTPUT"),
            Again.REPEAT,
            means="a command would write over what it reads (never done), over another file, or where it cannot",
            way_out="name another output; `--force` for a file that is not an input",
        ),
        Row(
            ("NO_PLUGIN", "NO_ORTHANC"),
            Again.REPEAT,
            means=(
                "`status`, `jobs`, `retry`: what answers is an Orthanc without the plugin, or no Orthanc; "
                "`ORTHANC_CERTIFICATE`, as above"
            ),
            way_out="`--url`, `--ca-file`; Orthanc's log",
        ),
        Row(
            ("SUPPORT_MARKED",),
            Again.REPEAT,
            means="`support`: a name or number of a patient stands in what would be given out; nothing was written",
            way_out="the sentence names the file; look at the names of rules and targets",
        ),
        Row(
            ("PASSWORD", "URL", "CA_FILE"),
            Again.REPEAT,
            means="an option cannot be used as it is given",
            way_out="the sentence says how",
        ),
        Row(
            ("TAGS_FILE",),
            Again.REPEAT,
            means="`check`: the file of tags cannot be read",
            way_out="give the JSON of `/series/ID/instances-tags`",
        ),
        Row(
            ("OTHER_SERIES", "OTHER_FRAME", "OTHER_IMAGES"),
            Again.REPEAT,
            means="a structure set was drawn on another series, frame of reference or images than it is compared with",
            way_out="the sentence says which of them; give the series that it was drawn on",
        ),
        Row(
            ("ROI_NUMBER", "ROI_FRAME", "ROI_CONTOURS_TWICE", "CONTOURS_UNREADABLE", "CONTOURS_TILTED"),
            Again.REPEAT,
            means=(
                "no ROI of a structure set can be read: numbers missing or shared, another frame of reference, "
                "several sets of contours for one, contours that are not numbers, cut off or not parallel to the "
                "slices. Where only some ROIs are so, only they are left out, and named"
            ),
            way_out="correct it where it was made",
        ),
        Row(
            ("CONTOURS_OUTSIDE", "NOT_RTSTRUCT"),
            Again.REPEAT,
            means="no contour lies on a slice; the file is not an RT structure set",
            way_out="as above",
        ),
        Row(
            ("LABELS_NOWHERE", "LABELS_NUMBERS", "LABELS_SHAPE", "LABELS_UNREADABLE", "NO_LABELS"),
            Again.REPEAT,
            means=(
                "a label file has no orientation, holds other than whole numbers, has another shape than the series, "
                "cannot be read or is not there"
            ),
            way_out="correct it where it was made",
        ),
        Row(
            ("LABEL_TWICE", "LABEL_WITHOUT_NAME", "NAMES_WRONG", "NAMES_COLLIDE", "NAME_EMPTY"),
            Again.REPEAT,
            means="labels and names do not fit each other",
            way_out="correct the names file",
        ),
        Row(
            (
                "BACKUP_EXISTS",
                "RESTORE_NOT_EMPTY",
                "BACKUP_SOURCE",
                "BACKUP_UNKNOWN",
                "BACKUP_DAMAGED",
                "BACKUP_FAILED",
                "RESTORE_FAILED",
            ),
            Again.REPEAT,
            means=(
                "a backup or restore would go into a folder that holds something, reads something that is not one, or"
                " failed"
            ),
            way_out="the sentence says which folder and why",
        ),
        Row(
            ("EVIDENCE_MISSING", "EVIDENCE_BUSY"),
            Again.REPEAT,
            means="there is no evidence in the folder; whoever signs with its key is running",
            way_out="name another folder; stop it first",
        ),
        Row(
            ("GATEWAY_LETTER",),
            Again.REPEAT,
            means="`autocontour gateway` was started by hand",
            way_out="start Orthanc, whose plugin starts it",
        ),
        Row(
            ("ORIENTATION",),
            Again.REPEAT,
            means="import: nothing tells which way the training images lay, or two things contradict each other",
            way_out="[models.md](models.md), Orientation",
        ),
        Row(
            ("SIDES", "SIDES_TIME"),
            Again.REPEAT,
            means="a model draws left on the right of the sample, and is not imported or used; the test took too long",
            way_out=(
                "import it with the `--orientation` of its training images, or with labels that name the sides as it "
                "draws them"
            ),
        ),
        Row(
            (
                "IMPORT",
                "ARCHIVE",
                "ARCHIVE_CLIMBS",
                "BUNDLE",
                "BUNDLE_UNSAFE",
                "CASCADE",
                "CHANNELS",
                "DATASET",
                "DESCRIPTION",
                "FOLDS",
                "LABELS",
                "LICENCE",
                "NETWORK",
                "NETWORK_UNKNOWN",
                "ONNX_EXTERNAL",
                "ONNX_OPERATORS",
                "PLANS",
                "PROGRAM_UNSAFE",
                "WEIGHTS_FORMAT",
                "WEIGHTS_SHAPE",
                "WEIGHTS_UNSAFE",
            ),
            Again.REPEAT,
            means="import: the folder or file is not a model that can be run here",
            way_out="the sentence says what is wrong, and how to export it instead ([models.md](models.md))",
        ),
        Row(
            (
                "PACKAGE_BOMB",
                "PACKAGE_DOCUMENT",
                "PACKAGE_EXISTS",
                "PACKAGE_FILES",
                "PACKAGE_HASH",
                "PACKAGE_ID",
                "PACKAGE_TOO_LARGE",
                "MODEL_EMBEDDED",
            ),
            Again.REPEAT,
            means="a model package is damaged, changed since it was imported, too large, or there already",
            way_out="import it again; give another `--name`",
        ),
        Row(
            (
                "SAMPLE_CHECKSUM",
                "SAMPLE_DOWNLOAD",
                "SAMPLE_FORMAT",
                "SAMPLE_LABELS",
                "SAMPLE_MISSING",
                "SAMPLE_UNKNOWN",
            ),
            Again.REPEAT,
            means="a sample series cannot be had",
            way_out="the way to the package registry; `python -m model.samples`",
        ),
    ),
)
