"""Writes the types of the API that the page reads, from openapi.json: ``python -m tests.page_types``."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.builders.gateway_app import app_of, gateway_in

SOURCES = Path(__file__).resolve().parents[1] / "plugin" / "gateway" / "page" / "src"
FILE = SOURCES / "app" / "schema.ts"
HEAD = "// What the API takes and answers. Written by `python -m tests.page_types` from openapi.json.\n"
NAMES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def types_of(document: Mapping[str, Any], wanted: Iterable[str]) -> str:
    """The wanted schemas of an OpenAPI document, and those that they are made of, as types of TypeScript by name."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    ahead = sorted(wanted)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += re.findall(r"'#/components/schemas/(\w+)'", repr(schemas[name]))
    return HEAD + "".join(_declaration(name, schemas[name]) for name in sorted(found))


def read_by_the_page() -> set[str]:
    """The names that the page's sources import from the file."""
    imported = re.compile(r"import type \{([^}]*)\} from \"[./]*(?:app/)?schema\"")
    texts = (path.read_text(encoding="utf-8") for kind in ("*.ts", "*.tsx") for path in SOURCES.rglob(kind))
    return {
        name.strip() for text in texts for some in imported.findall(text) for name in some.split(",") if name.strip()
    }


def current() -> str:
    """The file as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir(mode=0o700)
        return types_of(app_of(gateway_in(state)).openapi(), read_by_the_page())


def _declaration(name: str, schema: Mapping[str, Any]) -> str:
    if "properties" not in schema:
        return f"\nexport type {name} = {_type(schema)};\n"
    required = schema.get("required", [])
    lines = (_property(key, one, key in required) for key, one in schema["properties"].items())
    return f"\nexport interface {name} {{\n{''.join(lines)}}}\n"


def _property(key: str, schema: Mapping[str, Any], required: bool) -> str:
    name = key if key.isidentifier() else f'"{key}"'
    return f"  {name}{'' if required else '?'}: {_type(schema)};\n"


def _type(schema: Mapping[str, Any]) -> str:
    """One schema as a type of TypeScript; what openapi.json leaves open is ``unknown``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " | ".join(f'"{one}"' for one in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if schema.get("type") == "array":
        inner = _type(schema.get("items", {}))
        return f"readonly ({inner})[]" if " | " in inner else f"readonly {inner}[]"
    if schema.get("type") == "object":
        more = schema.get("additionalProperties", True)
        return f"Readonly<Record<string, {_type(more) if isinstance(more, dict) else 'unknown'}>>"
    return NAMES.get(str(schema.get("type")), "unknown")


if __name__ == "__main__":
    FILE.write_text(current(), encoding="utf-8")
