"""TLS to the gateway's own Orthanc: its certificate is compared with the very file that the configuration names."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.errors import TargetFailed
from plugin.pacs.client import Orthanc
from plugin.pacs.tls import trust_of
from plugin.settings.document import TlsSection
from plugin.settings.settings import examine
from tests.builders.answering_server import AnsweringServer
from tests.builders.certificates import make_certificates

HOST = "pacs.hospital.example"
Serve = Callable[..., AnsweringServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[AnsweringServer] = []

    def start(tls: Path, clients: Path | None = None) -> AnsweringServer:
        servers.append(AnsweringServer(body=b'{"Version": "1.12.7"}', tls=tls, clients=clients))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Orthanc's certificate for the name that the hospital uses, of its authority."""
    make_certificates(tmp_path / "site", host=HOST)
    pair = (tmp_path / "site" / "server.pem").read_bytes() + (tmp_path / "site" / "server.key").read_bytes()
    (tmp_path / "site" / "certificate.pem").write_bytes(pair)  # as the Orthanc Book has it: both in one file
    return tmp_path / "site"


def ask(server: AnsweringServer, certificate: Path | None, **tls: str) -> str:
    trust = trust_of(server.url, None if certificate is None else str(certificate), TlsSection(**tls))
    return str(Orthanc(server.url, trust=trust).system()["Version"])


def refusal(server: AnsweringServer, certificate: Path | None, **tls: str) -> str:
    with pytest.raises(TargetFailed) as refused:
        ask(server, certificate, **tls)
    assert refused.value.code == "ORTHANC_CERTIFICATE"
    return refused.value.message


def test_the_certificate_in_the_file_is_right_whatever_its_host_and_authority(serve: Serve, site: Path) -> None:
    assert ask(serve(site), site / "certificate.pem") == "1.12.7"


def test_another_certificate_is_refused_even_from_the_same_authority_for_this_host(serve: Serve, site: Path) -> None:
    make_certificates(site.parent / "other")
    server = serve(site.parent / "other")
    assert "another certificate than the file that SslCertificate names" in refusal(server, site / "certificate.pem")
    assert server.seen == [], "nothing was sent"


def test_a_file_that_cannot_be_used_is_said(serve: Serve, site: Path) -> None:
    server = serve(site)
    assert "cannot be read" in refusal(server, site / "gone.pem")
    assert "holds no certificate in PEM" in refusal(server, site / "server.key")


def test_an_authority_may_vouch_instead(serve: Serve, site: Path) -> None:
    assert ask(serve(site), site / "certificate.pem", CaFile=str(site / "ca.pem")) == "1.12.7"
    make_certificates(site.parent / "other", host=HOST)
    assert "not of the authority" in refusal(serve(site.parent / "other"), None, CaFile=str(site / "ca.pem"))


def test_orthanc_may_ask_for_a_certificate_of_ours(serve: Serve, site: Path) -> None:
    make_certificates(site.parent / "gateway")
    ours = site.parent / "gateway"
    server = serve(site, clients=ours / "ca.pem")
    pair = {"CertificateFile": str(ours / "server.pem"), "KeyFile": str(ours / "server.key")}
    assert ask(server, site / "certificate.pem", **pair) == "1.12.7"
    assert "SslVerifyPeers" in refusal(server, site / "certificate.pem")
    shutil.copy(site / "server.key", ours / "wrong.key")
    wrong = pair | {"KeyFile": str(ours / "wrong.key")}
    assert "do not fit each other" in refusal(server, site / "certificate.pem", **wrong)


def test_plain_http_needs_no_certificate() -> None:
    assert trust_of("http://127.0.0.1:8042", None, TlsSection(CaFile="/nowhere")).ca_file is None


def test_the_keys_are_validated(tmp_path: Path) -> None:
    settings, problems = examine({"OrthancTls": {"CaFile": "ca.pem"}}, base=tmp_path)
    assert settings is not None, problems
    assert settings.orthanc_tls.CaFile == str(tmp_path / "ca.pem")
    assert "go together" in str(examine({"OrthancTls": {"KeyFile": "a"}})[1])
    assert "'CaFile'" in str(examine({"OrthancTls": {"CAFile": "a"}})[1][0])
