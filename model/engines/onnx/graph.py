"""ONNX files are looked at before they are loaded: weights may lie in other files, operators in other libraries.

The few fields needed are read from the protocol buffer itself (onnx.proto3, fields by number), so that no parser of
the whole format is needed where a model is only drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model.errors import InputRefused

# protobuf's own limit for one message.
FILE_BYTES = 2 * 1024**3 - 1
DOMAINS = frozenset(("", "ai.onnx", "ai.onnx.ml", "com.microsoft"))
# Field numbers: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, FunctionProto.
MODEL_GRAPH, MODEL_OPSETS, MODEL_FUNCTIONS = 7, 8, 25
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_SPARSE = 1, 5, 15
NODE_ATTRIBUTE, NODE_DOMAIN, FUNCTION_NODE, FUNCTION_OPSETS, FUNCTION_ATTRIBUTES = 5, 7, 7, 9, 11
ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS = 5, 6, 10, 11
ATTRIBUTE_SPARSE = (22, 23)
TENSOR_EXTERNAL, TENSOR_LOCATION, OPSET_DOMAIN = 13, 14, 1
DEPTH = 32


def require_self_contained(path: Path) -> bytes:
    """Return the content of an ONNX file; raises InputRefused when it refers to other files or to foreign operators."""
    if path.stat().st_size > FILE_BYTES:
        raise InputRefused("PACKAGE_TOO_LARGE", f"{path.name} has more than 2 GB, which no ONNX file may.")
    content = path.read_bytes()
    try:
        _model(memoryview(content))
    except (ValueError, IndexError, UnicodeDecodeError):
        raise InputRefused("WEIGHTS_FORMAT", f"{path.name} is not an ONNX file.") from None
    return content


def _model(model: memoryview) -> None:
    graphs = 0
    for number, value in _fields(model):
        if not isinstance(value, memoryview):
            continue
        if number == MODEL_GRAPH:
            graphs += 1
            _graph(value, 0)
        elif number == MODEL_OPSETS:
            _require_domains(part for key, part in _fields(value) if key == OPSET_DOMAIN)
        elif number == MODEL_FUNCTIONS:
            _function(value)
    if graphs != 1:
        raise ValueError("a model has one graph")


def _graph(graph: memoryview, depth: int) -> None:
    if depth > DEPTH:
        raise ValueError("too deep")
    for number, value in _fields(graph):
        if not isinstance(value, memoryview):
            continue
        if number == GRAPH_NODE:
            _node(value, depth)
        elif number == GRAPH_INITIALIZER:
            _tensor(value)
        elif number == GRAPH_SPARSE:
            _sparse(value)


def _node(node: memoryview, depth: int) -> None:
    for number, value in _fields(node):
        if number == NODE_DOMAIN:
            _require_domains([value])
        elif number == NODE_ATTRIBUTE and isinstance(value, memoryview):
            _attribute(value, depth)


def _attribute(attribute: memoryview, depth: int) -> None:
    for key, part in _fields(attribute):
        if not isinstance(part, memoryview):
            continue
        if key in (ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS):
            _tensor(part)
        elif key in ATTRIBUTE_SPARSE:
            _sparse(part)
        elif key in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS):
            _graph(part, depth + 1)


def _function(function: memoryview) -> None:
    for key, part in _fields(function):
        if not isinstance(part, memoryview):
            continue
        if key == FUNCTION_NODE:
            _node(part, 0)
        elif key == FUNCTION_OPSETS:
            _require_domains(one for number, one in _fields(part) if number == OPSET_DOMAIN)
        elif key == FUNCTION_ATTRIBUTES:
            _attribute(part, 0)


def _sparse(tensor: memoryview) -> None:
    """Of a sparse tensor the values and the indices are tensors; the rest are numbers."""
    for key, part in _fields(tensor):
        if key in (1, 2) and isinstance(part, memoryview):
            _tensor(part)


def _tensor(tensor: memoryview) -> None:
    for number, value in _fields(tensor):
        if number == TENSOR_EXTERNAL or (number == TENSOR_LOCATION and value == 1):
            raise InputRefused(
                "ONNX_EXTERNAL", "The ONNX file keeps weights in other files; save it with all of them inside."
            )


def _require_domains(domains: Iterator[object] | list[object]) -> None:
    for one in domains:
        text = bytes(one).decode() if isinstance(one, memoryview) else ""
        if text not in DOMAINS:
            raise InputRefused("ONNX_OPERATORS", "The ONNX file uses operators of another library; they are not run.")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Field numbers and values of a protocol buffer message; raises ValueError when it is not one."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("no such wire type")
        if at + length > len(message) or number == 0:
            raise ValueError("cut off")
        if kind == 2:
            yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("too long")
