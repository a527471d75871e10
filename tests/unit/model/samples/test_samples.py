"""The samples are real images as valid DICOM series of made-up patients, fetched once and checked."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from model.errors import InputRefused, TargetFailed
from model.samples import SAMPLES, packages, series
from model.samples.build import image_of
from model.series.geometry import geometry_of
from model.volume.load import load_volume
from tests.builders.series import series_in

NAMES = sorted(SAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_valid_dicom(name: str) -> None:
    checker = shutil.which("dciodvfy")
    assert checker is not None, "the Debian package dicom3tools is missing; make setup installs it"
    files = sorted(series(name).iterdir())
    for path in (files[0], files[len(files) // 2], files[-1]):
        said = subprocess.run([checker, str(path)], capture_output=True, text=True, check=False)
        assert "Error" not in said.stderr + said.stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_belongs_to_a_made_up_patient(name: str) -> None:
    for path in series(name).iterdir():
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(dataset.PatientName).startswith("Demo^")
        assert dataset.PatientID.startswith("DEMO-")
        assert not [element for element in dataset if element.tag.is_private]
        assert "InstitutionAddress" not in dataset


@pytest.mark.parametrize("name", ["abdomen", "thorax", "head", "mr-head"])
def test_values_and_places_are_those_of_the_source(name: str) -> None:
    paths, headers = series_in(series(name))
    volume, source = load_volume(paths, geometry_of(headers)), image_of(name)
    np.testing.assert_array_equal(volume.array[:: max(1, len(paths) // 7)], source.array[:: max(1, len(paths) // 7)])
    np.testing.assert_allclose(volume.geometry.positions[-1], source.affine @ [0, 0, len(paths) - 1, 1] @ np.eye(4, 3))


def test_a_head_lies_face_up() -> None:
    # Rows of the InVesalius project run from back to front: unflipped, the nose would point at the table.
    paths, headers = series_in(series("head"))
    nose = load_volume(paths, geometry_of(headers)).array[24] > -300
    in_front = np.flatnonzero(nose.any(axis=1))[0]
    assert np.count_nonzero(nose[in_front : in_front + 5]) < 100


def test_a_series_is_built_once(tmp_path: Path) -> None:
    first = series("mr-abdomen", tmp_path)
    made = {path.name: path.stat().st_mtime_ns for path in first.iterdir()}
    assert {path.name: path.stat().st_mtime_ns for path in series("mr-abdomen", tmp_path).iterdir()} == made


def test_a_damaged_series_is_built_again(tmp_path: Path) -> None:
    folder = series("mr-abdomen", tmp_path)
    victim = sorted(folder.iterdir())[3]
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-100])
    assert series("mr-abdomen", tmp_path) == folder
    assert victim.read_bytes() == whole


def test_another_package_than_the_pinned_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOCONTOUR_CACHE", str(tmp_path))
    wrong = packages.Package("debian", "no-such-package", "1", "no-such-package_1_all.deb", "0" * 64, "none")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / wrong.archive).write_bytes(b"something else")
    with pytest.raises(TargetFailed) as refused:
        packages.archive_of(wrong)
    assert refused.value.code in ("SAMPLE_DOWNLOAD", "SAMPLE_CHECKSUM")


MADE = "usr/share/made/image.nii.gz"


def made_package(folder: Path, version: str, image: bytes) -> packages.Package:
    """A Debian package with one gzipped image, as a release of Debian might have it: in ``folder``."""
    inside = folder / "inside"
    (inside / MADE).parent.mkdir(parents=True)
    (inside / "DEBIAN").mkdir()
    (inside / "DEBIAN").chmod(0o755)  # which dpkg-deb asks for, whatever this process's umask is
    (inside / MADE).write_bytes(gzip.compress(image))
    control = (
        f"Package: made\nVersion: {version}\nArchitecture: all\nMaintainer: Made up <up@example>\nDescription: made\n"
    )
    (inside / "DEBIAN" / "control").write_text(control)
    archive = folder / f"made_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(inside), str(archive)], check=True, capture_output=True)
    images = {MADE: hashlib.sha256(b"the image").hexdigest()}
    return packages.Package("debian", "made", "1-1", "made_1-1_all.deb", "0" * 64, "none", images)


def release_that_has(archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An apt that has one version of a package and no other; the cache is empty."""
    programs = folder / "bin"
    programs.mkdir()
    apt = programs / "apt-get"
    apt.write_text(
        f'#!/bin/sh\ncase "$*" in *=*) echo "E: no such version" >&2; exit 100 ;; *) cp {archive} . ;; esac\n'
    )
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("AUTOCONTOUR_CACHE", str(folder / "cache"))


def test_another_release_of_debian_with_the_same_images_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = made_package(tmp_path, "2-7", b"the image")
    release_that_has(tmp_path / "made_2-7_all.deb", tmp_path, monkeypatch)
    (path,) = packages.extract(package, (MADE,), tmp_path)
    assert gzip.decompress(path.read_bytes()) == b"the image"
    shutil.rmtree(tmp_path / "bin")
    assert packages.archive_of(package).name == "made_2-7_all.deb"  # kept, and not fetched again


def test_another_release_of_debian_with_another_image_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_package(tmp_path, "2-7", b"another image")
    release_that_has(tmp_path / "made_2-7_all.deb", tmp_path, monkeypatch)
    with pytest.raises(TargetFailed) as refused:
        packages.archive_of(package)
    assert refused.value.code == "SAMPLE_CHECKSUM"


def test_a_machine_without_apt_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AUTOCONTOUR_CACHE", str(tmp_path))
    with pytest.raises(TargetFailed, match="apt-get could not be run here") as refused:
        packages.archive_of(packages.INVESALIUS)
    assert refused.value.code == "SAMPLE_DOWNLOAD"


def test_an_unknown_sample_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(InputRefused, match="thorax"):
        series("nonesuch")


def test_the_samples_can_be_had_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "model.samples", "mr-abdomen", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(list(Path(done.stdout.strip()).iterdir())) == 20
