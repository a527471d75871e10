"""Every legal sentence names a source, every source is told in docs/law.md, and none is there for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.evidence.dossier.chapters import dossier_blocks
from plugin.evidence.dossier.processing import Processing
from plugin.evidence.dossier.sources import AS_OF, SOURCES, named_in, source_table, sources_of, texts_of
from plugin.evidence.paper.blocks import Block, Bullets, Facts, Heading, Table, Text
from tests.builders.dossier_sites import SITES, processing

DOCS = Path(__file__).parents[5] / "docs"
# Words by which a sentence speaks of law. What chapters are called is no sentence, nor is the list of sources.
LEGAL = re.compile(
    r"\b(GDPR|Articles? \d|MDR|IVDR|AI Act|NIS2|EDPB|the Court|MDCG|Annex I|Directive|Regulation \(EU\)|high-risk"
    r"|[Dd]eployer|third country)\b"
)
NAMED = re.compile(r"\[L\d\d(, L\d\d)*\]")
# The chapters' headings and cross-references, and roles that a table only lists after it has named their source.
WITHOUT = {"19. Sources", "20. Identity of this document"}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Processing:
    return processing(SITES[request.param])


def test_every_legal_sentence_of_a_dossier_names_its_source(site: Processing) -> None:
    bare = [one for one in sentences(dossier_blocks(site)) if LEGAL.search(one) and not NAMED.search(one)]
    assert bare == []


def test_the_dossier_ends_with_the_sources_that_it_names_and_their_day(site: Processing) -> None:
    blocks = dossier_blocks(site)
    at = next(number for number, block in enumerate(blocks) if block == Heading("19. Sources"))
    assert blocks[at + 2] == source_table(sources_of(blocks[:at]))
    assert any(AS_OF in text for text in texts_of(blocks[at + 1]))


def test_every_source_is_named_by_a_dossier() -> None:
    named = {source for section in SITES.values() for source in sources_of(dossier_blocks(processing(section)))}
    assert set(SOURCES) == named


def test_the_page_tells_every_source_and_no_other() -> None:
    page = (DOCS / "law.md").read_text(encoding="utf-8")
    assert AS_OF in page.splitlines()[0]
    parts = dict(re.findall(r"^### (L\d\d)\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    assert sorted(parts) == [source.id for source in SOURCES]
    for source in SOURCES:
        told = parts[source.id]
        assert f"**{source.title}**, {source.provision}. Of {source.dated}. Read: {source.read}.\n" in told
        for part in ("- *Says:* ", "- *For a site:* ", "- *A lawyer decides:* "):
            assert part in told, (source.id, part)


def test_every_legal_line_of_the_guide_names_a_source_that_there_is() -> None:
    guide = (DOCS / "dpo.md").read_text(encoding="utf-8")
    lines = [line for line in guide.splitlines() if not line.startswith(("#", "[L"))]
    assert [line for line in lines if LEGAL.search(line) and not NAMED.search(line)] == []
    named = {one.id for one in named_in(lines)}
    assert set(re.findall(r"^\[(L\d\d)\]: law\.md#", guide, re.MULTILINE)) == named
    assert re.findall(r"^\[(L\d\d)\]: law\.md#(?!l\d\d$)", guide, re.MULTILINE) == []


def test_a_source_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        named_in(["As nobody wrote [L99]."])


def test_a_sentence_without_its_source_would_be_found() -> None:
    blocks: list[Block] = [Text("A name [L01]. The MDR asks for it."), Bullets(("A deployer keeps logs [L15].",))]
    assert [one for one in sentences(blocks) if LEGAL.search(one) and not NAMED.search(one)] == ["The MDR asks for it."]


def sentences(blocks: list[Block]) -> Iterator[str]:
    """Every sentence of the blocks; of a table and of facts each row is one, as its cells are read together."""
    chapter = ""
    for block in blocks:
        if isinstance(block, Heading):
            chapter = block.text if block.level == 1 else chapter
        elif chapter in WITHOUT:
            continue
        elif isinstance(block, Table | Facts):
            yield from (" | ".join(row) for row in block.rows)
        else:
            for text in texts_of(block):
                yield from re.split(r"(?<=[.?!]) (?=[A-Z])", text)
