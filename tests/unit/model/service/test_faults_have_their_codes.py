"""Names, certificates, clocks and networks that fail: each has a code of its own, and no address in its sentence."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from model.errors import TargetFailed
from model.worker.pool import Cancelled
from plugin.forward.http import Busy, ServiceClient
from plugin.forward.retry import Retry
from plugin.forward.upload_rate import UploadRate
from plugin.settings.document import ServiceTarget
from tests.builders.orthanc_process import free_port
from tests.builders.service_process import ServiceProcess


def client(folder: Path, url: str, ca: str | None = None) -> ServiceClient:
    token = folder / "token"
    token.write_text("token")
    return ServiceClient(
        "cloud", ServiceTarget(Type="service", Url=url, TokenFile=str(token), CaFile=ca, ServiceKey="0" * 64)
    )


def fault(one: ServiceClient) -> TargetFailed:
    with pytest.raises(TargetFailed) as failed:
        one.json("GET", "/v1/key")
    assert "localhost" not in failed.value.message
    return failed.value


def test_a_name_that_is_not_known(tmp_path: Path) -> None:
    said = fault(client(tmp_path, "https://service.invalid"))
    assert (said.code, said.retry) == ("SERVICE_DNS", True)


def test_nobody_listens(tmp_path: Path) -> None:
    said = fault(client(tmp_path, f"https://localhost:{free_port()}"))
    assert (said.code, said.retry) == ("SERVICE_UNREACHABLE", True)


@pytest.mark.parametrize("days", [-10, 10], ids=["expired", "not yet valid"])
def test_a_certificate_outside_its_time_is_a_matter_of_clocks(tmp_path: Path, days: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (tmp_path / "server.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "server.key").write_bytes(private)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        said = fault(client(tmp_path, f"https://localhost:{server.server_address[1]}", str(tmp_path / "server.pem")))
    finally:
        server.shutdown()
        server.server_close()
    assert (said.code, said.retry) == ("SERVICE_CLOCK", False)


def test_a_client_certificate_opens_the_door(start_service: Callable[..., ServiceProcess], tmp_path: Path) -> None:
    folder = tmp_path / "mutual"
    service = ServiceProcess(folder)
    service.sites["north"] = {"CertificateNames": ["localhost"]}
    service.keys["Tls"] = {
        "CertificateFile": str(folder / "server.pem"),
        "KeyFile": str(folder / "server.key"),
        "ClientCaFile": str(folder / "ca.pem"),
    }
    service.certificate = (str(folder / "server.pem"), str(folder / "server.key"))
    service.start()
    try:
        target = {"Type": "service", "Url": service.url, "CaFile": service.ca, "ServiceKey": "0" * 64}
        files = dict(zip(("CertificateFile", "KeyFile"), service.certificate, strict=True))
        known = ServiceClient("cloud", ServiceTarget.model_validate(target | files))
        assert known.json("GET", "/v1/models")["Models"]
        (tmp_path / "token").write_text(service.tokens["south"])
        stranger = ServiceClient("cloud", ServiceTarget.model_validate(target | {"TokenFile": str(tmp_path / "token")}))
        assert fault(stranger).code.startswith("SERVICE_")
    finally:
        service.stop()


def test_what_is_temporary_is_tried_again_until_the_limit() -> None:
    told: list[str] = []
    well: list[bool] = []
    retry = Retry(datetime.now(UTC) + timedelta(seconds=60), lambda: True, told.append, lambda: well.append(True))
    left = iter([True, True, False])

    def work() -> str:
        if next(left):
            raise TargetFailed("SERVICE_UNREACHABLE", "The target cannot be reached.", retry=True)
        return "done"

    assert retry.run(work) == "done"
    assert told == ["SERVICE_UNREACHABLE"] * 2
    assert well == [True]
    over = Retry(datetime.now(UTC), lambda: True, told.append, lambda: None)
    left = iter([True])
    with pytest.raises(TargetFailed) as failed:
        over.run(work)
    assert not failed.value.retry


def test_who_is_told_when_to_come_again_comes_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that grew would leave a service idle that was busy for a moment."""
    pauses: list[float] = []
    retry = Retry(datetime.now(UTC) + timedelta(hours=1), lambda: True, lambda _code: None, lambda: None)
    monkeypatch.setattr(retry, "sleep", pauses.append)

    def work() -> None:
        if len(pauses) < 9:
            raise Busy("SERVICE_BUSY", "The target takes nothing just now.", 5.0)

    retry.run(work)
    assert len(pauses) == 9
    assert all(5 <= pause <= 7.5 for pause in pauses), pauses


def test_nobody_waits_for_a_job_that_has_ended() -> None:
    retry = Retry(datetime.now(UTC) + timedelta(hours=1), lambda: False, lambda _code: None, lambda: None)
    with pytest.raises(Cancelled):
        retry.run(lambda: None)


def test_a_slow_connection_is_compressed_and_a_fast_one_is_not() -> None:
    fast, slow = UploadRate(4), UploadRate(4)
    for _ in range(10):
        fast.add(500_000, 0.005)
        slow.add(500_000, 0.5)
    assert not fast.slow
    assert slow.slow


def test_a_connection_that_was_slow_for_a_moment_is_not_compressed_for_good() -> None:
    rate = UploadRate(4)
    for _ in range(4):
        rate.add(500_000, 0.5)
    assert rate.slow
    for _ in range(10):
        rate.add(250_000, 0.004)
    assert not rate.slow
