"""Orthanc's REST API as the gateway uses it; every failure becomes a TargetFailed without an address in it."""

from __future__ import annotations

import copy
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from orthanc_api_client import exceptions
from urllib3.exceptions import HTTPError

from model.errors import RequestRefused, TargetFailed
from plugin.pacs.http import AnsweredByAnother, NoTrust, OrthancConnection
from plugin.pacs.shared_json import read_shared
from plugin.pacs.straight import StraightConnections
from plugin.pacs.tls import OrthancTrust
from plugin.privacy.arriving import up_to_pixels

CONNECT_SECONDS = 5
READ_SECONDS = 120
# While the body of an answer is read, as when Orthanc is killed.
BROKEN_OFF = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
POOL = 16
LITTLE_BYTES = 1 << 20
# What Orthanc says to everything, and not of one series.
OF_ORTHANC = frozenset({"ORTHANC_UNREACHABLE", "ORTHANC_CERTIFICATE", "ORTHANC_DENIED", "ORTHANC_PROXY"})


class SeriesGone(TargetFailed):
    """The series, study or instance is no longer in Orthanc."""


class OrthancFailed(TargetFailed):
    """Orthanc answered with a status from 500 on; its own error code, and what its details are about."""

    def __init__(self, status: int | None, described: Mapping[str, Any]) -> None:
        message = f"Orthanc answered with HTTP status {status}; its log says why."
        super().__init__("ORTHANC_ERROR", message, retry=True)
        code, details = described.get("OrthancStatus"), str(described.get("Details", ""))
        self.orthanc_status = code if isinstance(code, int) else None
        # The details name paths and addresses, so that only what is asked of them is kept.
        self.file_system = "accessing the filesystem" in details
        found = re.search(r"DIMSE status (0x[0-9A-Fa-f]{4})\b", details)
        self.dimse_status = found[1] if found else None
        # Where the object certainly did not arrive: no connection, or none that takes such objects.
        self.not_connected = "connecting to AET" in details or "connect to server" in details
        self.no_context = bool(re.search(r"presentation context|Cannot transcode", details + message_of(described)))
        self.unsupported = bool(re.search(r"not supported by the remote|No acceptable", message_of(described)))


def message_of(described: Mapping[str, Any]) -> str:
    """Return the sentence of Orthanc's own code."""
    return str(described.get("Message", ""))


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A slice as Orthanc keeps it; ``uuid`` names the file on its disk, and is another one after each overwriting."""

    instance: str
    sop_instance_uid: str
    uuid: str


class AnswerStream:
    """An answer of Orthanc as it comes; what goes wrong on the way is a TargetFailed."""

    def __init__(self, response: requests.Response, call: Callable[[Callable[[], Any]], Any]) -> None:
        self._response = response
        self._call = call

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; none at the end."""
        return bytes(self._call(lambda: self._read(size)))

    def _read(self, size: int) -> bytes:
        try:
            return bytes(self._response.raw.read(size, decode_content=True))
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError from error


class Orthanc:
    """A connection to one Orthanc; used by several threads at once."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        user: str | None = None,
        password: str | None = None,
        trust: OrthancTrust | None = None,
    ) -> None:
        # Orthanc compresses answers by default, which costs 17 s for 300 slices that take 0.5 s plain (measured).
        headers = {"Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = token
        self._http = OrthancConnection(
            url, user=user, password=password, headers=headers, trust=trust or OrthancTrust(), connections=POOL
        )
        self._straight = StraightConnections(url, headers, user, password, POOL)
        self._deadline = math.inf

    def until(self, deadline: float) -> Orthanc:
        """Return this connection for work that has to end by a time (seconds, as ``time.monotonic``).

        Its requests raise TargetFailed with STAGE_TIMEOUT after it.
        """
        limited = copy.copy(self)
        limited._deadline = deadline
        return limited

    @property
    def _options(self) -> dict[str, Any]:
        return {"timeout": (CONNECT_SECONDS, self._seconds)}

    @property
    def _seconds(self) -> float:
        """How long an answer may take now."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _late()
        return min(READ_SECONDS, left)

    def system(self) -> dict[str, Any]:
        """GET /system."""
        return dict(self._get("system"))

    def now(self) -> float:
        """GET /tools/now: what time it is by Orthanc's clock (seconds since the epoch)."""
        return seconds_of(self._call(lambda: self._http.get("tools/now", **self._options).text).strip())

    def release(self) -> tuple[int, ...]:
        """Return the version of Orthanc, as (1, 12, 7); empty when it has no numbers (mainline)."""
        text = str(self.system().get("Version", ""))
        return tuple(map(int, text.split("."))) if re.fullmatch(r"\d+(\.\d+)*", text) else ()

    def plugins(self) -> dict[str, str]:
        """Return the version of each plugin that Orthanc has loaded, by the plugin's name."""
        # One of the names is a script of all plugins for Orthanc's own page, and no plugin.
        names = [str(name) for name in self._get("plugins") if re.fullmatch(r"(?!explorer\.js$)[\w.-]+", str(name))]
        return {name: str(self._get(f"plugins/{name}").get("Version", "")) for name in names}

    def changes(self, since: int, limit: int = 1000) -> dict[str, Any]:
        """One page of the change log after sequence number ``since``: Changes, Done, Last."""
        return dict(self._get(f"changes?since={since}&limit={limit}"))

    def last_change(self) -> int:
        """Return the newest sequence number of the change log."""
        return int(self._get("changes?last").get("Last", 0))

    def parents_of(self, instances: Sequence[str]) -> list[str]:
        """Return the series that hold these instances; instances that are gone are passed over."""
        body = {"Resources": list(instances), "Level": "Series", "Short": True, "Metadata": False}
        found = self._call(lambda: self._http.post("tools/bulk-content", json=body, **self._options).json())
        return [str(series["ID"]) for series in found]

    def series(self, series: str) -> dict[str, Any]:
        """GET /series/{id}: MainDicomTags, ParentStudy, Instances, …; raises SeriesGone."""
        return dict(self._get(f"series/{series}"))

    def series_page(self, since: int, limit: int) -> list[str]:
        """Return the ids of ``limit`` series from number ``since`` on, in the order of Orthanc's index."""
        return [str(one) for one in self._get(f"series?since={since}&limit={limit}")]

    def last_updates(self, series: Sequence[str]) -> dict[str, float]:
        """When each series got its newest slice (seconds since the epoch, by Orthanc's clock); those that are there."""
        body = {"Resources": list(series), "Level": "Series", "Short": True, "Metadata": True}
        found = self._call(lambda: self._http.post("tools/bulk-content", json=body, **self._options).json())
        return {str(one["ID"]): seconds_of(str(one["LastUpdate"])) for one in found if one.get("LastUpdate")}

    def headers_of(self, series: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what ``series`` returns for each of several; those that are there."""
        body = {"Resources": list(series), "Level": "Series", "Metadata": False}
        found = self._call(lambda: self._http.post("tools/bulk-content", json=body, **self._options).json())
        return {str(one["ID"]): dict(one) for one in found}

    def study(self, study: str) -> dict[str, Any]:
        """GET /studies/{id}."""
        return dict(self._get(f"studies/{study}"))

    def patient_id_of(self, study: str) -> str:
        """Return the PatientID of a study as Orthanc's index has it, without padding; empty when there is none."""
        return str(self.study(study).get("PatientMainDicomTags", {}).get("PatientID", "")).strip(" \0")

    def series_of_study(self, study: str) -> list[dict[str, Any]]:
        """GET /studies/{id}/series: ID and MainDicomTags of each series of the study."""
        return list(self._get(f"studies/{study}/series"))

    def series_of_patient(self, patient: str) -> list[dict[str, Any]]:
        """GET /patients/{id}/series; none of a patient that Orthanc does not have."""
        try:
            return list(self._get(f"patients/{patient}/series"))
        except SeriesGone:
            return []

    def exists(self, level: str, resource: str) -> bool:
        """Whether a resource (``series``, ``instances`` …) is there."""
        try:
            self._get(f"{level}/{resource}")
        except SeriesGone:
            return False
        return True

    def present(self, resources: Sequence[str]) -> set[str]:
        """Return which of these ids of Orthanc's (of any level) are there, in one request."""
        body = {"Resources": list(resources), "Short": True, "Metadata": False}
        if not resources:
            return set()
        found = self._call(lambda: self._http.post("tools/bulk-content", json=body, **self._options).json())
        return {str(one["ID"]) for one in found}

    def simplified_tags(self, instance: str) -> dict[str, Any]:
        """Return an instance's tags by keyword, sequences as lists."""
        return dict(self._get(f"instances/{instance}/simplified-tags"))

    def instances_tags(self, series: str) -> dict[str, dict[str, Any]]:
        """Every slice's tags in Orthanc's full form, by instance id."""
        path = f"series/{series}/instances-tags"
        return _object(self._call(lambda: read_shared(at_once(self._http.get(path, stream=True, **self._options)))))

    def files_of_series(self, series: str) -> list[StoredFile]:
        """Return the file of each slice of a series, in one request."""
        return [
            StoredFile(str(one["ID"]), str(one["MainDicomTags"]["SOPInstanceUID"]), str(one["FileUuid"]))
            for one in self._get(f"series/{series}/instances")
        ]

    def file_digest(self, instance: str) -> tuple[str, str]:
        """Return the uuid of an instance's file and the MD5 of what was received, empty where Orthanc keeps none."""
        said = self._get(f"instances/{instance}/attachments/dicom/info")
        return str(said["Uuid"]), str(said.get("UncompressedMD5", ""))

    def receptions(self, series: str) -> tuple[float, float]:
        """When the oldest and the newest file of a series were stored, in whole seconds since the epoch.

        By Orthanc's clock; 0 where it is unknown.
        """
        body = {"Resources": [series], "Level": "Instance", "Short": True, "Metadata": True}
        found = self._call(lambda: self._http.post("tools/bulk-content", json=body, **self._options).json())
        dates = [str(one.get("Metadata", {}).get("ReceptionDate", "")) for one in found]
        stored = [seconds_of(date) if date else 0.0 for date in dates]
        return min(stored, default=0.0), max(stored, default=0.0)

    def series_metadata(self, series: str) -> dict[str, Any]:
        """Return the metadata of one series by name; user-defined ones without a name by their number."""
        return dict(self._get(f"series/{series}/metadata?expand"))

    def instance_metadata(self, instance: str) -> dict[str, Any]:
        """Return the metadata of one instance by name: RemoteAET, CalledAET, Origin, ReceptionDate and more."""
        return dict(self._get(f"instances/{instance}/metadata?expand"))

    def anonymize_instance(self, instance: str, request: Mapping[str, Any]) -> bytes:
        """POST /instances/{id}/anonymize: the answer is the file; nothing is stored and no job is made."""
        path, body = f"instances/{instance}/anonymize", dict(request)
        found = self._straight.post(path, json.dumps(body).encode(), self._seconds)
        return self._file(lambda: self._http.post(path, json=body, stream=True, **self._options), found)

    def instance_file(self, instance: str) -> bytes:
        """GET /instances/{id}/file: the DICOM file as received."""
        path = f"instances/{instance}/file"
        found = self._straight.get(path, self._seconds)
        return self._file(lambda: self._http.get(path, stream=True, **self._options), found)

    def open_anonymized(self, instance: str, request: Mapping[str, Any]) -> AbstractContextManager[AnswerStream]:
        """Answer as ``anonymize_instance``, piece by piece: an enhanced object may be as large as a series."""
        path, body = f"instances/{instance}/anonymize", dict(request)
        return self._opened(lambda: self._http.post(path, json=body, stream=True, **self._options))

    def open_instance(self, instance: str) -> AbstractContextManager[AnswerStream]:
        """Answer as ``instance_file``, piece by piece."""
        return self._opened(lambda: self._http.get(f"instances/{instance}/file", stream=True, **self._options))

    def instance_header(self, instance: str) -> bytes:
        """Return the file up to its pixels where they can be told, whole where they cannot."""
        with self.open_instance(instance) as stream:
            header = up_to_pixels(stream)
            stream.read(LITTLE_BYTES)  # what is read to its end leaves the connection to the next request
            return header

    def store(self, file: bytes) -> dict[str, Any]:
        """POST /instances: stores one DICOM file; the answer has ID, ParentStudy, ParentSeries, Status."""
        return _object(self._call(lambda: self._http.post("instances", data=file, **self._options).json()))

    def store_straight(self, modality: str, file: bytes) -> dict[str, Any]:
        """POST /modalities/{id}/store-straight: C-STORE of a file that Orthanc does not keep.

        The answer has SOPClassUID and SOPInstanceUID of what the node took.
        """
        return self.send_straight(f"modalities/{modality}", file)

    def send_straight(self, where: str, file: bytes, *, seconds: float | None = None) -> dict[str, Any]:
        """Store a file that Orthanc does not keep at a modality or a peer: ``where`` is the path of one of them."""
        limit = (CONNECT_SECONDS, seconds or self._seconds)
        path = f"{where}/store-straight"
        return _object(self._call(lambda: self._http.post(path, data=file, timeout=limit).json()))

    def ask(self, path: str, body: Mapping[str, Any] | None = None, *, seconds: float | None = None) -> Any:
        """Return what a GET answers, or a POST where there is a body; ``seconds`` where others are waited for."""
        limit = (CONNECT_SECONDS, seconds or self._seconds)
        if body is None:
            return self._call(lambda: self._http.get(path, timeout=limit).json())
        return self._call(lambda: self._http.post(path, json=dict(body), timeout=limit).json())

    def forget(self, path: str) -> None:
        """DELETE what was made by a question, such as a query; one that is gone is no error."""
        try:
            self._call(lambda: self._http.delete(path, **self._options))
        except SeriesGone:
            return

    def find_instances(self, query: Mapping[str, str]) -> list[str]:
        """POST /tools/find: the instances whose tags are exactly these."""
        body = {"Level": "Instance", "Query": dict(query), "CaseSensitive": True}
        return [
            str(one) for one in self._call(lambda: self._http.post("tools/find", json=body, **self._options).json())
        ]

    def has_labels(self) -> bool:
        """Whether studies can be labelled: Orthanc 1.12 and newer says so, by its database."""
        return self.system().get("HasLabels") is True

    def labels(self, study: str) -> frozenset[str]:
        """GET /studies/{id}/labels; raises SeriesGone."""
        return frozenset(str(one) for one in self._get(f"studies/{study}/labels"))

    def add_label(self, study: str, label: str) -> None:
        """PUT /studies/{id}/labels/{label}; one that is there already stays; raises SeriesGone."""
        self._call(lambda: self._http.put(f"studies/{study}/labels/{label}", **self._options))

    def remove_label(self, study: str, label: str) -> None:
        """DELETE /studies/{id}/labels/{label}; one that is not there is no error; raises SeriesGone."""
        self._call(lambda: self._http.delete(f"studies/{study}/labels/{label}", **self._options))

    def delete_instance(self, instance: str) -> None:
        """DELETE /instances/{id}; one that is already gone is no error."""
        try:
            self._call(lambda: self._http.delete(f"instances/{instance}", **self._options))
        except SeriesGone:
            return

    def _get(self, path: str) -> Any:
        return self._call(lambda: self._http.get(path, **self._options).json())

    def _file(self, request: Callable[[], requests.Response], found: bytes | None) -> bytes:
        """Return what was found straight away, or what the request gives."""
        return found if found is not None else bytes(self._call(lambda: at_once(request())))

    @contextmanager
    def _opened(self, request: Callable[[], requests.Response]) -> Iterator[AnswerStream]:
        response: requests.Response = self._call(request)
        try:
            yield AnswerStream(response, self._call)
        finally:
            response.close()

    def _call(self, request: Callable[[], Any]) -> Any:
        try:
            return self._answer_to(request)
        except TargetFailed as error:
            if error.retry and time.monotonic() >= self._deadline:
                raise _late() from None  # it was given less time than a request has
            raise

    @staticmethod
    def _answer_to(request: Callable[[], Any]) -> Any:
        # The client's own messages name addresses and answers; "from None" keeps them out of every log.
        try:
            return request()
        except NoTrust as error:
            raise TargetFailed("ORTHANC_CERTIFICATE", error.sentence, retry=True) from None
        except AnsweredByAnother as error:
            raise TargetFailed(
                "ORTHANC_PROXY",
                "Something between the gateway and Orthanc (a proxy, a load balancer) answered in its place, with HTTP "
                f"status {error.http_status_code}; look there whether Orthanc is up and may be reached.",
                retry=True,
            ) from None
        except exceptions.ResourceNotFound:
            raise SeriesGone("SERIES_GONE", "The series is no longer in Orthanc; nothing is left to contour.") from None
        except (exceptions.ConnectionError, exceptions.TimeoutError, *BROKEN_OFF):
            raise TargetFailed(
                "ORTHANC_UNREACHABLE", "Orthanc does not answer; it may be restarting.", retry=True
            ) from None
        except exceptions.HttpError as error:
            status = error.http_status_code
            if status in (401, 403):
                raise TargetFailed("ORTHANC_DENIED", "Orthanc did not accept the gateway's credentials.") from None
            if status == 507:
                raise TargetFailed("ORTHANC_FULL", "Orthanc's disk is full; free space and retry the job.") from None
            if status is not None and 400 <= status < 500:
                raise RequestRefused(status) from None
            raise OrthancFailed(status, _described(error)) from None
        except (exceptions.OrthancApiException, requests.RequestException, ValueError):
            raise TargetFailed("ORTHANC_ERROR", "Orthanc's answer could not be understood; its log says why.") from None


def at_once(response: requests.Response) -> bytes:
    """Read the body of a streamed answer at once.

    By itself, requests reads in pieces of 10 KB, at three times the price (measured).
    """
    return b"".join(response.iter_content(None))


def _late() -> TargetFailed:
    return TargetFailed(
        "STAGE_TIMEOUT", "Orthanc did not answer in the time that a stage of the job has; its log says why."
    )


def seconds_of(date: str) -> float:
    """Orthanc's ``20261122T115500`` (UTC) in seconds since the epoch."""
    return datetime.strptime(date, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()


def _described(error: exceptions.HttpError) -> Mapping[str, Any]:
    """Orthanc's own description of a failure; empty when there is none."""
    response = error.request_response
    try:
        return _object(response.json()) if response is not None else {}
    except ValueError:
        return {}


def _object(answer: Any) -> dict[str, Any]:
    return dict(answer) if isinstance(answer, Mapping) else {}
