"""A signed head survives paper: one line of few signs, which says and proves what the document did."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.head import read_signed_head, sign_head
from model.evidence.printed_head import LONGEST, is_printed_head, printed_head, read_printed_head
from model.evidence.receipt import Step, issue_receipt
from model.evidence.signing import SigningKey
from tests.builders.evidence import open_chain, record_job

KEY = SigningKey.new()
NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    made = open_chain(tmp_path / "chain", KEY)
    record_job(made)
    return made


def test_a_line_is_the_signed_document_again(chain: Chain) -> None:
    signed = sign_head(chain, NOW)
    line = printed_head(signed)
    assert read_printed_head(line) == signed
    assert read_signed_head(read_printed_head(line), [KEY.public]) == chain.head()


def test_a_line_fits_the_code_that_paper_holds_also_after_a_million_years_of_records(chain: Chain) -> None:
    line = printed_head(sign_head(chain, NOW))
    assert re.fullmatch(r"[0-9A-Z/:.-]+", line), "what a code packs densely"
    assert len(line) + len(str(2**53 - 1)) <= LONGEST


def test_spaces_line_breaks_and_small_letters_of_who_copies_it_do_not_matter(chain: Chain) -> None:
    signed = sign_head(chain, NOW)
    line = printed_head(signed)
    broken = " \n".join(line[place : place + 37] for place in range(0, len(line), 37)).lower()
    assert is_printed_head(broken)
    assert read_printed_head(broken) == signed


@pytest.mark.parametrize("part", [1, 2, 3, 4, 5])
def test_one_other_digit_in_any_part_is_no_head_of_ours(chain: Chain, part: int) -> None:
    parts = printed_head(sign_head(chain, NOW)).split("/")
    digit = next(place for place, sign in enumerate(parts[part]) if sign.isdigit() and sign != "9")
    parts[part] = parts[part][:digit] + str(int(parts[part][digit]) + 1) + parts[part][digit + 1 :]
    with pytest.raises(EvidenceRefused) as refused:
        read_signed_head(read_printed_head("/".join(parts)), [KEY.public])
    assert refused.value.code in ("SIGNATURE_KEY", "SIGNATURE_WRONG", "SIGNATURE_SHAPE")


@pytest.mark.parametrize("text", ["", "AUTOCONTOUR-HEAD-1", "AUTOCONTOUR-HEAD-2/1/2/3/4/5", "37:" + "0" * 64])
def test_another_text_is_no_head(text: str) -> None:
    with pytest.raises(EvidenceRefused, match="not a head as a report prints it"):
        read_printed_head(text)


def test_another_signed_document_is_not_printed_as_a_head(chain: Chain) -> None:
    receipt = issue_receipt(Step.REJECTED, "a" * 32, NOW, {"findings": {}}, None, KEY)
    for signed in (receipt, {}, {"document": 1}):
        with pytest.raises(EvidenceRefused):
            printed_head(signed)
