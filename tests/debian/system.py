"""One Debian in a folder, made by debootstrap; each command in it runs in namespaces of its own, which end with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]
# Where the project lies in it; what a run leaves for the next one is its environment.
INSTALLED = Path("/opt/orthanc-autocontour")
KEPT = {".venv", ".cache"}
PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# $1 is the folder, then "FROM" for each thing shown at the same place in it, "--", the folder to be in, the command.
ENTER = """
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do mount --bind "$1" "$root$1"; shift; done
shift
folder=$1; shift
exec chroot "$root" /usr/bin/env -C "$folder" "$@"
"""


class SystemFailed(Exception):
    """What to tell the user: a Debian could not be made, or a command in it failed."""


@dataclass(frozen=True)
class System:
    """A Debian of one suite in ``root``; ``shown`` are files and folders of this machine that it sees too."""

    suite: str
    root: Path
    shown: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def make(self, mirror: str) -> None:
        """Make it if it is not there yet; raises SystemFailed."""
        done = self.root / "etc" / "made-for-tests"
        if done.exists():
            return
        if self.root.exists():
            shutil.rmtree(self.root)
        self.root.mkdir(parents=True)
        command = [
            "debootstrap",
            "--variant=minbase",
            "--include=ca-certificates,make",
            self.suite,
            str(self.root),
            mirror,
        ]
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if made.returncode:
            raise SystemFailed(f"{self.suite}: debootstrap failed:\n" + "\n".join(made.stdout.splitlines()[-10:]))
        done.write_text("\n")

    def bring_checkout(self) -> None:
        """Copy what git knows, and what is new and not ignored; another run's environment stays."""
        target = self.inside(INSTALLED)
        target.mkdir(parents=True, exist_ok=True)
        for path in target.iterdir():
            if path.name not in KEPT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (CHECKOUT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, target / name)

    def inside(self, path: Path) -> Path:
        """Where a path of this Debian lies on this machine."""
        return self.root / path.relative_to("/")

    def run(self, *command: str, log: Path, variables: Mapping[str, str] | None = None) -> int:
        """Run a command in the project's folder, all it says going to ``log``; returns its exit status."""
        for path in self.shown:
            place = self.inside(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                place.mkdir(exist_ok=True)
            elif not place.exists():
                place.touch()
        environment = {"PATH": PROGRAMS, "HOME": "/root", "LANG": "C.UTF-8", **self.environment, **(variables or {})}
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTER, "enter"]
        places = [str(self.root), *map(str, self.shown), "--", str(INSTALLED)]
        with log.open("ab") as stream:
            done = subprocess.run(
                [*namespaces, *places, *command], stdout=stream, stderr=stream, env=environment, check=False
            )
        return done.returncode

    def ask(self, *command: str, log: Path) -> str:
        """Return what a command says; raises SystemFailed when it fails."""
        answer = log.with_suffix(".answer")
        answer.unlink(missing_ok=True)
        if self.run(*command, log=answer):
            raise SystemFailed(f"{self.suite}: {' '.join(command)} failed; {answer} says more")
        return answer.read_text(errors="replace").strip()


def mirror_of_this_machine() -> str:
    """Return the address that this machine's own apt gets Debian from; raises SystemFailed where it has none."""
    form = "$(REPO_URI) $(ORIGIN) $(CODENAME)"
    asked = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    try:
        lines = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        lines = []
    for line in lines:
        address, origin, codename = line.split(" ", 2)
        if origin == "Debian" and "-" not in codename:
            return address
    raise SystemFailed("no source of Debian's packages is set up for apt on this machine; MIRROR=ADDRESS names one")


def settings_of_pip() -> dict[str, str]:
    """Return how pip is set up on this machine, as its variables: an own index, a folder of wheels, authorities."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    found = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in ("global", ":env:"):
            found["PIP_" + name.upper().replace("-", "_")] = value.strip("'\"")
    return {**found, "PIP_ROOT_USER_ACTION": "ignore"}


def named_in(settings: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files and folders of this machine that settings of pip name, each once."""
    return tuple(dict.fromkeys(path for value in settings.values() for path in _paths(value.split())))


def _paths(words: Iterable[str]) -> Iterator[Path]:
    for word in words:
        path = Path(urlsplit(word).path if word.startswith("file:") else word)
        path = path.parent if path.name == "simple" else path  # an index: its files lie beside it
        if path.is_absolute() and path.exists():
            yield path
