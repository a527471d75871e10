"""Each end holds the other's head; a chain that was cut or forked is refused by the one that remembers."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509

from model.evidence.anchor import anchor_head, countersign, read_countersignature, sign_head
from model.evidence.canonical import canonical
from model.evidence.chain import Chain
from model.evidence.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.files import ANCHORS_NAME, Head
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from model.evidence.walk import Change
from plugin.evidence.timestamp import check_stamp, stamper
from tests.builders.evidence import open_chain, record_job

SITE, SERVICE = SigningKey.new(), SigningKey.new()
NOW = datetime(2026, 11, 3, 2, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Chain:
    chain = open_chain(tmp_path / "site", SITE)
    record_job(chain)
    return chain


@pytest.fixture
def service(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "service", SERVICE)


def test_both_ends_hold_the_head_of_the_other(site: Chain, service: Chain) -> None:
    head = site.head()
    anchor = anchor_head(
        site,
        time=NOW,
        countersigner=lambda signed: countersign(signed, SITE.public, service, NOW),
        peer_keys=[SERVICE.public],
    )
    assert (anchor.head, anchor.countersigned, anchor.failures) == (head, True, ())
    theirs = [record for record in service.records() if record.event is Event.PEER_HEAD][-1]
    assert (theirs.facts["sequence"], theirs.facts["head"]) == (head.sequence, head.digest)
    ours = [record for record in site.records() if record.event is Event.PEER_HEAD][-1]
    assert ours.facts["head"] == theirs.digest
    assert site.records()[-1].event is Event.HEAD_ANCHORED
    assert verify(site.directory, [SITE.public, SERVICE.public]).valid
    names = sorted(path.name for path in (site.directory / ANCHORS_NAME).iterdir())
    assert names == ["2026-11-03T020000Z.countersignature.json", "2026-11-03T020000Z.head.json"]


def test_a_shorter_or_forked_chain_is_refused_by_the_one_that_remembers(
    site: Chain, service: Chain, tmp_path: Path
) -> None:
    countersign(sign_head(site, NOW), SITE.public, service, NOW)
    with open_chain(tmp_path / "shorter", SITE) as shorter:
        with pytest.raises(EvidenceRefused) as refused:
            countersign(sign_head(shorter, NOW), SITE.public, service, NOW)
        assert refused.value.code == "ANCHOR_BACKWARDS"
    with open_chain(tmp_path / "fork", SITE) as fork:
        record_job(fork)
        assert fork.head().sequence == site.head().sequence
        with pytest.raises(EvidenceRefused):
            countersign(sign_head(fork, NOW), SITE.public, service, NOW)


def test_a_head_of_somebody_else_is_not_countersigned(service: Chain, tmp_path: Path) -> None:
    with (
        open_chain(tmp_path / "other", SigningKey.new()) as other,
        pytest.raises(EvidenceRefused, match="not signed by a key"),
    ):
        countersign(sign_head(other, NOW), SITE.public, service, NOW)


@pytest.mark.parametrize("fault", ["foreign key", "other head", "no answer", "nonsense"])
def test_a_countersignature_that_is_not_right_is_a_failure_and_never_counted(
    site: Chain, service: Chain, fault: str
) -> None:
    earlier = sign_head(site, NOW)
    record_job(site)

    def answer(signed: dict[str, Any]) -> dict[str, Any]:
        if fault == "no answer":
            raise ConnectionError
        if fault == "nonsense":
            return {"document": "?"}
        return countersign(earlier if fault == "other head" else signed, SITE.public, service, NOW)

    keys = [SigningKey.new().public] if fault == "foreign key" else [SERVICE.public]
    anchor = anchor_head(site, time=NOW, countersigner=answer, peer_keys=keys)
    assert not anchor.countersigned
    expected = {
        "foreign key": "SIGNATURE_KEY",
        "other head": "ANCHOR_FOREIGN",
        "no answer": "COUNTERSIGNER_UNREACHABLE",
        "nonsense": "SIGNATURE_SHAPE",
    }
    assert anchor.failures == (expected[fault],)
    assert site.records()[-1].facts["countersigned"] is False


def test_the_countersignature_finds_a_chain_that_was_written_again(site: Chain, service: Chain, tmp_path: Path) -> None:
    signed = sign_head(site, NOW)
    answer = countersign(signed, SITE.public, service, NOW)
    read_countersignature(answer, signed, [SERVICE.public])
    with open_chain(tmp_path / "again", SITE) as again:
        for _ in range(2):
            record_job(again)
    (tmp_path / "again" / ANCHORS_NAME).mkdir()
    (tmp_path / "again" / ANCHORS_NAME / "x.countersignature.json").write_bytes(canonical(answer))
    broken = verify(tmp_path / "again", [SITE.public, SERVICE.public]).broken
    assert broken is not None
    assert broken.change is Change.REWRITTEN
    stated = answer["document"]["body"]
    assert Head(stated["sequence"], stated["sha256"]) == site.head()


TSA = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=Test-CA 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Test-TSA 2>/dev/null
printf 'extendedKeyUsage=critical,timeStamping\\nkeyUsage=critical,digitalSignature\\n' > ext
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 30 -extfile ext 2>/dev/null
echo 01 > serial
cat > tsa.cnf <<CONFIG
[tsa]
default_tsa=t
[t]
serial=./serial
crypto_device=builtin
signer_cert=./tsa.pem
certs=./ca.pem
signer_key=./tsa.key
signer_digest=sha256
default_policy=1.2.3.4
digests=sha256
accuracy=secs:1
ess_cert_id_alg=sha256
CONFIG
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A time stamp authority made with openssl, as a folder."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to play the time stamp authority")
    folder = tmp_path_factory.mktemp("tsa")
    subprocess.run(["sh", "-ec", TSA], cwd=folder, check=True)
    return folder


def reply(authority: Path, query: bytes) -> bytes:
    (authority / "query").write_bytes(query)
    command = [
        "openssl",
        "ts",
        "-reply",
        "-config",
        "tsa.cnf",
        "-queryfile",
        "query",
        "-out",
        "reply",
        "-chain",
        "ca.pem",
    ]
    subprocess.run(command, cwd=authority, check=True, capture_output=True)
    return (authority / "reply").read_bytes()


def test_a_head_is_stamped_over_http_and_the_stamp_verifies_with_openssl(site: Chain, authority: Path) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = reply(authority, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        anchor = anchor_head(site, time=NOW, stamper=stamper(url, authority / "ca.pem"))
        server.shutdown()
    assert (anchor.stamped, anchor.failures) == (True, ())
    folder = site.directory / ANCHORS_NAME
    head, kept = folder / "2026-11-03T020000Z.head.json", folder / "2026-11-03T020000Z.tsr"
    roots = x509.load_pem_x509_certificates((authority / "ca.pem").read_bytes())
    assert check_stamp(head.read_bytes(), kept.read_bytes(), roots).endswith("Z")
    command = ["openssl", "ts", "-verify", "-data", str(head), "-in", str(kept), "-CAfile", str(authority / "ca.pem")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    with pytest.raises(EvidenceRefused, match="not over this head"):
        check_stamp(head.read_bytes() + b" ", kept.read_bytes(), roots)
    assert json.loads(head.read_bytes())["document"]["body"]["sequence"] == anchor.head.sequence


def test_an_authority_that_does_not_answer_is_a_failure_of_the_anchor_and_no_more(site: Chain, authority: Path) -> None:
    anchor = anchor_head(site, time=NOW, stamper=stamper("http://127.0.0.1:9/", authority / "ca.pem", timeout=1))
    assert anchor.failures == ("TIME_STAMP_UNREACHABLE",)
    assert verify(site.directory, [SITE.public]).valid
