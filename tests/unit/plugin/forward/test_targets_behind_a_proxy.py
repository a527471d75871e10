"""A remote target is reached through the Proxy that its key names, and through no other; what a proxy says is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from requests.exceptions import InvalidURL

from model.errors import TargetFailed
from model.outbound.session import proxy_address
from plugin.evidence.alerts import Alert, Kind, post_alert
from plugin.forward.http import Busy, ServiceClient, TransferLost
from plugin.settings.document import ServiceTarget
from plugin.settings.evidence import AlertHook, read_evidence
from plugin.settings.settings import examine
from tests.builders.answering_server import AnsweringServer
from tests.builders.orthanc_process import free_port
from tests.builders.recording_proxy import RecordingProxy
from tests.builders.service_process import ServiceProcess

REMOTE = "https://service.example:8443"
KEY = "0" * 64


def target(folder: Path, **keys: Any) -> ServiceTarget:
    (folder / "token").write_text("the-token")
    return ServiceTarget.model_validate(
        {"Type": "service", "Url": REMOTE, "TokenFile": str(folder / "token"), "ServiceKey": KEY} | keys
    )


def fault(one: ServiceClient, kind: type[Exception] = TargetFailed) -> Any:
    with pytest.raises(kind) as failed:
        one.json("GET", "/v1/key")
    return failed.value


def test_a_service_is_reached_through_the_proxy_and_tls_stays_ours(tmp_path: Path) -> None:
    with (
        ServiceProcess(tmp_path / "service") as service,
        RecordingProxy(ways={"service.example": service.port}, credentials="gate:pass/word") as proxy,
    ):
        service.start()
        (tmp_path / "credentials").write_text("gate:pass/word\n")
        keys = {"Proxy": proxy.url, "ProxyCredentialsFile": str(tmp_path / "credentials"), "CaFile": service.ca}
        answer = ServiceClient("cloud", target(tmp_path, **keys)).json("GET", "/v1/key")
    assert answer["Key"] == service.key.raw.hex()
    assert [line.partition(" HTTP")[0] for line in proxy.asked] == ["CONNECT service.example:8443"]
    assert len(proxy.carried) > 500
    assert b"the-token" not in proxy.carried
    assert "the-token" not in proxy.asked[0]


@pytest.mark.parametrize(("answers", "retry"), [(502, True), (503, True), (403, True)])
def test_a_proxy_that_does_not_connect_is_said(tmp_path: Path, answers: int, retry: bool) -> None:
    with RecordingProxy(answers=answers) as proxy:
        said = fault(ServiceClient("cloud", target(tmp_path, Proxy=proxy.url)))
    assert (said.code, said.retry) == ("SERVICE_PROXY", retry)
    assert "The Proxy of the target cloud" in said.message
    assert str(answers) in said.message


def test_a_proxy_that_asks_for_a_password_is_said(tmp_path: Path) -> None:
    with RecordingProxy(credentials="a:b") as proxy:
        said = fault(ServiceClient("cloud", target(tmp_path, Proxy=proxy.url)))
        assert (said.code, said.retry) == ("SERVICE_PROXY", False)
        assert "ProxyCredentialsFile" in said.message
        missing = target(tmp_path, Proxy=proxy.url, ProxyCredentialsFile=str(tmp_path / "none"))
        assert fault(ServiceClient("cloud", missing)).code == "PROXY_CREDENTIALS"


@pytest.mark.parametrize("line", ["a:☃", "ab", "", "a\udcff:b"])
def test_credentials_that_cannot_be_sent_are_said(tmp_path: Path, line: str) -> None:
    (tmp_path / "credentials").write_text(line, errors="surrogateescape")
    made = target(tmp_path, Proxy="http://proxy.example:3128", ProxyCredentialsFile=str(tmp_path / "credentials"))
    assert fault(ServiceClient("cloud", made)).code == "PROXY_CREDENTIALS"


def test_credentials_as_windows_writes_them_are_taken(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_bytes("ä:b\r\n".encode("utf-8-sig"))
    assert proxy_address("http://proxy:1", str(tmp_path / "credentials")) == "http://%C3%A4:b@proxy:1"


@pytest.mark.parametrize("url", ["https://a..example", f"https://{'a' * 70}.example", "https://h:99999", "https://[x"])
def test_an_address_that_is_none_is_said(tmp_path: Path, url: str) -> None:
    said = fault(ServiceClient("cloud", target(tmp_path, Url=url)))
    assert (said.code, said.retry) == ("SERVICE_DNS", False)
    with pytest.raises(InvalidURL):  # which is an OSError
        post_alert(AlertHook(Url=url), Alert(Kind.CHAIN_BROKEN, "2026-01-01T00:00:00Z"), "Hospital")


def test_a_token_of_the_webhook_that_is_none_is_an_error_as_of_the_network(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("☃")
    with pytest.raises(OSError, match="TokenFile"):
        post_alert(
            AlertHook(Url="http://pager.example/", TokenFile=str(tmp_path / "token")),
            Alert(Kind.CHAIN_BROKEN, "2026-01-01T00:00:00Z"),
            "Hospital",
        )


def test_a_proxy_that_is_not_there_is_said(tmp_path: Path) -> None:
    said = fault(ServiceClient("cloud", target(tmp_path, Proxy=f"http://127.0.0.1:{free_port()}")))
    assert (said.code, said.retry) == ("SERVICE_PROXY", True)
    assert "cannot be reached" in said.message


def test_a_webhook_goes_through_its_proxy() -> None:
    alert = Alert(Kind.CHAIN_BROKEN, "2026-01-01T00:00:00Z")
    with RecordingProxy() as proxy, pytest.raises(OSError, match="HTTP 502"):
        post_alert(AlertHook(Url="http://pager.example/", Proxy=proxy.url), alert, "Hospital")
    assert [line.partition(" HTTP")[0] for line in proxy.asked] == ["POST http://pager.example/"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(502, b"", "SERVICE_PROXY"), (503, b"<html>down</html>", "SERVICE_PROXY"), (504, b"x", "SERVICE_PROXY"),
     (503, b'{"Error": "BUSY", "Message": "x"}', "SERVICE_BUSY"), (500, b"", "SERVICE_BUSY"),
     (503, b"Service Unavailable", "SERVICE_BUSY"),
     (503, b"[]", "SERVICE_PROXY"),
     (407, b"", "SERVICE_PROXY"), (403, b"<html>filtered</html>", "SERVICE_PROXY"), (403, b"", "SERVICE_TOKEN"),
     (404, b"<html>no such page</html>", "SERVICE_PROXY"), (302, b"<html>log in</html>", "SERVICE_PROXY")],
)  # fmt: skip
def test_who_answers_in_the_services_place_is_said(tmp_path: Path, status: int, body: bytes, code: str) -> None:
    server = AnsweringServer(status, body, {"Content-Type": "text/html" if b"<html>" in body else "application/json"})
    try:
        said = fault(ServiceClient("cloud", target(tmp_path, Url=server.url)))
    finally:
        server.close()
    assert said.code == code
    assert isinstance(said, Busy) == (status >= 500), "what is not an outage does not wait for a day"
    if code == "SERVICE_PROXY":
        assert "Not the target cloud itself" in said.message


@pytest.mark.parametrize(
    ("status", "body", "headers", "code"),
    [(200, b"[" * 200_000, {}, "SERVICE_ANSWER"), (400, b"[" * 200_000, {}, "SERVICE_REFUSED"),
     (503, b'{"Error": "BUSY"}', {"Retry-After": "\xb2"}, "SERVICE_BUSY"),
     (200, b" " * 3_000_000, {}, "SERVICE_ANSWER")],
)  # fmt: skip
def test_an_answer_of_any_kind_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, headers: dict[str, str], code: str
) -> None:
    monkeypatch.setattr("plugin.forward.http.LARGEST_ANSWER", 2_000_000)
    server = AnsweringServer(status, body, headers)
    try:
        said = fault(ServiceClient("cloud", target(tmp_path, Url=server.url)))
        assert said.code == code
        assert ("cannot be understood" in said.message) == (len(body) > 2_000_000)
    finally:
        server.close()


def test_files_of_the_target_that_are_not_there_are_said(tmp_path: Path) -> None:
    said = fault(ServiceClient("cloud", target(tmp_path, CaFile=str(tmp_path / "none.pem"))))
    assert (said.code, said.retry) == ("SERVICE_FILES", False)


def test_a_transfer_that_the_service_itself_does_not_know_is_begun_anew(tmp_path: Path) -> None:
    server = AnsweringServer(404, b'{"Error": "NO_TRANSFER", "Message": "x"}')
    try:
        assert fault(ServiceClient("cloud", target(tmp_path, Url=server.url)), TransferLost).code == "NO_TRANSFER"
    finally:
        server.close()


def problems(target: dict[str, Any]) -> str:
    whole = {"Type": "service", "Url": REMOTE, "TokenFile": "token", "ServiceKey": KEY} | target
    return "; ".join(str(one) for one in examine({"Targets": {"cloud": whole}})[1])


@pytest.mark.parametrize(
    "url", ["https://localhost:1", "https://127.0.0.1", "https://127.8.9.1:8443", "https://[::1]:8443",
            "https://LOCALHOST.:8443", "https://a.localhost", "http://127.0.0.1:1", "https://0.0.0.0:8443",
            "https://127.1", "https://2130706433:8443", "https://0x7f000001", "https://[::ffff:127.0.0.1]:8443",
            "https://localhost.localdomain", "https://ip6-localhost:8443"]
)  # fmt: skip
def test_an_address_of_this_machine_has_no_proxy(url: str) -> None:
    assert "on this machine, which is reached directly" in problems({"Url": url, "Proxy": "http://proxy.example:3128"})
    assert problems({"Url": url}) == ""


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "http://proxy.example", "https://proxy.example:3128", "socks5://proxy.example:1080",
              "http://user:geheim@proxy.example:3128", "http://proxy.example:3128/path", ""]
)  # fmt: skip
def test_a_proxy_that_is_none_is_refused_without_repeating_it(proxy: str) -> None:
    said = problems({"Proxy": proxy})
    assert 'a Proxy as "http://proxy.hospital:3128"' in said
    assert "geheim" not in said


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "http://10.1.2.3:8080/", "http://[fd00::1]:3128"])
def test_a_proxy_is_taken(proxy: str) -> None:
    assert problems({"Proxy": proxy}) == ""
    hook = {"Url": "https://pager.example/", "Proxy": proxy}
    stamp = {"Url": "http://stamps.example/", "CaFile": "roots.pem", "Proxy": proxy}
    assert read_evidence({"Webhook": hook, "TimeStamp": stamp})[1] == []
    assert read_evidence({"Webhook": hook | {"Url": "http://localhost/"}})[1] != []


def test_credentials_of_a_proxy_need_a_proxy() -> None:
    assert "only beside a Proxy" in problems({"ProxyCredentialsFile": "x"})


def test_relative_paths_start_at_the_folder_of_the_configuration(tmp_path: Path) -> None:
    service = {"Type": "service", "Url": REMOTE, "ServiceKey": KEY, "TokenFile": "token", "CaFile": "/etc/ca.pem"}
    section = {
        "Targets": {"cloud": service},
        "ModelsDirectory": "models",
        "Evidence": {"Webhook": {"Url": "https://pager.example/", "TokenFile": "sub/token"}},
    }
    settings, wrong = examine(section, base=tmp_path)
    assert wrong == []
    assert settings is not None
    cloud = settings.forwards["cloud"]
    assert isinstance(cloud, ServiceTarget)
    assert (cloud.TokenFile, cloud.CaFile) == (str(tmp_path / "token"), "/etc/ca.pem")
    assert settings.models_directory == tmp_path / "models"
    assert settings.evidence.Webhook is not None
    assert settings.evidence.Webhook.TokenFile == str(tmp_path / "sub/token")
