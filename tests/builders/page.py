"""The page in Debian's Chromium, driven by Playwright: what a person at a screen sees and does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.builders.browser import BROWSER, SWITCHES

# As long as a crowded machine may take: what is waited for ends the wait.
PATIENCE = 120_000
AXE = Path(__file__).resolve().parents[2] / "plugin/gateway/page/node_modules/axe-core/axe.min.js"
NARROW, WIDE = {"width": 390, "height": 800}, {"width": 1280, "height": 900}


@contextmanager
def chromium(*switches: str) -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=BROWSER, args=[*SWITCHES, *switches])
        yield browser
        browser.close()


class Visit:
    """One person's browser window at one Orthanc, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.address = address.rstrip("/") + "/autocontour/app/"
        self.errors: list[str] = []
        """What the console called an error, and exceptions that nobody caught."""
        self.asked: list[str] = []
        """Every address that was asked for."""
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, place: str = "#/") -> Page:
        """Open a view by its address; ``place`` begins with #."""
        self.page.goto(self.address + place)
        return self.page

    def axe_findings(self) -> list[str]:
        """What axe-core finds wrong with the page as it is: rule, how bad, and where."""
        assert AXE.is_file(), "the tools of the page are installed: plugin/gateway/page/npm.sh tools"
        # Not as a script of the page, which its policy forbids: through the debugger.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run().then((answer) => answer.violations)")
        return [f"{one['id']} ({one['impact']}): {[node['html'] for node in one['nodes']]}" for one in found]


@contextmanager
def visit(
    browser: Browser,
    address: str,
    *,
    login: tuple[str, str] | None = None,
    size: dict[str, int] | None = None,
    dark: bool = False,
    language: str = "en-GB",
) -> Iterator[Visit]:
    """A browser window of its own, with no memory of another."""
    context = browser.new_context(
        viewport=size or WIDE,  # type: ignore[arg-type]  # a TypedDict of Playwright's own
        color_scheme="dark" if dark else "light",
        locale=language,
        http_credentials={"username": login[0], "password": login[1]} if login else None,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield Visit(context, address)
    finally:
        context.close()
