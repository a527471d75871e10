"""An Orthanc that was started in an environment and a folder made for somebody else: jobs are done, nothing gets out.

Proxies that write down what they are asked, a .netrc with a password for this machine, broken CA bundles, a file for
TLS keys, variables of Python, modules of somebody else where Orthanc and the service are started, core files allowed.
"""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model.process.environment import ALLOWED, ALLOWED_BEGINNINGS
from tests.builders.answering_server import AnsweringServer
from tests.builders.cores import unlimited_cores
from tests.builders.foreign_folder import make_foreign_folder, ran
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, free_port, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.processes import (
    children,
    core_limits,
    environment_of,
    workers_of,
    working_folder,
)
from tests.builders.recording_proxy import RecordingProxy
from tests.builders.service_process import ServiceProcess

SCRIPT = """
from routing.decide import Decision
def route(series):
    if series.text("SeriesDescription") == "elsewhere":
        return Decision(model="hu-ct", target="cloud")
"""
# Made by the interpreter of every process, or by our own code once it runs.
MADE_LATER = {"OMP_WAIT_POLICY", "LC_CTYPE", "PYTHONUNBUFFERED"}


@dataclass
class Hostile:
    """Orthanc, the service and the webhook in that environment."""

    orthanc: OrthancProcess
    service: ServiceProcess
    hook: AnsweringServer
    proxy: RecordingProxy
    folder: Path
    keys: Path

    def job(self, **attributes: str) -> dict[str, Any]:
        slices = phantom_series()
        for one in slices:
            for name, value in attributes.items():
                setattr(one, name, value)
        job = self.orthanc.job_of(self.orthanc.store_all(files_of(slices)), seconds=300)
        assert job["State"] == "done", (job["Error"], self.service.tail())
        return job

    def cores(self) -> list[Path]:
        return [path for path in self.folder.rglob("core*") if path.is_file()]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    folder = tmp_path_factory.mktemp("hostile")
    home, foreign, temporary = folder / "home", folder / "foreign", folder / "temporary"
    home.mkdir()
    temporary.mkdir()
    make_foreign_folder(foreign)
    # Orthanc's own Python takes modules from PYTHONPATH; what it needs itself is not to be hidden from it.
    modules = make_foreign_folder(folder / "modules", shadow_standard=False)
    (home / ".netrc").write_text(
        "machine 127.0.0.1 login somebody password secret\nmachine localhost login a password b\n"
    )
    (home / ".netrc").chmod(0o600)
    (home / "broken.pem").write_text("no certificate\n")
    (home / "startup.py").write_text(f"open({str(foreign / 'ran')!r}, 'a').write('startup')\n")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    unlimited_cores()
    with RecordingProxy() as proxy:
        environment = proxy.environment | {
            "HOME": str(home), "NETRC": str(home / ".netrc"), "SSLKEYLOGFILE": str(home / "keys"),
            "SSL_CERT_FILE": str(home / "broken.pem"), "REQUESTS_CA_BUNDLE": str(home / "broken.pem"),
            "CURL_CA_BUNDLE": str(home / "broken.pem"), "TMPDIR": str(temporary),
            "PYTHONSTARTUP": str(home / "startup.py"), "PYTHONINSPECT": "1", "PYTHONFAULTHANDLER": "1",
            "FORWARDED_ALLOW_IPS": "*", "WEB_CONCURRENCY": "3", "XDG_CONFIG_HOME": str(foreign),
        }  # fmt: skip
        service = ServiceProcess(folder / "service", environment=environment, working_folder=foreign)
        hook = AnsweringServer()
        (folder / "route.py").write_text(SCRIPT)
        orthanc = OrthancProcess(
            folder / "orthanc",
            environment=environment | {"PYTHONPATH": str(modules)},
            working_folder=foreign,
            section={
                "Rules": [AXIAL_CT],
                "RoutingScript": "../route.py",
                "StateDirectory": "state",
                "Targets": {"cloud": service.start().target() | {"CaFile": "../service/ca.pem"}},
                "Evidence": {
                    "Audit": {"Host": "127.0.0.1", "Port": free_port(), "CaFile": "../service/ca.pem"},
                    "Webhook": {"Url": hook.url + "/alerts", "TokenFile": "../service/north.token"},
                },
            },
        )
        orthanc.start()
        yield Hostile(orthanc, service, hook, proxy, folder, home / "keys")
        orthanc.stop()
        service.stop()
        hook.close()
    resource.setrlimit(resource.RLIMIT_CORE, before)


def assert_ours(process: int, hostile: Hostile) -> None:
    """A process that took nothing of what was laid out for it."""
    assert core_limits(process) == ["0", "0"]
    assert working_folder(process) not in (hostile.folder / "foreign", hostile.orthanc.directory)
    if os.geteuid() == 0:
        names = environment_of(process) - ALLOWED - MADE_LATER
        assert [name for name in names if not name.startswith(ALLOWED_BEGINNINGS)] == []


def test_a_local_a_forwarded_job_and_a_webhook_pass_by_everything_that_was_laid_out(hostile: Hostile) -> None:
    assert hostile.job()["Target"] == "local"
    assert hostile.job(SeriesDescription="elsewhere")["Target"] == "cloud"
    told = until(lambda: hostile.hook.bodies, "the webhook is told of the audit repository's outage", 180)
    assert json.loads(told[0])["Alert"] == "AUDIT_UNREACHABLE"
    headers = hostile.hook.seen[0][1]
    assert headers["Authorization"].startswith("Bearer "), "ours, and not the one of .netrc"
    assert hostile.proxy.asked == []
    # Orthanc's libcurl opens the file at start; nothing of ours writes into it.
    assert not hostile.keys.exists() or hostile.keys.read_text() == "", "no key of a TLS connection was written down"
    assert ran(hostile.folder / "foreign") == []
    assert [one for one in ran(hostile.folder / "modules") if "python" in one] == []
    assert (hostile.orthanc.directory / "state" / "jobs.sqlite").exists(), "beside the configuration, as Orthanc does"
    gateway, service = hostile.orthanc.gateway_pid(), service_pid(hostile)
    for process in (gateway, *workers_of(gateway), service, *workers_of(service)):
        assert_ours(process, hostile)


def service_pid(hostile: Hostile) -> int:
    assert hostile.service.process is not None
    return hostile.service.process.pid


def test_a_crash_of_each_process_leaves_no_core_file_and_the_next_job_is_done(hostile: Hostile) -> None:
    hostile.job()
    hostile.job(SeriesDescription="elsewhere")
    gateway, service = hostile.orthanc.gateway_pid(), service_pid(hostile)
    workers = workers_of(gateway)
    assert len(workers) >= 2, "one that draws, and one for the site's script"
    for process in (*workers, *workers_of(service), gateway):
        os.kill(process, signal.SIGSEGV)
    until(lambda: not set(workers) & set(children(gateway)), "the workers are gone", 180)
    until(lambda: hostile.orthanc.get("/autocontour/health").status_code == 200, "the gateway is up again", 120, 0.2)
    assert hostile.orthanc.gateway_pid() != gateway
    hostile.job()
    hostile.job(SeriesDescription="elsewhere")
    assert hostile.service.process is not None
    hostile.service.process.send_signal(signal.SIGABRT)
    assert hostile.service.process.wait(60) == -signal.SIGABRT
    assert hostile.cores() == []
    pixels = phantom_series()[0].PixelData[4096:4160]
    for path in hostile.service.directory.rglob("*"):
        assert not path.is_file() or pixels not in path.read_bytes(), path.name
    hostile.service.start()
    until(lambda: hostile.service.left() == [], "what lay in the spool is swept", 180)
    hostile.job(SeriesDescription="elsewhere")
    assert hostile.cores() == []
    assert hostile.proxy.asked == []
