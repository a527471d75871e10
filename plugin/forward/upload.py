"""Sends the instances of a transfer: in few large bodies over a fast connection, one by one and compressed else."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model.errors import AutocontourError
from model.gate.manifest import ManifestFile
from plugin.forward.http import PARALLEL, ServiceClient
from plugin.forward.retry import Retry

# One request costs what half a megabyte costs; a body that breaks off is sent again but for what had arrived.
BATCH_BYTES = 6_000_000
BATCH_FILES = 100


class Upload:
    """One upload; ``missing`` asks the service what it has not, ``sent`` is told how many are there."""

    def __init__(
        self,
        client: ServiceClient,
        retry: Retry,
        path: str,
        images: Path,
        missing: Callable[[], set[str]],
        sent: Callable[[int], None],
    ) -> None:
        self._client = client
        self._retry = retry
        self._path = path
        self._images = images
        self._missing = missing
        self._sent = sent
        self._lock = threading.Lock()
        self._failed = threading.Event()
        self._done = 0

    def send(self, files: Sequence[ManifestFile]) -> None:
        """Send them all, several requests at once; raises what the first failure raised."""
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="send") as pool:
            for one in [pool.submit(self._batch, batch) for batch in batches(files)]:
                one.result()

    def _batch(self, files: Sequence[ManifestFile]) -> None:
        if self._failed.is_set():
            return
        try:
            if self._client.rate.slow or len(files) == 1:
                for file in files:
                    self._one(file)
            else:
                self._many(files)
        except BaseException:
            self._failed.set()
            raise

    def _one(self, file: ManifestFile) -> None:
        data = (self._images / file.name).read_bytes()
        path = f"{self._path}/instances/{file.sop_instance_uid}"
        self._retry.run(lambda: self._client.put(path, data))
        self._count(1)

    def _many(self, files: Sequence[ManifestFile]) -> None:
        left, most = list(files), len(files)

        def step() -> list[ManifestFile]:
            nonlocal most
            part = left[:most]
            try:
                return self._post(part) + left[len(part) :]
            except AutocontourError:
                # A connection that carries nothing of a long body may carry a shorter one.
                most = max(1, len(part) // 2)
                raise

        while left:
            left = self._retry.run(step)
        self._count(len(files))

    def _post(self, files: Sequence[ManifestFile]) -> list[ManifestFile]:
        """Send one body; returns what is left. A connection that drops but makes progress is not an error."""
        try:
            contents = ((self._images / file.name).read_bytes() for file in files)
            self._client.post_many(f"{self._path}/instances", *multipart(contents))
        except AutocontourError as error:
            if not error.retry:
                raise
            missing = self._missing()
            left = [file for file in files if file.sop_instance_uid in missing]
            if len(left) == len(files):
                raise
            return left
        return []

    def _count(self, files: int) -> None:
        with self._lock:
            self._done += files
            self._sent(self._done)


def batches(files: Iterable[ManifestFile]) -> list[list[ManifestFile]]:
    """Cut files, in order, into bodies of a few megabytes; what is larger goes alone."""
    made: list[list[ManifestFile]] = []
    size = BATCH_BYTES
    for file in files:
        size += file.size
        if not made or size > BATCH_BYTES or len(made[-1]) == BATCH_FILES:
            made.append([])
            size = file.size
        made[-1].append(file)
    return made


def multipart(contents: Iterable[bytes]) -> tuple[str, bytes]:
    """Make Content-Type and body of many instances (PS3.18 section 8.6.1): parts without a name, one type."""
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    parts: list[bytes] = []
    for content in contents:
        parts += (head, content, b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return f'multipart/related; type="application/dicom"; boundary={boundary}', b"".join(parts)
