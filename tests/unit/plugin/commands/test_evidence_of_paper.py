"""``autocontour evidence verify --report``, ``--head``: paper that somebody kept is held against the chain."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils import embed
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from model.errors import InputRefused
from model.evidence.canonical_json import canonical
from model.evidence.chain import Chain
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.head import sign_head
from model.evidence.printed_head import printed_head
from model.evidence.signed import DocumentKind
from model.evidence.signing import SigningKey
from plugin.commands.evidence import add_parser
from plugin.evidence.paper.page import Cover, to_pdf
from plugin.evidence.paper.signature import make_seal, sign_pdf
from plugin.evidence.report import Month, issue_report
from plugin.evidence.report_pages import ATTACHMENT, report_pdf
from plugin.settings.evidence import EvidenceSection
from tests.builders.evidence import Clock, open_chain, record_job, record_local_job

KEY, OTHER = SigningKey.new(), SigningKey.new()
SEAL, STRANGER = make_seal("Site"), make_seal("Somebody")
NOVEMBER = Month.parse("2026-11")
ISSUED = datetime(2026, 12, 1, 3, tzinfo=UTC)


def begun(folder: Path, key: SigningKey = KEY) -> Chain:
    chain = open_chain(folder, key, Clock(datetime(2026, 11, 3, 9, tzinfo=UTC)))
    record_job(chain)
    return chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A chain that went on after its report, what an auditor kept of it, and the published key."""
    chain = begun(tmp_path / "chain")
    signed = issue_report(chain, NOVEMBER, EvidenceSection(), [KEY.public], time=ISSUED)
    (tmp_path / "report.json").write_bytes(canonical(signed))
    (tmp_path / "report.pdf").write_bytes(report_pdf(signed, "Site", SEAL))
    (tmp_path / "head.txt").write_text(signed["document"]["body"]["Chain"]["SignedHead"])
    record_local_job(chain)
    chain.close()
    (tmp_path / "site.pem").write_bytes(KEY.public.pem())
    (tmp_path / "pdf.pem").write_bytes(SEAL.certificate)
    (tmp_path / "stranger.pem").write_bytes(STRANGER.certificate)
    return tmp_path


def run(folder: Path, *arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(), "evidence")
    options = parser.parse_args(["evidence", "verify", *map(str, (folder / "chain", *arguments))])
    return int(options.run(options))


def cut(folder: Path, keep: int) -> None:
    """Take the end away with all that tells of it."""
    (month, *_) = month_files(folder / "chain")
    month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:keep]))
    (folder / "chain" / HEAD_NAME).unlink()


def written_again(folder: Path) -> None:
    """Put another history there, signed with the very same key."""
    for path in [*month_files(folder / "chain"), folder / "chain" / HEAD_NAME]:
        path.unlink()
    chain = open_chain(folder / "chain", KEY, Clock(datetime(2026, 11, 3, 10, tzinfo=UTC)))
    for _ in range(3):
        record_local_job(chain)
    chain.close()


def test_a_report_that_the_chain_still_holds_is_said_to_be_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "--key",
        folder / "site.pem",
        "--report",
        folder / "report.pdf",
        "--pdf-certificate",
        folder / "pdf.pem",
    )
    assert run(folder, *arguments) == 0
    said = capsys.readouterr().out
    assert "The PDF report.pdf is whole and unchanged, signed by the certificate" in said
    assert "The report of 2026-11 in report.pdf is signed by a key of the evidence." in said
    assert "Held: the head in report.pdf is that of record 14." in said
    assert run(folder, *arguments, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["Valid"] is True
    assert [one["Agrees"] for one in answer["Outside"]] == [True, True, True]
    assert answer["Outside"][-1]["Sequence"] == 14


def test_the_keys_beside_the_chain_do_where_none_is_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--report", folder / "report.pdf", "--report", folder / "report.json") == 0
    said = capsys.readouterr().out
    assert "was not checked, for want of --pdf-certificate" in said
    assert said.count("is that of record 14.") == 2


@pytest.mark.parametrize("how", ["--report report.pdf", "--report report.json", "--head"])
@pytest.mark.parametrize(
    ("change", "found"),
    [(lambda folder: cut(folder, 9), "record 10 is cut off"), (written_again, "record 14 is rewritten")],
)
def test_paper_contradicts_a_chain_that_agrees_with_itself(
    folder: Path, capsys: pytest.CaptureFixture[str], how: str, change: Callable[[Path], None], found: str
) -> None:
    change(folder)
    option, _, name = how.partition(" ")
    assert run(folder, "--key", folder / "site.pem") == 0, "alone it looks whole"
    assert run(folder, "--key", folder / "site.pem", option, folder / name if name else head_of(folder)) == 1
    assert f"CONTRADICTED: {found}" in capsys.readouterr().out


def head_of(folder: Path) -> str:
    return (folder / "head.txt").read_text()


def test_what_a_phone_reads_is_taken_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--key", folder / "site.pem", "--head", head_of(folder)) == 0
    assert "Held: the head on the paper is that of record 14." in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run(folder, "--head", head_of(folder)[:-1])
    assert "not a head as a report prints it" in capsys.readouterr().err


def test_a_head_of_another_chain_is_not_ours(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with begun(folder / "other", OTHER) as other:
        line = printed_head(sign_head(other, ISSUED))
        signed = issue_report(other, NOVEMBER, EvidenceSection(), [OTHER.public], time=ISSUED)
    (folder / "other.json").write_bytes(canonical(signed))
    assert run(folder, "--key", folder / "site.pem", "--head", line) == 1
    assert "is signed by no key of this chain" in capsys.readouterr().out
    assert run(folder, "--key", folder / "site.pem", "--report", folder / "other.json") == 1
    assert "is no report of this evidence" in capsys.readouterr().out


def flipped(pdf: bytes) -> bytes:
    """Another digit on a page or in the attachment; the file stays a PDF."""
    place = len(pdf) // 3
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def added_to(pdf: bytes) -> bytes:
    """Another attachment of the same name, added as PDF allows to: the signed bytes stay."""
    buffer = io.BytesIO(pdf)
    writer = IncrementalPdfFileWriter(buffer)
    content = b'{"document": {}}'
    file = embed.EmbeddedFileObject.from_file_data(writer, content, mime_type="application/json")
    embed.embed_file(writer, embed.FileSpec(file_spec_string=ATTACHMENT, file_name=ATTACHMENT, embedded_data=file))
    writer.write_in_place()
    return buffer.getvalue()


def unsigned(_: bytes) -> bytes:
    return to_pdf(Cover("Monthly report of processing", "", "Site", "Month 2026-11", ""), [])


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (flipped, "it was changed after it was signed|it cannot be read as a PDF|its signature cannot be read"),
        (added_to, "something was added to it after it was signed"),
        (unsigned, "it is not signed"),
        (lambda pdf: pdf[: len(pdf) // 2], "it cannot be read as a PDF|its signature cannot be read"),
    ],
)
def test_a_pdf_that_was_tampered_with_or_never_signed_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], tamper: Callable[[bytes], bytes], found: str
) -> None:
    path = folder / "report.pdf"
    path.write_bytes(tamper(path.read_bytes()))
    assert run(folder, "--key", folder / "site.pem", "--report", path) == 1
    said = capsys.readouterr().out
    assert "CONTRADICTED: the report report.pdf is not as it was issued" in said
    assert any(one in said for one in found.split("|")), said


def test_a_pdf_by_another_certificate_is_said_where_the_site_s_is_given(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (folder / "report.json").read_bytes()
    pages = to_pdf(Cover("Monthly report of processing", "", "Site", "Month 2026-11", ""), [])
    false = sign_pdf(pages, STRANGER, reason="Monthly report", attachments={ATTACHMENT: content})
    (folder / "false.pdf").write_bytes(false)
    given = ("--key", folder / "site.pem", "--report", folder / "false.pdf")
    assert run(folder, *given, "--pdf-certificate", folder / "pdf.pem") == 1
    assert "is signed by another certificate" in capsys.readouterr().out
    assert run(folder, *given, "--pdf-certificate", folder / "stranger.pem") == 0


def test_a_report_of_an_older_release_has_its_head_in_words_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Chain.open(folder / "chain", KEY) as chain:
        body = json.loads((folder / "report.json").read_bytes())["document"]["body"]
        del body["Chain"]["SignedHead"]
        (folder / "old.json").write_bytes(canonical(chain.sign(DocumentKind.REPORT, body)))
    assert run(folder, "--key", folder / "site.pem", "--report", folder / "old.json") == 0
    assert "Held: the head in old.json is that of record 14." in capsys.readouterr().out
    cut(folder, 9)
    assert run(folder, "--key", folder / "site.pem", "--report", folder / "old.json") == 1


def test_what_is_no_report_or_is_not_there_is_wrong_usage(folder: Path) -> None:
    (folder / "text.json").write_text("no JSON")
    with pytest.raises(InputRefused, match="holds no monthly report"):
        run(folder, "--report", folder / "text.json")
    with pytest.raises(InputRefused, match="cannot be read"):
        run(folder, "--report", folder / "nowhere.pdf")
