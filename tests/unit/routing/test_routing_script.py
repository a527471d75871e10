"""The site's own Python decides, falls back to the rules, and is seen when it fails."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from plugin.facts.given import given_facts
from plugin.facts.series import facts_of
from routing.answer import Answer, combine
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE
from routing.one_per_study import OnePerStudy
from routing.rules import read_rules
from routing.script import Script, ScriptKeeper, answer_of, check_script, late
from tests.builders.orthanc_tags import series, stack

CT = given_facts({"Modality": "CT", "SliceThickness": "2.50", "Slices": 40, "Uniform": True, "ImageType": "A\\B"})
RULES = read_rules([{"Name": "every CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}])[0]
HEAD = "from routing.script import Decision, Exclude, Series\n\ndef route(series: Series):\n    "


def script(body: str) -> Script:
    return Script("/site/routing.py", HEAD + body)


def outcome_of(body: str) -> tuple[str, str]:
    explanation = combine([answer_of(script(body), CT)], CT, RULES)
    return explanation.outcome, explanation.reason


def test_its_decision_goes_before_the_rules() -> None:
    explanation = combine([answer_of(script("return Decision('other', priority='urgent')"), CT)], CT, RULES)
    (decision,) = explanation.to_json()["Decisions"]
    assert (decision["Rule"], decision["Model"], decision["Priority"]) == ("RoutingScript", "other", "urgent")


def test_its_names_come_from_one_module_of_ours_and_from_where_they_came_before() -> None:
    body = "def route(series: Series):\n    return Decision('hu-ct') if series.flag('Uniform') else Exclude('other')\n"
    for module in ("autocontour", "routing.script"):
        source = f"from {module} import Decision, Exclude, Series\n\n{body}"
        assert [one.model for one in answer_of(Script("/site/routing.py", source), CT).decisions] == ["hu-ct"]


def test_none_leaves_the_series_to_the_rules() -> None:
    assert combine([answer_of(script("return None"), CT)], CT, RULES).decisions[0].rule == "every CT"


def test_it_can_ask_for_several_results() -> None:
    answer = answer_of(script("return [Decision('a'), Decision('b', target='cloud')]"), CT)
    assert [(one.model, one.target) for one in answer.decisions] == [("a", "local"), ("b", "cloud")]


def test_it_can_ask_for_the_best_series_of_a_study_as_a_rule_does() -> None:
    body = "return [Decision('m', one_per_study=True), Decision('n', one_per_study={'Thickness': 3}), Decision('o')]"
    answer = answer_of(script(body), CT)
    assert [one.one_per_study for one in answer.decisions] == [OnePerStudy(), OnePerStudy(thickness=3.0), None]
    assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301 - our own bytes
    wrong = answer_of(script("return Decision('m', one_per_study={'Kernel': 'hard'})"), CT)
    assert wrong.error is not None
    assert "one_per_study.Kernel" in wrong.error


def test_it_can_exclude_with_a_reason() -> None:
    assert outcome_of("return Exclude('phantom')") == (EXCLUDED, "phantom")


@pytest.mark.parametrize(
    "condition",
    [
        "series.text('Modality') == 'CT'",
        "series.number('SliceThickness') == 2.5",
        "series.number('Slices') == 40",
        "series.number('Modality') is None",
        "series.number('PatientAge') is None",
        "series.flag('Uniform')",
        "not series.flag('Contrast')",
        "series.values('ImageType') == ('A', 'B')",
        "series.text('ImageType') == ''",
        "series.text('0008,0060') == 'CT'",
        "series.exists('Modality') and not series.exists('StationName')",
        "series.same('Modality')",
        "series.matches({'Modality': ['CT', 'MR'], 'Slices': {'Min': 20}})",
        "not series.matches({'Modality': 'MR'})",
    ],
)
def test_what_it_can_ask_about_a_series(condition: str) -> None:
    assert answer_of(script(f"return Decision('m') if {condition} else None"), CT).decisions


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return series.text('Modality') + 1", "TypeError in line 4"),
        ("raise KeyError(series.text('Modality'))", "KeyError in line 4"),
        ("import sys; sys.exit(3)", "SystemExit in line 4"),
        ("return 'hu-ct'", "it answered str"),
        ("return True", "it answered bool"),
        ("return Decision('')", "no model"),
        ("return Decision(None)", "no model"),
        ("return Decision('m', priority='now')", "priority other than urgent"),
        ("return Decision('m', outputs=())", "outputs other than RTSTRUCT"),
        ("return Decision('m', hours='late')", "Mon-Fri"),
        ("return Exclude('')", "without a reason"),
        ("return series.matches({'Modalty': {'Mi': 1}})", "ValueError in line 4"),
        ("return series.number('no name')", "ValueError in line 4"),
    ],
)
def test_a_failure_is_an_error_of_the_series_and_quotes_no_value(body: str, said: str) -> None:
    outcome, reason = outcome_of(body)
    assert outcome == ERROR
    assert said in reason
    assert "CT" not in reason.replace("RTSTRUCT", "")


def test_a_late_answer_is_an_error() -> None:
    explanation = combine([late(2)], CT, RULES)
    assert (explanation.outcome, explanation.reason) == (
        ERROR,
        "The RoutingScript failed: it did not answer within 2 s.",
    )


def test_an_objection_goes_before_the_script() -> None:
    objected = given_facts({"Modality": "CT", "Objection": True})
    assert combine([answer_of(script("return Decision('m')"), objected)], objected, RULES).outcome == EXCLUDED


def test_the_first_answer_that_says_something_counts() -> None:
    answers = [Answer("Lua"), Answer("RoutingScript", exclude="x"), Answer("Lua", error="y")]
    assert combine(answers, CT, RULES).outcome == EXCLUDED
    assert combine([Answer("Lua")], CT, ()).outcome == NONE
    assert combine([Answer("Lua")], CT, RULES).outcome == CONTOUR


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def route(series:\n", "line 1"),
        ("import no_such_module_here", "ModuleNotFoundError in line 1"),
        ("x = 1", "defines no function route"),
        ("route = 5", "defines no function route"),
    ],
)
def test_a_version_that_does_not_load_says_where(source: str, said: str) -> None:
    wrong = check_script(Script("/site/routing.py", source))
    assert wrong is not None
    assert said in wrong


def test_what_crosses_to_the_worker_can_be_pickled() -> None:
    facts = facts_of(series(*stack(5)))
    again = pickle.loads(pickle.dumps((script("return Decision('m')"), facts, CT)))  # noqa: S301 - our own bytes
    assert answer_of(again[0], again[1]).decisions
    assert answer_of(again[0], again[2]).decisions


class TestReload:
    GOOD, OTHER, BROKEN = HEAD + "return None", HEAD + "return Exclude('x')", "def route(:"

    def keeper(self, path: Path) -> ScriptKeeper:
        return ScriptKeeper(path, check_script)

    def test_a_new_version_is_taken(self, tmp_path: Path) -> None:
        path = tmp_path / "routing.py"
        path.write_text(self.GOOD)
        keeper = self.keeper(path)
        first = keeper.look()
        path.write_text(self.OTHER)
        second = keeper.look()
        assert first is not None
        assert second is not None
        assert first.digest != second.digest
        assert keeper.problem is None

    def test_an_unchanged_file_is_not_loaded_again(self, tmp_path: Path) -> None:
        path = tmp_path / "routing.py"
        path.write_text(self.GOOD)
        checked: list[str] = []
        keeper = ScriptKeeper(path, lambda version: checked.append(version.digest))
        assert keeper.look() is keeper.look()
        assert len(checked) == 1

    def test_a_broken_version_keeps_the_old_one_and_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "routing.py"
        path.write_text(self.GOOD)
        keeper = self.keeper(path)
        first = keeper.look()
        path.write_text(self.BROKEN)
        assert keeper.look() is first
        assert keeper.problem is not None
        assert "line 1" in keeper.problem
        assert first is not None
        assert first.digest in keeper.problem
        path.write_text(self.OTHER)
        assert keeper.look() is not first
        assert keeper.problem is None

    def test_a_file_that_disappears_keeps_the_old_version_until_it_is_back(self, tmp_path: Path) -> None:
        path = tmp_path / "routing.py"
        path.write_text(self.GOOD)
        keeper = self.keeper(path)
        first = keeper.look()
        path.unlink()
        assert keeper.look() is first
        assert keeper.problem is not None
        path.write_text(self.GOOD)
        assert keeper.look() == first
        assert keeper.problem is None

    def test_a_file_that_never_loaded_gives_nothing_and_says_why(self, tmp_path: Path) -> None:
        path = tmp_path / "routing.py"
        path.write_text(self.BROKEN)
        keeper = self.keeper(path)
        assert keeper.look() is None
        assert keeper.problem is not None
        assert keeper.problem.startswith("RoutingScript: line 1")
