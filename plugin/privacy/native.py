"""The native step: Orthanc's own anonymization of one instance, told everything that it can do.

Of the deny-list it is told what the bytes of the instance could hold: each tag costs Orthanc a search through the file,
whether it is there or not, 1.2 ms a slice for all of them (measured on 1.10.1). What Orthanc made of it is looked at in
the same way, and asked for again with the whole list where a tag of it turns up that was not asked for.

Only ``POST /instances/{id}/anonymize`` is used: it stores nothing and makes no job. The job behind
``/series/{id}/anonymize`` would keep original and pseudonym side by side in Orthanc's index (measured on 1.10.1).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import Protocol, TypeVar

from pydicom.datadict import tag_for_keyword

from model.errors import RequestRefused
from model.gate.profile import Option
from plugin.privacy.arriving import Stream
from plugin.privacy.denylist import deny_list
from plugin.privacy.possible import possible

# Editions of PS3.15 that Orthanc knows as profiles, newest first; 1.10.1 knows 2021b and answers 400 to 2023b.
DICOM_VERSIONS = ("2023b", "2021b")

# Orthanc's release notes; measured: 1.10.1 does not know it, 1.12.7 and 1.13.0 do.
FIRST_WITH_2023B = (1, 12, 1)

_CHARACTERISTICS = ("PatientSex", "PatientAge", "PatientSize", "PatientWeight")


Answer = TypeVar("Answer")


class Native(Protocol):
    """What is asked of Orthanc; called from several threads. Raises TargetFailed, RequestRefused for a status 4xx."""

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        """``POST /instances/{id}/anonymize``: the file that comes back."""

    def instance_file(self, instance_id: str) -> bytes:
        """``GET /instances/{id}/file``: the original."""

    def open_anonymized(self, instance_id: str, request: Mapping[str, object]) -> AbstractContextManager[Stream]:
        """Answer as ``anonymize_instance``, as it comes."""

    def open_instance(self, instance_id: str) -> AbstractContextManager[Stream]:
        """Answer as ``instance_file``, as it comes."""

    def release(self) -> tuple[int, ...]:
        """Return the version of Orthanc, as (1, 12, 7); empty when it has no numbers (mainline)."""


class NativeStep:
    """Anonymizes instance after instance with the newest profile that this Orthanc knows."""

    def __init__(self, orthanc: Native, options: frozenset[Option]) -> None:
        self._orthanc = orthanc
        self._options = options
        self._version: str | None = None
        self._lock = threading.Lock()
        # What turned up unasked for once: asked for from then on.
        self._unasked: frozenset[int] = frozenset()

    @property
    def version(self) -> str | None:
        """The profile in use, once known."""
        return self._version

    def run(
        self, instance_id: str, replace: Mapping[str, str], original: bytes | None = None, pixel_bytes: int = 0
    ) -> bytes:
        """Return the anonymized file of one instance; ``replace`` gives our own identifiers by keyword.

        ``original`` is its file, with so many bytes of pixels; without it the whole deny-list is asked for.
        """

        def asked(listed: frozenset[int] | None) -> bytes:
            return self._answer(
                lambda version: self._orthanc.anonymize_instance(
                    instance_id, request(replace, version, self._options, listed)
                )
            )

        could = None if original is None else possible(original, pixel_bytes)
        if could is None:
            return asked(None)
        could |= self._unasked
        answer = asked(could)
        left = possible(answer, pixel_bytes)
        if left is not None and left <= could | _spared(replace, self._options):
            return answer
        # Two values side by side that look like a tag; or Orthanc read the file otherwise, or has another one now.
        if left is not None:
            self._unasked |= left
        return asked(None)

    @contextmanager
    def opened(self, instance_id: str, replace: Mapping[str, str]) -> Iterator[Stream]:
        """Give the anonymized file as it comes; otherwise as ``run``."""
        with ExitStack() as stack:
            yield self._answer(
                lambda version: stack.enter_context(
                    self._orthanc.open_anonymized(instance_id, request(replace, version, self._options))
                )
            )

    def _answer(self, ask: Callable[[str], Answer]) -> Answer:
        if self._version is None:
            # The first instance finds out which profile works; the others wait for it.
            with self._lock:
                if self._version is None:
                    return self._find_out(ask)
        return ask(self._version)

    def _find_out(self, ask: Callable[[str], Answer]) -> Answer:
        # Asking for an edition that it does not know writes an error into Orthanc's log, once per job.
        release = self._orthanc.release()
        if release and release < FIRST_WITH_2023B:
            self._version = DICOM_VERSIONS[-1]
            return ask(self._version)
        for version in DICOM_VERSIONS[:-1]:
            try:
                answer = ask(version)
            except RequestRefused as error:
                if error.status != 400:
                    raise
                continue
            self._version = version
            return answer
        self._version = DICOM_VERSIONS[-1]
        return ask(self._version)


def request(
    replace: Mapping[str, str], version: str, options: frozenset[Option], listed: frozenset[int] | None = None
) -> dict[str, object]:
    """Return the body for ``/instances/{id}/anonymize``: remove the deny-list, put our identifiers.

    ``listed`` are the tags of the deny-list that are asked for; None is the whole list.

    Every attribute is named by its number: for a name, Orthanc goes through the dictionary of DICOM from its beginning,
    0.6 ms a slice for six of them (measured on 1.10.1).
    """
    spared = _spared(replace, options)
    kept = _CHARACTERISTICS if Option.PATIENT_CHARACTERISTICS in options else ()
    return {
        "DicomVersion": version,
        "KeepPrivateTags": False,
        "Remove": [_numbered(tag) for tag in sorted(listed - spared)] if listed is not None else list(_removed(spared)),
        "Replace": {_numbered(_tag(keyword)): value for keyword, value in replace.items()},
        "Keep": [_numbered(_tag(keyword)) for keyword in kept],
        "Force": True,
    }


def _spared(replace: Mapping[str, str], options: frozenset[Option]) -> frozenset[int]:
    """Return the tags that are not removed, but replaced or kept."""
    kept = _CHARACTERISTICS if Option.PATIENT_CHARACTERISTICS in options else ()
    return frozenset(map(_tag, (*replace, *kept)))


@cache
def _removed(spared: frozenset[int]) -> tuple[str, ...]:
    """Return the deny-list as Orthanc writes tags, without those that are replaced or kept."""
    return tuple(_numbered(tag) for tag in deny_list() if tag not in spared)


@cache
def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    assert tag is not None, "what is replaced or kept is an attribute of the standard"
    return tag


@cache
def _numbered(tag: int) -> str:
    """Return a tag as Orthanc writes it."""
    return f"{tag >> 16:04x}-{tag & 0xFFFF:04x}"
