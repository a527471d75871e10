"""openapi.json says of every operation and every status what the answer is, so that a client can be made from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.builders.gateway_app import app_of, gateway_in

ALWAYS = {"400", "403", "405", "413", "422", "500", "503"}
# What is no JSON, by operation.
FILES = {
    "get_assessment": {"application/dicom", "application/fhir+json"},
    "get_charts": {"text/csv"},
    "get_metrics": {"text/plain"},
    "get_events": {"text/event-stream"},
    "get_preview": {"image/png"},
    "get_outgoing": {"application/zip"},
    "export_subject": {"application/zip"},
    "get_certificate": {"application/pdf"},
    "list_quality": {"text/csv"},
    "get_dossier": {"application/pdf", "text/markdown"},
    "get_report": {"application/pdf"},
}

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return app_of(gateway_in(tmp_path_factory.mktemp("gateway") / "state")).openapi()


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for methods in document["paths"].values():
        yield from methods.values()


def answers(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            if status == "304":
                continue  # HTTP gives it no body
            yield operation["operationId"], status, answer


def says_nothing(schema: Any, document: dict[str, Any]) -> bool:
    """Whether a schema takes anything: none, an empty one, or an object of which only that is said."""
    if not isinstance(schema, dict) or not schema.keys() - {"title", "description", "default", "examples"}:
        return True
    if "$ref" in schema:
        return False  # it is looked at by itself
    if schema.get("type") == "object" and "properties" not in schema:
        return says_nothing(schema.get("additionalProperties"), document)
    if schema.get("type") == "array":
        return says_nothing(schema.get("items"), document)
    return any(says_nothing(part, document) for part in schema.get("anyOf", ()))


def test_every_answer_of_every_operation_has_a_schema(document: dict[str, Any]) -> None:
    empty = [
        (name, status, media_type)
        for name, status, answer in answers(document)
        for media_type, content in (answer.get("content") or {"none": {}}).items()
        if says_nothing(content.get("schema"), document)
    ]
    assert empty == []


def test_every_json_answer_is_a_named_type(document: dict[str, Any]) -> None:
    def named(schema: dict[str, Any]) -> bool:
        if "anyOf" in schema:
            return all(named(part) for part in schema["anyOf"])
        return "$ref" in schema or (schema.get("type") == "array" and "$ref" in schema["items"])

    nameless = [
        (name, status)
        for name, status, answer in answers(document)
        if "application/json" in answer["content"] and not named(answer["content"]["application/json"]["schema"])
    ]
    assert nameless == []


def test_every_part_of_a_type_is_described(document: dict[str, Any]) -> None:
    # They hold the tags of any object, a draft with whatever is wrong in it, and rules as the site writes them.
    asked = {"ExplainRequest", "TryRequest", "RulesAnswer"}
    vague = [
        (name, key)
        for name, schema in document["components"]["schemas"].items()
        if name not in asked
        for key, part in schema.get("properties", {}).items()
        if says_nothing(part, document)
    ]
    assert vague == []
    assert all("description" in schema for schema in document["components"]["schemas"].values())


def test_every_operation_names_the_errors_that_it_may_answer(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert operation["responses"].keys() >= ALWAYS, operation["operationId"]
    refs = {
        answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        for _, status, answer in answers(document)
        if status >= "400"
    }
    assert refs == {"ErrorAnswer", "UnavailableAnswer", "UnhealthyAnswer"}
    for name in refs:
        assert {"Error", "Message"} <= set(document["components"]["schemas"][name]["required"])


def test_an_error_that_is_never_sent_is_not_there(document: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def test_what_is_no_json_is_said_with_its_media_type(document: dict[str, Any]) -> None:
    other = {
        operation["operationId"]: set(operation["responses"]["200"]["content"]) - {"application/json"}
        for operation in operations(document)
        if "200" in operation["responses"]
    }
    assert {name: types for name, types in other.items() if types} == FILES


def test_every_operation_has_a_name_a_summary_and_a_tag_that_is_explained(document: dict[str, Any]) -> None:
    explained = {tag["name"] for tag in document["tags"] if tag["description"]}
    names = [operation["operationId"] for operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and not name.startswith("autocontour") for name in names)
    for operation in operations(document):
        assert operation["summary"]
        assert set(operation["tags"]) <= explained
        assert len(operation["tags"]) == 1


def test_every_example_is_of_the_type_that_it_stands_with(document: dict[str, Any]) -> None:
    examples = {
        name: schema["examples"] for name, schema in document["components"]["schemas"].items() if "examples" in schema
    }
    assert "JobAnswer" in examples
    for name, given in examples.items():
        validator = jsonschema_rs.validator_for(
            {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        )
        assert [error.message for example in given for error in validator.iter_errors(example)] == [], name


def test_every_body_that_is_asked_for_has_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        if "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        wanted = next(part for part in schema.get("anyOf", [schema]) if "$ref" in part)["$ref"].rsplit("/", 1)[1]
        described = document["components"]["schemas"][wanted]
        shown = "examples" in described or all("examples" in part for part in described["properties"].values())
        assert shown, wanted


def test_the_users_are_orthanc_s_own(document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]["OrthancUser"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "basic")
    assert document["security"] == [{"OrthancUser": []}, {}], "Orthanc may be set up to ask nobody"
