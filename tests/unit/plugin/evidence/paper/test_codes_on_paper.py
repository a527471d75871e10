"""The head that a monthly report prints is read off the page by a decoder of somebody else's, as a phone does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.evidence.chain import Chain
from model.evidence.files import Head, month_files
from model.evidence.head import read_signed_head
from model.evidence.printed_head import read_printed_head
from model.evidence.signing import SigningKey
from model.evidence.verification import Verification
from model.evidence.walk import Broken, Change
from plugin.evidence.paper.blocks import Heading, Scannable
from plugin.evidence.paper.markdown import to_markdown
from plugin.evidence.paper.signature import make_seal
from plugin.evidence.report import Month, issue_report, monthly_report
from plugin.evidence.report_pages import report_blocks, report_pdf
from plugin.settings.evidence import EvidenceSection
from tests.builders.evidence import Clock, open_chain, record_job
from tests.builders.pdf_text import text_of
from tests.builders.read_codes import as_photographed, codes_on, pages_of

KEY = SigningKey.new()
ISSUED = datetime(2026, 12, 1, 3, tzinfo=UTC)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    made = open_chain(tmp_path / "chain", KEY, Clock(datetime(2026, 11, 3, 9, tzinfo=UTC)))
    record_job(made)
    return made


def issued(chain: Chain) -> dict[str, Any]:
    return issue_report(chain, Month.parse("2026-11"), EvidenceSection(), [KEY.public], time=ISSUED)


def test_a_phone_reads_the_signed_head_off_the_page(chain: Chain, tmp_path: Path) -> None:
    head = chain.head()
    signed = issued(chain)
    pdf = report_pdf(signed, "Site", make_seal("Site"))
    pages = pages_of(pdf, tmp_path / "printed")
    (line,) = codes_on(pages)
    assert line == signed["document"]["body"]["Chain"]["SignedHead"]
    assert read_signed_head(read_printed_head(line), [KEY.public]) == head
    assert codes_on([as_photographed(page) for page in pages]) == [line], "askew and out of focus"
    shown = text_of(pdf).replace(" ", "")
    assert head.digest in shown, "people compare it too"
    assert KEY.public.id in shown


def test_the_code_is_of_the_very_head_that_was_verified(chain: Chain) -> None:
    told = issued(chain)["document"]["body"]["Chain"]
    head = read_signed_head(read_printed_head(told["SignedHead"]), [KEY.public])
    assert (head.sequence, head.digest) == (told["HeadAtIssue"]["Sequence"], told["HeadAtIssue"]["Digest"])


def test_of_a_chain_that_was_changed_no_head_is_signed_for_paper(chain: Chain) -> None:
    (month,) = month_files(chain.directory)
    month.write_bytes(month.read_bytes().replace(b'"instances":120', b'"instances":121', 1))
    document = issued(chain)["document"]["body"]
    assert document["Chain"]["Verified"] is False
    assert document["Chain"]["SignedHead"] is None
    assert not any(isinstance(block, Scannable) for block in report_blocks(document, "0" * 64))


@pytest.mark.parametrize(
    ("gateway", "printed"), [("00aa" * 4, False), (None, False), ("00bb" * 4, True)], ids=["copy", "own", "peer"]
)
def test_in_a_group_the_head_is_printed_unless_copy_or_peers_contradict_this_very_chain(
    gateway: str | None, printed: bool
) -> None:
    broken = Broken(7, Change.CUT_OFF, "", 0, "the copy of this chain has more", gateway)
    verified = Verification(False, 6, Head(6, "ab" * 32), broken, gateway="00aa" * 4)
    heads: dict[str | None, str] = {"00aa" * 4: "AUTOCONTOUR-HEAD-1/…"}
    body = monthly_report(
        (), Month.parse("2026-11"), EvidenceSection(), verified, ISSUED, chains={"00aa" * 4: ()}, printed=heads
    )
    assert (body["Chain"]["SignedHead"] is not None) is printed


def test_a_code_is_text_where_there_is_no_picture() -> None:
    text = to_markdown("Title", "", [Heading("Head"), Scannable("AUTOCONTOUR-HEAD-1/…", (("Record", "14"),))])
    assert "| Record | 14 |" in text
    assert "`AUTOCONTOUR-HEAD-1/…`" in text
