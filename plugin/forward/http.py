"""The segmentation service over HTTPS: requests, and every fault with a code of its own."""

from __future__ import annotations

import copy
import gzip
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from model.errors import AutocontourError, TargetFailed
from model.outbound.session import http_session, proxy_address
from plugin.forward.rejection import rejection
from plugin.forward.upload_rate import UploadRate
from plugin.settings.document import ServiceTarget

CONNECT_SECONDS = 10
READ_SECONDS = 120
# The same where another service can take the work: one that is frozen is not waited for as long.
REPLICA_SECONDS = 30
PARALLEL = 4
# No structure set is larger; whatever answers in the service's place must not fill the memory.
LARGEST_ANSWER = 512 * 1024 * 1024
# As model.service.replica reads it.
REPLICA = "Autocontour-Replica"
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,23}(_[A-Z0-9]{1,23}){0,3}")


class TransferLost(AutocontourError):
    """The service has ended the transfer, or does not know it: it is begun anew under another id."""


class ReplicaAway(TransferLost):
    """Of several services the one that has the transfer cannot be reached while others can: it is begun anew."""


class Refused(TargetFailed):
    """The service refused a request; ``said`` is the code that it gave, where it is one."""

    def __init__(self, code: str, message: str, said: str | None) -> None:
        super().__init__(code, message)
        self.said = said


class Busy(TargetFailed):
    """The service is there and takes nothing just now; ``after`` is how long it asks to be left alone (seconds)."""

    def __init__(self, code: str, message: str, after: float) -> None:
        super().__init__(code, message, retry=True)
        self.after = after


class ServiceClient:
    """One service; used by several threads at once."""

    def __init__(self, name: str, target: ServiceTarget) -> None:
        self._name = name
        self._url = target.Url.rstrip("/")
        self._token_file = Path(target.TokenFile) if target.TokenFile else None
        certificate: tuple[str, str] | None = None
        if target.CertificateFile is not None and target.KeyFile is not None:
            certificate = (target.CertificateFile, target.KeyFile)
        self._proxy, self._proxy_credentials = target.Proxy, target.ProxyCredentialsFile
        self._http = http_session(ca_file=target.CaFile, certificate=certificate, connections=PARALLEL + 2)
        self.rate = UploadRate(PARALLEL)
        self._replica: str | None = None
        self._own_url: str | None = None
        self._at_own = False

    def of_replica(self, name: str, own_url: str | None) -> ServiceClient:
        """Return a client whose requests are for one of several services.

        ``own_url`` is that service's own address, as its operator signed it; it is asked first, and the common one
        when it cannot be reached from here.
        """
        made = copy.copy(self)
        made._replica, made._own_url = name, None if own_url is None else own_url.rstrip("/")
        made._at_own = own_url is not None
        return made

    def json(self, method: str, path: str, body: Any = None, *, seconds: float = READ_SECONDS) -> Any:
        """Send a request and return its JSON answer, which may take so many seconds to begin."""
        answer = self._call(method, path, seconds=seconds, json=body)
        try:
            return answer.json()
        except (ValueError, RecursionError):
            raise TargetFailed(
                "SERVICE_ANSWER", f"The target {self._name} answered with something that is no JSON; is its Url right?"
            ) from None

    def content(self, path: str) -> bytes:
        """Fetch a file."""
        return bytes(self._call("GET", path).content)

    def put(self, path: str, data: bytes) -> None:
        """Send one instance, compressed over a slow connection."""
        headers = {"Content-Type": "application/dicom"}
        if self.rate.slow:
            data, headers["Content-Encoding"] = gzip.compress(data, 1), "gzip"
        self._upload("PUT", path, data, headers)

    def post_many(self, path: str, content_type: str, body: bytes) -> None:
        """Send many instances in one multipart body."""
        self._upload("POST", path, body, {"Content-Type": content_type})

    def _upload(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        started = time.monotonic()
        self._call(method, path, data=body, headers=headers)
        self.rate.add(len(body), time.monotonic() - started)

    def _call(self, method: str, path: str, seconds: float = READ_SECONDS, **options: Any) -> requests.Response:
        headers = {"Accept-Encoding": "identity"} | options.pop("headers", {})
        if self._token_file is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        if self._replica is not None:
            headers[REPLICA] = self._replica
            seconds = min(seconds, REPLICA_SECONDS)
        at_own, own = self._at_own, self._own_url
        try:
            answer = self._http.request(
                method,
                (own if at_own and own is not None else self._url) + path,
                headers=headers,
                timeout=(CONNECT_SECONDS, seconds),
                proxies=self._proxies(),
                stream=True,
                **options,
            )
            _take_whole(answer)
        except (requests.RequestException, OSError) as error:
            self._at_own = own is not None and not at_own
            if own is not None and at_own:
                # Whatever keeps its own address from us, the common one may lead there.
                raise TargetFailed(
                    "SERVICE_REPLICA", f"A service of the target {self._name} cannot be reached.", retry=True
                ) from None
            raise _unreachable(self._name, error) from None
        if answer.status_code == 421:
            self._at_own = own is not None
            raise TargetFailed("SERVICE_REPLICA", f"Another service of the target {self._name} answered.", retry=True)
        if answer.status_code < 300:
            return answer
        raise _refused(self._name, answer)

    def _proxies(self) -> dict[str, str]:
        # Read each time, as the token is.
        proxy = proxy_address(self._proxy, self._proxy_credentials)
        return {} if proxy is None else {"https": proxy}

    def _token(self) -> str:
        assert self._token_file is not None
        try:
            # Read each time: a token is exchanged without a restart.
            return self._token_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            raise TargetFailed(
                "SERVICE_TOKEN_FILE", f"The TokenFile of the target {self._name} cannot be read; check path and rights."
            ) from None


def _take_whole(answer: requests.Response) -> None:
    """Read the body; raises RequestException when there is no end of it."""
    pieces, size = [], 0
    for piece in answer.iter_content(1 << 20):
        size += len(piece)
        if size > LARGEST_ANSWER:
            answer.close()
            raise requests.exceptions.ContentDecodingError("the answer goes on and on")
        pieces.append(piece)
    answer._content = b"".join(pieces)


def _unreachable(name: str, error: Exception) -> TargetFailed:
    """Tell name, certificate, clock and network faults apart, without the address that the library's text holds."""
    text = str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return _proxy_failed(name, text)
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in text:
        if "not yet valid" in text or "has expired" in text:
            return TargetFailed(
                "SERVICE_CLOCK",
                f"The certificate of the target {name} is not valid at this machine's time; check the clocks of both, "
                "or have the certificate renewed, then retry the job.",
            )
        return TargetFailed(
            "SERVICE_TLS",
            f"The target {name} shows a certificate that is not trusted here; check CaFile and Url. Nothing was sent.",
        )
    if isinstance(error, requests.exceptions.InvalidURL):
        return TargetFailed("SERVICE_DNS", f"The Url of the target {name} is no address of a machine; correct it.")
    if "NameResolutionError" in text or "getaddrinfo" in text or "Name or service not known" in text:
        return TargetFailed("SERVICE_DNS", f"The name in the Url of the target {name} is not known.", retry=True)
    if isinstance(error, requests.exceptions.SSLError):
        return TargetFailed("SERVICE_TLS_BROKEN", f"The TLS connection to the target {name} broke.", retry=True)
    if isinstance(error, requests.exceptions.Timeout):
        return TargetFailed("SERVICE_TIMEOUT", f"The target {name} does not answer in time.", retry=True)
    if not isinstance(error, requests.RequestException):
        return TargetFailed(
            "SERVICE_FILES",
            f"CaFile, CertificateFile or KeyFile of the target {name} cannot be read; nothing was sent.",
        )
    if isinstance(error, requests.exceptions.ConnectionError):
        return TargetFailed("SERVICE_UNREACHABLE", f"The target {name} cannot be reached.", retry=True)
    return TargetFailed("SERVICE_ANSWER", f"The answer of the target {name} cannot be understood.", retry=True)


def _proxy_failed(name: str, text: str) -> TargetFailed:
    """Return what the proxy said instead of making the connection (RFC 9110, section 9.3.6)."""
    said = re.search(r"Tunnel connection failed: (\d{3})", text)
    if said is None:
        return TargetFailed(
            "SERVICE_PROXY", f"The Proxy of the target {name} cannot be reached; nothing was sent.", retry=True
        )
    if said[1] == "407":
        return TargetFailed(
            "SERVICE_PROXY",
            f"The Proxy of the target {name} asks for a name and password (HTTP 407); give them in its "
            "ProxyCredentialsFile.",
        )
    return TargetFailed(
        "SERVICE_PROXY",
        f"The Proxy of the target {name} does not connect to it (HTTP {said[1]}); is the target's Url allowed there?",
        retry=True,
    )


def _another_answered(name: str, answer: requests.Response) -> TargetFailed:
    """Make the error for an answer in words that the service does not use.

    Something before it answered, and the service never knew.
    """
    sentence = (
        f"Not the target {name} itself but something on the way to it (a proxy, a filter, a load balancer) answered, "
        f"with HTTP status {answer.status_code}; look there, and whether the target is up."
    )
    if answer.status_code >= 500:
        return Busy("SERVICE_PROXY", sentence, _after(answer))
    return TargetFailed("SERVICE_PROXY", sentence)


def _refused(name: str, answer: requests.Response) -> AutocontourError:
    status = answer.status_code
    code, findings = _reason(answer)
    if code is None and not _too_full(answer) and (status in (407, 502, 503, 504) or _is_page(answer)):
        return _another_answered(name, answer)
    if status in (401, 403):
        return TargetFailed(
            "SERVICE_TOKEN",
            f"The target {name} does not know our token or certificate; ask its operator for a new one.",
        )
    # An id that is used up was used by us: the answer was lost, and the service restarted since.
    if status in (404, 410) or (status, code) == (409, "TRANSFER_USED"):
        return TransferLost(code or "GONE", f"The target {name} has ended the transfer.")
    if status == 413:
        return TargetFailed("SERVICE_TOO_LARGE", f"The series is larger than the target {name} takes.")
    if findings is not None:
        return rejection(name, findings)
    if status in (408, 425, 429) or status >= 500:
        return Busy("SERVICE_BUSY", f"The target {name} takes nothing just now (HTTP {status}).", _after(answer))
    said = f" ({code})" if code else ""
    return Refused("SERVICE_REFUSED", f"The target {name} refused the request with HTTP {status}{said}.", code)


def _reason(answer: requests.Response) -> tuple[str | None, dict[str, int] | None]:
    """Read code and findings of an error; texts of another party are not repeated."""
    try:
        body: Mapping[str, Any] = answer.json()
        code = str(body["Error"])
        found = body.get("Findings")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, None
    findings = None
    if isinstance(found, dict):
        findings = {str(rule): count for rule, count in found.items() if isinstance(count, int)}
    return (code if _CODE.fullmatch(code) else None), findings


def _too_full(answer: requests.Response) -> bool:
    """Whether the service's server has more connections than it takes, which it says before our code is asked."""
    return answer.status_code == 503 and answer.content == b"Service Unavailable"


def _is_page(answer: requests.Response) -> bool:
    """Whether the answer is made for people: the service writes none."""
    return answer.headers.get("Content-Type", "").lower().startswith("text/html")


def _after(answer: requests.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(60.0, float(text)) if text.isascii() and text.isdigit() else 0.0
