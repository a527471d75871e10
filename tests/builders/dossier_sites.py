"""Three sites as a data protection officer meets them: all of it on this machine, a service, a DICOM node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from plugin.evidence.dossier.models import ModelLine
from plugin.evidence.dossier.processing import Processing, read_processing
from plugin.settings.document import Section
from plugin.settings.evidence import read_evidence
from routing.rules import read_rules

_SITE: dict[str, Any] = {
    "Controller": {"Name": "Clinic Musterstadt", "Address": "Am Klinikum 1", "Contact": "office@clinic.example"},
    "DataProtectionOfficer": {"Name": "Data Protection Office", "Contact": "privacy@clinic.example"},
    "LegalBasis": ["task in the public interest, as our hospital law says"],
    "Measures": ["Disk encryption of all servers."],
}


def _rule(target: str, model: str = "hu-ct") -> dict[str, Any]:
    return {"Name": f"CT to {target}", "When": {"Modality": "CT"}, "Then": {"Model": model, "Target": target}}


LOCAL: dict[str, Any] = {"Rules": [_rule("local")], "Evidence": _SITE, "Quality": {"KeepMonths": 3}}
SERVICE: dict[str, Any] = {
    "Rules": [_rule("cloud", "organs")],
    "Targets": {
        "cloud": {
            "Type": "service",
            "Url": "https://contour.example/v1",
            "TokenFile": "token",
            "ServiceKey": "ab" * 32,
            "Models": ["organs"],
        }
    },
    "Constancy": [{"Target": "cloud", "Model": "organs"}],
    "Destinations": {"planning": {"Type": "dicom", "Modality": "PLANNING"}},
    "Evidence": {
        **_SITE,
        "Recipients": {
            "cloud": {
                "Name": "Contour Services",
                "Address": "Ring 2, 10115 Berlin",
                "Country": "Germany",
                "Contract": "DPA 2026-014",
            }
        },
    },
}
NODE: dict[str, Any] = {
    "Rules": [_rule("box", "vendor-model")],
    "Targets": {"box": {"Type": "dicom", "Modality": "VENDOR", "Models": ["vendor-model"]}},
    "Privacy": {"Retain": ["PatientCharacteristics"], "BurnedInText": "flag"},
    "Quality": {"Enabled": False},
    "Evidence": {
        **_SITE,
        "Recipients": {
            "box": {
                "Name": "Vendor Imaging",
                "Country": "United States",
                "Role": "controller",
                "Contract": "Agreement 7",
                "Safeguards": "standard contractual clauses",
            }
        },
    },
}
SITES = {"local": LOCAL, "service": SERVICE, "node": NODE}


def configuration(section: dict[str, Any], folder: Path) -> Path:
    """Write Orthanc's configuration of a site; returns its file."""
    path = folder / "orthanc.json"
    modalities = {name: [name, "127.0.0.1", 104] for name in ("VENDOR", "PLANNING")}
    path.write_text(json.dumps({"DicomModalities": modalities, "AutoContour": section}), encoding="utf-8")
    return path


def processing(section: dict[str, Any], models: tuple[ModelLine, ...] = ()) -> Processing:
    """What the dossier of a section is generated from."""
    evidence, problems = read_evidence(section.get("Evidence"))
    assert problems == []
    rules, wrong = read_rules(section["Rules"])
    assert wrong == []
    return read_processing(section, Section.model_validate(section), evidence, rules, "0.1.0", models)
