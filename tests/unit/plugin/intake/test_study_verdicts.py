"""Who takes the place of a series that is gone: the best of its rivals, and nobody where it had none."""

from __future__ import annotations

from dataclasses import replace

from plugin.intake.study_verdicts import instead, next_best, noted
from routing.candidates import Candidate
from routing.choice import choose
from routing.one_per_study import OnePerStudy

WANTED = OnePerStudy()
GONE = Candidate("gone", orientation="AXIAL", thickness=1.0, low=0.0, high=300.0)
SECOND, THIRD = replace(GONE, series="second", thickness=2.0), replace(GONE, series="third", thickness=3.0)
ELSEWHERE = replace(GONE, series="elsewhere", low=600.0, high=800.0)


def test_the_best_of_its_rivals_takes_its_place() -> None:
    assert next_best(GONE, [THIRD, SECOND, ELSEWHERE], WANTED) == "second"


def test_a_better_one_that_came_meanwhile_takes_its_place() -> None:
    better = replace(GONE, series="better", thickness=0.8)
    assert next_best(GONE, [SECOND, better], WANTED) == "better"


def test_a_series_without_a_rival_has_no_successor() -> None:
    assert next_best(GONE, [ELSEWHERE], WANTED) is None
    assert next_best(GONE, [], WANTED) is None


def test_the_job_of_the_chosen_one_keeps_who_was_compared_with_it_and_the_others_only_who_was_chosen() -> None:
    verdicts = choose([GONE, SECOND, ELSEWHERE], WANTED)
    of = {verdict.candidate.series: noted(verdict, verdicts) for verdict in verdicts}
    assert {one["Series"] for one in of["gone"].candidates} == {"gone", "second"}
    assert (of["second"].chosen, of["second"].candidates) == ("gone", ())
    assert {one["Series"] for one in of["elsewhere"].candidates} == {"elsewhere"}


def test_a_job_notes_when_yet_another_one_is_chosen() -> None:
    earlier = noted(next(one for one in choose([GONE, SECOND], WANTED) if not one.is_chosen))
    better = replace(GONE, series="better", thickness=0.8)
    now = next(one for one in choose([GONE, SECOND, better], WANTED) if one.candidate == SECOND)
    assert (earlier.chosen, instead(earlier, now).chosen) == ("gone", "better")
    assert "series better" in instead(earlier, now).reason
