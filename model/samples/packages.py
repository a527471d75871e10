"""Fetch the packages that carry the samples: the very images that are known, kept in a cache outside git.

A source distribution has one version and one SHA-256. Each release of Debian has another version of its packages: of
these the images themselves are known.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from model.errors import TargetFailed
from model.storage.files import replace_durably

# What setup.py of the source packages imports before it can tell its name; pip asks it even for a download.
BUILD_TOOLS = ("setuptools==80.9.0", "wheel==0.45.1", "versioneer==0.29")
# What it calls, and Python has not had since 3.12. An environment's own sitecustomize is not run there.
TAKEN_AWAY = """import configparser

configparser.SafeConfigParser = configparser.RawConfigParser
configparser.RawConfigParser.readfp = configparser.RawConfigParser.read_file
"""


@dataclass(frozen=True)
class Package:
    """A package of a registry: ``kind`` is ``pypi`` (a source distribution) or ``debian``.

    ``images`` holds the SHA-256 of each image that is used, unpacked where it is gzipped: by them another version of
    a Debian package is known to carry the same ones.
    """

    kind: str
    name: str
    version: str
    archive: str
    sha256: str
    licence: str
    images: Mapping[str, str] = field(default_factory=dict)


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
    {
        "usr/share/doc/invesalius-examples/examples/Cranium.inv3": (
            "3b34f11f7c4f557f4c65cd6543c412a2f6ceb0cfecfd9c41184420e02d9b7e2a"
        )
    },
)
MRICRON = Package(
    "debian",
    "mricron-data",
    "1.2.20211006+dfsg-4",
    "mricron-data_1.2.20211006+dfsg-4_all.deb",
    "d40aa0ed66cf89bf6cafa049ad3884703c9d975c2ee2737525b7196528df9d6f",
    "BSD-3-Clause",
    {
        "usr/share/mricron/templates/ch2.nii.gz": "707a360b809ba937f6c007231bcf7dc6e2d33657497b254414c9894b6efa5f8c",
        "usr/share/mricron/templates/ch2bet.nii.gz": "521204362226d485c92ef5383327765b0344c99ff9ac60000a1f591ff0c3fb34",
    },
)


def cache_directory() -> Path:
    """Where samples are kept: $AUTOCONTOUR_CACHE, else ``.cache`` in the checkout."""
    chosen = os.environ.get("AUTOCONTOUR_CACHE")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / ".cache"


def archive_of(package: Package) -> Path:
    """Return the package's file, fetched once; raises TargetFailed when it cannot be had or holds something else."""
    folder = cache_directory() / "packages"
    for kept in (folder / package.archive, *sorted(folder.glob(f"{package.name}_*.deb"))):
        if kept.is_file() and _is_known(package, kept):
            return kept
    folder.mkdir(parents=True, exist_ok=True)
    # Fetched beside the cache and renamed, so that a broken download is never taken for the package.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        fetched = Path(scratch)
        if package.kind == "pypi":
            _pip_download(package, fetched)
        else:
            _apt_download(package, fetched)
        files = sorted(fetched.glob(package.archive)) or sorted(fetched.glob(f"{package.name}_*"))
        if not files or not _is_known(package, files[0]):
            raise TargetFailed(
                "SAMPLE_CHECKSUM", f"The package {package.name} {package.version} is not the one that was checked."
            )
        kept = folder / files[0].name
        replace_durably(files[0], kept)
    return kept


def extract(package: Package, members: Iterable[str], directory: Path) -> list[Path]:
    """Take the named members, or all under a name that ends in ``/``, out of a package into ``directory``.

    Names are relative to the top folder of a source distribution, or to the root of a Debian package.
    """
    return _extract(package, archive_of(package), members, directory)


def _extract(package: Package, archive: Path, members: Iterable[str], directory: Path) -> list[Path]:
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


def _is_known(package: Package, archive: Path) -> bool:
    """Whether this is the pinned file, or a Debian package of another release with the same images."""
    if _sha256(archive) == package.sha256:
        return True
    if not package.images:
        return False
    with tempfile.TemporaryDirectory() as scratch:
        try:
            return all(
                _sha256_unpacked(_extract(package, archive, (name,), Path(scratch))[0]) == digest
                for name, digest in package.images.items()
            )
        except (subprocess.CalledProcessError, tarfile.TarError, OSError, TargetFailed):
            return False  # a broken file, or one without the image


def _apt_download(package: Package, directory: Path) -> None:
    """Fetch the version that was checked; where this release of Debian has another one, that."""
    try:
        _run(["apt-get", "download", "-q", f"{package.name}={package.version}"], directory, package)
    except TargetFailed:
        _run(["apt-get", "download", "-q", package.name], directory, package)


def _pip_download(package: Package, directory: Path) -> None:
    tools = directory / "tools"
    # Behind a wall that lets nothing through it is said soon that nothing can be had.
    patience = ("--retries", "1", "--timeout", "20")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *patience]
    _run([*pip, "install", "--target", str(tools), *BUILD_TOOLS], directory, package)
    (tools / "sitecustomize.py").write_text(TAKEN_AWAY, encoding="ascii")
    # With hashes required pip checks the file before it runs anything of it.
    pinned = directory / "requirements.txt"
    pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="ascii")
    options = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    environment = {**os.environ, "PYTHONPATH": str(tools)}
    command = [*pip, "download", *options, "-r", str(pinned), "-d", str(directory)]
    _run(command, directory, package, environment)


def _run(command: list[str], directory: Path, package: Package, environment: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise TargetFailed(
            "SAMPLE_DOWNLOAD",
            f"The sample package {package.name} is one of Debian's, and {command[0]} could not be run here "
            f"({error.strerror}); other samples can be had from everywhere.",
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise TargetFailed(
            "SAMPLE_DOWNLOAD",
            f"The sample package {package.name} could not be fetched ({last}); check the way to the package registry.",
            retry=True,
        )


def _sha256_unpacked(path: Path) -> str:
    if path.suffix != ".gz":
        return _sha256(path)
    with gzip.open(path) as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
