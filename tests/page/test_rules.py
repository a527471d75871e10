"""Rules tried on the page: on a stored series, on pasted tags, and a draft against the last series."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import files_of, phantom_series

HOSTILE = '<img src=x onerror="window.ran=1">'
NO_HEADS = {"Name": "no heads", "When": {"BodyPartExamined": "HEAD"}, "Then": {"Exclude": "heads are drawn by hand"}}


@pytest.fixture(scope="module")
def two_series(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OrthancProcess, str, str]]:
    """An Orthanc with a head, excluded, and a chest, contoured; its rules stay as they are."""
    folder = tmp_path_factory.mktemp("rules on the page")
    orthanc = OrthancProcess(folder, section={"Rules": [NO_HEADS, AXIAL_CT]}).start()
    patient = Patient(name="Draft^Test", identifier="DRAFT-1")
    head = orthanc.store_all(
        files_of(phantom_series(patient=patient, BodyPartExamined="HEAD", description="Schaedel nativ"))
    )
    chest = orthanc.store_all(files_of(phantom_series(patient=patient, description=HOSTILE)))
    for series in (head, chest):
        orthanc.job_of(series)
    yield orthanc, head, chest
    orthanc.stop()


@pytest.fixture
def at_rules(browser: Browser, two_series: tuple[OrthancProcess, str, str]) -> Iterator[Visit]:
    with visit(browser, two_series[0].url) as opened:
        opened.open("#/rules")
        expect(opened.page.locator("#draft")).to_have_value(re.compile("every axial CT"))
        yield opened


def draft(page: Page, rules: Any) -> None:
    text, field = rules if isinstance(rules, str) else json.dumps(rules, indent=2), page.locator("#draft")

    def written() -> bool:
        # A page that is drawn anew between selecting and writing keeps what was there, behind the new text.
        field.fill(text)
        return field.input_value() == text

    until(written, "the draft is written")
    page.get_by_role("button", name="Run the draft").click()


def test_a_draft_begins_with_the_rules_in_force_in_the_order_of_people(at_rules: Visit) -> None:
    rules = json.loads(at_rules.page.locator("#draft").input_value())
    assert rules == [NO_HEADS, AXIAL_CT]
    assert [list(rule) for rule in rules] == [["Name", "When", "Then"]] * 2


def test_a_stored_series_is_asked_about_by_its_description(
    at_rules: Visit, two_series: tuple[OrthancProcess, str, str]
) -> None:
    _, head, _ = two_series
    page = at_rules.page
    page.get_by_label("Description, patient or Orthanc id").fill("schaedel")
    page.get_by_role("button", name="Find", exact=True).click()
    found = page.get_by_role("group", name="Found in Orthanc").get_by_role("radio")
    expect(found).to_have_count(1)
    page.locator(f"label[data-series='{head}'] input").check()
    page.get_by_role("button", name="Ask the rules about this series").click()
    said = page.locator("#said")
    expect(said).to_contain_text("heads are drawn by hand")
    expect(said.get_by_role("row", name="BodyPartExamined HEAD HEAD yes")).to_be_visible()
    assert not [asked for asked in at_rules.asked if "schaedel" in asked.lower()], (
        "what is searched for is in no address"
    )


def test_the_condition_that_failed_is_shown_with_its_value_and_text_stays_text(
    at_rules: Visit, two_series: tuple[OrthancProcess, str, str]
) -> None:
    _, _, chest = two_series
    page = at_rules.page
    expect(page.locator(f"label[data-series='{chest}']")).to_contain_text(HOSTILE)
    page.locator(f"label[data-series='{chest}'] input").check()
    page.get_by_role("button", name="Ask the rules about this series").click()
    expect(page.locator("#said")).to_contain_text("no heads because of BodyPartExamined: CHEST")
    assert page.evaluate("window.ran") is None
    assert at_rules.errors == []


@pytest.mark.parametrize(
    "text",
    [
        '{"BodyPartExamined": "HEAD", "Modality": "CT"} // a comment',
        "Modality: CT\nBodyPartExamined = HEAD\n\nSlices: 120\nUniform: true",
        "(0008,0060) CS [CT]                  #   2, 1 Modality\n(0018,0015) CS [HEAD]   #   4, 1 BodyPartExamined\n"
        "(0018,0010) LO (no value available)  #   0, 0 ContrastBolusAgent",
        '[{"BodyPartExamined": "HEAD"}, {"BodyPartExamined": "HEAD"}]',
    ],
    ids=["JSON", "lines", "dcmdump", "one for each slice"],
)
def test_pasted_tags_are_asked_about(at_rules: Visit, text: str) -> None:
    page = at_rules.page
    page.get_by_text("Or paste the tags of a series").click()
    page.get_by_label("Tags", exact=True).fill(text)
    page.get_by_role("button", name="Ask the rules about these tags").click()
    expect(page.locator("#said")).to_contain_text("heads are drawn by hand")


def test_lines_that_are_no_tags_are_named(at_rules: Visit) -> None:
    page = at_rules.page
    page.get_by_text("Or paste the tags of a series").click()
    page.get_by_label("Tags", exact=True).fill("Modality: CT\nno tag at all")
    page.get_by_role("button", name="Ask the rules about these tags").click()
    expect(page.locator("#said")).to_contain_text("These lines are no tags: 2.")


def test_a_draft_shows_what_it_would_change_and_changes_nothing(
    at_rules: Visit, two_series: tuple[OrthancProcess, str, str]
) -> None:
    orthanc, head, chest = two_series
    page = at_rules.page
    jobs = orthanc.jobs()
    draft(page, [AXIAL_CT])
    expect(page.get_by_text("1 of 2 series would be decided otherwise.")).to_be_visible()
    row = page.locator(f"tr[data-series='{head}']")
    expect(row).to_contain_text("excluded")
    expect(row).to_contain_text("every axial CT: hu-ct → local")
    expect(row).to_contain_text("outcome, rule, model, target, number of structure sets")
    expect(row).to_contain_text("Schaedel nativ")
    expect(page.locator(f"tr[data-series='{chest}']")).to_have_count(0)
    page.get_by_label("Show the unchanged ones, too").check()
    expect(page.locator(f"tr[data-series='{chest}']")).to_contain_text("nothing")
    row.get_by_role("button", name="Each condition").click()
    expect(
        page.get_by_role("region", name="In force").get_by_role("row", name="BodyPartExamined HEAD HEAD yes")
    ).to_be_visible()
    expect(page.get_by_role("region", name="Draft", exact=True)).to_contain_text("every axial CT and decides")
    assert orthanc.jobs() == jobs
    assert orthanc.json("/autocontour/routing/rules") == {"Rules": [NO_HEADS, AXIAL_CT]}
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])") == "[{},{}]"


def test_a_draft_is_run_on_the_series_that_was_chosen(
    browser: Browser, two_series: tuple[OrthancProcess, str, str]
) -> None:
    orthanc, head, _ = two_series
    with visit(browser, orthanc.url) as seen:
        page = seen.open(f"#/rules?series={head}")
        page.get_by_role("combobox").select_option("the series chosen above")
        draft(page, [AXIAL_CT])
        expect(page.get_by_text("1 of 1 series would be decided otherwise.")).to_be_visible()


def test_a_wrong_draft_is_told_with_the_line_of_the_key(at_rules: Visit) -> None:
    page = at_rules.page
    draft(
        page, '// ours\n[\n  { "Name": "a",\n    "When": { "Modallity": "CT" },\n    "Then": { "Model": "hu-ct" } }\n]'
    )
    wrong = page.get_by_role("listitem").filter(has_text="AutoContour.Rules[0].When.Modallity")
    expect(wrong).to_contain_text("did you mean 'Modality'?")
    wrong.get_by_role("button", name="Line 4").click()
    chosen = page.locator("#draft").evaluate("(field) => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert chosen == '    "When": { "Modallity": "CT" },'
    expect(page.get_by_text("Nothing was tried.")).to_be_visible()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[\n  {"Name": "a"\n   "When": {}}]', "line 3, column 4. A comma or a closing bracket is missing here."),
        ("[\n{}\n", "line 3, column 1. A comma or a closing bracket is missing here."),
        ('{"a": yes}', "line 1, column 7. A value is missing here."),
        ("[1, 2,]", "line 1, column 7. A value is missing here."),
        ('["a', "line 1, column 2. This text has no end"),
        ("[] x", "line 1, column 4. Something follows the end."),
    ],
)
def test_what_is_no_json_is_told_with_its_line(at_rules: Visit, text: str, said: str) -> None:
    page = at_rules.page
    draft(page, text)
    expect(page.get_by_text(f"This is no JSON: {said}")).to_be_visible()
    expect(page.locator("#draft")).to_be_focused()


def test_a_whole_configuration_may_be_pasted(at_rules: Visit) -> None:
    page = at_rules.page
    draft(page, json.dumps({"Name": "x", "AutoContour": {"QuietSeconds": 5, "Rules": [NO_HEADS, AXIAL_CT]}}))
    expect(page.get_by_text("0 of 2 series would be decided otherwise.")).to_be_visible()


def test_a_draft_is_taken_away_as_a_file(at_rules: Visit) -> None:
    page = at_rules.page
    text = json.dumps([AXIAL_CT])
    page.locator("#draft").fill(text)
    with page.expect_download() as got:
        page.get_by_role("button", name="Save as a file").click()
    assert got.value.suggested_filename == "rules.json"
    assert Path(got.value.path()).read_text(encoding="utf-8") == text
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert at_rules.errors == []


def test_more_series_than_one_request_looks_at_are_asked_for_one_after_the_other(
    browser: Browser, two_series: tuple[OrthancProcess, str, str]
) -> None:
    orthanc, head, chest = two_series
    with visit(browser, orthanc.url) as seen:
        page = seen.open("#/rules")

        def one_at_a_time(route: Any) -> None:
            body = route.request.post_data_json
            wanted = body.get("Series", [head, chest])
            answer = orthanc.post(
                "/autocontour/routing/try", json={"Rules": body["Rules"], "Series": wanted[:1]}
            ).json()
            route.fulfill(json=answer | {"Remaining": wanted[1:]})

        page.route("**/routing/try", one_at_a_time)
        draft(page, [AXIAL_CT])
        expect(page.get_by_text("1 of 2 series would be decided otherwise.")).to_be_visible()


def test_the_view_speaks_german(browser: Browser, two_series: tuple[OrthancProcess, str, str]) -> None:
    with visit(browser, two_series[0].url, language="de-DE") as seen:
        page = seen.open("#/rules")
        expect(page.get_by_role("heading", name="Regel ausprobieren")).to_be_visible()
        page.get_by_role("button", name="Entwurf ausprobieren").click()
        expect(page.get_by_text("Über 0 von 2 Serien würde anders entschieden.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_where_rules_are_tried(
    browser: Browser, two_series: tuple[OrthancProcess, str, str], dark: bool, size: dict[str, int]
) -> None:
    orthanc, head, _ = two_series
    until(lambda: orthanc.jobs(Series=head), "the head is decided on")
    with visit(browser, orthanc.url, dark=dark, size=size) as seen:
        page = seen.open(f"#/rules?series={head}")
        page.get_by_role("button", name="Ask the rules about this series").click()
        expect(page.locator("#said")).to_contain_text("heads are drawn by hand")
        draft(page, [AXIAL_CT])
        page.get_by_role("button", name="Each condition").click()
        expect(page.get_by_role("region", name="Draft", exact=True)).to_be_visible()
        assert seen.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
