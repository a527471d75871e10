"""Ordinary names, numbers, descriptions and institutions stand in nobody's way; real leaks are still found."""

from __future__ import annotations

import re
from itertools import cycle

import pytest
from pydicom.dataset import Dataset

from model.errors import PrivacyRefused
from model.names.naming import table
from model.names.tg263 import STRUCTURES
from plugin.privacy.reading import read_with_pydicom
from plugin.restore.identity import Identity
from tests.builders.long_tests import some_of
from tests.builders.marked import ct, encoded
from tests.builders.ordinary import DESCRIPTIONS, IDS, INSTITUTIONS, NAMES, PARTS, VENDOR_ROIS
from tests.builders.untouched import cleaned


def ordinary(name: str, identifier: str, description: str, institution: str, parts: list[str], at: int = 0) -> Dataset:
    dataset = ct(at)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = name, identifier
    dataset.AccessionNumber, dataset.StudyID = identifier[:16], identifier[:16]
    dataset.OtherPatientNames = [name.split("=")[0], "X"]
    dataset.StudyDescription = dataset.SeriesDescription = dataset.ProtocolName = description
    dataset.ImageComments = f"{description}; {institution}"
    dataset.InstitutionName = dataset.StationName = institution[:16]
    dataset.ReferringPhysicianName = name.split("=")[0]
    dataset.OtherPatientIDs = parts
    dataset.PatientComments = description
    dataset.private_block(0x0029, "MADE UP", create=True).add_new(0x01, "OB", description.encode())
    return dataset


def identity(name: str, identifier: str = "", born: str = "19470811") -> Identity:
    dataset = ordinary(name, identifier, "", "", [])
    dataset.PatientBirthDate = born
    return Identity.of(read_with_pydicom(encoded(dataset)))


def headers() -> list[tuple[str, str, str, str, list[str]]]:
    return list(zip(NAMES, cycle(IDS), cycle(DESCRIPTIONS), cycle(INSTITUTIONS), cycle(PARTS)))


def test_there_are_a_few_hundred_of_them() -> None:
    assert len(NAMES) > 300
    assert len(table()) > 200
    assert len(STRUCTURES) > 300


def test_no_structure_of_a_table_or_of_tg_263_is_lost_to_any_of_them() -> None:
    known = [text for entry in table().values() for text in (entry.label, entry.name, entry.full)]
    names = dict.fromkeys([*known, *STRUCTURES, *VENDOR_ROIS])
    for header in headers():
        found = Identity.of(read_with_pydicom(encoded(ordinary(*header))))
        assert [one for one in names if found.named_in(one)] == [], header
    for identifier in IDS:
        found = identity("Lee^An", identifier)
        assert [one for one in names if found.named_in(one)] == [], identifier


def test_labels_that_the_model_announces_are_structures_and_no_people() -> None:
    assert identity("Kugel^Anna").named_in("Kugel_links")
    assert not identity("Kugel^Anna").named_in("kugel_links", ["Kugel_links"])
    assert not identity("Kugel^Anna").named_in("Kugel_2", ["Kugel"])


@pytest.mark.parametrize(
    ("name", "number", "roi"),
    [
        ("Lee^An", "", "Lee"), ("Lee^An", "", "GTV_Lee"), ("Lee^An", "", "GTVlee"), ("Lee^An", "", "lee-heart"),
        ("Lee^An", "", "PTV60 LEE"), ("Lee^An", "", "anlee"), ("Lee^An", "", "HeartLee"), ("Ng^Ho", "", "Ng"),
        ("Li^Bo", "", "GTV Li"), ("An^Li", "", "an_2"), ("Hand^Heart", "", "Hand_Heart"), ("Iris^Lens", "", "LensIris"),
        ("Müller^Jörg", "", "PTV_Mueller"), ("Müller^Jörg", "", "MULLER"), ("Müller^Jörg", "", "jmüller"),
        ("Smith-Jones^Ann", "", "GTV_Jones"), ("O'Neill^Ed", "", "oneill"), ("O'Neill^Ed", "", "Neill GTV"),
        ("Yamada^Tarou=山田^太郎", "", "山田 GTV"), ("Yamada^Tarou=山田^太郎", "", "YamadaTarou"), ("李^安", "", "李"),
        ("Иванов^Иван", "", "иванов"), ("Doe^Jane", "12-345-678", "12345678"), ("Doe^Jane", "0012345", "ROI 12345"),
        ("Doe^Jane", "12-345-678", "GTV 12_345_678"), ("Doe^Jane", "KH-4711", "kh4711"),
        ("Doe^Jane", "4711", "Pat4711"),
        ("Doe^Jane", "", "born 11.8.1947"), ("Doe^Jane", "", "GTV_19470811"), ("Doe^Jane", "", "110847"),
        ("Doe^Jane", "", "GTV 1.2.1950"), ("Doe^Jane", "", "J_a_n_e"), ("Doe^Jane", "", "DoeJ"),
    ],
)  # fmt: skip
def test_a_name_that_carries_the_patient_is_found(name: str, number: str, roi: str) -> None:
    assert identity(name, number).named_in(roi)


@pytest.mark.parametrize(
    ("name", "roi"),
    [
        ("Lee^An", "Spleen_old"), ("Lee^An", "Fleece"), ("Ung^L", "Lung_2"), ("Pros^T", "Prostatabett"),
        ("Ng^Ho", "Ring"), ("Hand^Li", "Hand_L"),
        ("Li^Bo", "Liver_boost"), ("Hand^Al", "Hand_3"), ("Heart^Jo", "Heart old"), ("Ast^Ed", "Mastoid_5"),
    ],
)  # fmt: skip
def test_a_piece_of_a_word_names_nobody(name: str, roi: str) -> None:
    assert not identity(name).named_in(roi)


# One in seven has every description, institution and kind of parts, whose numbers have no factor of seven.
@pytest.mark.parametrize("plain", some_of(("each seventh", "each"), always=("each seventh",)))
def test_every_ordinary_series_leaves(plain: str) -> None:
    chosen = headers()
    if plain == "each seventh":
        chosen = [one for at, one in enumerate(chosen) if at % 7 == 0 or not re.fullmatch(r"[A-Z][a-z]+\^\w+", one[0])]
    for header in chosen:
        assert len(cleaned([encoded(ordinary(*header, at=at)) for at in range(3)])) == 3, header


@pytest.mark.parametrize("identifier", IDS)
def test_every_ordinary_number_leaves(identifier: str) -> None:
    assert len(cleaned([encoded(ordinary("Lee^An", identifier, "", "", [], at)) for at in range(3)])) == 3


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientID", "9765625"), ("PatientID", "0,9765625"), ("PatientComments", "record 9765625"),
        ("PatientComments", "record:9765625,"), ("AccessionNumber", "97-656-25"), ("OtherPatientIDs", ["1", "9765625"]),
        ("PatientComments", "1,9765625,2"),
    ],
)  # fmt: skip
def test_a_number_of_the_header_in_the_geometry_is_still_found(keyword: str, value: object) -> None:
    files = []
    for at in range(3):
        dataset = ct(at)
        setattr(dataset, keyword, value)
        files.append(encoded(dataset))
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(files)
    assert refused.value.findings == {"SELF_CHECK_NUMBER": 1}
