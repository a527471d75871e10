"""Answers held against openapi.json: of a described type, with no key that the type does not have."""

from __future__ import annotations

import copy
import re
from typing import Any

import jsonschema_rs
import requests


class Described:
    """The document of a running gateway."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = document["paths"]
        self._components = copy.deepcopy(document["components"])
        for schema in self._components["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)

    def operations(self) -> set[tuple[str, str]]:
        """Every method and address."""
        return {(method.upper(), path) for path, methods in self._paths.items() for method in methods}

    def check(self, method: str, path: str, answer: requests.Response) -> None:
        """Hold an answer against what is said of it; ``path`` as the document writes it. Raises AssertionError."""
        said = self._paths[path][method.lower()]["responses"].get(str(answer.status_code))
        assert said is not None, f"{method} {path} answers {answer.status_code}, which is not described"
        # Orthanc 1.12 and newer add a line of their own, text/plain, after ours when the status is not 200.
        media_type = re.split(r"[;,]", answer.headers["Content-Type"])[0]
        assert media_type in said["content"], f"{method} {path} answers {media_type}, which is not described"
        if media_type != "application/json":
            return
        schema = said["content"][media_type]["schema"] | {"components": self._components}
        wrong = [
            f"{'.'.join(map(str, error.instance_path))}: {error.message}"
            for error in jsonschema_rs.validator_for(schema).iter_errors(answer.json())
        ]
        assert wrong == [], f"{method} {path}: {wrong}"
