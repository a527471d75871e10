"""Codes of a series: what came cannot be contoured, or changed meanwhile."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

SERIES = Chapter(
    "The series",
    "series",
    (
        Row(
            ("GEOMETRY_GAP",),
            Again.SEND,
            means="slices are missing, at the positions named (mm along the slice normal)",
            way_out=(
                "send the whole series again: a new job begins by itself. Wider steps that go on to an end of the "
                "series are not a gap, unless `InstanceNumber` skips there"
            ),
        ),
        Row(
            ("SLICES_COINCIDE",),
            Again.SEND,
            means="some slices lie at one position, while most places have one",
            way_out=(
                "a slice was repeated, or slices of a second volume are missing: send what is missing; a repeat has "
                "to be left out at its source"
            ),
        ),
        Row(
            ("SLICE_TWICE",),
            Again.REPEAT,
            means="two files with one SOP Instance UID",
            way_out="give the folder of one series, each slice once",
        ),
        Row(
            ("GEOMETRY_MIXED", "GEOMETRY_MISSING", "GEOMETRY_ORIENTATION", "GEOMETRY_SPACING", "SERIES_MIXED"),
            Again.NO,
            means=(
                "the slices do not form one volume (their far edges lie a quarter of a pixel or more from their "
                "common plane), or an attribute that places them is missing, empty or no number; the sentence names "
                "it"
            ),
            way_out=(
                "sending them again does not help; derived images cannot be contoured; exclude them by a rule on "
                "`ImageType`"
            ),
        ),
        Row(
            ("VALUES_NOT_HU", "VALUES_NO_RESCALE", "VALUES_IMPLAUSIBLE", "VALUES_TABLE", "PIXELS_FLOAT"),
            Again.NO,
            means=(
                "the model needs Hounsfield units, and these are not: by RescaleType or ImageType, without a rescale,"
                " outside what a body has, through a table, as floating-point numbers"
            ),
            way_out=(
                "send the CT in HU; exclude maps of density, atomic number or a material by a rule on `RescaleType` "
                "or `ImageType`"
            ),
        ),
        Row(
            ("PIXELS_FOREIGN", "PIXELS_MISSING", "PIXELS_RESCALE", "PIXELS_SHAPE", "PIXELS_UNREADABLE"),
            Again.SEND,
            means=(
                "the pixels of a slice are missing, cut off, of another size or series, in a transfer syntax that "
                "cannot be decoded, or have a RescaleSlope of 0 or less"
            ),
            way_out="send the series again; let Orthanc transcode it",
        ),
        Row(
            ("SEVERAL_VOLUMES", "LOCALIZERS"),
            Again.NO,
            means="several acquisitions (also interleaved, slice by slice), or scouts, in one series",
            way_out='`MixedSeries: "largest"`, `Localizers: "leave-out"`, or separate series',
        ),
        Row(
            ("SERIES_EMPTY",),
            Again.NO,
            means="localizers only; the job is `excluded`",
            way_out="exclude such series by a rule on `ImageType`",
        ),
        Row(
            ("NO_IMAGE", "NOT_A_SLICE"),
            Again.NO,
            means=(
                "no slice of a scan: presentation states, reports, raw data; secondary captures, dose sheets, "
                "protocol pages, colour, images of other kinds of scanner. The job is `excluded`, and the sentence "
                "says what they are and which attribute told"
            ),
            way_out="nothing; where no job is wanted, make the rule's conditions narrower",
        ),
        Row(
            ("FRAME_GROUPS",),
            Again.NO,
            means=(
                "an enhanced CT or MR that does not describe its frames one by one: without "
                "PerFrameFunctionalGroupsSequence, or with another number of items than NumberOfFrames says"
            ),
            way_out="let the scanner or the archive send it whole, or as classic CT or MR",
        ),
        Row(
            ("CONCATENATION",),
            Again.SEND,
            means="an enhanced CT or MR in several objects, of which some never came (InConcatenationNumber)",
            way_out="send the rest, or the whole series",
        ),
        Row(
            ("SEVERAL_IMAGES",),
            Again.NO,
            means=(
                "several images of one place (echoes, b-values, phases, dynamic contrast, water and fat), of which "
                "nobody said which is meant, or a mosaic of all slices; the job is `excluded`, and the sentence says "
                "how many, by which attribute, and what can be written"
            ),
            way_out="`Pick` or `Each` in the rule's `Then`, or a rule that excludes such series (`Acquisitions`)",
        ),
        Row(
            ("NOTHING_PICKED",),
            Again.NO,
            means="no slice has what `Pick` wants; the job is `excluded`, and the sentence says what there is",
            way_out="name what is there in `Pick`, or ask for it by `POST /autocontour/series/{id}/jobs`",
        ),
        Row(
            ("TOO_MANY_VOLUMES",),
            Again.NO,
            means="`Each` would make more results of the series than a person looks at; the job is `excluded`",
            way_out="let `Pick` leave those that are wanted",
        ),
        Row(
            ("FRAME_OF_REFERENCE",),
            Again.NO,
            means="none, or several",
            way_out="the scanner did not write it; contours have no place without it",
        ),
        Row(
            ("SERIES_CHANGED", "SERIES_CHANGING"),
            Again.ITSELF,
            means="slices came, went or were overwritten while the job ran; nothing was stored",
            way_out="a newer job takes over",
        ),
        Row(
            ("SLICE_GONE",),
            Again.SEND,
            means="Orthanc lists a slice and cannot hand out its file",
            way_out="Orthanc's log and disk; send the series again",
        ),
        Row(
            ("SERIES_GONE",),
            Again.SEND,
            means="the series was deleted",
            way_out="nothing",
        ),
        Row(
            ("SERIES_UNREADABLE",),
            Again.RETRY,
            means=(
                "Orthanc could not read the files of the series, in seven tries over two minutes; others went on "
                "meanwhile"
            ),
            way_out="look in Orthanc's log and at its disk; then `retry`, or send the series again",
        ),
        Row(
            ("SOURCE", "REBUILD", "SELF_CHECK", "GATE"),
            Again.NO,
            means="a privacy check refused the series",
            way_out="`Findings` in the job; [privacy.md](privacy.md)",
        ),
        Row(
            ("ROUTING_ERROR",),
            Again.RETRY,
            means=(
                "a rule or the site's script failed on this series, or names a model that is missing (`Warnings` in "
                "`/autocontour/health`)"
            ),
            way_out="the job's `Explanation`; `autocontour check`",
        ),
        Row(
            ("EXCLUDED", "NO_RULE"),
            Again.REPEAT,
            means=(
                "a job was asked for by hand: the series must not be contoured, or no rule matches it and no model "
                "was named"
            ),
            way_out="the sentence says why; name a model in the request",
        ),
        Row(
            ("BETTER_SERIES",),
            Again.NO,
            means=(
                "the rule contours one series of a study (`OnePerStudy`), and another one is better; the sentence "
                "names it and what decided. One that had a job before the better one came is `superseded`"
            ),
            way_out=(
                "`POST /autocontour/series/{id}/jobs` contours it all the same; `POST /autocontour/routing/explain` "
                "shows all that were compared; other options of `OnePerStudy` choose otherwise"
            ),
        ),
        Row(
            ("CANCELLED",),
            Again.RETRY,
            means="a user cancelled the job",
            way_out="`retry` if it was a mistake",
        ),
    ),
)
