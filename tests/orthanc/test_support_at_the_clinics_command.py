"""``autocontour support`` against a real Orthanc: listed, searched, refused when marked, written, and on record."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess
from tests.builders.phantom import files_of, phantom_series

PATIENT = Patient(name="Quintessenz^Philomena", identifier="KLINIK-8675309")
RULE = {"Name": "every axial CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}


def support(orthanc: OrthancProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plugin.cli", "support", *arguments, "--url", orthanc.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=CHECKOUT)


def contoured(orthanc: OrthancProcess) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=PATIENT))))
    assert job["State"] == "done", job["Error"]


def issued(orthanc: OrthancProcess) -> list[dict[str, object]]:
    """What the chain of evidence says of files for supporters."""
    lines = [line for path in sorted((orthanc.state / "evidence").rglob("*.jsonl")) for line in path.open()]
    records = [json.loads(line) for line in lines]
    return [record for record in records if "SUPPORT_ISSUED" in json.dumps(record)]


def test_it_is_listed_before_it_is_written_holds_nothing_of_the_patient_and_is_on_record(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    orthanc = start_orthanc(section={"Rules": [RULE]})
    contoured(orthanc)
    output = tmp_path / "support.zip"
    listed = support(orthanc, str(output))
    assert listed.returncode == 1, listed.stderr
    names = re.findall(r"^ *\d+  (\S+)$", listed.stdout, re.MULTILINE)
    assert names == ["versions.json", "configuration.json", "health.json", "jobs.json", "log.txt", "chain.json"]
    assert "look at the list, then give --yes" in listed.stderr
    assert not output.exists()
    assert issued(orthanc) == []

    written = support(orthanc, str(output), "--yes")
    assert written.returncode == 0, written.stderr
    with zipfile.ZipFile(output) as archive:
        assert archive.namelist() == names
        texts = {name: archive.read(name).decode() for name in names}
    (job,) = json.loads(texts["jobs.json"])
    assert (job["State"], job["Rule"]) == ("done", "every axial CT")
    (series,) = [
        one for one in orthanc.json("/series") if orthanc.json(f"/series/{one}")["MainDicomTags"]["Modality"] == "CT"
    ]
    uids = [orthanc.json(f"/series/{series}")["MainDicomTags"]["SeriesInstanceUID"], series]
    for word in ("quintessenz", "philomena", "8675309", *uids):
        assert [name for name, text in texts.items() if word in text.lower()] == [], word
    (record,) = issued(orthanc)
    assert str(len(names)) in json.dumps(record)


def test_it_is_refused_when_a_rule_is_named_after_a_patient_and_nothing_is_written_or_recorded(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    orthanc = start_orthanc(section={"Rules": [RULE | {"Name": "as for Quintessenz"}]})
    contoured(orthanc)
    output = tmp_path / "support.zip"
    refused = support(orthanc, str(output), "--yes")
    assert refused.returncode == 1
    assert "[SUPPORT_MARKED]" in refused.stderr
    assert "jobs.json" in refused.stderr
    assert "uintessenz" not in refused.stderr
    assert not output.exists()
    assert issued(orthanc) == []
