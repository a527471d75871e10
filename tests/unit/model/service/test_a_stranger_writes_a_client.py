"""The API is enough for anybody: the client in docs/, and an OpenAPI document that is true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydicom

from plugin.privacy.clean import CleanSeries
from tests.builders.orthanc_process import CHECKOUT
from tests.builders.service_process import ServiceProcess, SiteClient
from tests.builders.untouched import lay


def run_client(
    service: ServiceProcess, series: CleanSeries, folder: Path, key: str
) -> subprocess.CompletedProcess[str]:
    lay(series, folder / "series")
    token = folder / "token"
    token.write_text(service.tokens["north"])
    arguments = [service.url, token, service.ca, key, folder / "series", "hu-ct", folder / "out.dcm"]
    command = [sys.executable, str(CHECKOUT / "docs" / "service_client.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_client_of_a_hundred_lines_gets_contours(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path
) -> None:
    said = run_client(service, series, tmp_path, service.key.raw.hex())
    assert said.returncode == 0, said.stderr
    assert "External" in said.stdout
    assert pydicom.dcmread(tmp_path / "out.dcm").PatientID == series.pseudonym
    assert service.left() == []


def test_the_client_believes_no_other_key(service: ServiceProcess, series: CleanSeries, tmp_path: Path) -> None:
    other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, section 7.1, test 1
    assert run_client(service, series, tmp_path, other).returncode == 1
    assert not (tmp_path / "out.dcm").exists()


def test_the_document_describes_every_route(north: SiteClient) -> None:
    paths = north.call("GET", "/openapi.json").json()["paths"]
    assert {(path, method) for path, methods in paths.items() for method in methods} == {
        ("/health", "get"),
        ("/metrics", "get"),
        ("/ready", "get"),
        ("/v1/heads", "get"),
        ("/v1/heads", "post"),
        ("/v1/key", "get"),
        ("/v1/models", "get"),
        ("/v1/transfers", "post"),
        ("/v1/transfers/{transfer}", "get"),
        ("/v1/transfers/{transfer}", "delete"),
        ("/v1/transfers/{transfer}/quote", "post"),
        ("/v1/transfers/{transfer}/start", "post"),
        ("/v1/transfers/{transfer}/rtstruct", "get"),
        ("/v1/transfers/{transfer}/receipts", "get"),
        ("/v1/transfers/{transfer}/instances", "post"),
        ("/v1/transfers/{transfer}/instances/{sop_uid}", "put"),
    }
