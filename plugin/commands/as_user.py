"""``check --user``: what a user of this machine may do with the configuration, tried as that user."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import plugin
from model.errors import AutocontourError, ConfigurationRefused
from plugin.commands.orthanc_json import OrthancConfiguration
from plugin.commands.ports import port_problems
from plugin.pacs.tls import trust_of
from plugin.settings.settings import ROOT, Settings
from routing.problems import Problem

INTERPRETER_SECONDS = 20
READABLE = "a file that the user may read"


def problems_of_user(name: str, configuration: OrthancConfiguration, settings: Settings | None) -> list[Problem]:
    """Try as a user what Orthanc and the gateway will do; raises ConfigurationRefused when that cannot be tried."""
    user = _known(name)
    if os.geteuid() not in (0, user.pw_uid):
        raise ConfigurationRefused("--user", "found another user; allowed: root, who may try it as anybody")
    ports = list(port_problems(configuration))  # root sees who has them
    return [*ports, *_as(user, lambda: list(_tried(user, configuration, settings)))]


@contextmanager
def at_home_of(name: str | None) -> Iterator[None]:
    """Let paths below a home folder be those of a user, as they are for a service that runs as this user."""
    if name is None:
        yield
        return
    before = {key: os.environ.get(key) for key in ("HOME", "XDG_DATA_HOME")}
    os.environ["HOME"] = _known(name).pw_dir
    os.environ.pop("XDG_DATA_HOME", None)
    try:
        yield
    finally:
        os.environ.update({key: text for key, text in before.items() if text is not None})


def _known(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ConfigurationRefused("--user", "found no user of this name on this machine") from None


def _as(user: pwd.struct_passwd, work: Callable[[], list[Problem]]) -> list[Problem]:
    """Do it in a process of that user, and bring back what it found."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.initgroups(user.pw_name, user.pw_gid)
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
            found = [(one.path, one.found, one.allowed) for one in work()]
            with os.fdopen(writing, "w") as pipe:
                json.dump(found, pipe)
        finally:
            os._exit(0)  # nothing of the parent's is flushed or ended twice
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        return [Problem("--user", "a check that broke off", "run it as this user itself")]
    return [Problem(*one) for one in json.loads(text)]


def _tried(
    user: pwd.struct_passwd, configuration: OrthancConfiguration, settings: Settings | None
) -> Iterator[Problem]:
    for file in dict.fromkeys(configuration.written_in.values()):
        yield from _unreadable(file, file.name)
    if (script := configuration.path("PythonScript")) is not None:
        yield from _unreadable(script, "PythonScript")
    yield from _interpreter()
    yield from _state(user, configuration, settings)
    if settings is None:
        return
    try:
        list(settings.models_directory.iterdir())
    except FileNotFoundError:
        pass  # no packages: the embedded models are there all the same
    except OSError as error:
        yield Problem("Models", f"{settings.models_directory} ({error.strerror})", "a folder that the user may read")
    yield from _certificates(configuration, settings)
    if settings.routing_script is not None:
        yield from _unreadable(configuration.base / settings.routing_script, f"{ROOT}.RoutingScript")
    for name, target in settings.forwards.items():
        for key in ("TokenFile", "CaFile", "CertificateFile", "KeyFile", "ProxyCredentialsFile"):
            if (path := getattr(target, key, None)) is not None:
                yield from _unreadable(Path(path), f"{ROOT}.Targets.{name}.{key}")


def _unreadable(path: Path, key: str) -> Iterator[Problem]:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        yield Problem(key, f"{path} ({error.strerror})", READABLE)


def interpreter() -> Path:
    """Return the interpreter that the plugin inside Orthanc starts the gateway in, as it finds it."""
    code = Path(plugin.__file__).resolve().parent.parent
    own = code.parents[2] if code.name == "site-packages" else code / ".venv"
    return Path(os.environ.get("AUTOCONTOUR_PYTHON") or own / "bin/python")


def _interpreter() -> Iterator[Problem]:
    path = interpreter()
    try:
        done = subprocess.run([path, "-I", "-c", "import pydicom"], capture_output=True, timeout=INTERPRETER_SECONDS)
        said = "" if done.returncode == 0 else f"which ends with {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        said = f"which the user cannot execute ({getattr(error, 'strerror', None) or type(error).__name__})"
    if said:
        allowed = "an interpreter that every user may execute, not one below a home folder: ./setup.sh run"
        yield Problem("interpreter", f"{path}, {said}", allowed)


def _state(
    user: pwd.struct_passwd, configuration: OrthancConfiguration, settings: Settings | None
) -> Iterator[Problem]:
    chosen = settings.state_directory if settings is not None else None
    storage = configuration.path("StorageDirectory", "OrthancStorage") or configuration.base
    path = Path(chosen) if chosen else storage / "autocontour"
    key = f"{ROOT}.StateDirectory"
    there = path
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if there == path and there.is_dir() and there.stat().st_uid != user.pw_uid:
        yield Problem(key, f"{path}, which belongs to another user", f"chown -R {user.pw_name} {path}")
    elif not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        where = f"{path}, which the user cannot write" if there == path else f"{path}, as {there} cannot be written"
        yield Problem(key, where, f"a folder that {user.pw_name} owns, or may make")


def _certificates(configuration: OrthancConfiguration, settings: Settings) -> Iterator[Problem]:
    if not configuration.keys.get("SslEnabled"):
        return
    certificate = configuration.path("SslCertificate", "certificate.pem")
    try:
        trust_of("https://127.0.0.1", str(certificate), settings.orthanc_tls)
    except AutocontourError as error:
        yield Problem("SslEnabled", error.message, "certificates in PEM that the user may read")
