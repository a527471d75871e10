"""The section of a gateway elsewhere: what is refused, with the path and the way out, and what is only warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.errors import ConfigurationRefused
from plugin.settings.listen import gateway_remarks, read_listen
from plugin.settings.secret_files import path_of_secret, read_secret, tokens_in
from plugin.settings.settings import examine

RIGHT: dict[str, Any] = {"Orthanc": {"Url": "https://pacs.example:8042"}, "TokenFile": "token"}


def test_the_least_that_is_written_is_enough_and_paths_begin_at_the_configuration() -> None:
    listen, problems = read_listen(RIGHT, Path("/etc/autocontour"))
    assert problems == []
    assert listen is not None
    assert (listen.Host, listen.Port, listen.TokenFile) == ("127.0.0.1", 8043, "/etc/autocontour/token")
    assert listen.warnings == []


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"Prot": 1}, "AutoContour.Listen.Prot", "did you mean 'Port'?"),
        ({"Port": 0}, "AutoContour.Listen.Port", "0"),
        ({"Port": "8043"}, "AutoContour.Listen.Port", "'8043'"),
        ({"Orthanc": {"Url": "http://a", "Usr": "x"}}, "AutoContour.Listen.Orthanc.Usr", "did you mean 'User'?"),
        ({"Orthanc": {"Url": "http://user:secret@a"}}, "AutoContour.Listen.Orthanc.Url", "allowed"),
        ({"Orthanc": {"Url": "http://a", "User": "x"}}, "AutoContour.Listen.Orthanc", "PasswordFile go together"),
        ({"Tls": {"CertificateFile": "a"}}, "AutoContour.Listen.Tls.KeyFile", "required"),
        ({"TokenFile": "credential:../x"}, "AutoContour.Listen.TokenFile", "credential:NAME"),
        ({"TokenFile": None}, "AutoContour.Listen.TokenFile", "text"),
    ],
)
def test_a_mistake_is_said_with_its_path(change: dict[str, Any], path: str, said: str) -> None:
    settings, problems = examine({"Listen": RIGHT | change})
    assert settings is None
    assert any(one.path == path and said in str(one) for one in problems), [str(one) for one in problems]


def test_a_gateway_elsewhere_needs_a_token() -> None:
    _, problems = examine({"Gateway": "https://gateway.example"})
    assert [one.path for one in problems] == ["AutoContour.GatewayTokenFile"]
    for places in ("https://a.example:8043", ["https://a.example", "https://b.example/"]):
        assert examine({"Gateway": places, "GatewayTokenFile": "token"})[1] == []
    for wrong in ("ftp://a", "https://user:secret@a", "https://a/path", [], [1], 5):
        assert examine({"Gateway": wrong, "GatewayTokenFile": "token"})[0] is None


def test_what_passes_readable_is_warned_of() -> None:
    there = {"Orthanc": {"Url": "http://orthanc:8042"}, "Host": "0.0.0.0", "TokenFile": "token"}
    remarks = gateway_remarks({"Listen": there, "Gateway": ["http://gateway:8043", "http://localhost:1"]})
    assert len(remarks) == 3
    assert all("https://" in remark or "Tls" in remark for remark in remarks)
    assert "http://gateway:8043" in remarks[2]
    assert "localhost" not in remarks[2]


def test_a_token_file_holds_tokens_and_nothing_else() -> None:
    assert tokens_in("a" * 16 + "\n\n" + "b" * 32 + "\n") == ("a" * 16, "b" * 32)
    for text in ("", "\n", "short", "a" * 16 + "\nwith a space in it", "ü" * 20):
        with pytest.raises(ValueError, match="openssl rand -hex 32"):
            tokens_in(text)


def test_a_secret_is_a_first_line_or_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("pass word\r\nmore\n")
    assert read_secret(str(tmp_path / "password"), "Key") == "pass word"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret("credential:password", "Key") == "pass word"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(ConfigurationRefused, match="LoadCredential"):
        path_of_secret("credential:password", "Key")
    with pytest.raises(ConfigurationRefused, match="cannot be read"):
        read_secret(str(tmp_path / "nothing"), "Key")
