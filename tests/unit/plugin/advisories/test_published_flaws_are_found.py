"""Published flaws of Orthanc, its plugins and DCMTK: which versions have them, and what a packager mended."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from plugin.advisories.alerts import FLAWS, STALE, VersionWatch, alerts_of, joined
from plugin.advisories.flaws import STALE_DAYS, Installed, findings, known_flaws, release_of
from plugin.advisories.packages import installed_packages
from plugin.cli import main
from tests.audit import judged

NINE = [f"CVE-2026-{number}" for number in range(5437, 5446)]


def names(*installed: Installed) -> set[str]:
    return {name for one in findings(installed, known_flaws().flaws) for name in one.identifiers}


@pytest.mark.parametrize(
    ("version", "has"),
    [
        ("1.10.1", True),
        ("1.10.1+dfsg-2+deb12u1", True),
        ("1.12.7+dfsg-4", True),
        ("1.12.10", True),
        ("1.12.11", False),
        ("1.12.11+dfsg-1~bpo13+1", False),
        ("1.13.0", False),
        ("2.0", False),
        ("1.9", True),
        ("mainline", False),
        ("", False),
    ],
)
def test_orthanc_before_1_12_11_has_the_nine(version: str, has: bool) -> None:
    assert (set(NINE) <= names(Installed("orthanc", version))) is has


@pytest.mark.parametrize(
    ("version", "release"),
    [("1.12", (1, 12)), ("1:3.6.7-9~deb12u4", (3, 6, 7)), ("3.6.8+really3.6.7", (3, 6, 8)), ("mainline", None)],
)
def test_numbers_of_a_version(version: str, release: tuple[int, ...] | None) -> None:
    assert release_of(version) == release


def test_what_a_packager_mended_is_none() -> None:
    mended = Installed("orthanc", "1.12.7+dfsg-4+deb13u1", frozenset(NINE))
    assert not names(mended)
    (finding,) = findings([Installed("orthanc", "1.12.7", frozenset(NINE[:7]))], known_flaws().flaws)
    assert finding.identifiers == tuple(NINE[7:])
    assert "1.12.11" in finding.sentence
    assert "2 published flaws" in finding.sentence


def test_a_flaw_without_a_fix_says_whom_to_ask() -> None:
    (finding,) = findings([Installed("gdcm", "3.2.4")], known_flaws().flaws)
    assert "ask its makers" in finding.sentence
    assert not names(Installed("gdcm", "3.0.21-1"))


def machine(root: Path, packages: dict[str, str], changelogs: dict[str, str]) -> Path:
    status = root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text(
        "\n".join(
            f"Package: {name}\nStatus: install ok installed\nDescription: x\n over lines\nVersion: {version}\n"
            for name, version in packages.items()
        )
        + "\nPackage: libdcmtk99\nStatus: deinstall ok config-files\nVersion: 3.0.0-1\n"
    )
    for name, text in changelogs.items():
        folder = root / "usr/share/doc" / name
        folder.mkdir(parents=True)
        with gzip.open(folder / "changelog.Debian.gz", "wt") as file:
            file.write(text)
    return root


def test_packages_of_a_machine_with_what_their_changelogs_name(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        {"orthanc": "1.10.1+dfsg-2+deb12u9", "libdcmtk17": "3.6.7-9~deb12u4", "orthanc-python": "4.0-1", "bash": "5"},
        {"orthanc": "  * cve-2026-5442.patch, CVE-2023-33466\n"},
    )
    orthanc, dcmtk = installed_packages(root)
    assert orthanc == Installed("orthanc", "1.10.1+dfsg-2+deb12u9", frozenset({"CVE-2026-5442", "CVE-2023-33466"}))
    assert dcmtk == Installed("dcmtk", "3.6.7-9~deb12u4")
    assert "CVE-2026-5442" not in names(orthanc)
    assert "CVE-2026-5443" in names(orthanc)


def test_a_machine_without_dpkg_has_no_packages(tmp_path: Path) -> None:
    assert installed_packages(tmp_path) == ()


def test_a_changelog_that_is_damaged_mends_nothing(tmp_path: Path) -> None:
    root = machine(tmp_path, {"orthanc": "1.12.7"}, {"orthanc": "CVE-2026-5442"})
    log = root / "usr/share/doc/orthanc/changelog.Debian.gz"
    log.write_bytes(log.read_bytes()[:15])
    assert installed_packages(root) == (Installed("orthanc", "1.12.7"),)


def test_the_running_orthanc_counts_and_its_package_only_where_it_is_the_same_build() -> None:
    package = Installed("orthanc", "1.10.1+dfsg-2", frozenset(NINE))
    assert joined([Installed("orthanc", "1.10.1")], [package]) == (package,)
    other = Installed("orthanc", "1.12.7")
    assert joined([other], [package]) == (other,)
    library = Installed("dcmtk", "3.6.7")
    assert joined([other], [library]) == (other, library)


def test_the_alert_says_what_to_do_and_has_the_shape_of_the_others() -> None:
    today = known_flaws().as_of
    (alert,) = alerts_of(findings([Installed("orthanc", "1.12.7")], known_flaws().flaws), known_flaws(), today)
    assert {"Alert": FLAWS, "EvidenceCode": None, "Reason": "ORTHANC"}.items() <= alert.items()
    assert alert["Since"] == "2026-04-09T00:00:00.000Z"
    assert all(name in alert["Message"] for name in NINE)


def test_an_old_list_says_that_it_is_old() -> None:
    listed = known_flaws()
    fresh, old = listed.as_of + timedelta(STALE_DAYS), listed.as_of + timedelta(STALE_DAYS + 1)
    assert alerts_of((), listed, fresh) == []
    assert [alert["Alert"] for alert in alerts_of((), listed, old)] == [STALE]


def test_a_gateway_elsewhere_does_not_judge_the_packages_of_its_own_machine() -> None:
    watch = VersionWatch(lambda: [Installed("orthanc", "1.13.0")], beside=False)
    watch.look()
    assert watch.alerts(known_flaws().as_of) == []


def test_the_list_is_in_order() -> None:
    listed = known_flaws()
    assert all(flaw.published <= listed.as_of <= date.today() for flaw in listed.flaws)
    named = [name for flaw in listed.flaws for name in flaw.identifiers]
    assert len(named) == len(set(named))


def test_check_says_the_flaws_of_this_machine_beside_what_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = tmp_path / "orthanc.json"
    configuration.write_text('{"AutoContour": {}}')
    assert main(["check", str(configuration)]) == 0
    said = capsys.readouterr()
    warnings = [line for line in said.err.splitlines() if line.startswith("warning: ")]
    here = findings(installed_packages(), known_flaws().flaws)
    flaws = [line for line in warnings if "published flaw" in line]
    assert [f"warning: {one.sentence}" for one in here] == flaws
    assert "published" not in said.out, "what scripts read is not mixed with warnings"


def test_an_audit_says_what_it_could_not_look_up() -> None:
    clean = {"name": "a", "version": "1", "vulns": []}
    skipped = {"name": "b", "skip_reason": "not found"}
    flawed = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
    assert judged({"dependencies": [clean]}) == (["1 of 1 packages were looked up"], 0)
    lines, status = judged({"dependencies": [clean, skipped]})
    assert (status, lines[-1].endswith("b")) == (3, True)
    lines, status = judged({"dependencies": [skipped, flawed]})
    assert (status, lines[0]) == (1, "c 2: PYSEC-1, fixed in 3")
