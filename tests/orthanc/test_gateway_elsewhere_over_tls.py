"""A gateway that runs elsewhere is trusted by the system's authorities, and by none that the environment names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.builders.answering_server import AnsweringServer
from tests.builders.certificates import make_certificates
from tests.builders.orthanc_process import OrthancProcess


def test_an_authority_of_the_environment_is_not_trusted(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    make_certificates(tmp_path)
    gateway = AnsweringServer(body=b'{"Status": "ok"}', tls=tmp_path)
    try:
        orthanc = start_orthanc(
            section={"Gateway": gateway.url.replace("127.0.0.1", "localhost")},
            environment={"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "SSLKEYLOGFILE": str(tmp_path / "keys")},
            wait_for_gateway=False,
        )
        answer = orthanc.get("/autocontour/health")
    finally:
        gateway.close()
    assert answer.status_code == 503
    assert "certificate is not valid" in answer.json()["Message"]
    assert gateway.seen == []
    assert not (tmp_path / "keys").exists() or (tmp_path / "keys").read_text() == ""
