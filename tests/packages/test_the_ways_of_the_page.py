"""Each command of docs/install.md, as it stands, in a bare Debian: in, used, upgraded, back and out again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import requests

from model.samples.build import demo_series
from tests.builders.orthanc_process import CHECKOUT, until
from tests.packages.machine import Machine

STATE = "/var/lib/orthanc/db-v6/autocontour"
PAGE = CHECKOUT / "docs" / "install.md"
# What Orthanc and Debian's own tools write, and what the page tells to keep.
NOT_OURS = (
    *("/var/lib/orthanc/", "/var/log/", "/var/cache/", "/var/lib/apt/", "/var/lib/dpkg/", "/root/", "/run/", "/home/"),
    *("/etc/ld.so.cache", "/var/lib/systemd/deb-systemd"),
)


def blocks(title: str) -> str:
    """The commands below one heading of the page."""
    (section,) = re.findall(rf"^### {title}\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))


def ask(machine: Machine, path: str) -> Any:
    answer = requests.get(f"http://127.0.0.1:{machine.port}{path}", timeout=30)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def is_well(machine: Machine) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{machine.port}/autocontour/health", timeout=30).status_code == 200
    except requests.RequestException:
        return False


def assert_orthanc_is_up(machine: Machine) -> None:
    until(lambda: _answers(machine), "Orthanc answers", 240)


def _answers(machine: Machine) -> bool:
    try:
        return bool(ask(machine, "/system")["Version"])
    except requests.RequestException:
        return False


def assert_contours(machine: Machine, patient: str) -> None:
    """A CT becomes an RTSTRUCT of the same patient; sent again under another patient's name for each call."""
    series = ""
    suffix = f".{sum(patient.encode())}"
    for path in sorted(demo_series().glob("*.dcm")):
        image = pydicom.dcmread(path)
        image.PatientID = patient
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            setattr(image, name, getattr(image, name)[:58] + suffix)
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        content = pydicom.filebase.DicomBytesIO()
        pydicom.dcmwrite(content, image)
        answer = requests.post(f"http://127.0.0.1:{machine.port}/instances", data=content.getvalue(), timeout=60)
        series = answer.json()["ParentSeries"]

    def ended() -> Any:
        jobs = ask(machine, f"/autocontour/jobs?Series={series}")
        return jobs and jobs[0]["State"] not in ("waiting", "running") and jobs[0]

    job = until(ended, "the job ends", 400, 1.0)
    assert job["State"] == "done", job["Error"]
    stored = ask(machine, f"/instances/{job['Rtstruct']}/simplified-tags")
    assert (stored["Modality"], stored["PatientID"]) == ("RTSTRUCT", patient)


def assert_nothing_is_left(machine: Machine, before: dict[str, str]) -> None:
    after = machine.files()
    assert any(path.startswith(f"{STATE}/evidence/") for path in after), "the state is kept"
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert sorted(path for path in changed if not path.startswith(NOT_OURS)) == []
    assert sorted(path for path in after if path.startswith("/etc/orthanc/")) == sorted(
        path for path in before if path.startswith("/etc/orthanc/")
    )
    programs = machine.run("readlink /proc/[0-9]*/exe").stdout
    assert "/Orthanc" not in programs
    assert "python" not in programs


def assert_orthanc_always_stopped_well(machine: Machine) -> None:
    statuses = machine.run("systemctl stop orthanc; cat /run/orthanc.statuses").stdout.split()
    assert len(statuses) >= 4
    assert set(statuses) == {"0"}


def test_the_package_comes_works_and_goes(
    machine: Callable[..., Machine], package: Path, newer_package: Path, tmp_path: Path
) -> None:
    debian = machine(PACKAGE=f"/root/{package.name}", NEW_PACKAGE=f"/root/{newer_package.name}")
    # What apt brings along with the package is Debian's own, and stays until its administrator says otherwise.
    debian.run("apt-get install -y -qq python3; systemctl start orthanc")
    assert_orthanc_is_up(debian)
    before = debian.files()
    for file in (package, newer_package):
        shutil.copy(file, debian.inside(f"/root/{file.name}"))
    own = {path: debian.inside(path).read_bytes() for path in before if path.startswith("/etc/orthanc/")}

    install, *switch_on = blocks("Install the package").split("\n", 1)
    debian.run(install)
    assert {path: debian.inside(path).read_bytes() for path in own} == own
    debian.run("systemctl restart orthanc")
    assert_orthanc_is_up(debian)
    assert requests.get(f"http://127.0.0.1:{debian.port}/autocontour/health", timeout=30).status_code == 404
    debian.run("\n".join(switch_on))
    until(lambda: is_well(debian), "health is ok", 240)
    assert_contours(debian, "FIRST")
    assert_kernel_draws(debian, "/opt/orthanc-autocontour/bin/python")

    refused = debian.run("apt-get purge -y orthanc-autocontour", check=False)
    assert refused.returncode != 0
    assert "still named in /etc/orthanc/python.json" in refused.stderr + refused.stdout
    assert is_well(debian)

    debian.run(blocks("Upgrade the package"))
    until(lambda: is_well(debian), "health is ok", 240)
    assert debian.run("dpkg-query -W -f='${Version}' orthanc-autocontour").stdout.endswith("-2")
    assert_contours(debian, "SECOND")
    debian.run(blocks("Go back to the package before"))
    until(lambda: is_well(debian), "health is ok", 240)
    assert debian.run("dpkg-query -W -f='${Version}' orthanc-autocontour").stdout.endswith("-1")
    assert [job["State"] for job in ask(debian, "/autocontour/jobs")] == ["done"], "as the copy has them"
    debian.run(blocks("Remove the package"))
    assert_orthanc_is_up(debian)
    assert_orthanc_always_stopped_well(debian)
    assert_nothing_is_left(debian, before)


def test_the_wheel_comes_works_and_goes(
    machine: Callable[..., Machine], wheel: Path, newer_wheel: Path, wheels: Path
) -> None:
    lock = "/root/wheels/requirements.lock"
    given = {"WHEEL": f"/root/wheels/{wheel.name}", "NEW_WHEEL": f"/root/{newer_wheel.name}"}
    debian = machine(**given, LOCK=lock, NEW_LOCK=lock, PIP_NO_INDEX="1", PIP_FIND_LINKS="/root/wheels")
    shutil.copytree(wheels, debian.inside("/root/wheels"))
    shutil.copy(CHECKOUT / "requirements.lock", debian.inside("/root/wheels"))
    shutil.copy(newer_wheel, debian.inside("/root"))
    debian.run("apt-get install -y -qq python3-venv; systemctl start orthanc")
    assert_orthanc_is_up(debian)
    before = debian.files()
    said = debian.run(blocks("Install the wheel"))
    file = r"/opt/orthanc-autocontour/lib/python3\.\d+/site-packages/plugin/orthanc_plugin\.py"
    assert re.search(rf"^{file}$", said.stdout, re.MULTILINE)
    until(lambda: is_well(debian), "health is ok", 240)
    assert_contours(debian, "FIRST")
    assert_kernel_draws(debian, "/opt/orthanc-autocontour/bin/python")
    debian.run(blocks("Upgrade the wheel"))
    until(lambda: is_well(debian), "health is ok", 240)
    assert ".post1" in debian.run("/opt/orthanc-autocontour/bin/autocontour --version").stdout
    assert_contours(debian, "SECOND")
    debian.run(blocks("Go back to the wheel before"))
    until(lambda: is_well(debian), "health is ok", 240)
    assert ".post1" not in debian.run("/opt/orthanc-autocontour/bin/autocontour --version").stdout
    assert [job["State"] for job in ask(debian, "/autocontour/jobs")] == ["done"], "as the copy has them"
    debian.run(blocks("Remove the wheel"))
    assert_orthanc_is_up(debian)
    assert_orthanc_always_stopped_well(debian)
    assert_nothing_is_left(debian, before)


def assert_kernel_draws(machine: Machine, python: str) -> None:
    """The C part came with it."""
    machine.run(f"cd / && {python} -I -c 'import model.contours._trace'")
