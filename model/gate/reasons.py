"""What a finding means, in words for an administrator, and what to do.

The words name the attribute, the kind of value that was found and how many slices have it; never a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword

from model.gate.rules import Findings, Rule

NO_HELP = "sending it again as it is does not help"
REPORT = "please report this"
SENDER = "the software that cleaned it is wrong, or is not ours"

# [PatientID] in a text stands for keyword and tag, [] for the attribute of the finding.
_ATTRIBUTE = re.compile(r"\[(\w*)\]")
_SHOWN = 6


class Counted(StrEnum):
    """What the count of a finding counts."""

    SLICES = "slice"
    FILES = "file"
    PLACES = "place"
    WORDS = "word"
    SERIES = ""  # once for the series: nothing to count


@dataclass(frozen=True, slots=True)
class Reason:
    """What a rule means and what to do, each a clause."""

    means: str
    way_out: str
    counted: Counted = Counted.SLICES


GATE_REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        Rule.FILE_NAME: Reason(
            "a file has a name of its own choosing, or is no plain file", "name files 0001.dcm and so on", Counted.FILES
        ),
        Rule.FILE_SIZE: Reason("a file is empty, or larger than any slice", NO_HELP, Counted.FILES),
        Rule.FILE_PREAMBLE: Reason("a file is no DICOM file, or its preamble is not empty", SENDER, Counted.FILES),
        Rule.FILE_META: Reason("the file meta information is not the one of this profile", SENDER, Counted.FILES),
        Rule.FILE_ENCODING: Reason(
            "a file holds bytes that are not of its attributes, or in another order or encoding", SENDER, Counted.FILES
        ),
        Rule.ATTRIBUTE_NOT_ALLOWED: Reason("[] is there, and may not leave", SENDER, Counted.FILES),
        Rule.ATTRIBUTE_MISSING: Reason("[] is absent, and every clean slice has it", SENDER, Counted.FILES),
        Rule.VALUE_NOT_ALLOWED: Reason("[] has a value that may not leave", SENDER, Counted.FILES),
        Rule.OPTION_NOT_DECLARED: Reason(
            "[] is kept without its option in [DeidentificationMethodCodeSequence]", SENDER, Counted.FILES
        ),
        Rule.SOP_CLASS: Reason(
            "[SOPClassUID] is neither CT nor MR Image Storage", f"{NO_HELP}; no other class is taken", Counted.FILES
        ),
        Rule.PROFILE: Reason(
            "[DeidentificationMethod] names another profile, or another edition of this one",
            "bring both ends to one release",
            Counted.FILES,
        ),
        Rule.PIXELS_LENGTH: Reason(
            "[PixelData] is not as long as [Rows], [Columns] and [BitsAllocated] say", SENDER, Counted.FILES
        ),
        Rule.PIXELS_UNUSED_BITS: Reason("[PixelData] has something in the bits above [HighBit]", SENDER, Counted.FILES),
        Rule.PIXELS_TEXT: Reason(
            "[PixelData] looks as if text were drawn into it",
            f"look at the images; {NO_HELP}. Where there is no text, BurnedInText can be set to flag",
        ),
        Rule.SERIES_EMPTY: Reason("there is no file", "send the series", Counted.SERIES),
        Rule.SERIES_MIXED: Reason(
            "[] has more than one value in the series", "send each as a series of its own", Counted.SERIES
        ),
        Rule.SERIES_SIZE: Reason(
            "the series has more files or bytes than are checked", "send it in parts", Counted.SERIES
        ),
        Rule.INSTANCE_TWICE: Reason("[SOPInstanceUID] is the same in two files", "leave one out", Counted.FILES),
        Rule.MANIFEST: Reason(
            "files are missing, added or changed against the manifest", "send the series again", Counted.FILES
        ),
    }
)


def in_words(findings: Findings, reasons: Mapping[str, Reason], whole: int | None = None) -> str:
    """Return the findings as clauses, each with its identifier in brackets; ``whole`` is how many slices there are."""
    keys = list(findings.counts)
    told = [_clause(key, findings, reasons, whole) for key in keys[:_SHOWN]]
    more = len(keys) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def named(text: str, about: str = "") -> str:
    """Return a text with each attribute in brackets written as keyword and tag; [] is ``about``, a keyword."""
    return _ATTRIBUTE.sub(lambda found: _attribute(found[1] or about), text)


def _clause(key: str, findings: Findings, reasons: Mapping[str, Reason], whole: int | None) -> str:
    rule, _, keyword = key.partition(":")
    count = findings.counts[key]
    reason = reasons.get(rule)
    if reason is None:
        return f"{key} ({count})"
    facts = [kind for kind, _ in findings.kinds_of(key).most_common(_SHOWN)]
    if reason.counted is not Counted.SERIES:
        of = f" of {whole}" if whole is not None and reason.counted in (Counted.SLICES, Counted.FILES) else ""
        facts.append(f"{count}{of} {reason.counted}{'s' if count != 1 or of else ''}")
    said = f" ({', '.join(facts)})" if facts else ""
    return f"{named(reason.means, keyword)}{said} [{key}]: {named(reason.way_out, keyword)}"


def _attribute(keyword: str) -> str:
    tag = tag_for_keyword(keyword) if keyword else None  # the dictionary has entries without a keyword
    return f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})" if tag is not None else keyword or "an attribute"
