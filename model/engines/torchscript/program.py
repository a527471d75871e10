"""TorchScript is a program: it is read as text before it is loaded, and as compiled graphs before it is run.

Two of PyTorch's operators touch files and a few call foreign code. Text alone can be dressed up (``ops.aten.save``,
spaces within ``torch . save``), graphs cannot; but loading may already run ``__setstate__``, so a program that has
one is not loaded at all. What was read is packed anew and that is loaded: two readers of one zip file need not see
the same members in it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.errors import InputRefused
from model.packages.weights import require_plain_archive

# Operators that read or write files, or call Python or another machine; as words they stand nowhere else.
FORBIDDEN = re.compile(r"\b(save|from_file|load_tensor|PythonOp|IgnoredPythonOp|rpc_\w+|__import__|__setstate__)\b")
# ``ops`` is how a program names operators by their library; anything but a plain name after it hides one.
LIBRARY = re.compile(r"(?<![\w.])ops\b(?!\.(?:aten|prim|quantized|torchvision)\.\w)")
# What is called and still not inlined (interfaces) is not seen, so it is not let pass either.
UNSEEN = r"save|from_file|\w*PythonOp|rpc_\w+|CallMethod|CallFunction"
KINDS = re.compile(rf"(aten|prim|quantized|torchvision)::(?!(?:{UNSEEN})$)\w+")
CODE_BYTES = 32 * 1024**2


def harmless_archive(path: Path) -> io.BytesIO:
    """Return the file packed anew, ready to be loaded, when its program does nothing but compute.

    Raises InputRefused when it is not TorchScript, or its program names what reads or writes files or runs code.
    """
    require_plain_archive(path)
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(packed, "w") as anew:
            members = archive.infolist()
            _require_program(members, path.name)
            for one in members:
                content = archive.read(one)
                if one.filename.endswith(".py"):
                    _require_harmless_text(content.decode("utf-8", "replace"), path.name)
                anew.writestr(one.filename, content)
    except (zipfile.BadZipFile, RuntimeError, EOFError, NotImplementedError, OSError):
        raise InputRefused("WEIGHTS_FORMAT", f"{path.name} is damaged.") from None
    packed.seek(0)
    return packed


def require_harmless_graphs(module: Any, name: str) -> None:
    """Raise InputRefused when a compiled method of a loaded program holds an operation that is not one on tensors."""
    for part in module.modules():
        script = part._c
        for method in script._method_names():
            for kind in _kinds(script._get_method(method).inlined_graph):
                if not KINDS.fullmatch(kind):
                    raise _unsafe(name)


def _require_program(members: list[zipfile.ZipInfo], name: str) -> None:
    names = [one.filename for one in members]
    top = names[0].split("/", 1)[0] if names else ""
    # PyTorch reads older files by another way, which looks for model.json.
    if f"{top}/constants.pkl" not in names or f"{top}/model.json" in names:
        raise InputRefused("WEIGHTS_FORMAT", f"{name} holds no TorchScript program.")
    if len(set(names)) != len(names) or any(one.split("/", 1)[0] != top for one in names):
        raise InputRefused("WEIGHTS_FORMAT", f"{name} holds members twice or beside its one folder.")
    code = [one for one in members if one.filename.startswith(f"{top}/code/") or one.filename.endswith(".py")]
    if not any(one.filename.endswith(".py") for one in code):
        raise InputRefused("WEIGHTS_FORMAT", f"{name} holds no TorchScript program.")
    if sum(one.file_size for one in code) > CODE_BYTES:
        raise InputRefused("PACKAGE_BOMB", f"{name} holds a program of more than 32 MB.")


def _require_harmless_text(text: str, name: str) -> None:
    if FORBIDDEN.search(text) or LIBRARY.search(text):
        raise _unsafe(name)


def _unsafe(name: str) -> InputRefused:
    return InputRefused(
        "PROGRAM_UNSAFE",
        f"The program in {name} reads or writes files, runs code while it is loaded or calls foreign code; "
        "it was not run. Export the network by tracing it (torch.jit.trace), or as ONNX.",
    )


def _kinds(graph: Any) -> Iterator[str]:
    """Yield the kinds of all operations of a graph, and of the blocks and graphs within them."""
    waiting = list(graph.nodes())
    while waiting:
        node = waiting.pop()
        yield node.kind()
        for block in node.blocks():
            waiting.extend(block.nodes())
        for name in node.attributeNames():
            if node.kindOf(name) == "g":
                waiting.extend(node.g(name).nodes())
