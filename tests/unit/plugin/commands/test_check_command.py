"""``autocontour check``: what it says of a configuration, and of a series, with which exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.errors import ConfigurationRefused
from plugin.cli import main
from plugin.commands.orthanc_json import read_configuration, without_comments
from tests.builders.orthanc_tags import series, stack

RULES = [
    {"Name": "chest", "When": {"BodyPartExamined": "CHEST"}, "Then": {"Exclude": "not here"}},
    {"Name": "axial CT", "When": {"Modality": "CT", "Orientation": "AXIAL"}, "Then": {"Model": "hu-ct"}},
]


@pytest.fixture
def site(tmp_path: Path) -> Any:
    """Write orthanc.json and the tags of a series; returns the arguments of check."""

    def write(section: Any, tags: Any = None) -> list[str]:
        path = tmp_path / "orthanc.json"
        path.write_text(json.dumps({"Name": "x", "AutoContour": section}))
        arguments = ["check", str(path)]
        if tags is not None:
            (tmp_path / "tags.json").write_text(json.dumps(tags))
            arguments += ["--series", str(tmp_path / "tags.json")]
        return arguments

    return write


def test_a_valid_configuration_is_described(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(site({"Rules": RULES})) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The configuration is valid.",
        "1. chest: excluded (not here)",
        "2. axial CT: hu-ct at local → RTSTRUCT; priority normal",
        "Structure sets that people made of ours are compared when they arrive: tolerance 2 mm; the numbers are kept "
        "as long as the evidence.",
    ]


def test_a_rule_for_the_best_series_of_a_study_is_said_to_be_one(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"Name": "best", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "OnePerStudy": True}}
    assert main(site({"Rules": [rule]})) == 0
    assert "priority normal, the best series of a study only" in capsys.readouterr().out
    assert main(site({"Rules": [rule]}, {"Modality": "CT"})) == 0
    assert "hu-ct at local, priority normal, if it is the best series of its study" in capsys.readouterr().out


def test_destinations_are_described_and_what_orthanc_does_not_know_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orthanc.json"
    rule = {"Name": "CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Deliver": ["tps"]}}
    destination = {"Type": "dicom", "Modality": "eclipse", "Proof": "commitment"}
    document = {"AutoContour": {"Rules": [rule], "Destinations": {"tps": destination}}}
    path.write_text(json.dumps(document | {"DicomModalities": {"eclipse": ["TPS", "tps.hospital.example", 104]}}))
    assert main(["check", str(path)]) == 0
    said = capsys.readouterr().out
    assert "1. CT: hu-ct at local → RTSTRUCT; priority normal, delivered to tps" in said
    assert "Destination tps: RTSTRUCT to the modality eclipse, proved by storage commitment." in said
    path.write_text(json.dumps(document | {"DicomModalities": {"monaco": ["TPS", "tps.hospital.example", 104]}}))
    assert main(["check", str(path)]) == 2
    assert "AutoContour.Destinations.tps.Modality: found 'eclipse'; allowed: monaco" in capsys.readouterr().err


def test_no_rules_are_said(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(site({})) == 0
    assert "nothing is contoured by itself" in capsys.readouterr().out


def test_records_of_use_that_are_kept_for_less_than_six_months_are_warned_of(
    site: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(site({"Quality": {"KeepMonths": 3}, "StateDirectory": "/run/autocontour"})) == 0
    said = capsys.readouterr().err
    assert "warning: AutoContour.Quality.KeepMonths is 3: comparisons with what people changed are kept 91 days" in said
    assert "leave the key out, or set 7 or more" in said
    assert "warning: AutoContour.StateDirectory lies in memory" in said
    assert main(site({"Quality": {"KeepMonths": 7}, "StateDirectory": "/var/lib/orthanc/autocontour"})) == 0
    said = capsys.readouterr().err
    assert "KeepMonths" not in said
    assert "in memory" not in said


def test_every_mistake_is_said_with_its_path_and_ends_with_status_2(
    site: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [{"Name": "a", "When": {"Modalty": "CT"}, "Then": {"Modl": "hu-ct", "Model": "hu-ct"}}]
    assert main(site({"Rules": wrong, "QuietSecond": 5})) == 2
    said = capsys.readouterr().err
    assert "AutoContour.Rules[0].When.Modalty" in said
    assert "'Modality'" in said
    assert "AutoContour.Rules[0].Then.Modl" in said
    assert "AutoContour.QuietSecond" in said
    assert "'QuietSeconds'" in said


def test_names_of_orthancs_own_dictionary_are_allowed_in_rules(tmp_path: Path) -> None:
    rules = [{"Name": "a", "When": {"ScannerProtocol": "x"}, "Then": {"Model": "hu-ct"}}]
    configuration: dict[str, Any] = {"AutoContour": {"Rules": rules}}
    path = tmp_path / "orthanc.json"
    path.write_text(json.dumps(configuration))
    assert main(["check", str(path)]) == 2
    configuration["Dictionary"] = {"4321,1012": ["LO", "ScannerProtocol", 1, 1, "ACME"]}
    path.write_text(json.dumps(configuration))
    assert main(["check", str(path)]) == 0


def test_a_section_that_is_missing_ends_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "orthanc.json").write_text("{}")
    assert main(["check", str(tmp_path / "orthanc.json")]) == 2


def test_a_series_is_tried_offline(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(site({"Rules": RULES}, {"Modality": "CT", "Orientation": "AXIAL"})) == 0
    said = capsys.readouterr().out
    assert said.startswith("contour: Matched: 'axial CT'.")
    assert '- BodyPartExamined: expected "CHEST", found (missing)' in said


def test_a_series_as_orthanc_describes_it(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*site({"Rules": RULES}, series(*stack(12))), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["Outcome"] == "contour"
    assert answer["Decisions"][0]["Rule"] == "axial CT"


def test_a_rule_that_fails_on_the_series_ends_with_status_1(site: Any) -> None:
    rules = [{"Name": "a", "When": {"ImageComments": {"Pattern": "x"}}, "Then": {"Model": "hu-ct"}}]
    assert main(site({"Rules": rules}, {"ImageComments": "y" * 20000})) == 1


@pytest.mark.parametrize("tags", [5, "CT", [], [1]])
def test_tags_that_are_none_end_with_status_1(site: Any, tags: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(site({"Rules": RULES}, tags)) == 1
    assert "instances-tags" in capsys.readouterr().err


def test_a_file_of_tags_that_is_missing_ends_with_status_1(site: Any, tmp_path: Path) -> None:
    assert main([*site({}), "--series", str(tmp_path / "nothing.json")]) == 1


def test_comments_are_read_as_orthanc_reads_them() -> None:
    text = '{ // one\n "a": "http://x/*y*/", /* two\n lines */ "b": "\\"//"}'
    assert json.loads(without_comments(text)) == {"a": "http://x/*y*/", "b": '"//'}
    assert without_comments(text).count("\n") == text.count("\n")


def test_environment_variables_are_filled_in_as_orthanc_does(tmp_path: Path) -> None:
    path = tmp_path / "orthanc.json"
    path.write_text('{"Name": "${SITE}", "HttpPort": ${PORT:-8042}}')
    assert read_configuration(path, {"SITE": "here"}) == {"Name": "here", "HttpPort": 8042}


def test_a_folder_of_files_is_one_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"Name": "x"}')
    (tmp_path / "b.json").write_text('{"AutoContour": {}}')
    assert read_configuration(tmp_path, {}) == {"Name": "x", "AutoContour": {}}
    (tmp_path / "c.json").write_text('{"Name": "y"}')
    with pytest.raises(ConfigurationRefused, match="again"):
        read_configuration(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "line 1"), ('{\n "a": 1,,\n}', "line 2"), ("[]", "an object"), ("[" * 50000, "JSON")],
    ids=["cut", "comma", "list", "deep"],
)
def test_a_file_that_is_no_json_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "orthanc.json"
    path.write_text(text)
    with pytest.raises(ConfigurationRefused, match=said):
        read_configuration(path, {})


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="no such file"):
        read_configuration(tmp_path / "orthanc.json", {})
    with pytest.raises(ConfigurationRefused, match=r"no \*.json"):
        read_configuration(tmp_path, {})


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "found no such file"),
        ({}, "found no *.json file in this folder"),
        ({"orthanc.json": "{,}"}, "found no valid JSON at line 1"),
        ({"orthanc.json": "{}"}, 'found no section "AutoContour"'),
    ],
)
def test_what_cannot_be_read_is_one_complaint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], made: dict[str, str] | None, said: str
) -> None:
    folder = tmp_path / "orthanc"
    if made is not None:
        folder.mkdir()
        for name, text in made.items():
            (folder / name).write_text(text)
    assert main(["check", str(folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
