"""``autocontour evidence``: verification for auditors, and the dossier, from the command line."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import pytest

from model.errors import ConfigurationRefused, EvidenceRefused, InputRefused
from model.evidence.canonical_json import canonical
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.head import sign_head
from model.evidence.signing import SigningKey
from plugin.commands.evidence import add_parser
from plugin.evidence.certificate import issue_certificate
from tests.builders.evidence import Clock, open_chain, record_job

KEY = SigningKey.new()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.pem").write_bytes(KEY.public.pem())
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / f"{KEY.public.id}.pem").write_bytes(KEY.public.pem())
    clock = Clock()
    with open_chain(tmp_path / "chain", KEY, clock) as chain:
        code = record_job(chain)
        (tmp_path / "certificate.json").write_bytes(canonical(issue_certificate(chain, code)))
        (tmp_path / "head.json").write_bytes(canonical(sign_head(chain, clock())))
    return tmp_path


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(), "evidence")
    options = parser.parse_args(["evidence", *map(str, arguments)])
    return int(options.run(options))


def test_an_untouched_chain_is_said_to_be_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", folder / "chain", "--key", folder / "site.pem", "--anchor", folder / "head.json") == 0
    out = capsys.readouterr().out
    assert "Untouched: 14 records" in out
    assert KEY.public.id in out


def test_a_changed_record_is_named_and_the_exit_status_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = month_files(folder / "chain")[0]
    path.write_bytes(path.read_bytes().replace(b'"rois":6}', b'"rois":5}'))
    assert run("verify", folder / "chain", "--key", folder / "site.pem") == 1
    assert "CHANGED: record 8 is edited: its content" in capsys.readouterr().out
    assert run("verify", folder / "chain", "--json") == 1
    assert json.loads(capsys.readouterr().out)["FirstBroken"]["Sequence"] == 8


def test_a_head_from_a_report_finds_a_cut(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", folder / "chain", "--json") == 0
    head = json.loads(capsys.readouterr().out)["Head"]
    path = month_files(folder / "chain")[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    (folder / "chain" / HEAD_NAME).unlink()
    assert run("verify", folder / "chain") == 0
    assert run("verify", folder / "chain", "--head", f"{head['Sequence']}:{head['Digest']}") == 1
    assert run("verify", folder / "chain", "--key", folder / "site.pem", "--anchor", folder / "head.json") == 1


def test_a_certificate_is_verified_by_itself_with_the_records_inside(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", folder / "certificate.json", "--key", folder / "site.pem") == 0
    assert "with 13 signed records" in capsys.readouterr().out
    text = (folder / "certificate.json").read_text().replace('"Outcome":"done"', '"Outcome":"failed"')
    (folder / "certificate.json").write_text(text)
    with pytest.raises(EvidenceRefused, match="changed after it was signed"):
        run("verify", folder / "certificate.json", "--key", folder / "site.pem")


def test_what_cannot_be_verified_is_refused_with_a_reason(folder: Path) -> None:
    (folder / "else").mkdir()
    with pytest.raises(InputRefused, match="no month files"):
        run("verify", folder / "else")
    for content in (b"", b"no end of line"):
        (folder / "nothing").mkdir(exist_ok=True)
        (folder / "nothing" / "2026-11.jsonl").write_bytes(content)
        with pytest.raises(InputRefused, match="not one record"):
            run("verify", folder / "nothing")
    (folder / "nothing" / "2026-11.jsonl").unlink()
    (folder / "nothing" / "2026-11.jsonl").mkdir()
    with pytest.raises(InputRefused, match="no month files"):
        run("verify", folder / "nothing")
    with pytest.raises(InputRefused, match="needs --key"):
        run("verify", folder / "certificate.json")
    with pytest.raises(InputRefused, match="no signed document"):
        run("verify", folder / "site.pem", "--key", folder / "site.pem")
    for wrong in (("--head", "nonsense"), ("--key", folder / "nowhere.pem"), ("--key", "z" * 64), ("--key", folder)):
        with pytest.raises(SystemExit):
            run("verify", folder / "chain", *wrong)


def test_the_chain_is_found_below_a_state_directory(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("verify", folder / "chain")
    said = capsys.readouterr().out
    state = folder / "state"
    (state / "evidence").mkdir(parents=True)
    (folder / "chain").rename(state / "evidence" / "chain")
    for place in (state, state / "evidence", state / "evidence" / "chain"):
        run("verify", place)
        assert capsys.readouterr().out == said


def test_the_dossier_is_written_as_markdown_and_as_pdf(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = folder / "orthanc.json"
    configuration.write_text('{"AutoContour": {"Rules": []}}')
    assert run("dossier", configuration) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("# Processing dossier")
    assert "still open: the controller" in printed.err
    assert run("dossier", configuration, "-o", folder / "dossier.pdf") == 0
    assert (folder / "dossier.pdf").read_bytes().startswith(b"%PDF")
    assert run("dossier", configuration, "-o", folder / "dossier.md") == 0
    assert (folder / "dossier.md").read_text().strip() == printed.out.strip()
    with pytest.raises(ConfigurationRefused):
        run("dossier", configuration, "-o", folder / "dossier.txt")
    configuration.write_text('{"AutoContour": {"Evidence": {"Audit": 3}}}')
    with pytest.raises(ConfigurationRefused, match="Audit"):
        run("dossier", configuration)


def test_a_key_may_be_given_by_its_digits(folder: Path) -> None:
    assert run("verify", folder / "certificate.json", "--key", KEY.public.raw.hex()) == 0
    digits = f"302a300506032b6570032100{KEY.public.raw.hex()}"
    command = f"printf {digits} | xxd -r -p | openssl pkey -pubin -inform DER"
    made = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert made.stdout == KEY.public.pem()
