"""Documents as Markdown: every block has its form, and no cell can break its table."""

from __future__ import annotations

from plugin.evidence.paper.blocks import Bullets, Command, Facts, Heading, Table, Text
from plugin.evidence.paper.markdown import to_markdown


def test_blocks_follow_each_other_under_the_title() -> None:
    page = to_markdown("Report", "of a month", (Heading("Transfers", 1), Text("None."), Bullets(("one", "two"))))
    assert page == "# Report\n\nof a month\n\n## Transfers\n\nNone.\n\n- one\n- two\n"


def test_a_cell_with_a_bar_or_a_line_break_stays_one_cell() -> None:
    page = to_markdown("T", "", (Facts((("a|b", "c\nd"),)),))
    assert "| a\\|b | c<br>d |" in page.splitlines()


def test_a_table_without_rows_says_so_in_its_own_words() -> None:
    empty = Table(columns=("Rule", "Count"), rows=(), widths=(3.0, 1.0), empty="Nothing was refused.")
    assert to_markdown("T", "", (empty,)) == "# T\n\nNothing was refused.\n"


def test_commands_can_be_copied_as_they_stand() -> None:
    assert "```sh\nsha256sum -c list\n```" in to_markdown("T", "", (Command(("sha256sum -c list",)),))
