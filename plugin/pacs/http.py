"""The connection to Orthanc: its makers' client, over a session that obeys the configuration alone."""

from __future__ import annotations

from typing import Any

import requests
from orthanc_api_client import exceptions
from orthanc_api_client.http_client import HttpClient
from urllib3.util.retry import Retry

from model.outbound.session import http_session
from plugin.pacs.tls import UNKNOWN, OrthancTrust, sentence_of

# What proxies and load balancers say when they do not reach Orthanc; it says the same with its own description only.
BETWEEN = (407, 502, 503, 504)
# Requests that did not reach Orthanc are sent again, at once or nearly so.
RETRIES = Retry(
    connect=3, read=3, redirect=0, status=3, other=0, allowed_methods=None, status_forcelist=(502, 503),
    backoff_factor=0.2, raise_on_status=False,
)  # fmt: skip

# What Orthanc passes on to others may have reached them when the connection broke: it is never repeated here, where
# nobody would see it.
ONCE = Retry(connect=3, read=0, redirect=0, status=0, other=0, allowed_methods=None, backoff_factor=0.2)
PASSED_ON = ("modalities/", "peers/", "dicom-web/")


class AnsweredByAnother(exceptions.HttpError):  # type: ignore[misc]
    """Something between us and Orthanc answered in its place."""


class NoTrust(exceptions.OrthancApiException):  # type: ignore[misc]
    """One of the two does not take the other's certificate; ``sentence`` says which."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class OrthancConnection(HttpClient):  # type: ignore[misc]
    """Requests to one Orthanc; every failure is an OrthancApiException, whatever was answered, and by whom."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        headers: dict[str, str],
        trust: OrthancTrust,
        connections: int,
    ) -> None:
        super().__init__(url.rstrip("/") + "/")
        session = http_session(
            ca_file=trust.ca_file,
            certificate=trust.certificate,
            pinned=trust.pinned,
            host_checked=trust.host_checked,
            retries=RETRIES,
            retries_below={f"{url.rstrip('/')}/{path}": ONCE for path in PASSED_ON},
            connections=connections,
        )
        self._trust = trust
        session.headers.update(headers)
        if user and password:
            session.auth = (user, password)
        self._http_session = session  # in the place of the client's own, which asks the environment

    def _raise_or_retry_on_errors(self, response: requests.Response, url: str) -> bool:
        """Raise for every answer that is not a success; False, as nothing is to be sent again.

        The client's own method asks a JSON answer for its keys without looking whether it is an object.
        """
        status = response.status_code
        if 200 <= status < 300:
            return False
        if not _by_orthanc(response):
            raise AnsweredByAnother(http_status_code=status, url=url)
        if status in (401, 403):
            raise exceptions.NotAuthorized(status, url=url)
        if status == 404:
            raise exceptions.ResourceNotFound(url=url)
        raise exceptions.HttpError(http_status_code=status, url=url, request_response=response)

    def _translate_exception(self, request_exception: requests.RequestException, url: str) -> None:
        """Raise; the client's own method passes in silence over what it does not know, and returns None."""
        refused = sentence_of(request_exception, self._trust)
        if isinstance(request_exception, requests.exceptions.SSLError) or refused == UNKNOWN:
            raise NoTrust(refused)
        if isinstance(request_exception, requests.exceptions.ChunkedEncodingError):  # an answer that broke off
            raise exceptions.ConnectionError(url=url)
        super()._translate_exception(request_exception, url=url)
        raise exceptions.OrthancApiException(url=url)


def _by_orthanc(response: requests.Response) -> bool:
    """Whether an error is Orthanc's own: JSON with its OrthancStatus, or, where HttpDescribeErrors is off, empty."""
    try:
        described: Any = response.json()
    except (ValueError, RecursionError):
        # A wrong password is answered below Orthanc's REST API with a line of plain text. Proxies write pages.
        is_page = response.headers.get("Content-Type", "").lower().startswith("text/html")
        return response.status_code not in BETWEEN and not is_page
    return isinstance(described, dict) and "OrthancStatus" in described
