"""What the site's Lua leaves as metadata of a series is read, or is an error to be seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import routing
from plugin.facts.given import given_facts
from routing.answer import combine
from routing.decide import CONTOUR, ERROR, NONE
from routing.lua import LONGEST_REASON, REQUEST, VETO, filter_answer, read_marks

CT = given_facts({"Modality": "CT"})


def test_the_script_writes_what_the_gateway_reads() -> None:
    source = (Path(routing.__file__).parent / "autocontour.lua").read_text()
    written = dict(re.findall(r"^AutoContour\.(VETO|REQUEST) = '(\d+)'", source, re.MULTILINE))
    assert written == {"VETO": VETO[0], "REQUEST": REQUEST[0]}
    assert VETO[1] in source


def test_no_mark_is_no_veto_and_no_request() -> None:
    marks = read_marks({"LastUpdate": "20260101T000000", "RemoteAET": "X"})
    assert (marks.asked, marks.veto, marks.request.decisions) == (False, None, ())


def test_a_veto_has_its_reason() -> None:
    assert read_marks({"7301": "vetoed: breast elsewhere"}).veto == "breast elsewhere"
    assert read_marks({"AutoContourVeto": "vetoed: breast elsewhere"}).veto == "breast elsewhere"


@pytest.mark.parametrize("written", ["vetoed:", "vetoed:   ", ""])
def test_a_veto_without_a_reason_is_a_veto(written: str) -> None:
    assert read_marks({"7301": written}).veto == "no reason given"


def test_a_reason_is_cut_and_made_printable() -> None:
    veto = read_marks({"7301": "vetoed: a\nb" + "x" * 999}).veto
    assert veto is not None
    assert len(veto) == LONGEST_REASON
    assert veto.startswith("a b")


def test_a_filter_that_allowed_is_no_veto() -> None:
    marks = read_marks({"7301": "allowed"})
    assert (marks.asked, marks.veto) == (True, None)


def test_a_request_is_a_decision_before_the_rules() -> None:
    explanation = combine([read_marks({"7302": '{"Model":"hu-ct","Target":"cloud"}'}).request], CT, ())
    assert explanation.outcome == CONTOUR
    assert [(one.rule, one.model, one.target) for one in explanation.decisions] == [("Lua", "hu-ct", "cloud")]


def test_a_request_without_a_model_leaves_it_to_the_rules() -> None:
    assert combine([read_marks({"7302": "{}"}).request], CT, ()).outcome == NONE


@pytest.mark.parametrize("written", ["", "hu-ct", "[]", '{"Model": 5}', "[" * 5000])
def test_a_request_that_cannot_be_read_is_an_error(written: str) -> None:
    assert combine([read_marks({"7302": written}).request], CT, ()).outcome == ERROR


def test_a_required_filter_that_was_not_asked_is_an_error() -> None:
    assert combine([filter_answer(read_marks({}), required=True)], CT, ()).outcome == ERROR
    assert combine([filter_answer(read_marks({}), required=False)], CT, ()).outcome == NONE
    assert combine([filter_answer(read_marks({"7301": "allowed"}), required=True)], CT, ()).outcome == NONE
