"""MONAI bundles are configurations with Python in them (``"$…"``): looked at as text, and never run.

A bundle is refused when any of its expressions does more than the published bundles do: such a bundle was not made to
be only drawn. The values that are used afterwards hold no expression at all.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from model.errors import InputRefused

MODULES = frozenset(
    ("glob", "os", "os.path", "pathlib", "json", "numpy", "torch", "monai", "monai.utils", "scripts", "re", "math")
)
# What published bundles call; none of it reaches beyond the bundle, and none of it is called here.
CALLS = re.compile(
    r"^(list|sorted|len|dict|int|float|str|max|min|range|zip|tuple|glob\.glob|os\.path\.(join|basename|dirname|exists)|"
    r"pathlib\.Path|torch\.(device|cuda\.is_available|cuda\.device_count|float32|tensor)|monai\.[a-z_.]+\.[A-Za-z_]+|"
    r"numpy\.float32|scripts\.[a-z_.]+|ref[A-Za-z0-9_]*(\.[a-z_]+)?)$"
)
REFERENCE = re.compile(r"@[A-Za-z0-9_#:]+")
DEPTH = 40


def require_harmless(value: Any, where: str = "", depth: int = 0) -> None:
    """Look at every text of a configuration; raises InputRefused naming the key of the first that does too much."""
    if depth > DEPTH:
        raise InputRefused("BUNDLE", "The bundle's configuration is nested too deep.")
    if isinstance(value, dict):
        for key, part in value.items():
            require_harmless(part, f"{where}.{key}" if where else str(key), depth + 1)
    elif isinstance(value, list):
        for part in value:
            require_harmless(part, where, depth + 1)
    elif isinstance(value, str) and value.strip().startswith("$"):
        if not _harmless(value.strip()[1:]):
            raise InputRefused(
                "BUNDLE_UNSAFE",
                f"The bundle holds Python at {where[:80]} that does more than describe a model; nothing of it was run. "
                "Take the line out, or export the network as TorchScript and import that.",
            )
    elif isinstance(value, str) and where.endswith("_target_") and not _target_known(value):
        raise InputRefused(
            "BUNDLE_UNSAFE",
            f"The bundle makes an object at {where[:80]} that is not MONAI's; nothing of it was made. Export the "
            "network as TorchScript and import that.",
        )


def _target_known(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    inside = name.startswith(("monai.", "torch.nn.", "torch.optim.", "ignite.", "scripts.")) or "." not in name
    return inside and last.isidentifier()


def _harmless(expression: str) -> bool:
    """Whether an expression imports known modules, or names and calls known things alone."""
    text = REFERENCE.sub(lambda found: "ref_" + re.sub(r"\W", "_", found.group()[1:]), expression)
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            if any(alias.name not in MODULES for alias in node.names):
                return False
        elif isinstance(node, ast.ImportFrom):
            if node.module not in MODULES:
                return False
        elif isinstance(node, ast.Attribute):
            if node.attr.startswith("_"):
                return False
        elif isinstance(node, ast.Call):
            if not CALLS.match(_dotted(node.func)):
                return False
        elif isinstance(node, ast.Name) and node.id.startswith("__"):
            return False
    return True


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of a name, or text that no rule allows."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"
