"""The sources of every legal sentence: numbered, dated, and told in docs/law.md.

A sentence names its sources at its end, as ``[L01]`` or ``[L01, L10]``. What no source says is a question in
plugin.evidence.dossier.questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass

from plugin.evidence.paper.blocks import Table

# The day on which the sources were read, and of which everything that is said of law is true at best.
AS_OF = "26 November 2026"

_NAMED = re.compile(r"\[(L\d\d(?:, L\d\d)*)\]")


@dataclass(frozen=True, slots=True)
class Source:
    """A text of law, a judgment or a guidance.

    ``provision`` is the part that is meant, ``dated`` the text's own date, ``read`` how it was read for this edition.
    """

    id: str
    title: str
    provision: str
    dated: str
    read: str


_GDPR = "Regulation (EU) 2016/679 (GDPR)"
_AI_ACT = "Regulation (EU) 2024/1689 (AI Act)"
_OF_2016 = "27 April 2016"
_COPY = "passages in copies of the text"
_KNOWN = "as published; not opened again"

SOURCES = (
    Source("L01", _GDPR, "Article 4(1), (5), (7) and (8), recital 26", _OF_2016, _COPY),
    Source("L02", _GDPR, "Articles 6 and 9", _OF_2016, _KNOWN),
    Source("L03", _GDPR, "Articles 13 and 14", _OF_2016, "Article 13(1) in a copy; the rest as published"),
    Source("L04", _GDPR, "Articles 15 to 22 and 77", _OF_2016, _KNOWN),
    Source("L05", _GDPR, "Articles 26 and 28", _OF_2016, _COPY),
    Source("L06", _GDPR, "Articles 5(2) and 30", _OF_2016, _COPY),
    Source("L07", _GDPR, "Articles 25, 32 and 33", _OF_2016, _COPY),
    Source("L08", _GDPR, "Article 35", _OF_2016, _COPY),
    Source("L09", _GDPR, "Articles 44 to 49", _OF_2016, _KNOWN),
    Source(
        "L10",
        "Court of Justice, EDPS v SRB, C-413/23 P, ECLI:EU:C:2025:645",
        "paragraphs 52, 72 to 77, 82, 85, 86, 100, 111, 112 and 116",
        "4 September 2025",
        "published accounts of the judgment that quote it",
    ),
    Source(
        "L11",
        "Court of Justice, Österreichische Post, C-154/21, ECLI:EU:C:2023:3",
        "the answer to the question referred",
        "12 January 2023",
        "published accounts of the judgment",
    ),
    Source(
        "L12",
        "EDPB Guidelines 01/2025 on pseudonymisation, version for public consultation",
        "paragraphs 20, 22, 32, 35, 40 and 70",
        "16 January 2025",
        "published accounts that quote it; no final version was found",
    ),
    Source(
        "L13",
        "EDPB Guidelines 02/2026 on anonymisation, version 1.0 for public consultation",
        "paragraphs 6 to 15, 22 and 40",
        "7 July 2026",
        "a transcription of the text, paragraphs 1 to 29; no final version was found",
    ),
    Source("L14", _AI_ACT, "Articles 3(3), (4) and (11), 6(1) and 25(1)", "13 June 2024", _COPY),
    Source("L15", _AI_ACT, "Article 26", "13 June 2024", "paragraph 6 in a copy; the rest in published accounts"),
    Source(
        "L16",
        "Regulation (EU) 2026/1744 (Digital Omnibus on AI), OJ L, 2026/1744, 24 July 2026",
        "Articles 4 and 113(c) of the AI Act as amended",
        "8 July 2026",
        "the amended provisions in copies of the text",
    ),
    Source(
        "L17",
        "MDCG 2025-6 / AIB 2025-1, interplay of the MDR and the IVDR with the AI Act",
        "questions on classification, table 1",
        "19 June 2025",
        "a rendering of the document that repeats table 1",
    ),
    Source(
        "L18",
        "Regulation (EU) 2017/745 (MDR)",
        "Article 5(4) and (5), Annex I",
        "5 April 2017",
        "points (a), (b), (c) and (h) in copies; the rest as published",
    ),
    Source(
        "L19",
        "MDCG 2023-1, guidance on the health institution exemption",
        "the whole, with the model declaration of Annex A",
        "January 2023",
        "published accounts of it",
    ),
    Source(
        "L20",
        "Directive (EU) 2022/2555 (NIS2)",
        "Articles 21(2)(d) and (e), 21(3) and 23, Annex I",
        "14 December 2022",
        "Article 21 in copies; the rest in published accounts",
    ),
    Source(
        "L21",
        "COM(2025) 1023, proposal to amend the MDR and the IVDR",
        "in-house devices, and how the AI Act applies to devices",
        "16 December 2025",
        "published accounts; a proposal, its state in November 2026 was not found",
    ),
    Source(
        "L22",
        "COM(2025) 837, proposal for a Digital Omnibus",
        "the definition of personal data",
        "19 November 2025",
        "published accounts; a proposal, its state in November 2026 was not found",
    ),
)


def named_in(texts: Iterable[str]) -> tuple[Source, ...]:
    """Return the sources that texts name, in order of their numbers; raises KeyError for one that there is not."""
    known = {source.id: source for source in SOURCES}
    named = {one for text in texts for group in _NAMED.findall(text) for one in group.split(", ")}
    return tuple(known[one] for one in sorted(named))


def sources_of(blocks: Iterable[object]) -> tuple[Source, ...]:
    """Return the sources that blocks name."""
    return named_in(text for block in blocks for text in texts_of(block))


def source_table(sources: Iterable[Source]) -> Table:
    """List sources as the end of the dossier does."""
    rows = tuple((one.id, one.title, one.provision, one.dated, one.read) for one in sources)
    return Table(("No.", "Source", "Provision", "Of", "Read for this edition"), rows, (0.6, 3.3, 2.6, 1.4, 2.1))


def texts_of(part: object) -> Iterator[str]:
    """Give every text of a block, whatever it is made of."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple | list):
        for one in part:
            yield from texts_of(one)
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from texts_of(getattr(part, field.name))
