"""TorchScript is a program: it is read as text and refused unless every operation is one on tensors.

Loading may already run it (``__setstate__``), so this comes before torch.jit.load. Its own operators that touch files
or load more code are few and named; operators of other libraries have a namespace of their own.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from model.errors import InputRefused
from model.packages.weights import require_plain_archive

# aten::save, aten::from_file, aten::load and the like.
FORBIDDEN = re.compile(r"\btorch\.(save|load|from_file|_load_for_lite_interpreter|file|open|system)\s*\(")
NAMESPACE = re.compile(r"\bops\.([A-Za-z_]\w*)\.")
ALLOWED_NAMESPACES = frozenset(("aten", "prim", "quantized", "torchvision"))
OTHERS = re.compile(r"\b(__import__|PythonOp|prim::PythonOp|aten::save|aten::from_file)\b")
CODE_BYTES = 32 * 1024**2


def require_harmless(path: Path) -> None:
    """Raise InputRefused when the file is no TorchScript, or its program does more than compute."""
    require_plain_archive(path)
    try:
        with zipfile.ZipFile(path) as archive:
            code = [one for one in archive.infolist() if "/code/" in one.filename]
            if not code or not any(one.filename.endswith("/constants.pkl") for one in archive.infolist()):
                raise InputRefused("WEIGHTS_FORMAT", f"{path.name} holds no TorchScript program.")
            if sum(one.file_size for one in code) > CODE_BYTES:
                raise InputRefused("PACKAGE_BOMB", f"{path.name} holds a program of more than 32 MB.")
            for one in code:
                if one.filename.endswith(".py"):
                    _require_harmless_text(archive.read(one).decode("utf-8", "replace"), path.name)
    except zipfile.BadZipFile:
        raise InputRefused("WEIGHTS_FORMAT", f"{path.name} is damaged.") from None


def _require_harmless_text(text: str, name: str) -> None:
    foreign = {found.group(1) for found in NAMESPACE.finditer(text)} - ALLOWED_NAMESPACES
    if FORBIDDEN.search(text) or OTHERS.search(text) or foreign:
        raise InputRefused(
            "PROGRAM_UNSAFE", f"The program in {name} reads or writes files or calls foreign code; it was not loaded."
        )
