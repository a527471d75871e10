"""What the page says while Orthanc, or a proxy before it, does not answer; and that it comes back by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import Visit, visit

AWAY = "Orthanc does not answer. This page tries again by itself."
CHARTS = "**/autocontour/quality/charts*"


def unreachable(route: Route) -> None:
    route.abort("connectionrefused")


def bad_gateway(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")


def test_what_happens_now_does_not_pass_for_news_once_orthanc_is_stopped(
    start_orthanc: Callable[..., OrthancProcess], browser: Browser
) -> None:
    orthanc = start_orthanc()
    with visit(browser, orthanc.url) as seen:
        page = seen.open()
        expect(page.locator("#health")).to_contain_text("shown as it happens")
        orthanc.stop()
        expect(page.get_by_role("alert").first).to_contain_text(AWAY)
        expect(page.locator("#health")).not_to_contain_text("shown as it happens")
        orthanc.start()
        expect(page.get_by_role("alert").first).to_be_empty()
        expect(page.locator("#health")).to_contain_text("working")


@pytest.mark.parametrize(
    ("answer", "said"), [(unreachable, AWAY), (bad_gateway, "An error came in place of an answer")]
)
def test_a_view_that_asks_once_asks_again_by_itself(
    visitor_of_idle: Visit, answer: Callable[[Route], None], said: str
) -> None:
    visitor_of_idle.page.route(CHARTS, answer)
    page = visitor_of_idle.open("#/quality")
    expect(page.get_by_role("alert").first).to_contain_text(said)
    expect(page.get_by_role("alert").first).to_contain_text("tries again by itself")
    page.unroute(CHARTS)
    expect(page.get_by_text("Nothing was compared yet")).to_be_visible()
    expect(page.get_by_role("alert").first).to_be_empty()


def test_a_refusal_of_the_gateway_is_final(visitor_of_idle: Visit) -> None:
    visitor_of_idle.page.clock.install()
    page = visitor_of_idle.open("#/jobs/0123/contours")
    expect(page.get_by_role("alert").first).to_contain_text("There is no such job.")
    asked = len(visitor_of_idle.asked)
    page.clock.run_for(300_000)
    assert len(visitor_of_idle.asked) == asked


@pytest.mark.parametrize("place", ["#/", "#/jobs/0123", "#/jobs/0123/contours", "#/evidence/0123", "#/quality"])
def test_a_view_whose_answer_is_awaited_says_so(visitor_of_idle: Visit, place: str) -> None:
    held: list[Route] = []
    visitor_of_idle.page.route(
        lambda url: "/autocontour/" in url and "/app/" not in url, lambda route: held.append(route)
    )
    page = visitor_of_idle.open(place)
    expect(page.get_by_text("Loading …")).to_be_visible()
    expect(page.get_by_text("does not answer")).to_have_count(0)
    for route in held:
        route.abort()


def test_no_list_is_said_to_be_empty_before_it_was_answered(visitor_of_idle: Visit) -> None:
    visitor_of_idle.page.route("**/autocontour/jobs*", unreachable)
    visitor_of_idle.page.route("**/autocontour/jobs/find", unreachable)
    page = visitor_of_idle.open("#/rules")
    expect(page.get_by_role("alert").first).to_contain_text(AWAY)
    expect(page.get_by_text("No series yet.")).to_have_count(0)
    page = visitor_of_idle.open("#/find")
    expect(page.get_by_role("alert").first).to_contain_text("Orthanc does not answer.")
    expect(page.locator("#found")).to_have_text("")
