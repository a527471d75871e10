"""A bare Debian for each way to install; collected only by ``make test-packages``, which sets AUTOCONTOUR_PACKAGES."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.samples.packages import cache_directory
from tests.builders.orthanc_process import CHECKOUT, free_port
from tests.debian.system import mirror_of_this_machine
from tests.packages.machine import Machine, make_debian

collect_ignore_glob = [] if os.environ.get("AUTOCONTOUR_PACKAGES") else ["test_*.py"]
BUILT = CHECKOUT / "build" / "dist"


def suite() -> str:
    """The release of Debian that this machine has: the package is for that one."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["VERSION_CODENAME"]


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that ``make wheel`` built."""
    (found,) = BUILT.glob("orthanc_autocontour-*.whl")
    return found


@pytest.fixture(scope="session")
def package() -> Path:
    """The package that ``make deb`` built."""
    (found,) = BUILT.glob("orthanc-autocontour_*.deb")
    return found


@pytest.fixture(scope="session")
def newer_package(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a higher version."""
    folder = tmp_path_factory.mktemp("newer")
    subprocess.run(["dpkg-deb", "-R", str(package), str(folder / "root")], check=True)
    control = folder / "root/DEBIAN/control"
    control.write_text(control.read_text().replace("-1\n", "-2\n", 1))
    newer = folder / package.name.replace("-1_", "-2_")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(folder / "root"), str(newer)], check=True)
    shutil.rmtree(folder / "root")
    return newer


@pytest.fixture(scope="session")
def newer_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a higher version."""
    folder = tmp_path_factory.mktemp("newer-wheel")
    for name in ("plugin", "routing", "model"):
        shutil.copytree(CHECKOUT / name, folder / name)
    for name in ("autocontour.py", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, folder)
    project = (CHECKOUT / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(re.sub(r'(?m)^version = "(.*)"', r'version = "\1.post1"', project, count=1))
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", ".", "."]
    subprocess.run(command, check=True, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def wheels(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the wheel needs, as one carries it to a machine without internet."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), "-c", "requirements.lock", str(wheel)]
    subprocess.run(command, check=True, cwd=CHECKOUT)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Start a bare Debian with Orthanc as its packages lay it, on ports of its own."""
    started: list[Machine] = []

    def start(**variables: str) -> Machine:
        kept = cache_directory() / "packages"
        make_debian(suite(), kept / suite(), os.environ.get("MIRROR") or mirror_of_this_machine())
        root = tmp_path / "debian"
        subprocess.run(["cp", "-a", str(kept / suite()), str(root)], check=True)
        made = Machine(root, variables).start()
        started.append(made)
        ports = {"HttpPort": free_port(), "DicomPort": free_port()}
        for name, port in ports.items():
            made.run(f"sed -i -E 's|(\"{name}\" *: *)[0-9]+|\\1{port}|' /etc/orthanc/orthanc.json")
        made.port = ports["HttpPort"]
        return made

    yield start
    for one in started:
        one.stop()
        shutil.rmtree(one.root)
