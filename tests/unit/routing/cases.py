"""The table of rule cases: conditions, a series given by its tags and facts, and whether they match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """``tags`` is one object, or one per slice."""

    name: str
    when: dict[str, Any]
    tags: Any
    matched: bool


def yes(name: str, when: dict[str, Any], tags: Any) -> Case:
    """A case that must match."""
    return Case(name, when, tags, True)


def no(name: str, when: dict[str, Any], tags: Any) -> Case:
    """A case that must not match."""
    return Case(name, when, tags, False)


CT = {"Modality": "CT"}
CSA = "SIEMENS CSA HEADER"
PROCEDURE = "RequestAttributesSequence.RequestedProcedureDescription"

EQUAL = [
    yes("equal text", {"Modality": "CT"}, CT),
    no("other text", {"Modality": "MR"}, CT),
    yes("no condition matches every series", {}, CT),
    yes("case does not count in the value", {"Modality": "CT"}, {"Modality": "ct"}),
    yes("case does not count in the rule", {"BodyPartExamined": "chest"}, {"BodyPartExamined": "CHEST"}),
    yes("trailing padding in the value does not count", {"Modality": "CT"}, {"Modality": "CT "}),
    yes("a trailing NUL does not count", {"SOPClassUID": "1.2.840"}, {"SOPClassUID": "1.2.840\0"}),
    yes("padding in the rule does not count", {"Modality": " CT "}, CT),
    no("a blank inside counts", {"SeriesDescription": "LUNGCT"}, {"SeriesDescription": "LUNG CT"}),
    no("part of a text is not the text", {"SeriesDescription": "Thorax"}, {"SeriesDescription": "Thorax nativ"}),
    no("a missing tag equals nothing", {"BodyPartExamined": "CHEST"}, CT),
    no("an empty tag equals nothing", {"BodyPartExamined": "CHEST"}, {"BodyPartExamined": ""}),
    no("a tag of blanks equals nothing", {"BodyPartExamined": "*"}, {"BodyPartExamined": "   "}),
    no("a null tag equals nothing", {"BodyPartExamined": "*"}, {"BodyPartExamined": None}),
    no("an empty list equals nothing", {"ImageType": "*"}, {"ImageType": []}),
    yes("by tag", {"0008,0060": "CT"}, CT),
    yes("given by tag, asked by keyword", {"Modality": "CT"}, {"0008,0060": "CT"}),
    yes("hexadecimal digits in either case", {"0008,103E": "Thorax"}, {"0008,103e": "Thorax"}),
    yes("sharp s and ss are the same", {"SeriesDescription": "FUSS"}, {"SeriesDescription": "Fuß"}),
]

NUMBERS = [
    yes("a number equals a text that writes it", {"SliceThickness": 5}, {"SliceThickness": "5"}),
    yes("trailing zeros do not count", {"SliceThickness": 5}, {"SliceThickness": "5.000000"}),
    yes("a text that writes a number equals it too", {"SliceThickness": "5"}, {"SliceThickness": "5.0"}),
    yes("a number given as a number", {"SliceThickness": 1.5}, {"SliceThickness": 1.5}),
    yes("an exponent", {"SliceThickness": 0.5}, {"SliceThickness": "5e-1"}),
    yes("a sign", {"RescaleIntercept": -1024}, {"RescaleIntercept": "-1024.0"}),
    yes("padding around a number", {"SeriesNumber": 3}, {"SeriesNumber": " 3 "}),
    no("another number", {"SliceThickness": 5}, {"SliceThickness": "5.1"}),
    no("a text that is no number", {"SeriesNumber": 5}, {"SeriesNumber": "five"}),
    no("an identifier with leading zeros is no number to a text", {"PatientID": "7"}, {"PatientID": "007"}),
    yes("but it is the number to a number", {"SeriesNumber": 7}, {"SeriesNumber": "007"}),
    no("NaN equals nothing", {"SliceThickness": {"Min": 0}}, {"SliceThickness": "NaN"}),
    no("a number beyond all numbers lies in no range", {"SliceThickness": {"Min": 0}}, {"SliceThickness": "1e999"}),
    no("infinity lies in no range", {"SliceThickness": {"Min": 0}}, {"SliceThickness": "Infinity"}),
]

WILDCARDS = [
    yes("a star stands for any run", {"SeriesDescription": "thorax*"}, {"SeriesDescription": "Thorax nativ 1.5"}),
    yes("a star stands for nothing too", {"SeriesDescription": "thorax*"}, {"SeriesDescription": "THORAX"}),
    yes("a question mark stands for one character", {"Modality": "?T"}, CT),
    no("a question mark does not stand for nothing", {"Modality": "CT?"}, CT),
    no("a star does not match a missing tag", {"SeriesDescription": "*"}, CT),
    yes("signs of regular expressions are plain text", {"SeriesDescription": "a.b(*"}, {"SeriesDescription": "A.B(1)"}),
    no("a dot in a wildcard is a dot", {"SeriesDescription": "a.b*"}, {"SeriesDescription": "axb"}),
    yes("stars on both ends", {"SeriesDescription": "*lunge*"}, {"SeriesDescription": "CT Lunge hart"}),
]

LISTS = [
    yes("one of several", {"Modality": ["MR", "CT"]}, CT),
    no("none of several", {"Modality": ["MR", "PT"]}, CT),
    yes("one of several with a wildcard", {"SeriesDescription": ["abd*", "thx*"]}, {"SeriesDescription": "THX 5.0"}),
    yes("numbers in a list", {"SliceThickness": [1, 2.5]}, {"SliceThickness": "2.50"}),
    yes("text and numbers in one list", {"SliceThickness": ["thin", 2]}, {"SliceThickness": "2"}),
    no("a missing tag is none of several", {"BodyPartExamined": ["CHEST"]}, CT),
    yes("any value of a multi-valued tag", {"ImageType": "AXIAL"}, {"ImageType": "ORIGINAL\\PRIMARY\\AXIAL"}),
    yes("a multi-valued tag given as a list", {"ImageType": "AXIAL"}, {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}),
    no("no value of a multi-valued tag", {"ImageType": "LOCALIZER"}, {"ImageType": "ORIGINAL\\PRIMARY\\AXIAL"}),
    yes("one of several on a multi-valued tag", {"ImageType": ["MPR", "AXIAL"]}, {"ImageType": "DERIVED\\AXIAL"}),
    yes("a range on a multi-valued tag", {"PixelSpacing": {"Max": 0.7}}, {"PixelSpacing": "0.7\\0.9"}),
    yes("an empty value among others is passed over", {"ImageType": "AXIAL"}, {"ImageType": "ORIGINAL\\\\AXIAL"}),
]

PATTERNS = [
    yes("a pattern is searched", {"SeriesDescription": {"Pattern": "horax"}}, {"SeriesDescription": "CT Thorax"}),
    no("a pattern minds the case", {"SeriesDescription": {"Pattern": "thorax"}}, {"SeriesDescription": "Thorax"}),
    yes(
        "unless it says otherwise",
        {"SeriesDescription": {"Pattern": "(?i)thorax|chest"}},
        {"SeriesDescription": "CHEST 1.0"},
    ),
    no("anchors hold", {"SeriesDescription": {"Pattern": "^Lung$"}}, {"SeriesDescription": "Lung hart"}),
    no("a pattern does not match a missing tag", {"SeriesDescription": {"Pattern": ".*"}}, CT),
    no("nor an empty one", {"SeriesDescription": {"Pattern": "^$"}}, {"SeriesDescription": ""}),
    yes("a pattern on a number", {"SeriesNumber": {"Pattern": r"^2\d\d$"}}, {"SeriesNumber": 203}),
    yes("a pattern on any value", {"ImageType": {"Pattern": "^MIP"}}, {"ImageType": "DERIVED\\MIP_3"}),
    yes(
        "a pattern and a presence together",
        {"SeriesDescription": {"Pattern": "T1", "Exists": True}},
        {"SeriesDescription": "T1 MPRAGE"},
    ),
]

RANGES = [
    yes("the lower end is included", {"SliceThickness": {"Min": 1, "Max": 5}}, {"SliceThickness": "1.0"}),
    yes("the upper end is included", {"SliceThickness": {"Min": 1, "Max": 5}}, {"SliceThickness": "5"}),
    no("below", {"SliceThickness": {"Min": 1}}, {"SliceThickness": "0.99"}),
    no("above", {"SliceThickness": {"Max": 5}}, {"SliceThickness": "5.01"}),
    no("a missing tag lies in no range", {"SliceThickness": {"Min": 0}}, CT),
    no("a text lies in no range", {"SliceThickness": {"Min": 0}}, {"SliceThickness": "thin"}),
    yes("an age in years", {"PatientAge": {"Min": 18}}, {"PatientAge": "045Y"}),
    no("an age in months", {"PatientAge": {"Min": 18}}, {"PatientAge": "030M"}),
    yes("ends may be written as text", {"SliceThickness": {"Max": "3"}}, {"SliceThickness": "2.5"}),
    yes("a date is a number", {"StudyDate": {"Min": 20260101}}, {"StudyDate": "20260131"}),
]

EXISTS = [
    yes("there", {"ContrastBolusAgent": {"Exists": True}}, {"ContrastBolusAgent": "Iodine"}),
    no("not there", {"ContrastBolusAgent": {"Exists": True}}, CT),
    yes("missing", {"ContrastBolusAgent": {"Exists": False}}, CT),
    yes("an empty value counts as missing", {"ContrastBolusAgent": {"Exists": False}}, {"ContrastBolusAgent": " "}),
    no("not missing", {"ContrastBolusAgent": {"Exists": False}}, {"ContrastBolusAgent": "Iodine"}),
    yes(
        "a sequence is there",
        {"RequestAttributesSequence": {"Exists": True}},
        {"RequestAttributesSequence": [{"A": 1}]},
    ),
    yes(
        "an empty sequence is missing",
        {"RequestAttributesSequence": {"Exists": False}},
        {"RequestAttributesSequence": []},
    ),
]

PATHS = [
    yes(
        "into a sequence",
        {PROCEDURE: "*thorax*"},
        {"RequestAttributesSequence": [{"RequestedProcedureDescription": "CT Thorax"}]},
    ),
    yes("given as a path", {PROCEDURE: "CT"}, {PROCEDURE: "CT"}),
    yes("by tags", {"0040,0275.0032,1060": "CT"}, {PROCEDURE: "CT"}),
    yes(
        "any item of a sequence",
        {PROCEDURE: "B"},
        {"RequestAttributesSequence": [{"RequestedProcedureDescription": "A"}, {"RequestedProcedureDescription": "B"}]},
    ),
    no("a sequence that is missing", {PROCEDURE: "CT"}, CT),
    no("a path through something that is no sequence", {"Modality.SeriesDescription": "CT"}, CT),
    yes("private by creator", {f"0029,xx08:{CSA}": "IMAGE*"}, {f"0029,xx08:{CSA}": "IMAGE NUM 4"}),
    yes("private with the block written out", {f"0029,1108:{CSA}": "IMAGE*"}, {f"0029,1008:{CSA}": "IMAGE NUM 4"}),
    yes("any element of a private block", {f"0029,10xx:{CSA}": {"Exists": True}}, {f"0029,xx08:{CSA}": "IMAGE NUM 4"}),
    no("private of another creator", {"0029,xx08:SIEMENS MEDCOM HEADER": "*"}, {f"0029,xx08:{CSA}": "IMAGE NUM 4"}),
    yes("a creator with dots in it", {"0009,xx01:1.2.840.99": "X"}, {"0009,xx01:1.2.840.99": "x"}),
]

ISO_2022 = [
    yes("umlauts without regard to case", {"StudyDescription": "SCHÄDEL"}, {"StudyDescription": "Schädel"}),
    yes("umlauts composed or not", {"StudyDescription": "scha\u0308del"}, {"StudyDescription": "Sch\u00e4del"}),
    yes("kanji by wildcard", {"StudyDescription": "胸部*"}, {"StudyDescription": "胸部CT"}),
    yes("kanji by pattern", {"StudyDescription": {"Pattern": "頭|胸"}}, {"StudyDescription": "胸部"}),
    yes("Cyrillic without regard to case", {"StudyDescription": "ГРУДЬ"}, {"StudyDescription": "грудь"}),
    yes("Greek final sigma", {"StudyDescription": "ΘΩΡΑΚΑΣ"}, {"StudyDescription": "θωρακας"}),
]

GROUPS = [
    yes("all of several keys", {"Modality": "CT", "BodyPartExamined": "CHEST"}, {**CT, "BodyPartExamined": "CHEST"}),
    no("not all of several keys", {"Modality": "CT", "BodyPartExamined": "CHEST"}, CT),
    yes("Any: the second", {"Any": [{"Modality": "MR"}, {"Modality": "CT"}]}, CT),
    no("Any: none", {"Any": [{"Modality": "MR"}, {"Modality": "PT"}]}, CT),
    yes("Any beside another key", {"Slices": 5, "Any": [{"Modality": "CT"}, {"Slices": 9}]}, {**CT, "Slices": 5}),
    yes("All", {"All": [{"Modality": "CT"}, {"Slices": 5}]}, {**CT, "Slices": 5}),
    no("All: one fails", {"All": [{"Modality": "CT"}, {"Slices": 6}]}, {**CT, "Slices": 5}),
    yes("Not", {"Not": {"Modality": "MR"}}, CT),
    no("Not: it matches", {"Not": {"Modality": "CT"}}, CT),
    yes("Not of a missing tag matches", {"Not": {"BodyPartExamined": "HEAD"}}, CT),
    yes("Not of several: not all of them", {"Not": {"Modality": "CT", "BodyPartExamined": "HEAD"}}, CT),
    yes(
        "nested",
        {"Not": {"Any": [{"Modality": "MR"}, {"All": [{"Modality": "CT"}, {"Slices": 1}]}]}},
        {**CT, "Slices": 2},
    ),
]

SLICES = [
    yes("every slice says so", {"Modality": "CT"}, [CT, CT, CT]),
    no(
        "one slice says something else",
        {"BodyPartExamined": "CHEST"},
        [{"BodyPartExamined": "CHEST"}, {"BodyPartExamined": "NECK"}],
    ),
    yes(
        "each slice is one of several",
        {"BodyPartExamined": ["CHEST", "NECK"]},
        [{"BodyPartExamined": "CHEST"}, {"BodyPartExamined": "NECK"}],
    ),
    no("one slice has no value", {"BodyPartExamined": "CHEST"}, [{"BodyPartExamined": "CHEST"}, CT]),
    no(
        "there on some slices is not there", {"BodyPartExamined": {"Exists": True}}, [{"BodyPartExamined": "CHEST"}, CT]
    ),
    no("nor missing", {"BodyPartExamined": {"Exists": False}}, [{"BodyPartExamined": "CHEST"}, CT]),
    yes(
        "a range over all slices",
        {"SliceThickness": {"Max": 3}},
        [{"SliceThickness": "3"}, {"SliceThickness": "2.999"}],
    ),
    no(
        "a range that one slice leaves",
        {"SliceThickness": {"Max": 3}},
        [{"SliceThickness": "3"}, {"SliceThickness": "5"}],
    ),
]

FACTS = [
    yes("number of slices", {"Slices": {"Min": 20}}, {"Slices": 120}),
    no("too few slices", {"Slices": {"Min": 20}}, {"Slices": 19}),
    no("a fact that is missing", {"Slices": {"Min": 20}}, CT),
    yes("orientation", {"Orientation": "AXIAL"}, {"Orientation": "AXIAL"}),
    yes("one of the orientations", {"Orientation": ["axial", "OBLIQUE"]}, {"Orientation": "OBLIQUE"}),
    yes("uniform", {"Uniform": True}, {"Uniform": True}),
    no("a missing flag is not false", {"Uniform": False}, CT),
    yes("spacing", {"SpacingMm": {"Min": 0.5, "Max": 3}}, {"SpacingMm": 1.25}),
    yes("sender by wildcard", {"CallingAet": "CT_*"}, {"CallingAet": "ct_scanner_1"}),
    yes("weekday by its short name", {"Weekday": ["Sat", "Sun"]}, {"Weekday": "Sunday"}),
    yes("by day", {"Time": {"Min": "08:00", "Max": "17:00"}}, {"Time": "08:00"}),
    yes("over midnight", {"Time": {"Min": "20:00", "Max": "06:00"}}, {"Time": "02:30"}),
    no("not over midnight", {"Time": {"Min": "20:00", "Max": "06:00"}}, {"Time": "12:00"}),
    yes("after a time", {"Time": {"Min": "18:00"}}, {"Time": "23:10"}),
    yes("another modality in the study", {"StudyModalities": "PT"}, {"StudyModalities": ["CT", "PT"]}),
    yes("tilt", {"TiltDegrees": {"Max": 0.5}}, {"TiltDegrees": 0}),
]

CASES = [
    *EQUAL,
    *NUMBERS,
    *WILDCARDS,
    *LISTS,
    *PATTERNS,
    *RANGES,
    *EXISTS,
    *PATHS,
    *ISO_2022,
    *GROUPS,
    *SLICES,
    *FACTS,
]
