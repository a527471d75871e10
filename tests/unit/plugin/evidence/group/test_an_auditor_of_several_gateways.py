"""What docs/auditor.md shows under Several gateways runs as written, and finds what was done to a chain or a copy."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.errors import InputRefused
from model.evidence.anchor import anchor_head
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.signing import SigningKey
from plugin.commands.evidence import add_parser
from plugin.evidence.paper.signature import make_seal
from plugin.evidence.report import Month, issue_report
from plugin.evidence.report_pages import report_pdf
from plugin.evidence.timestamp import stamper
from plugin.group.identity import NAME
from plugin.settings.evidence import EvidenceSection
from plugin.state.database import open_database
from tests.builders.evidence import open_chain, record_job
from tests.builders.group_evidence import FIRST, SECOND, Member, member
from tests.builders.orthanc_process import CHECKOUT
from tests.builders.pdf_text import text_of
from tests.builders.postgresql_databases import new_database
from tests.builders.read_codes import codes_on, pages_of
from tests.builders.stamp_authority import StampAuthority

ISSUED = datetime(2026, 12, 1, 3, tzinfo=UTC)


@pytest.fixture
def database() -> str:
    return new_database()


@pytest.fixture
def engine(database: str) -> Iterator[sa.Engine]:
    made = open_database(database)
    yield made
    made.dispose()


@pytest.fixture
def folder(tmp_path: Path, engine: sa.Engine) -> Path:
    """Two gateways that hold each other's heads, as an auditor is given them."""
    both = [member(tmp_path / "gateways", engine, gateway) for gateway in (FIRST, SECOND)]
    for _ in range(2):
        _work(both)
    for one in both:
        one.chain.close()
    return tmp_path


@pytest.fixture
def reported(tmp_path: Path, engine: sa.Engine) -> Path:
    """The same two, and the report that one of them issued for both before they went on."""
    both = [member(tmp_path / "gateways", engine, gateway) for gateway in (FIRST, SECOND)]
    _work(both)
    first, second = both
    keys = [one.key.public for one in both]
    report = issue_report(first.chain, Month.parse("2026-11"), EvidenceSection(), keys, time=ISSUED, group=first.group)
    (tmp_path / "report.pdf").write_bytes(report_pdf(report, "Site", make_seal("Site")))
    record_job(second.chain)
    for one in both:
        one.chain.close()
    return tmp_path


def test_one_report_prints_a_code_for_each_chain_and_each_is_held_against_its_own(
    reported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = reported / "gateways" / FIRST, reported / "gateways" / SECOND
    pdf = reported / "report.pdf"
    codes = codes_on(pages_of(pdf.read_bytes(), reported / "printed"))
    assert len(codes) == 2
    assert run(first, second, "--report", pdf) == 0
    said = capsys.readouterr().out
    for gateway in (FIRST, SECOND):
        assert re.search(rf"Held: the head in report.pdf is that of record \d+ of {gateway}", said)
    heads = [argument for code in codes for argument in ("--head", code)]
    assert run(first, second, *heads) == 0, "a phone's text names its chain by its key"
    cut(second, 6)
    capsys.readouterr()
    assert run(second) == 0, "by itself it is consistent"
    assert run(second, *heads) == 1
    said = capsys.readouterr().out
    assert "CONTRADICTED: record 7 is cut off" in said
    assert "is signed by no key of this chain" in said, "the other one's head says nothing of it, and is told"


def test_a_report_lists_the_time_stamps_of_every_gateway_and_says_whose_they_are(
    tmp_path: Path, engine: sa.Engine
) -> None:
    both = [member(tmp_path / "gateways", engine, gateway) for gateway in (FIRST, SECOND)]
    _work(both)
    with StampAuthority(tmp_path / "tsa") as authority:
        ask = stamper(authority.url, authority.roots)
        heads = [anchor_head(one.chain, time=one.clock.now, stamper=ask).head for one in both]
    for one in both:
        one.copy()
    first = both[0]
    keys = [one.key.public for one in both]
    report = issue_report(first.chain, Month.parse("2026-11"), EvidenceSection(), keys, time=ISSUED, group=first.group)
    own, other = report["document"]["body"]["TimeStamps"]
    assert (own["Gateway"], own["Digest"], own["Authority"]) == (FIRST, heads[0].digest, "Test-TSA")
    assert (other["Gateway"], other["Digest"], other["Authority"], other["Verified"]) == (
        SECOND,
        heads[1].digest,
        None,
        None,
    )
    assert other["Recorded"].startswith("2026-11-03")
    shown = text_of(report_pdf(report, "Site", make_seal("Site")))
    assert f"Of the chain of gateway {SECOND}, by its records" in " ".join(shown.split())


def _work(both: list[Member]) -> None:
    for one in both:
        record_job(one.chain)
        one.copy()
    for one in both:
        one.cross()
        one.copy()


def cut(chain: Path, keep: int) -> None:
    (month,) = month_files(chain)
    month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:keep]))
    (chain / HEAD_NAME).unlink()


def shell(folder: Path, database: str, *blocks: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "DATABASE": database.replace("postgresql+psycopg:", "postgresql:"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    commands = "set -e\n" + "\n".join(blocks)
    return subprocess.run(
        ["bash", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def page() -> list[str]:
    text = (CHECKOUT / "docs" / "auditor.md").read_text(encoding="utf-8")
    _, _, section = text.partition("## Several gateways")
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(), "evidence")
    options = parser.parse_args(["evidence", "verify", *map(str, arguments)])
    return int(options.run(options))


@pytest.mark.skipif(shutil.which("psql") is None, reason="needs psql, as the administrator of a database has it")
def test_the_commands_of_the_page_say_that_all_chains_and_copies_are_untouched(folder: Path, database: str) -> None:
    done = shell(folder, database, *page())
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "4 heads are held by peers" in done.stdout
    assert done.stdout.count("Untouched: ") == 4
    assert done.stdout.count(f"Chain of {FIRST}:") == 2
    for gateway in (FIRST, SECOND):
        copy = (folder / "copies" / f"{gateway}.jsonl").read_bytes()
        assert copy == b"".join(path.read_bytes() for path in month_files(folder / "gateways" / gateway))


@pytest.mark.skipif(shutil.which("psql") is None, reason="needs psql, as the administrator of a database has it")
def test_the_commands_of_the_page_find_a_chain_that_was_cut(folder: Path, database: str) -> None:
    cut(folder / "gateways" / SECOND, 6)
    done = shell(folder, database, page()[1])
    assert done.returncode != 0
    assert f"of gateway {SECOND}: cut off, or written again" in done.stdout
    done = shell(folder, database, page()[2])
    assert done.returncode == 1


def test_a_chain_that_was_cut_behind_a_head_that_a_peer_holds_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = folder / "gateways" / FIRST, folder / "gateways" / SECOND
    cut(second, 6)
    assert run(second) == 0, "by itself it is consistent"
    capsys.readouterr()
    assert run(first, second) == 1
    said = capsys.readouterr().out
    assert f"Chain of {SECOND}:\n  CHANGED: record 7 is cut off: " in said
    assert f"of the chain of {FIRST}" in said
    assert "The 6 records before it are untouched." in said
    assert f"Chain of {FIRST}:\n  Untouched" in said
    assert run(first, second, "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert [(chain["Chain"], chain["Valid"]) for chain in answer["Chains"]] == [(FIRST, True), (SECOND, False)]


def test_a_chain_that_was_replaced_is_named_by_its_state_directory(
    folder: Path, engine: sa.Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another history under another key, which does not even say whose it is."""

    with open_chain(folder / "state" / "evidence" / "chain", SigningKey.new()) as chain:
        for _ in range(4):
            record_job(chain)
    (folder / "state" / NAME).write_text(f"{SECOND}\n")
    assert run(folder / "gateways" / FIRST, folder / "state") == 1
    assert f"Chain of {SECOND}:\n  CHANGED: " in capsys.readouterr().out


def test_a_chain_that_is_not_there_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "gateways" / FIRST) == 0
    assert f"holds the head of gateway {SECOND}" in capsys.readouterr().out


def test_a_head_from_paper_is_of_one_chain(folder: Path) -> None:
    with pytest.raises(InputRefused, match="one PATH"):
        run(folder / "gateways" / FIRST, folder / "gateways" / SECOND, "--head", f"5:{'0' * 64}")


def test_a_copy_needs_the_keys_of_its_gateway(folder: Path) -> None:
    (month,) = month_files(folder / "gateways" / FIRST)
    with pytest.raises(InputRefused, match="needs --key"):
        run(month)
