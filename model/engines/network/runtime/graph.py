"""OpenVINO's files are looked at before they are read: a description in XML, and the numbers that it refers to.

The format holds no code: layers are named by kind and by the version of OpenVINO's own sets of operations, and
numbers by their place in the other file. What names an extension (operations of another library), another document,
or a place outside of the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from model.errors import InputRefused

GRAPH_BYTES = 64 * 1024**2
DEPTH = 64
OPERATIONS = re.compile(r"opset[1-9][0-9]?")
KIND = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def require_harmless(graph: Path, data: Path) -> None:
    """Raise InputRefused unless the graph has operations of OpenVINO alone and refers to nothing but ``data``."""
    if graph.stat().st_size > GRAPH_BYTES:
        raise _refused("is too large")
    text = graph.read_bytes()
    if b"<!" in text:
        raise _refused("holds declarations of its own")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise _refused("is damaged") from None
    if root.tag != "net":
        raise _refused("holds no network")
    size = data.stat().st_size
    for layer in _layers(root, 0):
        if not OPERATIONS.fullmatch(layer.get("version", "")) or not KIND.fullmatch(layer.get("type", "")):
            raise _refused("uses operations of another library")
        for values in layer.findall("data"):
            _require_within(values, size)


def _layers(parent: ElementTree.Element, depth: int) -> Iterator[ElementTree.Element]:
    if depth > DEPTH:
        raise _refused("is nested too deep")
    for child in parent:
        if child.tag == "layer":
            yield child
        yield from _layers(child, depth + 1)


def _require_within(values: ElementTree.Element, size: int) -> None:
    offset, length = values.get("offset"), values.get("size")
    if offset is None or length is None:
        return
    if not (offset.isdigit() and length.isdigit()) or int(offset) + int(length) > size:
        raise _refused("refers to numbers that are not there")


def _refused(why: str) -> InputRefused:
    return InputRefused("PROGRAM_UNSAFE", f"A converted network of the package {why}; it was not loaded.")
