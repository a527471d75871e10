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
            ("GEOMETRY_MIXED",),
            Again.NO,
            means=(
                "ImageOrientationPatient, PixelSpacing, Rows or Columns differ between slices (their far edges lie "
                "a quarter of a pixel or more from their common plane), so that they form no volume"
            ),
            way_out="send the slices of each plane as a series of their own",
        ),
        Row(
            ("GEOMETRY_MISSING",),
            Again.NO,
            means=(
                "an attribute that places a slice (ImagePositionPatient, ImageOrientationPatient, PixelSpacing, "
                "Rows, Columns) is missing, empty, no number, or has too few values; the sentence names it"
            ),
            way_out="derived images often are so: exclude them by a rule on `ImageType`",
        ),
        Row(
            ("GEOMETRY_ORIENTATION",),
            Again.NO,
            means="ImageOrientationPatient is not a pair of perpendicular unit vectors",
            way_out="what made the images has to write it, and sending them again as they are does not help",
        ),
        Row(
            ("GEOMETRY_SPACING",),
            Again.NO,
            means="PixelSpacing is zero or negative",
            way_out="what made the images has to write it, and sending them again as they are does not help",
        ),
        Row(
            ("SERIES_MIXED",),
            Again.NO,
            means=(
                "SeriesInstanceUID, StudyInstanceUID or Modality has several values among the slices; the sentence "
                "names it"
            ),
            way_out="give the slices of each as a series of their own",
        ),
        Row(
            ("VALUES_NOT_HU",),
            Again.NO,
            means=(
                "the model needs Hounsfield units, and RescaleType or ImageType says that the values are something "
                "else: density, atomic number, a material"
            ),
            way_out="send the CT in HU; exclude such maps by a rule on `RescaleType` or `ImageType`",
        ),
        Row(
            ("VALUES_NO_RESCALE",),
            Again.NO,
            means="a CT without RescaleSlope or RescaleIntercept, so that nobody knows its Hounsfield units",
            way_out="send the series as the scanner wrote it",
        ),
        Row(
            ("VALUES_IMPLAUSIBLE",),
            Again.NO,
            means=(
                "the values of a CT are not those of a body in Hounsfield units: RescaleSlope, RescaleIntercept or "
                "RescaleType is wrong, or it shows another quantity"
            ),
            way_out="send the CT in HU; exclude such series by a rule",
        ),
        Row(
            ("VALUES_TABLE",),
            Again.NO,
            means="the values go through a table (ModalityLUTSequence), which is not applied here",
            way_out="send the series with RescaleSlope and RescaleIntercept",
        ),
        Row(
            ("PIXELS_FLOAT",),
            Again.NO,
            means="FloatPixelData or DoubleFloatPixelData, which no CT or MR image has",
            way_out="send whole numbers, in PixelData",
        ),
        Row(
            ("PIXELS_FOREIGN",),
            Again.SEND,
            means="a file is not a slice of the series that is contoured (SOPInstanceUID)",
            way_out="send the series again",
        ),
        Row(
            ("PIXELS_MISSING",),
            Again.SEND,
            means="slices came without their PixelData",
            way_out="send the series again",
        ),
        Row(
            ("PIXELS_SHAPE",),
            Again.NO,
            means="PixelData is not one greyscale image of Rows × Columns (SamplesPerPixel, NumberOfFrames)",
            way_out="exclude such series by a rule",
        ),
        Row(
            ("PIXELS_RESCALE",),
            Again.NO,
            means="RescaleSlope is 0 or less, or RescaleSlope or RescaleIntercept is no number",
            way_out="what made the images has to write it, and sending them again as they are does not help",
        ),
        Row(
            ("PIXELS_UNREADABLE",),
            Again.SEND,
            means=(
                "PixelData is missing, cut off, or in a transfer syntax that cannot be decoded here; or a file is "
                "no DICOM file"
            ),
            way_out="send the series again; else let Orthanc transcode it (`IngestTranscoding`)",
        ),
        Row(
            ("SEVERAL_VOLUMES",),
            Again.NO,
            means=(
                "several acquisitions or orientations in one series, also interleaved slice by slice; the sentence "
                "says by which attribute"
            ),
            way_out='`MixedSeries: "largest"` contours the largest; or send each as a series of its own',
        ),
        Row(
            ("NOT_COMMISSIONED",),
            Again.RETRY,
            means="the rule says `RequireCommissioned`, and no report is registered for the digest of this model",
            way_out="commission it and register the report ([quality.md](quality.md#commissioning)), then `retry`",
        ),
        Row(
            ("FACE_NOT_PROVEN",),
            Again.RETRY,
            means="the face was removed from what was sent, and no registered proof covers what the model there drew",
            way_out='prove it anew ([privacy.md](privacy.md#the-face)), or set `Face` to `"keep"`, then `retry`',
        ),
        Row(
            ("OUT_OF_RANGE",),
            Again.NO,
            means='the series lies outside the range that the model was commissioned on, and the rule says "refuse"',
            way_out='commission it on such series too, or `OutOfRange: "flag"`',
        ),
        Row(
            ("LOCALIZERS",),
            Again.NO,
            means="localizers among the slices, by ImageType or by their planes",
            way_out='`Localizers: "leave-out"` contours the others',
        ),
        Row(
            ("SERIES_EMPTY",),
            Again.NO,
            means="localizers only; the job is `excluded`",
            way_out="exclude such series by a rule on `ImageType`",
        ),
        Row(
            ("NO_IMAGE",),
            Again.NO,
            means=(
                "no image at all: presentation states, reports, raw data (SOPClassUID). No job by itself; one that "
                "a person asks for is `excluded`"
            ),
            way_out="nothing",
        ),
        Row(
            ("NOT_A_SLICE",),
            Again.NO,
            means=(
                "images that are no slices of a scan: secondary captures, dose sheets, protocol pages, colour, "
                "other kinds of scanner. The job is `excluded`, and the sentence says what they are and which "
                "attribute told"
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
            means="FrameOfReferenceUID is missing, empty, or has several values; contours have no place without it",
            way_out="what made the images has to write it, and sending them again as they are does not help",
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
            ("SOURCE",),
            Again.NO,
            means=(
                "the originals may not be pseudonymised: they are no slices, not of one patient, or lack what "
                "contours need. Nothing left"
            ),
            way_out="the sentence says of each finding what to do; [privacy.md](privacy.md)",
        ),
        Row(
            ("REBUILD",),
            Again.NO,
            means=(
                "pseudonymised slices could not be made: a value that is needed is not in a form that may leave, or"
                " the pixels cannot be decoded. Nothing left"
            ),
            way_out="the sentence names the attribute; [privacy.md](privacy.md)",
        ),
        Row(
            ("SELF_CHECK",),
            Again.NO,
            means="something of the patient was found in what was about to leave, or text in the pixels. Nothing left",
            way_out="look at the images; [privacy.md](privacy.md)",
        ),
        Row(
            ("GATE",),
            Again.NO,
            means=(
                "the receiver's check, here or at a service, found that the series is not pseudonymised by this profile"
            ),
            way_out="`Findings`; [privacy.md](privacy.md)",
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
            ("EXCLUDED",),
            Again.NO,
            means=(
                "a rule, the site's script or Lua, or an objection of the patient says that the series must not be "
                "contoured"
            ),
            way_out="the sentence is the reason given; the rule or the objection",
        ),
        Row(
            ("NO_RULE",),
            Again.REPEAT,
            means="a job was asked for by hand, no rule matches the series and no model was named",
            way_out="name a model in the request, or add a rule",
        ),
        Row(
            ("SUPERSEDED",),
            Again.NO,
            means=(
                "the series has changed since, and a newer job contours it as it is, or no rule matches it any more "
                "(the sentence says which); or a retry asked the rules anew"
            ),
            way_out="look at the newest job of the series; where there is none, ask for one",
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
