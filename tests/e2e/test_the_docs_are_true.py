"""Each command of docs/auditor.md and docs/dpo.md, as written, on the evidence of a real job through a real service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.evidence.code import printed
from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.read_codes import as_photographed, codes_on, pages_of
from tests.builders.service_process import ServiceProcess
from tests.builders.stamp_authority import StampAuthority
from tests.e2e.conftest import section

PATIENT = Patient(name="Docs^Test", identifier="DOCS-1")
TOOLS = ("openssl", "sha256sum", "xxd", "pdfsig", "pdfdetach", "certutil", "curl")


def blocks(name: str) -> list[str]:
    """The shell blocks of a page, in order; several gateways have a test of their own."""
    text, _, _ = (CHECKOUT / "docs" / name).read_text().partition("## Several gateways")
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


class Site:
    """A hospital after its first contoured series, and a folder for whoever looks into it."""

    def __init__(self, folder: Path, authority: StampAuthority) -> None:
        self.service = ServiceProcess(folder / "service").start()
        stamps = {"Url": authority.url, "CaFile": str(authority.roots)}
        self.share = folder / "share"
        self.share.mkdir()
        shares = {"share": {"Type": "folder", "Path": str(self.share)}}
        more = {"Evidence": {"Controller": {"Name": "Docs Hospital"}, "TimeStamp": stamps, "Witnesses": shares}}
        self.orthanc = OrthancProcess(folder / "orthanc", section=section(self.service.target(), **more)).start()
        slices = files_of(phantom_series(patient=PATIENT))
        self.job: dict[str, Any] = self.orthanc.job_of(self.orthanc.store_all(slices))
        until(self._anchored, "the head is countersigned")
        self.roots = authority.roots

    def _anchored(self) -> bool:
        witnesses = self.orthanc.json("/autocontour/health")["Witnesses"]
        assert [one["Target"] for one in witnesses] == ["elsewhere", "share"]
        return all(one["Countersigned"] is not None for one in witnesses)

    def folder_of_an_auditor(self, folder: Path) -> Path:
        """What an auditor was given: copies of files, and keys."""
        folder.mkdir()
        code = self.job["EvidenceCode"]
        assert self.orthanc.get(f"/autocontour/evidence/{code}", params={"format": "pdf"}).status_code == 200
        month = f"{datetime.now(UTC):%Y-%m}"
        assert self.orthanc.get(f"/autocontour/reports/{month}", params={"format": "pdf"}).status_code == 200
        evidence = self.orthanc.state / "evidence"
        shutil.copytree(evidence / "chain", folder / "chain")
        shutil.copytree(self.share, folder / "share")
        (folder / "published").mkdir()
        for number, path in enumerate((evidence / "chain" / "keys").glob("*.pem")):
            shutil.copy(path, folder / "published" / f"site{number}.pem")
        shutil.rmtree(folder / "chain" / "keys")
        shutil.copy(evidence / "pdf-certificate.pem", folder / "site-certificate.pem")
        shutil.copy(self.roots, folder / "authority.pem")
        return folder

    def run(self, commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "ORTHANC": self.orthanc.url,
            "CODE": self.job["EvidenceCode"],
            "MONTH": f"{datetime.now(UTC):%Y-%m}",
            "PATIENT": PATIENT.identifier,
            "SERVICE_KEY": self.service.key.raw.hex(),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        return subprocess.run(
            ["bash", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    def stop(self) -> None:
        self.orthanc.stop()
        self.service.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, as an auditor has them")
    folder = tmp_path_factory.mktemp("docs")
    with StampAuthority(folder / "tsa") as authority:
        made = Site(folder, authority)
        yield made
        made.stop()


def test_an_auditor_needs_nothing_of_ours(site: Site, tmp_path: Path) -> None:
    folder = site.folder_of_an_auditor(tmp_path / "auditor")
    code = site.job["EvidenceCode"]
    done = site.run("set -e\n" + "\n".join(blocks("auditor.md")), folder)
    assert done.returncode == 0, (done.stdout, done.stderr)
    said = done.stdout
    records = sum(len(path.read_bytes().splitlines()) for path in (folder / "chain").glob("20*.jsonl"))
    head = json.loads((folder / "chain" / "head.json").read_text())
    assert f"{records} records, the last one {head['sha256']}" in said
    assert re.search(r"record \d+ is held by the service", said)
    assert re.search(r"record \d+ is held by the share", said)
    assert "Verification: OK" in said + done.stderr, "the time stamp"
    for needed in ("Signature is Valid", "Certificate is Trusted", "Total document signed"):
        assert said.count(needed) == 2, (needed, said)
    assert "signed with the key of the chain" in said
    assert said.count(f'"job":"{code.replace("-", "")}"') > 10, "step 4 shows the records of the job"
    assert f"Untouched: {records} records" in said
    assert re.search(
        r"The PDF report.pdf is whole and unchanged, signed by the certificate [0-9a-f]{64}, as given", said
    )
    assert re.search(r"Held: the head in report.pdf is that of record \d+", said)
    assert re.search(r"Stamped: \d+ heads by Test-TSA", said)
    assert "Untouched: autocontour certificate" in said


def test_paper_that_was_printed_through_orthanc_is_a_witness(site: Site, tmp_path: Path) -> None:
    folder = site.folder_of_an_auditor(tmp_path / "auditor")
    month = f"{datetime.now(UTC):%Y-%m}"
    stamp = site.orthanc.json("/autocontour/health")["TimeStamp"]
    assert (stamp["Stamped"] is not None, stamp["Reason"]) == (True, None)
    pdf = site.orthanc.get(f"/autocontour/reports/{month}", params={"format": "pdf"}).content
    (code,) = codes_on([as_photographed(page) for page in pages_of(pdf, tmp_path / "printed")])
    (told,) = site.orthanc.json(f"/autocontour/reports/{month}")["document"]["body"]["TimeStamps"]
    assert (told["Authority"], told["Verified"]) == ("Test-TSA", True)
    keys = "$(printf -- '--key %s ' published/*.pem)"
    done = site.run(f"autocontour evidence verify chain {keys} --key $SERVICE_KEY --head '{code}'", folder)
    assert (done.returncode, "Held: the head on the paper" in done.stdout) == (0, True), (done.stdout, done.stderr)
    chain = next((folder / "chain").glob("20*.jsonl"))
    chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:3]))
    shutil.rmtree(folder / "chain" / "anchors")
    (folder / "chain" / "head.json").unlink()
    assert site.run(f"autocontour evidence verify chain {keys}", folder).returncode == 0, "by itself it is consistent"
    done = site.run(f"autocontour evidence verify chain {keys} --head '{code}'", folder)
    assert (done.returncode, "CONTRADICTED: record 4 is cut off" in done.stdout) == (1, True), (
        done.stdout,
        done.stderr,
    )


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("a record is edited", "record 5: wrong"),
        ("the end is cut off", "cut off, or written again"),
        ("a byte of the PDF is flipped", "Signature is Invalid|Digest Mismatch"),
    ],
)
def test_an_auditor_finds_a_change(site: Site, tmp_path: Path, what: str, found: str) -> None:
    folder = site.folder_of_an_auditor(tmp_path / "auditor")
    month = next((folder / "chain").glob("20*.jsonl"))
    lines = month.read_bytes().splitlines(keepends=True)
    commands = blocks("auditor.md")
    if what == "a record is edited":
        month.write_bytes(b"".join([*lines[:4], lines[4].replace(b"Z", b"Y", 1), *lines[5:]]))
    elif what == "the end is cut off":
        month.write_bytes(lines[0])
        commands = [block for block in commands if "previous=0" not in block]
    else:
        # Another byte than the one that is there, whichever that is.
        flip = "byte = bytearray(open(name, 'rb').read()); byte[3000] ^= 1; open(name, 'wb').write(byte)"
        commands.insert(1, f"python3 -c \"name = 'certificate.pdf'; {flip}\"\n")
    done = site.run("\n".join(commands), folder)
    assert re.search(found, done.stdout), (done.stdout, done.stderr)


def test_a_data_protection_officer_can_do_what_the_page_says(site: Site, tmp_path: Path) -> None:
    shutil.copy(site.orthanc.directory / "orthanc.json", tmp_path / "orthanc.json")
    done = site.run("set -e\n" + "\n".join(blocks("dpo.md")), tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert [job["EvidenceCode"] for job in answer["Jobs"]] == [printed(site.job["EvidenceCode"])]
    assert (tmp_path / "dossier.pdf").read_bytes().startswith(b"%PDF")
    export = json.loads((tmp_path / "export.json").read_text())
    assert [one["Certificate"]["document"]["body"]["Outcome"] for one in export["Exports"]] == ["done"]
    assert '"Objection":true' in done.stdout.replace(" ", "")
    assert '"Left":0' in done.stdout.replace(" ", "")
    assert site.orthanc.json(f"/autocontour/subjects/{PATIENT.identifier}")["Jobs"] == []
