"""Bytes of every kind sent as an instance or as a multipart body: taken only if they are the announced file.

FUZZ_SECONDS is for how long; ``make fuzz`` asks for minutes.
"""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from model.evidence.signing import SigningKey
from model.service.wire import announce
from plugin.privacy.clean import CleanSeries
from tests.builders.orthanc_process import until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned
from tests.unit.model.service.test_any_request_is_answered import app_in

SECONDS = float(os.environ.get("FUZZ_SECONDS", "10"))
SERIES = cleaned(files_of(phantom_series(Phantom(slices=3, size=16))))
FILE = SERIES.files[0]
KNOWN = {200, 400, 408, 409, 410, 413, 415, 422}


class Sender:
    """Opens a transfer for each attempt, so that one refusal does not hide the next."""

    def __init__(self, folder: Path) -> None:
        app, token = app_in(folder)
        self.http = TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=True)
        self.spool = folder / "spool"
        self.key = SigningKey.new()

    def open(self, series: CleanSeries) -> str:
        transfer = os.urandom(16).hex()
        answer = self.http.post("/v1/transfers", json=announce(transfer, "hu-ct", series.manifest, self.key))
        assert answer.status_code == 201, answer.text
        return transfer

    def close(self, transfer: str) -> None:
        """Delete it; a service that cannot just now (503) is asked again, as any client does."""

        def deleted() -> bool:
            answer = self.http.delete(f"/v1/transfers/{transfer}")
            assert answer.status_code in (200, 503), answer.text
            return bool(answer.status_code == 200)

        until(deleted, "the transfer is deleted")
        assert [path for path in self.spool.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Sender:
    return Sender(tmp_path_factory.mktemp("fuzz"))


def changed(data: bytes) -> st.SearchStrategy[bytes]:
    """The announced file with some of it overwritten, cut, doubled or swapped."""
    place = st.integers(0, len(data))
    return st.one_of(
        st.tuples(place, st.binary(max_size=8)).map(lambda cut: data[: cut[0]] + cut[1] + data[cut[0] + len(cut[1]) :]),
        st.tuples(place, st.binary(max_size=8)).map(lambda cut: data[: cut[0]] + cut[1] + data[cut[0] :]),
        st.tuples(place, place).map(lambda cut: data[: cut[0]] + data[cut[1] :]),
        st.binary(max_size=2000),
        st.just(data),
    )


def multipart() -> st.SearchStrategy[bytes]:
    """Bodies of parts, right and broken."""
    head = st.sampled_from([b"Content-Type: application/dicom", b"X: y", b"Content-Type: text/plain", b"", b":", b"\0"])
    part = st.tuples(head, changed(FILE.data)).map(lambda two: b"--b\r\n" + two[0] + b"\r\n\r\n" + two[1] + b"\r\n")
    end = st.sampled_from([b"--b--\r\n", b"--b--", b"--b", b""])
    return st.tuples(st.lists(part, max_size=4), end, st.binary(max_size=10)).map(
        lambda three: b"".join(three[0]) + three[1] + three[2]
    )


def for_a_while(test: Any) -> None:
    ends = time.monotonic() + SECONDS / 3
    while True:
        test()
        if time.monotonic() > ends:
            return


quick = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def test_one_instance(sender: Sender) -> None:
    @quick
    @given(data=changed(FILE.data))
    def holds(data: bytes) -> None:
        transfer = sender.open(SERIES)
        path = f"/v1/transfers/{transfer}/instances/{FILE.sop_instance_uid}"
        answer = sender.http.put(path, content=data, headers={"Content-Type": "application/dicom"})
        assert answer.status_code in KNOWN
        assert (answer.status_code == 200) == (data == FILE.data)
        sender.close(transfer)

    for_a_while(holds)


def test_one_compressed_instance(sender: Sender) -> None:
    whole = gzip.compress(FILE.data, 1)

    @quick
    @given(data=st.one_of(changed(whole), changed(FILE.data).map(lambda one: gzip.compress(one, 1))))
    def holds(data: bytes) -> None:
        transfer = sender.open(SERIES)
        path = f"/v1/transfers/{transfer}/instances/{FILE.sop_instance_uid}"
        headers = {"Content-Type": "application/dicom", "Content-Encoding": "gzip"}
        answer = sender.http.put(path, content=data, headers=headers)
        assert answer.status_code in KNOWN
        if answer.status_code == 200:
            assert gzip.decompress(data) == FILE.data
        sender.close(transfer)

    for_a_while(holds)


def test_many_instances_in_one_body(sender: Sender) -> None:
    @quick
    @given(body=multipart())
    def holds(body: bytes) -> None:
        transfer = sender.open(SERIES)
        headers = {"Content-Type": "multipart/related; boundary=b"}
        answer = sender.http.post(f"/v1/transfers/{transfer}/instances", content=body, headers=headers)
        assert answer.status_code in KNOWN
        assert answer.status_code != 200 or answer.json()["Received"] <= 1
        sender.close(transfer)

    for_a_while(holds)
