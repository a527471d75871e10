"""The main job over TLS to Orthanc: a certificate for a host name, and one that Orthanc asks of the gateway."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.builders.certificates import make_certificates
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, OrthancProcess, free_port, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.tls_front import TlsFront


def test_a_series_is_contoured_over_mutual_tls(start_orthanc: Callable[..., OrthancProcess], tmp_path: Path) -> None:
    make_certificates(tmp_path / "site", host="pacs.hospital.example")
    make_certificates(tmp_path / "gateway")
    orthanc = start_orthanc(plugin=False)
    front = TlsFront(orthanc.http_port, tmp_path / "site", clients=tmp_path / "gateway" / "ca.pem")
    ours = {"CertificateFile": "gateway/server.pem", "KeyFile": "gateway/server.key"}
    port = free_port()
    startup = {
        "Orthanc": front.url,
        "Certificate": str(tmp_path / "site" / "server.pem"),
        "Started": time.time(),
        "StateDirectory": str(tmp_path / "state"),
        "BaseDirectory": str(tmp_path),
        "Port": port,
        "AutoContour": {"QuietSeconds": 0.6, "Rules": [AXIAL_CT], "OrthancTls": ours},
    }
    gateway = subprocess.Popen([sys.executable, "-m", "plugin.gateway"], cwd=CHECKOUT, stdin=subprocess.PIPE)
    try:
        assert gateway.stdin is not None
        gateway.stdin.write(json.dumps(startup).encode() + b"\n")
        gateway.stdin.flush()
        until(lambda: asked(port, "health"), "the gateway is up")
        orthanc.store_all(files_of(phantom_series()))
        jobs = until(lambda: ended(port), "the job ends", 120)
        assert [job["State"] for job in jobs] == ["done"], jobs
        assert len(orthanc.rtstructs()) == 1
        assert front.passed > 0
    finally:
        gateway.communicate()
        front.close()


def asked(port: int, what: str) -> Any:
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/autocontour/{what}", timeout=10)
    except requests.RequestException:
        return None
    return answer.json() if answer.status_code == 200 else None


def ended(port: int) -> Any:
    jobs = asked(port, "jobs")
    return jobs if jobs and all(job["State"] not in ("waiting", "running") for job in jobs) else None
