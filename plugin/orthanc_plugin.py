"""What runs inside Orthanc: it keeps the gateway alive, notifies it, and passes /autocontour/ requests through.

Standard library only, so that it loads in whatever Python an Orthanc embeds. It computes nothing, parses no
request, and never calls Orthanc's REST API through the SDK: from a callback that can hang Orthanc for good.
Callbacks of Orthanc run on threads with a stack of 100 KB, so they only hand their work to threads made here.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import json
import os
import pathlib
import queue
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import traceback
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

import orthanc

ROUTE = "/autocontour"
EXPLORER = pathlib.Path(__file__).with_name("orthanc_explorer.js")  # what Orthanc's own pages show of a series
# Printed ASCII, and the dashes that people paste in codes: other bytes end in Orthanc with status 500.
BELOW = ROUTE + "/([ -~]*(?:(?:‐|–)[ -~]*)*)"
REQUEST_THREADS = 8
REQUEST_SECONDS = 60  # a page of reports may take a while; Orthanc's own threads wait meanwhile
WAITING_CALLERS = 16  # of Orthanc's HTTP threads (50 by default); the others stay for Orthanc's own answers
MAX_BODY_BYTES = 4 * 1024 * 1024
BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60)
STOP_SECONDS = CONNECT_SECONDS = 5
LOOPBACK = ("localhost", "127.0.0.1", "::1")

# What the gateway takes from Orthanc's environment; model/process/environment.py says why, and holds the same.
PASSED_VARIABLES = frozenset((
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "XDG_DATA_HOME", "CREDENTIALS_DIRECTORY",
    "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTORCH_ALLOC_CONF",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES",
))  # fmt: skip
PASSED_BEGINNINGS = ("AUTOCONTOUR_", "LC_")
START_GATEWAY = (
    "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module('plugin.gateway', None, '__main__', True)"
)

Answer = tuple[int, dict[str, str], bytes]  # status, headers in lower case, body


class Address:
    """Where the gateway listens: a Unix socket of our own child, or the URLs of those that run elsewhere."""

    def __init__(self, urls: Iterable[str], token: str = "", ca: str = "", told: Any = ()) -> None:
        self._urls = tuple(urls)  # the first is asked; one that does not answer goes to the end
        self._token_file, self._ca_file, self._told = token, ca, dict(told)
        self.socket_path: str | None = None  # of our own child that runs now

    def _connect(self) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(self._urls[0])
        connection = http.client.HTTPConnection(parts.netloc, timeout=CONNECT_SECONDS)
        if parts.scheme == "https":
            tls = authorities(self._ca_file)
            connection = http.client.HTTPSConnection(parts.netloc, timeout=CONNECT_SECONDS, context=tls)
        if self.socket_path is None:
            connection.connect()
            return connection
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(CONNECT_SECONDS)
        connection.sock.connect(self.socket_path)
        return connection

    def _connect_to_any(self) -> http.client.HTTPConnection:
        for _ in self._urls[1:]:
            with contextlib.suppress(OSError):
                return self._connect()
            self._urls = (*self._urls[1:], self._urls[0])
        return self._connect()

    def request(
        self, method: str, path: str, headers: Mapping[str, Any], body: Any = None, timeout: float = REQUEST_SECONDS
    ) -> Answer:
        """Send one request; returns (status, headers, body)."""
        connection = self._connect_to_any()
        try:
            connection.sock.settimeout(timeout)
            connection.request(method, path, body=body or None, headers={**headers, **self._told, **self._token()})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except TimeoutError:
            self._urls = (*self._urls[1:], self._urls[0])  # for the next request: this one may have been done
            raise
        finally:
            connection.close()

    def _token(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError, IndexError):  # read each time, as another may have followed it
            return {"authorization": "Bearer " + pathlib.Path(self._token_file).read_text("ascii").split()[0]}
        return {}


def authorities(ca_file: str) -> ssl.SSLContext:
    """TLS with an authority of the site's, or those of the system; never with what the environment names."""
    context, system = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.get_default_verify_paths()
    if ca_file or pathlib.Path(system.openssl_cafile).is_file():
        context.load_verify_locations(cafile=ca_file or system.openssl_cafile)
    if not ca_file and pathlib.Path(system.openssl_capath).is_dir():
        context.load_verify_locations(capath=system.openssl_capath)
    return context


class Gateway:
    """Starts the gateway as a child, starts it again with back-off when it ends, stops it with Orthanc."""

    def __init__(self, command: list[str], environment: dict[str, str], address: Address, startup: Any) -> None:
        self._command, self._environment, self._address = command, environment, address
        self._startup = startup  # what the child reads first on its standard input, the token among it
        address.socket_path = ""  # there is none yet
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self.unavailable_reason = "The gateway is starting."

    def supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - started > 60 else failures + 1
            pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1] if failures else 1
            self.unavailable_reason = f"The gateway ended ({status}); started again in {pause} s. See Orthanc's log."
            orthanc.LogError("AutoContour: " + self.unavailable_reason)
            self._stopping.wait(pause + random.random() / 4)

    def _run_once(self) -> str:
        folder, pipe = "", subprocess.PIPE
        try:
            folder = fresh_folder()  # where it works, too
            # In a session of its own: Ctrl-C reaches Orthanc first, and Orthanc stops the gateway.
            self._child = child = subprocess.Popen(
                self._command, stdin=pipe, stderr=pipe, env=self._environment, cwd=folder, start_new_session=True
            )
            self._tell(child, folder + "/gateway.sock")
            return f"exit status {child.wait()}"
        except OSError as error:
            return f"it could not be started: {error.strerror}: {error.filename}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _tell(self, child: subprocess.Popen[bytes], socket_path: str) -> None:
        self._address.socket_path, self.unavailable_reason = socket_path, "The gateway is starting."
        assert child.stdin is not None and child.stderr is not None, "they were asked for as pipes"  # noqa: PT018
        thread(functools.partial(self._log, child.stderr), "autocontour-log")
        try:
            child.stdin.write(json.dumps({**self._startup, "Socket": socket_path}).encode() + b"\n")
            child.stdin.flush()  # left open: the child leaves when this pipe ends, however Orthanc dies
        except OSError:
            orthanc.LogError("AutoContour: the gateway left before it was told what to do")

    def _log(self, lines: IO[bytes]) -> None:
        """Say the gateway's lines in Orthanc's log: each begins with its level, and what does not is a warning."""
        says = {b"<3>": orthanc.LogError, b"<4>": orthanc.LogWarning, b"<6>": orthanc.LogInfo}  # as syslog has them
        for line in iter(lambda: lines.readline(65536), b""):
            say, text = (says[line[:3]], line[3:]) if line[:3] in says else (orthanc.LogWarning, line)
            if not self._stopping.is_set():
                say("AutoContour: " + text.decode("utf-8", "replace").replace("\0", " ").rstrip())

    def stop(self) -> None:
        self._stopping.set()
        if (child := self._child) is None or child.stdin is None:
            return
        with contextlib.suppress(OSError):
            child.stdin.close()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()


class Notifier:
    """Notifies the gateway that something was stored; one that is lost costs nothing: the gateway reads /changes."""

    def __init__(self, address: Address) -> None:
        self._address, self._news, self._stopping = address, threading.Event(), threading.Event()
        self.notify = self._news.set

    def run(self) -> None:
        while self._news.wait() and not self._stopping.is_set():
            self._news.clear()
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._address.request("POST", "/internal/bell", {"host": "localhost"}, timeout=2)
            self._stopping.wait(1.0)  # 300 slices in two seconds are two notifications, not 300

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()


class Proxy:
    """Passes requests from Orthanc's HTTP threads to the gateway, on threads of our own.

    Each caller holds one of Orthanc's HTTP threads while it waits: who comes when ``callers`` wait is refused at once.
    """

    def __init__(self, address: Address, unavailable_reason: Callable[[], str], callers: int = WAITING_CALLERS) -> None:
        self._address, self._unavailable_reason = address, unavailable_reason  # says why it cannot be reached
        self.reads_only = False  # where ours is not the filter of requests, which keeps forms of other pages out
        self.tokens: Iterable[str] = ()  # parameters of Orthanc's authorization plugin, which end here
        self._waiting, self._places = queue.Queue[Any](), threading.BoundedSemaphore(callers)

    def answer(self, output: Any, uri: str, **request: Any) -> None:
        """Orthanc's REST callback: hand over, wait, answer."""
        status, headers, body = self._ask(uri, request)
        for name in ANSWERED_HEADERS:
            if value := headers.get(name.lower()):
                output.SetHttpHeader(name, value)
        content_type = headers.get("content-type", "application/json")
        if status == 200:
            output.AnswerBuffer(body, content_type)
        elif status == 405:  # which SendHttpStatus does not take; Orthanc sends it without a body
            output.SendMethodNotAllowed(headers.get("allow", "GET"))
        else:
            output.SetHttpHeader("Content-Type", content_type)
            try:
                output.SendHttpStatus(status, body)
            except TypeError:  # the Python plugin before 4.2 takes text, and asks for its length in bytes
                output.SendHttpStatus(status, body.decode("utf-8", "replace"), len(body))

    def _ask(self, uri: str, request: Mapping[str, Any]) -> Answer:
        if len(request.get("body") or b"") > MAX_BODY_BYTES:
            return said(413, "TOO_LARGE", "The body is larger than the 4 MB that are taken here.")
        if self.reads_only and request.get("method") != "GET":
            return said(503, "FILTER_TAKEN", "Another script filters Orthanc's requests; it must import ours first.")
        if not self._places.acquire(blocking=False):
            return said(503, "BUSY", "Too many requests are waiting for the gateway; try again in a few seconds.")
        try:
            done: queue.Queue[Answer] = queue.Queue(1)
            self._waiting.put((uri, request, done, time.monotonic() + REQUEST_SECONDS))
            return done.get(timeout=REQUEST_SECONDS + 5)
        except queue.Empty:
            return unavailable("The gateway did not answer in time; what was asked for may still happen.")
        finally:
            self._places.release()

    def work(self) -> None:
        while (job := self._waiting.get()) is not None:
            uri, request, done, deadline = job
            seconds = deadline - time.monotonic()
            try:
                late = unavailable("The gateway did not answer in time; nothing was done.")
                done.put(self._forward(uri, request, seconds) if seconds > 0 else late)
            except Exception as error:  # noqa: BLE001 - one odd request must not cost a thread
                orthanc.LogError(f"AutoContour: a request could not be passed on ({type(error).__name__})")
                done.put(said(400, "BAD_REQUEST", "The request holds something that cannot be passed on."))

    def _forward(self, uri: str, request: Mapping[str, Any], seconds: float) -> Answer:
        # Orthanc 1.10.1 hands the values over as they stood in the URL, percent signs and all (measured).
        asked = (request.get("get") or {}).items()
        passed = {name: urllib.parse.unquote(value) for name, value in asked if name not in self.tokens}
        target = urllib.parse.quote(uri) + ("?" + urllib.parse.urlencode(passed) if passed else "")
        # A request without a Host comes from no browser: from Orthanc's Lua, or another plugin.
        given = {name.lower(): value.encode() for name, value in (request.get("headers") or {}).items()}
        headers = {"host": b"localhost"} | {name: given[name] for name in PASSED_HEADERS if name in given}
        try:
            status, told, body = self._address.request(request["method"], target, headers, request.get("body"), seconds)
        except TimeoutError:
            return unavailable("The gateway is too slow to answer; it may be busy starting.")
        except ssl.SSLError:
            return unavailable("The gateway's certificate is not valid, or not of GatewayCaFile.")
        except (OSError, http.client.HTTPException):
            return unavailable(self._unavailable_reason())
        if status == 401:
            return unavailable("The gateway refuses our token: GatewayTokenFile must hold one of its TokenFile.")
        if status < 200 or (300 <= status < 400 and status != 304) or status == 407:
            return unavailable(f"Something before the gateway answered in its place, with HTTP status {status}.")
        status = status if status in ORTHANC_STATUSES else status - status % 100
        return status, {name.lower(): value for name, value in told.items()}, body

    def stop(self) -> None:
        for _ in range(REQUEST_THREADS):
            self._waiting.put(None)


# What the gateway needs of a browser's request to tell its own page from another's; nothing that proxies write.
PASSED_HEADERS = ("accept", "content-type", "host", "if-none-match", "last-event-id", "origin", "sec-fetch-site")
ANSWERED_HEADERS = (
    *("Cache-Control", "Content-Disposition", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "ETag"),
    *("Referrer-Policy", "Retry-After", "X-Content-Type-Options", "X-Frame-Options"),
)
# What an answer of our own carries for browsers, as those of the gateway do.
GUARDS = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "x-content-type-options": "nosniff"}
GUARDS |= {"referrer-policy": "same-origin", "x-frame-options": "DENY", "cache-control": "no-store"}
# What Orthanc has a name for; another status raises an error inside Orthanc, and its answer is empty.
ORTHANC_STATUSES = frozenset((200, 201, 202, 204, 304, *range(400, 418), 422, 423, 424, *range(500, 506), 507))


def said(status: int, code: str, message: str, **more: str) -> Answer:
    headers = {"content-type": "application/json", "retry-after": "5" * (status == 503), **GUARDS}
    return status, headers, json.dumps({**more, "Error": code, "Message": message}).encode()


def unavailable(reason: str) -> Answer:
    return said(503, "GATEWAY_UNAVAILABLE", reason, Status="unavailable")


def waiting_callers(configuration: Mapping[str, Any]) -> int:
    """How many of Orthanc's HTTP threads may wait for the gateway at once: a third of them."""
    return max(1, min(WAITING_CALLERS, int(configuration.get("HttpThreadsCount", 50)) // 3))


def asks_for_password(configuration: Mapping[str, Any]) -> bool:
    """Whether Orthanc asks everybody for a password; unless it is told, it does when others than this machine may."""
    asked = configuration.get("AuthenticationEnabled")
    return bool(configuration.get("RemoteAccessAllowed", False) if asked is None else asked)


def base_directory() -> pathlib.Path:
    """Return the folder that Orthanc resolves relative paths of its configuration against."""
    path = pathlib.Path(orthanc.GetConfigurationPath() or ".")
    return (path if path.is_dir() else path.parent).resolve()


def site_file(section: Mapping[str, Any], key: str) -> str:
    """Return a file of the site, relative to its configuration or one of systemd's credentials; empty without one."""
    written = str(section.get(key) or "").replace("credential:", os.environ.get("CREDENTIALS_DIRECTORY", "") + "/", 1)
    return str(base_directory() / written) if written else ""


def state_directory(configuration: Mapping[str, Any], section: Mapping[str, Any]) -> pathlib.Path:
    chosen = section.get("StateDirectory") if isinstance(section.get("StateDirectory"), str) else None
    return base_directory() / (chosen or f"{configuration.get('StorageDirectory', 'OrthancStorage')}/autocontour")


def fresh_folder() -> str:
    """Make a private folder for a gateway and its socket; not in the state directory, which may be missing or full."""
    for place in (os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp", "/dev/shm"):  # a container may have the last alone
        with contextlib.suppress(OSError, UnicodeError):
            if place.startswith("/") and len(place.encode()) <= 70:  # of 108 bytes that sockaddr_un holds
                return tempfile.mkdtemp(prefix="autocontour-", dir=place)
    raise OSError(0, "nowhere can a folder be made for its socket", "TMPDIR, /tmp, /var/tmp, /dev/shm")


def gateway_command() -> list[str]:
    """Return the gateway in AUTOCONTOUR_PYTHON, else in the environment this was installed into, or .venv beside it.

    Isolated (-I): no PYTHON* variable and no folder but ours, behind what is installed, adds modules to it.
    """
    code = pathlib.Path(__file__).resolve().parent.parent  # in an environment: <prefix>/lib/python3.x/site-packages
    own = code.parents[2] if code.name == "site-packages" else code / ".venv"
    chosen = os.environ.get("AUTOCONTOUR_PYTHON") or str(own / "bin/python")
    chosen = os.path.abspath(chosen) if os.sep in chosen else chosen  # noqa: PTH100 - a link is to stay what it is
    return [chosen, "-I", "-u", "-c", START_GATEWAY, str(code)]


def startup_configuration(configuration: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the child is told on its standard input, in a line of JSON: the token is in no argv and no file."""
    tls = bool(configuration.get("SslEnabled"))
    return {
        "Orthanc": f"{'https' if tls else 'http'}://127.0.0.1:{configuration.get('HttpPort', 8042)}",
        "Certificate": str(base_directory() / configuration.get("SslCertificate", "certificate.pem")) if tls else None,
        "Token": orthanc.GenerateRestApiAuthorizationToken(),
        "Started": time.time(),
        "Passwords": asks_for_password(configuration),
        "Callers": waiting_callers(configuration),
        "StateDirectory": str(state_directory(configuration, section)),
        "BaseDirectory": str(base_directory()),
        "Dictionary": configuration.get("Dictionary"),
        "AutoContour": section,
    }


def thread(target: Callable[[], None], name: str) -> threading.Thread:
    def guarded() -> None:
        # Orthanc does not ignore SIGPIPE: without this, writing to a gateway that just died kills the PACS (measured).
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        try:
            target()
        except Exception:  # noqa: BLE001 - the last line of defence inside the PACS: say it, never raise
            orthanc.LogError(f"AutoContour: thread {name} ended: {traceback.format_exc(limit=3)}")

    worker = threading.Thread(target=guarded, name=name, daemon=True)
    worker.start()
    return worker


class Plugin:
    """Wires the parts and holds what must be stopped."""

    def __init__(self) -> None:
        configuration = json.loads(orthanc.GetConfiguration())
        section = given if isinstance(given := configuration.get("AutoContour", {}), dict) else {"AutoContour": given}
        self.gateway: Gateway | None = None
        if elsewhere := section.get("Gateway"):
            urls = [str(url) for url in (elsewhere if isinstance(elsewhere, list) else [elsewhere])]
            asks = {"orthanc-passwords": "true"} if asks_for_password(configuration) else {}
            address = Address(urls, site_file(section, "GatewayTokenFile"), site_file(section, "GatewayCaFile"), asks)
            if any(url.startswith("http:") and urllib.parse.urlsplit(url).hostname not in LOOPBACK for url in urls):
                orthanc.LogWarning("AutoContour: token and ids of patients go to the Gateway readable; use https://")
        else:
            address, env = Address(["http://gateway"]), os.environ
            told = {name: env[name] for name in env if name in PASSED_VARIABLES or name.startswith(PASSED_BEGINNINGS)}
            self.gateway = Gateway(gateway_command(), told, address, startup_configuration(configuration, section))
        self.notifier, self.threads = Notifier(address), list[threading.Thread]()
        away, callers = "The gateway at its address does not answer.", waiting_callers(configuration)
        self.proxy = Proxy(address, lambda: self.gateway.unavailable_reason if self.gateway else away, callers)
        names = given.get("TokenGetArguments") if isinstance(given := configuration.get("Authorization"), dict) else []
        self.proxy.tokens = {"token", *([names] if isinstance(names, str) else names or ())}

    def start(self) -> None:
        previous = threading.stack_size(8 * 1024 * 1024)
        try:
            supervised = [] if self.gateway is None else [self.gateway.supervise]
            work = [*supervised, self.notifier.run, *[self.proxy.work] * REQUEST_THREADS]
            self.threads = [thread(one, f"autocontour-{one.__name__}") for one in work]
        finally:
            threading.stack_size(previous)

    def stop(self) -> None:
        self.notifier.stop()
        self.proxy.stop()
        if self.gateway is not None:
            self.gateway.stop()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self.threads:
            worker.join(max(0.0, deadline - time.monotonic()))

    def on_change(self, change: int, level: int, resource: str) -> None:
        if change == orthanc.ChangeType.ORTHANC_STOPPED:
            self.stop()
        elif change in (orthanc.ChangeType.NEW_INSTANCE, orthanc.ChangeType.STABLE_SERIES, orthanc.ChangeType.DELETED):
            self.notifier.notify()


def single(uri: str, **request: Any) -> bool:
    """Let no form in: Orthanc hands on each part under the part's own headers (measured), Host and Origin too."""
    kinds = [value for name, value in (request.get("headers") or {}).items() if name.lower() == "content-type"]
    return ROUTE[1:] not in uri or not any("multipart" in kind.lower() for kind in kinds)


# What Orthanc was given to call: it takes no hold of it, and newer ones end with SIGSEGV when nobody does (measured).
HELD: list[Callable[..., Any]] = []
FIRST = "it should import orthanc_plugin before it registers anything"


def share(name: str, ours: Callable[..., Any], every: Callable[[Iterable[Any]], Any]) -> None:
    """Register what Orthanc takes once; whoever registers one later is called after ours, by this registration.

    Raises RuntimeError where another script was first (measured on 1.10.1, 1.12.7 and 1.13.0).
    """
    called = [ours]
    HELD.append(lambda *given, **named: every(one(*given, **named) for one in called))
    getattr(orthanc, name)(HELD[-1])
    setattr(orthanc, name, called.append)


def extend_explorer(script: str, extend: Callable[[str], Any]) -> None:
    """Give Orthanc Explorer a script; it has only the last of a plugin, so one that comes later is put behind it."""
    extend(script)
    orthanc.ExtendOrthancExplorer = lambda more: extend_explorer(f"{script}\n;\n{more}", extend)


def register() -> None:
    """Start once, when Orthanc loads this file; whatever goes wrong, Orthanc itself must start."""
    try:
        plugin = Plugin()
        # A change says the same as a stored-instance callback, which would cost every slice a conversion to Python,
        # and in whose presence jobs started through the SDK hang Orthanc (measured).
        HELD.append(plugin.proxy.answer)
        orthanc.RegisterRestCallback(ROUTE, HELD[0])
        orthanc.RegisterRestCallback(BELOW, HELD[0])
        try:
            share("RegisterIncomingHttpRequestFilter", single, all)
        except RuntimeError:
            plugin.proxy.reads_only = True
            orthanc.LogError(f"AutoContour: another script has the filter of requests, so ours only reads: {FIRST}")
        try:
            share("RegisterOnChangeCallback", plugin.on_change, list)
        except RuntimeError:
            atexit.register(plugin.stop)
            orthanc.LogWarning(f"AutoContour: another script has OnChange, so series are found later: {FIRST}")
        plugin.start()
        try:
            extend_explorer(EXPLORER.read_text("utf-8"), orthanc.ExtendOrthancExplorer)
        except (OSError, AttributeError) as error:  # this file was taken alone
            orthanc.LogWarning(f"AutoContour: Orthanc Explorer shows nothing of ours ({type(error).__name__})")
    except Exception:  # noqa: BLE001 - an exception here would keep the PACS from starting
        orthanc.LogError(f"AutoContour does not work: {traceback.format_exc(limit=3)}")


register()
