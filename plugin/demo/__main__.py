"""``python -m plugin.demo``: Orthanc with the plugin, a real CT sent to it, and what comes back."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

from model.commands.terminal import progress_bar
from model.outbound.session import OwnSession, http_session
from model.process.environment import allowed_environment
from model.samples.build import demo_series

CHECKOUT = Path(__file__).resolve().parents[2]
PORT = 8042
START_SECONDS = 90
JOB_SECONDS = 600


class DemoFailed(Exception):
    """What to tell the user; the demo ends with exit status 1."""


def main() -> int:
    """Run the demo; Orthanc stays up until Ctrl-C unless --exit is given."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="stop Orthanc when the contours are there")
    parser.add_argument("--port", type=int, default=PORT, help="HTTP port; the next free one when it is taken")
    parser.add_argument("--picture", type=Path, default=CHECKOUT / ".cache" / "demo.png", help="where the PNG goes")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home = Path(tempfile.mkdtemp(prefix="autocontour-demo-"))
    orthanc: subprocess.Popen[bytes] | None = None
    http = http_session()
    try:
        say("A real CT of the thorax (made-up patient) is fetched once and kept in .cache")
        series = sorted(demo_series().glob("*.dcm"))
        port = free_port(options.port)
        orthanc = start(home, port)
        wait_for(orthanc, port, home, http)
        run(f"http://127.0.0.1:{port}", series, options.picture, http)
        if not options.exit:
            say("Orthanc stays up; Ctrl-C stops it.")
            orthanc.wait()
        return 0
    except KeyboardInterrupt:
        return 0
    except DemoFailed as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        if orthanc is not None:
            stop(orthanc)
        shutil.rmtree(home, ignore_errors=True)


def start(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start Orthanc on the shipped orthanc.json, with storage of its own that goes with the demo."""
    text = (CHECKOUT / "orthanc.json").read_text()
    configuration = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    configuration |= {
        "StorageDirectory": str(home / "storage"),
        "HttpPort": port,
        "DicomPort": free_port(4242),
        "PythonScript": str(CHECKOUT / "plugin" / "orthanc_plugin.py"),
    }
    (home / "orthanc.json").write_text(json.dumps(configuration))
    say(f"Orthanc starts on port {port} with the plugin and the shipped orthanc.json")
    with (home / "orthanc.log").open("wb") as log:
        return subprocess.Popen(
            ["Orthanc", str(home / "orthanc.json")],
            stdout=log,
            stderr=log,
            cwd=home,
            env=allowed_environment(os.environ) | {"TCP_NODELAY": "1"},
        )


def wait_for(orthanc: subprocess.Popen[bytes], port: int, home: Path, http: OwnSession) -> None:
    """Wait until the gateway says that it works."""
    deadline = time.monotonic() + START_SECONDS
    reason = "no answer"
    while time.monotonic() < deadline:
        if orthanc.poll() is not None:
            raise DemoFailed("Orthanc ended at once:\n" + "\n".join(log_of(home)[-20:]))
        try:
            answer = http.get(f"http://127.0.0.1:{port}/autocontour/health", timeout=5)
            if answer.status_code == 200:
                return
            reason = answer.json().get("Message") or "; ".join(answer.json().get("Reasons", []))
        except (requests.RequestException, ValueError):
            time.sleep(0.1)
        time.sleep(0.1)
    raise DemoFailed(f"the gateway did not come up within {START_SECONDS} s: {reason}")


def run(url: str, series: list[Path], picture: Path, http: OwnSession) -> None:
    """Send the series, follow its job, print the result as the contract says."""
    stored: dict[str, Any] = {}
    with progress_bar("sending") as progress:
        for sent, path in enumerate(series, start=1):
            answer = http.post(f"{url}/instances", data=path.read_bytes(), timeout=60)
            answer.raise_for_status()
            stored = answer.json()
            progress(sent / len(series), f"{sent} of {len(series)} slices")
    say(f"{len(series)} slices are in Orthanc; the quiet time runs, then the rules decide")
    job = follow(url, stored["ParentSeries"], http)
    if job["State"] != "done":
        raise DemoFailed(f"the job ended as {job['State']}: {job['Error']['Message']}")
    preview = http.get(f"{url}/autocontour/jobs/{job['ID']}/preview", timeout=60)
    preview.raise_for_status()
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(preview.content)
    print()
    print("Timings        " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in job["Timings"].items()))
    print(f"Picture        {picture}")
    print(f"RTSTRUCT       {job['Rtstruct']}")
    for roi in job["Rois"]:
        flags = f"   flagged: {', '.join(roi['Flags'])}" if roi["Flags"] else ""
        print(f"  {roi['Name']:<16} {roi['Volume']:10.1f} cm³{flags}")
    print(f"Evidence code  {job['EvidenceCode']}")
    print(f"Web page       {url}/autocontour/app/")
    print(f"Its contours   {url}/autocontour/app/#/jobs/{job['ID']}/contours")
    sys.stdout.flush()


def follow(url: str, series: str, http: OwnSession) -> dict[str, Any]:
    """Show the progress of the job until it ends."""
    deadline = time.monotonic() + JOB_SECONDS
    job: dict[str, Any] | None = None
    with progress_bar("contouring") as progress:
        while time.monotonic() < deadline:
            answer = http.get(f"{url}/autocontour/jobs", params={"Series": series}, timeout=30)
            jobs = answer.json() if answer.ok else []
            if jobs:
                job = jobs[0]
                progress(job["Progress"], job.get("Doing") or job["Stage"])
                if job["State"] not in ("waiting", "running"):
                    return job
            time.sleep(0.2)
    raise DemoFailed(f"no final state within {JOB_SECONDS} s; the last was {job and job['State']}")


def stop(orthanc: subprocess.Popen[bytes]) -> None:
    """Stop Orthanc, and with it the gateway."""
    if orthanc.poll() is None:
        orthanc.terminate()
        try:
            orthanc.wait(20)
        except subprocess.TimeoutExpired:
            orthanc.kill()
            orthanc.wait()


def free_port(wanted: int) -> int:
    """Return the wanted port of this machine, or the next that is free."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue
    raise DemoFailed(f"no free port from {wanted} on")


def log_of(home: Path) -> list[str]:
    """Orthanc's log, line by line."""
    return (home / "orthanc.log").read_text(errors="replace").splitlines()


def say(text: str) -> None:
    """One line of what happens."""
    print(f"demo: {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
