"""The evidence code survives people: handwriting, dictation, typing errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import EvidenceRefused
from model.evidence.code import ALPHABET, is_code, new_code, parse_code, printed


def codes() -> st.SearchStrategy[str]:
    return st.builds(new_code)


@given(codes())
def test_a_code_is_read_back_as_it_is_printed(code: str) -> None:
    assert parse_code(printed(code)) == code
    assert parse_code(f"  {printed(code).lower().replace('-', ' ')} ") == code


@given(codes())
def test_o_reads_as_zero_and_i_and_l_as_one(code: str) -> None:
    assert parse_code(code.replace("0", "o").replace("1", "l")) == code
    assert parse_code(code.replace("0", "O").replace("1", "I")) == code


@given(codes(), st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_always_noticed(code: str, place: int, symbol: str) -> None:
    wrong = code[:place] + symbol + code[place + 1 :]
    if wrong == code:
        assert parse_code(wrong) == code
    else:
        with pytest.raises(EvidenceRefused, match="typing error"):
            parse_code(wrong)


@given(codes(), st.integers(0, 15), st.integers(0, 15))
def test_two_exchanged_symbols_are_always_noticed(code: str, first: int, second: int) -> None:
    symbols = list(code)
    symbols[first], symbols[second] = symbols[second], symbols[first]
    assert is_code("".join(symbols)) == ("".join(symbols) == code)


@pytest.mark.parametrize("text", ["", "7M83", "7M83-BDRG-7SGV-ZJDW-1", "UUUU-UUUU-UUUU-UUUU", "Ω" * 16])
def test_what_is_no_code_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        parse_code(text)
    assert refused.value.code == "EVIDENCE_CODE"


def test_codes_do_not_repeat() -> None:
    assert len({new_code() for _ in range(2000)}) == 2000
