"""Whoever starts a service wrongly reads which key is wrong and what is right; never a value, never a traceback."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import ConfigurationRefused
from model.process.port import open_port
from model.service.preflight import notices
from model.service.settings import ServiceDocument, read_service
from tests.builders.certificates import make_certificates

TOKEN = "GNNNrqNJwJXvnWmRU6nD7ENgedf5Cu1eJRvfgWjzQrg"
Change = Callable[[dict[str, Any]], object]


def document(**keys: Any) -> dict[str, Any]:
    return {"StateDirectory": "state", "Sites": {"north": {"TokenSha256": ["ab" * 32]}}} | keys


WRONG: dict[str, tuple[Change, str]] = {
    "a word that is no key": (lambda d: d.update(Prot=1), "Prot: is not a key of this document; did you mean 'Port'?"),
    "a number as text": (lambda d: d.update(Port="8443"), "Port: should be a valid integer"),
    "a token where its hash belongs": (
        lambda d: d["Sites"]["north"].update(TokenSha256=[TOKEN]),
        "Sites.north.TokenSha256.0: is not a SHA-256 in 64 hexadecimal digits; `autocontour serve --new-token`",
    ),
    "a hash that is no list": (
        lambda d: d["Sites"]["north"].update(TokenSha256="ab" * 32), "Sites.north.TokenSha256: should be a list",
    ),
    "a site's name": (lambda d: d.update(Sites={"North": {}}), "Sites.North: is not a name of a site: small letters"),
    "no site": (lambda d: d.update(Sites={}), "Sites: there is no site"),
    "nothing said of sites": (lambda d: d.pop("Sites"), "Sites: is required"),
    "one token for two sites": (
        lambda d: d["Sites"].update(south=d["Sites"]["north"]), "Sites.south: has a token or a certificate's name that",
    ),
    "another database": (lambda d: d.update(Database="mysql://x"), 'Database: is not "postgresql://'),
    "certificates without an authority": (
        lambda d: d["Sites"]["north"].update(CertificateNames=["a"]),
        "Sites.north.CertificateNames: needs Tls.ClientCaFile",
    ),
    "open to all without TLS": (lambda d: d.update(Host="0.0.0.0"), "Tls: is missing: without TLS"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_configuration_names_the_key_and_what_is_right(tmp_path: Path, what: str) -> None:
    change, sentence = WRONG[what]
    wrong = document()
    change(wrong)
    path = tmp_path / "service.json"
    path.write_text(json.dumps(wrong))
    with pytest.raises(ConfigurationRefused) as refused:
        read_service(path)
    assert refused.value.message.startswith(sentence)
    assert TOKEN not in refused.value.message


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "service.json"
    path.write_text(json.dumps(document(Prot=1, Workers=0, Tls={"KeyFile": "k", "CertificatFile": "c"})))
    with pytest.raises(ConfigurationRefused) as refused:
        read_service(path)
    message = refused.value.message
    for sentence in ("did you mean 'Port'?", "Workers: should be", "Tls.CertificatFile: is not", "'CertificateFile'"):
        assert sentence in message
    assert "Tls.CertificateFile: is required" in message


def test_a_port_in_use_and_an_address_elsewhere_are_sentences() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationRefused, match=f"Port: {port} is in use by another program"):
            open_port("127.0.0.1", port)
    with pytest.raises(ConfigurationRefused, match="Host: is not an address of this machine"):
        open_port("203.0.113.7", 0)
    with pytest.raises(ConfigurationRefused, match="Host: is neither an address nor a name"):
        open_port("service.invalid", 0)
    with open_port("localhost", 0) as made:
        assert made.getsockname()[1] > 0


def test_what_is_not_wrong_enough_to_refuse_the_start_is_said(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    swaps = tmp_path / "swaps"
    swaps.write_text("Filename Type Size Used Priority\n/dev/zram0 partition 1 0 1\n")
    tls = {"CertificateFile": str(tmp_path / "server.pem"), "KeyFile": str(tmp_path / "server.key")}
    sites = {"north": {"TokenSha256": ["ab" * 32], "Models": ["hu-ct"]}}
    well = ServiceDocument.model_validate(document(Sites=sites, Tls=tls, Spool="/dev/shm"))
    said = list(notices(well, {"hu-ct"}, swaps))
    assert [one for one in said if "valid" in one or "Sites" in one or "swap" in one] == []
    swaps.write_text(swaps.read_text() + "/dev/sda3 partition 1 0 1\n")
    odd = well.model_copy(update={"Sites": ServiceDocument.model_validate(
        document(Sites={"north": {"Models": ["hu_ct"]}})).Sites})  # fmt: skip
    later = datetime.now(UTC) + timedelta(days=36_500)
    said = list(notices(odd, {"hu-ct"}, swaps, later))
    assert [one.partition(" ")[0] for one in said] == [
        "Sites.north",
        "Sites.north.Models",
        "Tls.CertificateFile",
        "Spool",
    ]
    assert "it has: hu-ct" in said[1]
    assert "SERVICE_CLOCK" in said[2]
