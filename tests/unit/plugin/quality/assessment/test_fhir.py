"""The bundle before the published definitions of FHIR, and what it does not say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from plugin.quality.assessment.assessed import Assessment
from plugin.quality.assessment.fhir import assessment_bundle
from plugin.quality.assessment.objects import ObjectNames
from tests.builders.assessments import DECIDED, assessment_in

NAMES = ObjectNames("1.2.826.0.1.11", "1.2.826.0.1.22")


@pytest.fixture(scope="module")
def assessment(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assessment_in(tmp_path_factory.mktemp("assessed") / "chain")


def resources(bundle: dict[str, Any]) -> dict[str, Any]:
    return {one["resource"]["resourceType"]: one["resource"] for one in bundle["entry"]}


@pytest.mark.parametrize("names", [None, NAMES, ObjectNames(None, None)], ids=["unnamed", "named", "gone"])
def test_it_is_valid_by_the_published_definitions(assessment: Assessment, names: ObjectNames | None) -> None:
    bundle = assessment_bundle(assessment, "0.2.0", names)
    read = Bundle.model_validate_json(json.dumps(bundle))
    assert [one.resource.get_resource_type() for one in read.entry] == ["Provenance", "AuditEvent"]


def test_the_definitions_find_what_is_wrong(assessment: Assessment) -> None:
    for resource, key in (("Provenance", "agent"), ("AuditEvent", "source")):
        bundle = assessment_bundle(assessment, "0.2.0", NAMES)
        del resources(bundle)[resource][key]
        with pytest.raises(ValidationError):
            Bundle.model_validate_json(json.dumps(bundle))
    bundle = assessment_bundle(assessment, "0.2.0", NAMES)
    resources(bundle)["Provenance"]["targets"] = []
    with pytest.raises(ValidationError):
        Bundle.model_validate_json(json.dumps(bundle))


def test_each_decision_and_its_numbers_are_told(assessment: Assessment) -> None:
    event = resources(assessment_bundle(assessment, "0.2.0"))["AuditEvent"]
    told = {
        entity["name"]: {one["type"]: one["valueString"] for one in entity["detail"]}
        for entity in event["entity"]
        if "/roi/" in entity["what"]["identifier"]["value"]
    }
    assert {name: said["decision"] for name, said in told.items()} == {
        name or "Added structure 5": decision for name, decision in DECIDED.items()
    }
    assert told["Lung_L"]["Dice similarity coefficient (no units)"] == "0.987654321"
    assert told["Liver"]["code"] == "ROI_AMBIGUOUS"


def test_it_names_no_object_unless_asked_and_then_both(assessment: Assessment) -> None:
    silent, named = (json.dumps(assessment_bundle(assessment, "0.2.0", names)) for names in (None, NAMES))
    for uid in ("1.2.826.0.1.11", "1.2.826.0.1.22"):
        assert uid not in silent
        assert f"urn:oid:{uid}" in named
    for hidden in (assessment.job.id, assessment.job.series, "boost of somebody"):
        assert hidden not in silent + named
    assert "urn:dicom:uid" not in silent
    assert not re.search(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}", silent), "no id of Orthanc's"


def test_times_are_those_of_the_record_and_of_the_review(assessment: Assessment) -> None:
    provenance = resources(assessment_bundle(assessment, "0.2.0"))["Provenance"]
    assert provenance["recorded"] == assessment.record.time
    assert provenance["occurredDateTime"] == "2026-09-21T14:13:20.000Z"


def test_a_model_that_did_not_tell_its_digest_has_no_identifier(tmp_path: Path) -> None:
    bundle = assessment_bundle(assessment_in(tmp_path / "chain", digest="", reviewed=None, late=True), "0.2.0", NAMES)
    Bundle.model_validate_json(json.dumps(bundle))
    (drawn,) = resources(bundle)["Provenance"]["entity"]
    assert "identifier" not in drawn["agent"][0]["who"]
    assert "occurredDateTime" not in resources(bundle)["Provenance"]
