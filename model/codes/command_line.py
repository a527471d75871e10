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
            means=(
                "no contour lies on a slice (in a comparison: some do not, or reach beyond the images); the file is "
                "not an RT structure set"
            ),
            way_out="as above",
        ),
        Row(
            ("ROI_AMBIGUOUS", "ROI_AT_ODDS", "ROI_RENAMED"),
            Again.REPEAT,
            means=(
                "a comparison: several ROIs could be the counterpart of one, which is not compared; code and name of "
                "one say two things, and it is compared by its code; or an ROI that counts as added has exactly the "
                "voxels of one that counts as deleted"
            ),
            way_out="give the other system's name of the structure in the names (`--names`, `Quality.Names`)",
        ),
        Row(
            ("CONTOURS_OPEN", "CONTOURS_NO_VOXEL", "CONTOURS_ELSEWHERE", "CONTOURS_OVERLAP"),
            Again.NO,
            means=(
                "a comparison: points or open contours of an ROI, contours too small to hold a voxel's centre, or that "
                "name another image than the one they lie on (without any others the ROI is not comparable); contours "
                "of one plane that partly overlap"
            ),
            way_out="look at the ROI in the planning system",
        ),
        Row(
            ("CONTOURS_RESAMPLED", "SLICES_MISSING", "ENDS_CUT"),
            Again.NO,
            means=(
                "a comparison: an ROI has contours on planes of its own, lacks one on a slice between its ends, or ends"
                " on other slices: its numbers tell that, not an edit of its outline"
            ),
            way_out="[quality.md](quality.md#when-numbers-mislead)",
        ),
        Row(
            ("KIT_UNREADABLE",),
            Again.REPEAT,
            means="`metric-kit --grade`: the answers of the kit or the results are missing, or no JSON",
            way_out="write the kit first; its README.md shows what results look like",
        ),
        Row(
            ("LABELS_NOWHERE", "LABELS_NUMBERS", "LABELS_SHAPE", "LABELS_UNREADABLE", "NIFTI_UNIT", "NO_LABELS"),
            Again.REPEAT,
            means=(
                "a label file has no orientation, holds other than whole numbers, has another shape than the series, "
                "cannot be read, says that its lengths are not in mm, or is not there"
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
            means="`autocontour gateway` was started by hand and without a configuration",
            way_out="start Orthanc, whose plugin starts it; or name the configuration of a gateway elsewhere",
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
            ("PRECISION", "PRECISION_TIME"),
            Again.REPEAT,
            means=(
                "a model that is to be drawn in bf16 does not keep every structure as fp32 draws it, or nothing shows "
                "that it does; the test took too long"
            ),
            way_out=(
                "import it with `--precision fp32` or `auto`; `autocontour models precision NAME` tests again, also on "
                "series of yours (`--series`) and for longer (`--minutes`)"
            ),
        ),
        Row(
            ("AIR_TIME",),
            Again.REPEAT,
            means="the test of tiles of air took too long, so that all tiles are computed",
            way_out="`autocontour models air NAME` tests again, for longer with `--minutes`",
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
            ("COMMISSION_SEVERAL", "COMMISSION_NO_CASE"),
            Again.REPEAT,
            means="several structure sets or series of a case could be meant, or no case could be used",
            way_out="one folder for each case: the series and the one approved structure set; or the id of the series",
        ),
        Row(
            ("COMMISSION_UNKNOWN", "COMMISSION_NOT_APPROVED"),
            Again.REPEAT,
            means="Orthanc has no such study or series, or no structure set of it that is APPROVED",
            way_out="Orthanc's id, not a UID; have the structure set approved where it was drawn, and sent",
        ),
        Row(
            ("COMMISSION_FACE",),
            Again.REPEAT,
            means="the face of a case was not removed, so that it proves nothing about contours without it",
            way_out="take a series of a whole head, from the vertex down ([privacy.md](privacy.md#the-face))",
        ),
        Row(
            ("COMMISSION_JOB", "COMMISSION_MIXED", "ORTHANC_GONE"),
            Again.REPEAT,
            means="a job of the commissioning has no result, the model was changed meanwhile, or a file was deleted",
            way_out="`autocontour jobs`; run it again",
        ),
        Row(
            ("COMMISSION_STATE", "COMMISSION_REPORT"),
            Again.REPEAT,
            means="`--state` is no state directory; `--register` is no report of this command in JSON",
            way_out="the path",
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
