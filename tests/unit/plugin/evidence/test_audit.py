"""Every record becomes a DICOM audit message that a syslog receiver takes: in order, none lost, no patient in it."""

from __future__ import annotations

import base64
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

from model.evidence.chain import Chain
from model.evidence.code import new_code, printed
from model.evidence.event import FACTS, SHAPES, Event, Kind
from model.evidence.record import START, make_record
from model.evidence.signing import SigningKey
from plugin.evidence.audit.feed import AuditFeed
from plugin.evidence.audit.message import TRANSLATIONS, audit_message
from plugin.evidence.audit.syslog import Sender, UdpSender, open_sender, syslog_message
from plugin.settings.evidence import AuditRepository
from tests.builders.audit_schema import problems_of
from tests.builders.certificates import make_certificates
from tests.builders.evidence import Clock, open_chain, record_job

KEY = SigningKey.new()


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", KEY)


@dataclass
class Kept:
    """A sender that keeps what it is given, and fails after a while."""

    messages: list[bytes]
    fails_after: int | None = None

    def send(self, message: bytes) -> None:
        if self.fails_after is not None and len(self.messages) >= self.fails_after:
            raise ConnectionResetError
        self.messages.append(message)

    def close(self) -> None:
        self.messages.append(b"closed")


def feed(chain: Chain, sender: Sender, state: Path) -> AuditFeed:
    return AuditFeed(chain.directory, state, sender, "gateway-1", "host-1")


def sequences(messages: list[bytes]) -> list[int]:
    return [int(detail(message, "sequence")) for message in messages]


def detail(message: bytes, name: str) -> str:
    root = ElementTree.fromstring(message[message.index(b"<AuditMessage") :])
    found = root.find(f".//ParticipantObjectDetail[@type='autocontour {name}']")
    assert found is not None
    return base64.b64decode(found.attrib["value"]).decode()


def test_every_event_has_a_translation() -> None:
    assert set(TRANSLATIONS) == set(Event)


def test_a_message_has_the_parts_of_the_standard_in_their_order(chain: Chain) -> None:
    code = record_job(chain)
    sent = next(record for record in chain.records(code) if record.event is Event.SENT)
    root = ElementTree.fromstring(audit_message(sent, "gateway-1", "host-1"))
    assert [part.tag for part in root] == [
        "EventIdentification",
        "ActiveParticipant",
        "ActiveParticipant",
        "AuditSourceIdentification",
        "ParticipantObjectIdentification",
    ]
    event = root[0]
    assert event.attrib == {
        "EventActionCode": "E",
        "EventDateTime": sent.time,
        "EventOutcomeIndicator": "0",
    }
    assert event[0].attrib == {
        "csd-code": "110102",
        "codeSystemName": "DCM",
        "originalText": "Begin Transferring DICOM Instances",
    }
    assert [(part.attrib["UserID"], part.attrib["UserIsRequestor"]) for part in root[1:3]] == [
        ("gateway-1", "true"),
        ("cloud", "false"),
    ]
    subject = root[4]
    assert subject.attrib["ParticipantObjectID"] == printed(code)
    assert [part.tag for part in subject][:2] == ["ParticipantObjectIDTypeCode", "ParticipantObjectName"]
    told = audit_message(sent, "gateway-1", "host-1").encode()
    assert detail(told, "instances") == "120"
    assert detail(told, "sha256") == sent.digest


def test_every_event_of_a_chain_is_a_message_of_the_standards_grammar(tmp_path: Path) -> None:
    """All events, each with every fact that it may hold, made without a chain: the shapes say which they are."""
    values: dict[Kind, Any] = {
        Kind.COUNT: 7,
        Kind.FLAG: True,
        Kind.DIGEST: "ab" * 32,
        Kind.KEY: "ab" * 8,
        Kind.GATEWAY: "ab" * 8,
        Kind.PUBLIC_KEY: "ab" * 32,
        Kind.ID: "ab" * 16,
        Kind.CODE: "GEOMETRY_GAP",
        Kind.VERSION: "1.0",
        Kind.LABEL: "hu-ct",
        Kind.PERIOD: "2026-11",
        Kind.COUNTS: {"VALUE_NOT_ALLOWED:PatientSex": 2, "removed": 3},
    }
    for event, shape in SHAPES.items():
        kinds = {name: FACTS[name] for name in shape.needs | shape.may}
        facts = {
            name: values[kind] if isinstance(kind, Kind) else min(kind.allowed) for name, kind in sorted(kinds.items())
        }
        job = None if shape.of_a_job is False else new_code()
        record = make_record(1, datetime(2026, 11, 3, tzinfo=UTC), event, job, facts, START, KEY)
        assert problems_of(audit_message(record, "gateway-1", "host-1")) == [], event


def test_a_message_that_is_not_of_the_grammar_is_found(chain: Chain) -> None:
    record_job(chain)
    message = audit_message(chain.records()[-1], "gateway-1", "host-1")
    for true, false in (
        ('EventOutcomeIndicator="0"', 'EventOutcomeIndicator="1"'),
        ('originalText="Evidence code"', ""),
        ("<AuditSourceIdentification", '<ActiveParticipant UserID="x"/><AuditSourceIdentification'),
        ('UserIsRequestor="true"', 'UserIsRequestor="perhaps"'),
        ('type="autocontour sequence"', ""),
    ):
        assert true in message
        assert problems_of(message.replace(true, false, 1)) != [], false


def test_a_failure_is_told_as_one(chain: Chain) -> None:
    code = record_job(chain, until=Event.RECEIVED)
    refused = chain.append(Event.SELF_CHECKED, code, {"passed": False, "findings": {"PATIENT_NAME": 1}})
    left = chain.append(Event.LOCAL_DELETED, code, {"files": 1, "left": 1, "orthanc_copies": 0, "verified": "LISTED"})
    for record in (refused, left):
        assert 'EventOutcomeIndicator="8"' in audit_message(record, "gateway-1", "host-1")


def test_the_syslog_frame_is_that_of_the_standard() -> None:
    message = syslog_message("<AuditMessage/>", "2026-11-03T08:00:00.000Z", "host-1", "gateway-1")
    pattern = rb"<85>1 2026-11-03T08:00:00\.000Z host-1 gateway-1 \d+ DICOM\+RFC3881 - \xef\xbb\xbf<AuditMessage/>"
    assert re.fullmatch(pattern, message)


def test_the_feed_tells_every_record_once_and_goes_on_after_a_restart(chain: Chain, tmp_path: Path) -> None:
    kept = Kept([])
    record_job(chain)
    assert feed(chain, kept, tmp_path / "position").pump() == len(chain.records())
    record_job(chain)
    again = feed(chain, kept, tmp_path / "position")
    again.pump()
    assert again.pump() == 0
    assert sequences(kept.messages) == [record.sequence for record in chain.records()]


def test_the_feed_goes_over_the_turn_of_a_month(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    kept = Kept([])
    with open_chain(tmp_path / "chain", KEY, clock) as chain:
        record_job(chain)
        follower = feed(chain, kept, tmp_path / "position")
        follower.pump(most=5)
        clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        record_job(chain)
        follower.pump()
        assert sequences(kept.messages) == [record.sequence for record in chain.records()]


def test_an_outage_of_the_repository_loses_nothing(chain: Chain, tmp_path: Path) -> None:
    record_job(chain)
    kept = Kept([], fails_after=4)
    follower = feed(chain, kept, tmp_path / "position")
    with pytest.raises(ConnectionResetError):
        follower.pump()
    kept.fails_after = None
    feed(chain, kept, tmp_path / "position").pump()
    assert sequences(kept.messages) == [record.sequence for record in chain.records()]


@pytest.mark.parametrize("longer", [False, True], ids=["the new one is shorter", "the new one is longer"])
def test_of_a_chain_that_was_begun_anew_the_repository_is_told_everything(tmp_path: Path, longer: bool) -> None:
    kept = Kept([])
    with open_chain(tmp_path / "chain", KEY) as chain:
        record_job(chain)
        feed(chain, kept, tmp_path / "position").pump()
    (tmp_path / "chain").rename(tmp_path / "aside")
    kept.messages.clear()
    with open_chain(tmp_path / "chain", KEY) as chain:
        for _ in range(2 if longer else 0):
            record_job(chain)
        record_job(chain, until=Event.MATCHED)
        feed(chain, kept, tmp_path / "position").pump()
        assert sequences(kept.messages) == [record.sequence for record in chain.records()]


def test_udp_carries_one_message_a_datagram(chain: Chain, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sender = UdpSender("127.0.0.1", receiver.getsockname()[1])
        record_job(chain, until=Event.MATCHED)
        feed(chain, sender, tmp_path / "position").pump()
        assert sequences([receiver.recv(65_535) for _ in range(3)]) == [1, 2, 3]
        sender.close()


def test_tls_refuses_a_repository_of_another_authority(chain: Chain, tmp_path: Path) -> None:
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
        make_certificates(tmp_path / name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "theirs" / "server.pem", tmp_path / "theirs" / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with pytest.raises(OSError, match="alert"):
                context.wrap_socket(connection, server_side=True)
            connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        repository = AuditRepository(
            Host="localhost", Port=server.getsockname()[1], CaFile=str(tmp_path / "ours" / "ca.pem")
        )
        with pytest.raises(ssl.SSLCertVerificationError):
            feed(chain, open_sender(repository), tmp_path / "position").pump()
        thread.join(60)


RSYSLOG = """
global(workDirectory="{folder}" maxMessageSize="64k"
  DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="{folder}/ca.pem"
  DefaultNetstreamDriverCertFile="{folder}/server.pem" DefaultNetstreamDriverKeyFile="{folder}/server.key")
module(load="imudp")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="whole" type="string" string="%pri% %timestamp:::date-rfc3339% %app-name% %msgid% %msg%\\n")
ruleset(name="keep") {{ action(type="omfile" file="{folder}/received" template="whole") }}
input(type="imudp" address="127.0.0.1" port="{udp}" ruleset="keep")
input(type="imtcp" address="127.0.0.1" port="{tls}" ruleset="keep")
"""


@dataclass
class Rsyslog:
    """A running rsyslogd, the receiver that hospitals have."""

    folder: Path
    udp: int
    tls: int

    def received(self, count: int) -> list[str]:
        path = self.folder / "received"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.05)
        raise AssertionError(f"rsyslog received {len(lines)} of {count} messages")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def rsyslog(tmp_path: Path) -> Iterator[Rsyslog]:
    daemon = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
    if not Path(daemon).exists() or not list(Path("/usr/lib").glob("*/rsyslog/lmnsd_ossl.so")):
        pytest.skip("needs a syslog receiver: Debian's rsyslog and rsyslog-openssl")
    folder = tmp_path / "rsyslog"
    folder.mkdir()
    make_certificates(folder)
    server = Rsyslog(folder, free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM))
    (folder / "rsyslog.conf").write_text(RSYSLOG.format(folder=folder, udp=server.udp, tls=server.tls))
    command = [daemon, "-n", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "pid")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", server.tls), 1).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield server
        process.terminate()


@pytest.mark.parametrize("protocol", ["tls", "udp"])
def test_a_real_syslog_receiver_takes_every_message_whole(
    chain: Chain, tmp_path: Path, rsyslog: Rsyslog, protocol: str
) -> None:
    record_job(chain)
    repository = AuditRepository.model_validate(
        {
            "Host": "127.0.0.1",
            "Port": rsyslog.tls if protocol == "tls" else rsyslog.udp,
            "Protocol": protocol,
            "CaFile": str(rsyslog.folder / "ca.pem"),
        }
    )
    sender = open_sender(repository)
    feed(chain, sender, tmp_path / "position").pump()
    sender.close()
    lines = rsyslog.received(len(chain.records()))
    assert all(line.startswith("85 2026-11-03T") and " gateway-1 DICOM+RFC3881 " in line for line in lines)
    assert sequences([line.encode() for line in lines]) == [record.sequence for record in chain.records()]


def test_a_receiver_that_was_restarted_gets_what_follows(chain: Chain, tmp_path: Path, rsyslog: Rsyslog) -> None:
    repository = AuditRepository(Host="localhost", Port=rsyslog.tls, CaFile=str(rsyslog.folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rsyslog.folder / "server.pem", rsyslog.folder / "server.key")
    port = free_port(socket.SOCK_STREAM)
    record_job(chain)
    sender = open_sender(repository.model_copy(update={"Port": port}))
    follower = feed(chain, sender, tmp_path / "position")
    with pytest.raises(ConnectionRefusedError):
        follower.pump()
    got: list[bytes] = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port), reuse_port=True) as server:

            def serve(server: socket.socket = server) -> None:
                connection, _ = server.accept()
                with context.wrap_socket(connection, server_side=True) as secure:
                    got.append(secure.recv(65_535))

            thread = threading.Thread(target=serve)
            thread.start()
            follower.pump(most=1)
            thread.join(60)
    sender.close()
    assert [int(message.split(b" ", 1)[0]) for message in got] == [len(message.split(b" ", 1)[1]) for message in got]
    assert sequences(got) == [1, 2]


@pytest.mark.parametrize("host", ["audit.hospital", "audit.hospital.", "10.0.0.7", "::1", "fd00::7", "localhost"])
def test_a_repository_is_named_by_name_or_address(host: str) -> None:
    assert AuditRepository(Host=host).Host == host


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".b", "http://audit", "audit:6514", "[::1]", "a b", "audit\n", ""])
def test_a_host_that_no_resolver_takes_is_refused_at_the_start(host: str) -> None:
    with pytest.raises(ValidationError):
        AuditRepository(Host=host)
