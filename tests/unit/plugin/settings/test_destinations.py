"""The section Destinations: what is wrong is said with its path, what was found, and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugin.settings.destinations import (
    DicomDestination,
    described,
    plugin_remarks,
    read_destinations,
    unknown_to_orthanc,
)
from plugin.settings.settings import examine

TPS: dict[str, Any] = {"Type": "dicom", "Modality": "eclipse"}


def problems_of(section: Any) -> list[str]:
    return [str(problem) for problem in read_destinations(section)[1]]


def test_what_is_left_out_has_careful_defaults() -> None:
    one = read_destinations({"tps": TPS})[0]["tps"]
    assert isinstance(one, DicomDestination)
    assert (one.What, one.Proof, one.Hours, one.Replace, one.images) == (["RTSTRUCT"], "find", 72, True, False)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"tps": {}}, "AutoContour.Destinations.tps.Type: found nothing; allowed: dicom, peer, dicomweb, folder"),
        ({"tps": {"Type": "dicm"}}, "did you mean 'dicom'?"),
        ({"tps": {"Type": "dicom"}}, "AutoContour.Destinations.tps.Modality: found nothing; allowed: a value"),
        ({"tps": {**TPS, "Proof": "commit"}}, "allowed: commitment, find, none; did you mean 'commitment'?"),
        ({"tps": {**TPS, "What": ["IMAGE"]}}, "AutoContour.Destinations.tps.What[0]: found 'IMAGE'"),
        ({"tps": {**TPS, "Modalty": "x"}}, "the unknown key 'Modalty'"),
        ({"tps": {**TPS, "Modality": "a/../b"}}, "AutoContour.Destinations.tps.Modality"),
        ({"John Doe": TPS}, 'found \'John Doe\'; allowed: letters, digits, ".", "-" and "_"'),
        ({"tps": "eclipse"}, "AutoContour.Destinations.tps: found 'eclipse'; allowed: an object"),
        ({"tps": {**TPS, "Hours": 0}}, "AutoContour.Destinations.tps.Hours"),
        ({"tps": {**TPS, "Profile": "eclips"}}, "did you mean 'eclipse'?"),
        ({"tps": {**TPS, "Rois": []}}, "tps.Rois: found a list of 0; allowed: a list that is not empty"),
        ({"tps": {**TPS, "Colours": {"Heart": [1, 2]}}}, "allowed: red, green and blue, each from 0 to 255"),
        ({"tps": {**TPS, "Colours": {"Heart": [1, 2, 256]}}}, "tps.Colours.Heart"),
        ({"tps": {**TPS, "Label": "{PatientName}"}}, "{Model}, {Version} and {Date} are filled in"),
        ({"tps": {**TPS, "Label": "{Model.__class__}"}}, "tps.Label"),
        ({"tps": {**TPS, "Label": "seventeen letters"}}, "at most 16 characters"),
        ({"tps": {**TPS, "SeriesDescription": "{"}}, "at most 64 characters"),
        ({"tps": {**TPS, "SeriesDescription": "Größe"}}, "ASCII text"),
    ],
)
def test_mistakes_are_said(section: Any, said: str) -> None:
    (problem,) = problems_of(section)
    assert said in problem


def test_a_rule_names_only_destinations_that_there_are() -> None:
    rule = {"Name": "r", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Deliver": ["tps", "tpps"]}}
    settings, problems = examine({"Rules": [rule], "Destinations": {"tps": TPS}})
    assert settings is None
    assert [str(one) for one in problems] == [
        "AutoContour.Rules[0].Then.Deliver[1]: found 'tpps'; allowed: tps; did you mean 'tps'?"
    ]


def test_a_modality_or_peer_that_orthanc_does_not_know_is_named() -> None:
    web = {"Type": "dicomweb", "Server": "web"}
    read, _ = read_destinations({"tps": TPS, "twin": {"Type": "peer", "Peer": "twn"}, "web": web})
    known = {"DicomModalities": {"eclips": ["A", "b", 1]}, "OrthancPeers": {"twin": ["http://twin"]}}
    known |= {"DicomWeb": {"Servers": {"webs": ["http://web"]}}}
    assert [str(one) for one in unknown_to_orthanc(read, known)] == [
        "AutoContour.Destinations.tps.Modality: found 'eclipse'; allowed: eclips; did you mean 'eclips'?",
        "AutoContour.Destinations.twin.Peer: found 'twn'; allowed: twin; did you mean 'twin'?",
        "AutoContour.Destinations.web.Server: found 'web'; allowed: webs; did you mean 'webs'?",
    ]


def test_names_that_orthanc_keeps_in_its_database_are_not_judged() -> None:
    read, _ = read_destinations({"tps": TPS})
    assert unknown_to_orthanc(read, {"DicomModalitiesInDatabase": True}) == []


def test_a_profile_is_said_where_a_destination_is_described() -> None:
    read, _ = read_destinations({"tps": {**TPS, "Profile": "eclipse", "Label": "AI {Model}"}, "plain": TPS})
    assert described("tps", read["tps"]) == (
        "tps: RTSTRUCT as another object (profile eclipse, Label) to the modality eclipse, proved by a query"
    )
    assert described("plain", read["plain"]) == "plain: RTSTRUCT to the modality eclipse, proved by a query"


def test_check_says_that_orthanc_loads_no_dicomweb_plugin(tmp_path: Path) -> None:
    read, _ = read_destinations({"web": {"Type": "dicomweb", "Server": "web"}, "tps": TPS})
    missing = plugin_remarks(read, {"Plugins": [str(tmp_path)]})
    assert ["no result reaches web" in one for one in missing] == [True]
    assert plugin_remarks(read, {"DicomWeb": {"Enable": False}, "Plugins": ["/a/libOrthancDicomWeb.so"]}) == missing
    (tmp_path / "libOrthancDicomWeb.so").touch()
    assert plugin_remarks(read, {"Plugins": [str(tmp_path)]}) == []
    assert plugin_remarks({"tps": read["tps"]}, {}) == []
