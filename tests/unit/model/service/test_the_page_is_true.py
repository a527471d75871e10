"""docs/service.md as a stranger reads it: every command as written, every key of its example."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
import requests

from model.service.settings import Site, read_service
from plugin.privacy.clean import CleanSeries
from tests.builders.orthanc_process import CHECKOUT, free_port, until
from tests.builders.untouched import lay

PAGE = (CHECKOUT / "docs" / "service.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Another spool, and the tools of this checkout."""
    spool = Path("/dev/shm") / f"autocontour-test-{tmp_path.name}"
    yield os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "SPOOL": str(spool)}
    shutil.rmtree(spool, ignore_errors=True)


def test_the_commands_start_a_service_and_the_client_gets_contours(
    tmp_path: Path, shell: dict[str, str], series: CleanSeries
) -> None:
    port = str(free_port())

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=shell, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout.strip()

    certificates, new_token, serve, operator, sign, _verify, client = blocks("sh")
    assert [line for line in certificates.splitlines() if run(line)] == []
    token, digest = (line.rpartition(" ")[2] for line in run(new_token).splitlines())
    (tmp_path / "token").write_text(token)
    smallest, _every_key, replica, _group, _gateway = blocks("json")
    document = json.loads(smallest.replace("the 64 digits of step 2", digest).replace("8443", port))
    (tmp_path / "service.json").write_text(json.dumps(document | {"Spool": shell["SPOOL"]}))
    show, start = serve.splitlines()
    key = run(show)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert re.fullmatch("[0-9a-f]{64}", run(operator))
    run(sign.replace("KEY", key))
    document |= json.loads(f"{{{replica}}}")
    (tmp_path / "service.json").write_text(json.dumps(document | {"Spool": shell["SPOOL"]}))
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(["sh", "-c", f"exec {start}"], cwd=tmp_path, env=shell, stdout=log, stderr=log)
    try:
        until(lambda: "listening on" in (tmp_path / "log").read_text() or process.poll() is not None, "it says so")
        url, ca = f"https://localhost:{port}", str(tmp_path / "ca.pem")
        assert requests.get(f"{url}/health", verify=ca, timeout=30).json()["Status"] == "ok"
        lay(series, tmp_path / "series")
        shutil.copy(CHECKOUT / "docs" / "service_client.py", tmp_path)
        assert "External" in run(client.replace("8443", port))
        assert pydicom.dcmread(tmp_path / "out.dcm").PatientID == series.pseudonym
    finally:
        process.terminate()
        assert process.wait(60) == 0
    assert list(Path(shell["SPOOL"]).iterdir()) == []


def test_the_example_with_every_key_is_a_configuration_and_every_key_is_known(tmp_path: Path) -> None:
    path = tmp_path / "service.json"
    path.write_text(blocks("json")[1].replace("…", "ab" * 32))
    document = read_service(path)
    known = {key for one in (type(document), Site) for key in one.model_fields}
    assert [key for key in sorted(known) if f'"{key}"' not in PAGE and f"`{key}`" not in PAGE] == []
