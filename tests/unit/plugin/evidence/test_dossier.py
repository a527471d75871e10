"""The dossier says what the site's configuration really does, and changes when it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.evidence.event import Event
from model.evidence.signing import SigningKey
from model.gate.allowlist import CT_IMAGE
from model.gate.profile import profile_digest, profile_of
from plugin.evidence.dossier.chapters import open_points
from plugin.evidence.dossier.processing import configuration_digest
from plugin.evidence.dossier_files import dossier_markdown, dossier_pdf, record_configuration, record_dossier
from plugin.evidence.paper.signature import make_seal
from plugin.settings.evidence import EvidenceSection, read_evidence
from tests.builders.dossier_sites import processing
from tests.builders.evidence import open_chain
from tests.builders.pdf_text import text_of

LOCAL: dict[str, Any] = {
    "Rules": [{"Name": "every axial CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "local"}}]
}
REMOTE: dict[str, Any] = {
    "Rules": [
        {"Name": "chest CT to the cloud", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "cloud"}},
        {"Name": "no studies of staff", "When": {"Modality": "MR"}, "Then": {"Exclude": "staff"}},
    ],
    "Targets": {
        "cloud": {
            "Type": "service",
            "Url": "https://contour.example/v1",
            "TokenFile": "token",
            "ServiceKey": "ab" * 32,
        },
        "box": {"Type": "dicom", "Modality": "VENDOR"},
    },
    "Evidence": {
        "Controller": {"Name": "University Hospital Musterstadt", "Address": "Am Klinikum 1"},
        "DataProtectionOfficer": {"Name": "Data Protection Office"},
        "LegalBasis": ["Article 6(1)(e) and 9(2)(h) GDPR"],
        "Recipients": {"cloud": {"Name": "Contour Services", "Country": "Germany", "Contract": "DPA 2026-014"}},
        "Measures": ["Disk encryption of all servers."],
        "Audit": {"Host": "audit.hospital.example"},
    },
}


def test_without_a_target_outside_the_dossier_says_that_nothing_leaves() -> None:
    text = dossier_markdown(processing(LOCAL))
    assert "No image leaves this machine." in text
    assert "this configuration names no target outside this machine" in text
    assert "every axial CT" in text
    assert "handed over" not in text, "nobody outside holds the head of the chain"


def test_a_quote_of_the_software_stand_in_is_said_to_be_no_measure() -> None:
    demand = {"Attestation": {"Kind": "software-stand-in", "Measurements": ["ab" * 48]}}
    cloud = REMOTE["Targets"]["cloud"] | demand
    text = dossier_markdown(processing(REMOTE | {"Targets": {"cloud": cloud, "box": REMOTE["Targets"]["box"]}}))
    assert "cloud has to show a quote before an image leaves" in text
    assert "this is no measure" in text
    assert "has to show a quote" not in dossier_markdown(processing(REMOTE))


def test_with_targets_outside_each_is_named_with_who_stands_behind_it() -> None:
    text = dossier_markdown(processing(REMOTE))
    for said in (
        "Pseudonymised images leave the hospital to: cloud, box.",
        "contour.example",
        "Contour Services<br>Germany",
        "DPA 2026-014",
        "modality VENDOR",
        "box (no rule uses it)",
        "not verified; rests on the contract",
        "Disk encryption of all servers.",
        "as a DICOM PS3.15 audit message over TLS",
        "Article 6(1)(e) and 9(2)(h) GDPR",
        "no studies of staff",
        "It is handed over then to cloud:",
    ):
        assert said in text, said


def test_what_only_the_site_can_say_is_listed_as_open() -> None:
    assert open_points(processing(LOCAL)) == (
        "the controller (Evidence.Controller)",
        "the data protection officer (Evidence.DataProtectionOfficer)",
        "the legal basis (Evidence.LegalBasis)",
        "a witness for the chain's head: a service that countersigns, or a time stamp authority",
    )
    assert open_points(processing(REMOTE)) == ("the recipient behind the target 'box' (Evidence.Recipients)",)
    evidence = {**REMOTE["Evidence"], "Recipients": {"cloud": {"Name": "Contour Services"}, "box": {"Name": "Vendor"}}}
    assert open_points(processing(REMOTE | {"Evidence": evidence})) == (
        "the contract with the recipient behind 'cloud' (Evidence.Recipients, Contract)",
        "the country of the recipient behind 'cloud' (Evidence.Recipients, Country)",
        "the contract with the recipient behind 'box' (Evidence.Recipients, Contract)",
        "the country of the recipient behind 'box' (Evidence.Recipients, Country)",
    )


def test_every_attribute_that_leaves_is_in_the_table_and_removed_ones_are_not() -> None:
    usual = dossier_markdown(processing(LOCAL))
    rows = profile_of(CT_IMAGE).attributes
    always = [tag for tag, row in rows.items() if row.option is None]
    assert all(f"| ({tag >> 16:04X},{tag & 0xFFFF:04X}) |" in usual for tag in always)
    assert profile_digest() in usual
    assert "| (0010,1010) |" not in usual, "the age leaves only with its option"
    retained = dossier_markdown(processing(LOCAL | {"Privacy": {"Retain": ["PatientCharacteristics"]}}))
    assert "| (0010,1010) |" in retained
    assert "| (0018,0060) |" in usual
    assert "| (0018,0060) |" not in dossier_markdown(processing(LOCAL | {"Privacy": {"Remove": ["KVP"]}}))


def test_the_same_configuration_gives_the_same_dossier_in_any_order() -> None:
    turned = dict(reversed(REMOTE.items()))
    assert dossier_markdown(processing(turned)) == dossier_markdown(processing(REMOTE))


@pytest.mark.parametrize(
    "change",
    [
        {"Privacy": {"TransferHours": 12}},
        {"Evidence": {"RecordYears": 30}},
        {"Evidence": {"AnchorHour": 5}},
        {"Targets": {"box": {"Type": "dicom", "Modality": "OTHER"}}},
        {"QuietSeconds": 9},
    ],
)
def test_a_changed_configuration_gives_another_dossier_and_another_digest(change: dict[str, Any]) -> None:
    before, after = processing(LOCAL), processing(LOCAL | change)
    assert before.configuration_digest != after.configuration_digest
    assert dossier_markdown(before) != dossier_markdown(after)


def test_it_claims_no_more_than_it_may() -> None:
    text = dossier_markdown(processing(REMOTE)).lower()
    assert "guarantee" not in text
    assert "anonymous" not in text.replace("that data are anonymous: they are pseudonymised", "")


def test_the_pdf_has_the_chapters_and_can_be_signed() -> None:
    pdf = dossier_pdf(processing(REMOTE), make_seal("University Hospital Musterstadt"))
    text = text_of(pdf)
    for chapter in ("1. Purposes, basis and responsibilities", "4. Flow of data", "11. What is not claimed"):
        assert chapter in text
    assert b"/ByteRange" in pdf


def test_changes_of_the_configuration_are_on_record_once_with_both_digests(tmp_path: Path) -> None:
    with open_chain(tmp_path, SigningKey.new()) as chain:
        first, second = configuration_digest(LOCAL), configuration_digest(REMOTE)
        assert record_configuration(chain, first, "0.1.0", "1.10.1") is not None
        assert record_configuration(chain, first, "0.1.0", "1.10.1") is None
        changed = record_configuration(chain, second, "0.1.0", "1.10.1")
        updated = record_configuration(chain, second, "0.2.0", "1.10.1")
        issued = record_dossier(chain, processing(REMOTE))
        assert record_dossier(chain, processing(REMOTE)) == issued, "the same text is on record once"
    assert changed is not None
    assert (changed.facts["before"], changed.facts["after"]) == (first, second)
    assert updated is not None
    assert updated.facts["software_version"] == "0.2.0"
    assert (issued.event, issued.facts["after"]) == (Event.DOSSIER_ISSUED, second)


def test_the_section_is_refused_with_the_path_of_the_wrong_key() -> None:
    section, problems = read_evidence({"Controler": {"Name": "x"}, "AnchorHour": 24, "Audit": {"Port": 1}})
    assert section == EvidenceSection()
    assert {problem.path for problem in problems} == {
        "AutoContour.Evidence.Controler",
        "AutoContour.Evidence.AnchorHour",
        "AutoContour.Evidence.Audit.Host",
    }
    assert read_evidence("yes")[1][0].path == "AutoContour.Evidence"
    assert read_evidence(None) == (EvidenceSection(), [])


def test_the_guide_for_the_data_protection_officer_names_every_key_of_the_section() -> None:
    guide = (Path(__file__).parents[4] / "docs" / "dpo.md").read_text(encoding="utf-8")
    assert [name for name in EvidenceSection.model_fields if f"`{name}`" not in guide] == []
