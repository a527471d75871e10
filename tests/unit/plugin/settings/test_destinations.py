"""The section Destinations: what is wrong is said with its path, what was found, and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.settings.destinations import DicomDestination, read_destinations, unknown_to_orthanc
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
        ({"tps": {}}, "AutoContour.Destinations.tps.Type: found nothing; allowed: dicom, peer, folder"),
        ({"tps": {"Type": "dicm"}}, "did you mean 'dicom'?"),
        ({"tps": {"Type": "dicom"}}, "AutoContour.Destinations.tps.Modality: found nothing; allowed: a value"),
        ({"tps": {**TPS, "Proof": "commit"}}, "allowed: commitment, find, none; did you mean 'commitment'?"),
        ({"tps": {**TPS, "What": ["IMAGE"]}}, "AutoContour.Destinations.tps.What[0]: found 'IMAGE'"),
        ({"tps": {**TPS, "Modalty": "x"}}, "the unknown key 'Modalty'"),
        ({"tps": {**TPS, "Modality": "a/../b"}}, "AutoContour.Destinations.tps.Modality"),
        ({"John Doe": TPS}, 'found \'John Doe\'; allowed: letters, digits, ".", "-" and "_"'),
        ({"tps": "eclipse"}, "AutoContour.Destinations.tps: found 'eclipse'; allowed: an object"),
        ({"tps": {**TPS, "Hours": 0}}, "AutoContour.Destinations.tps.Hours"),
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
    read, _ = read_destinations({"tps": TPS, "twin": {"Type": "peer", "Peer": "twn"}})
    known = {"DicomModalities": {"eclips": ["A", "b", 1]}, "OrthancPeers": {"twin": ["http://twin"]}}
    assert [str(one) for one in unknown_to_orthanc(read, known)] == [
        "AutoContour.Destinations.tps.Modality: found 'eclipse'; allowed: eclips; did you mean 'eclips'?",
        "AutoContour.Destinations.twin.Peer: found 'twn'; allowed: twin; did you mean 'twin'?",
    ]


def test_names_that_orthanc_keeps_in_its_database_are_not_judged() -> None:
    read, _ = read_destinations({"tps": TPS})
    assert unknown_to_orthanc(read, {"DicomModalitiesInDatabase": True}) == []
