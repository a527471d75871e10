"""``autocontour check`` on a folder as Debian lays it: what Orthanc reads together, and everything that is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from plugin.cli import main
from tests.builders.debian_folder import change, lay
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT

OURS = str(CHECKOUT / "plugin" / "orthanc_plugin.py")
SECTION = {"QuietSeconds": 2, "Rules": [AXIAL_CT]}


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """The folder with what the README says."""
    folder = lay(tmp_path)
    change(folder / "python.json", PythonScript=OURS)
    (folder / "autocontour.json").write_text(json.dumps({"AutoContour": SECTION}))
    return folder


def said(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status, and what was said of it."""
    status = main(["check", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


def test_the_lines_of_the_readme_are_a_valid_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (CHECKOUT / "README.md").read_text()
    section = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    line = re.search(r'"PythonScript" : "(/opt/[^"]+)"', text)
    assert section is not None
    assert line is not None
    folder = lay(tmp_path)
    (folder / "autocontour.json").write_text(section[1])
    change(folder / "python.json", PythonScript=line[1])
    status, words = said(folder, capsys=capsys)
    assert (status, "The configuration is valid." in words) == (0, True)


def test_a_file_of_the_folder_is_checked_with_the_others(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("orthanc.json", "autocontour.json", "python.json"):
        status, words = said(etc / name, capsys=capsys)
        assert (status, "every axial CT: hu-ct at local" in words) == (0, True), name


def test_keys_in_two_files_are_named_with_both(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(etc / "orthanc.json", PythonScript=OURS, AutoContour={})
    for place in (etc, etc / "orthanc.json"):
        status, words = said(place, capsys=capsys)
        assert status == 2
        for key, other in (("PythonScript", "python.json"), ("AutoContour", "autocontour.json")):
            line = next(one for one in words.splitlines() if f"{key}: found it in" in one)
            assert "orthanc.json" in line
            assert other in line


def test_every_kind_of_mistake_is_said_in_one_pass(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = [
        AXIAL_CT | {"Then": {"Model": "hu-tc", "Target": "clud", "Structures": "thorx"}},
        {"Name": "broken", "When": {"Modalty": "CT"}, "Then": {"Model": "hu-ct"}},
        {"Name": "late", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "nowhere"}},
    ]
    wrong = {"QuietSecond": 5, "Rules": rules, "Structures": {"thorax": ["Heart"]}, "RoutingScript": "gone.py"}
    (etc / "autocontour.json").write_text(json.dumps({"AutoContour": wrong}))
    change(etc / "orthanc.json", PythonScript=OURS)
    (etc / "zz.json").write_text("{ 'Name' }")
    status, words = said(etc, capsys=capsys)
    assert status == 2
    for place in (
        "AutoContour.QuietSecond:",
        "AutoContour.Rules[0].Then.Model:",
        "AutoContour.Rules[0].Then.Target:",
        "AutoContour.Rules[0].Then.Structures:",
        "AutoContour.Rules[1].When.Modalty:",
        "AutoContour.Rules[2].Then.Target:",
        "AutoContour.RoutingScript:",
        "PythonScript:",
        "zz.json:",
    ):
        assert place in words


def test_the_mistakes_are_data_too(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(etc / "orthanc.json", PythonScript=OURS)
    assert main(["check", str(etc), "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer["Valid"] is False
    assert [problem["Path"] for problem in answer["Problems"]] == ["PythonScript"]


def test_the_sample_of_the_package_is_no_script_of_ours(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(etc / "python.json", PythonScript=str(etc / "sample.py"))
    status, words = said(etc, capsys=capsys)
    assert (status, "python.json" in words, "does not load auto-contouring" in words) == (2, True, True)


def test_a_script_that_imports_ours_is_right(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (etc / "sample.py").write_text("import orthanc_plugin\n")
    change(etc / "python.json", PythonScript=str(etc / "sample.py"))
    assert said(etc, capsys=capsys)[0] == 0


def test_a_script_that_is_not_there_stops_orthanc(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(etc / "python.json", PythonScript=str(etc / "orthanc_plugin.py"))
    status, words = said(etc, capsys=capsys)
    assert (status, "Orthanc does not start" in words) == (2, True)


def test_another_configuration_in_the_folder_is_no_part_of_it(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads((etc / "autocontour.json").read_text()) | {"Name": "alone", "HttpPort": 8043}
    folder = etc.parent / "two"
    folder.mkdir()
    for name in ("one.json", "other.json"):
        (folder / name).write_text(json.dumps(whole))
    status, words = said(folder / "one.json", capsys=capsys)
    assert (status, "another configuration" in words) == (0, True)
    assert said(folder, capsys=capsys)[0] == 2


def test_a_file_beside_it_that_is_no_json_is_a_remark(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (etc / "notes.json").write_text("to do")
    status, words = said(etc / "autocontour.json", capsys=capsys)
    assert (status, "notes.json" in words) == (0, True)
    assert said(etc, capsys=capsys)[0] == 2


@pytest.mark.parametrize("name", ["copy.JSON", "copy.Json"])
def test_a_file_is_read_whatever_the_case_of_its_ending_as_orthanc_does(
    name: str, etc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (etc / name).write_text(json.dumps({"AutoContour": SECTION}))
    status, words = said(etc, capsys=capsys)
    assert (status, f"autocontour.json and again in {name}" in words or f"{name} and again" in words) == (2, True)


def test_what_orthanc_passes_over_is_no_mistake(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (etc / "old.json").mkdir()
    file = etc / "autocontour.json"
    text = json.dumps({"AutoContour": SECTION | {"Rules": [AXIAL_CT | {"Name": "axial, ]}"}]}})
    file.write_bytes("// für uns\n".encode("latin-1") + text.replace("]}}", "],},}").encode())
    status, words = said(etc, capsys=capsys)
    assert (status, "axial, ]}: hu-ct" in words, "UTF-8" in words) == (0, True, False)


def test_a_value_in_another_encoding_is_said(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = etc / "autocontour.json"
    file.write_bytes(file.read_bytes().replace(b"every axial CT", "für CT".encode("latin-1")))
    status, words = said(etc, capsys=capsys)
    assert (status, "autocontour.json is not in UTF-8" in words) == (0, True)
    file.write_text(json.dumps({"AutoContour": SECTION}), "utf-16")
    status, words = said(etc, capsys=capsys)
    assert (status, "in UTF-16" in words) == (2, True)


@pytest.mark.parametrize(
    ("keys", "status", "sentence"),
    [
        ({"Plugins": "/usr/share/orthanc/plugins"}, 2, "no list of texts; Orthanc does not start"),
        ({"Plugins": ["plugins", "plugins/libOrthancPython.so"]}, 2, "libOrthancPython.so twice"),
        ({"Plugins": []}, 0, "Plugins leads to no libOrthancPython.so"),
        ({"Plugins": ["plugins"]}, 0, "every axial CT: hu-ct at local"),
        ({"Plugins": ["/elsewhere/plugins"]}, 0, "every axial CT: hu-ct at local"),
    ],
)
def test_the_plugin_that_runs_the_script_is_loaded_once(
    keys: dict[str, object], status: int, sentence: str, etc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (etc / "plugins").mkdir()
    (etc / "plugins" / "libOrthancPython.so").touch()
    change(etc / "orthanc.json", **keys)
    found, words = said(etc, capsys=capsys)
    assert (found, sentence in words) == (status, True), words
    assert ("leads to no" in words) == (keys == {"Plugins": []})


def test_a_script_that_is_no_python_stops_orthanc(etc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (etc / "sample.py").write_text("import orthanc_plugin\nregister(\n")
    change(etc / "python.json", PythonScript=str(etc / "sample.py"))
    status, words = said(etc, capsys=capsys)
    assert (status, "no Python in line 2; Orthanc does not start" in words) == (2, True)


@pytest.mark.parametrize("keys", [{"HttpServerEnabled": False}, {"HttpPort": "8042"}])
def test_the_gateway_needs_orthanc_s_http_server(
    keys: dict[str, object], etc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(etc / "orthanc.json", **keys)
    status, words = said(etc, capsys=capsys)
    assert (status, f"{next(iter(keys))} in orthanc.json" in words) == (2, True)
