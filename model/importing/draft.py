"""A package being made: what it will say and hold, written whole into the library or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.errors import InputRefused
from model.packages.document import AirWish, ModelDocument, Wish
from model.packages.kinds import EMBEDDED_MODELS
from model.packages.package import DOCUMENT, Package, open_package, read_document, verify_package
from model.storage.files import replace_durably

# Writes one file of the package to the path that it is given.
Writer = Callable[[Path], None]

# Licences that let a hospital use the weights as it likes (SPDX identifiers).
OPEN_LICENCES = frozenset(
    ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "AGPL-3.0-or-later", "ISC", "MPL-2.0")
)
OWN_LICENCE = "LicenseRef-own"


@dataclass(frozen=True)
class ImportOptions:
    """What whoever imports says beside the files; None where the files say it, or a default does."""

    name: str | None = None
    version: str | None = None
    license: str | None = None
    agreement: str | None = None
    modality: str | None = None
    orientation: str | None = None
    configuration: str | None = None
    datasets: tuple[int, ...] = ()
    folds: tuple[int, ...] = ()
    flips: bool | None = None
    precision: Wish | None = None
    air_tiles: AirWish | None = None
    description: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """``document`` is model.json without ``files``; ``writers`` make the files, by their path in the package."""

    document: dict[str, Any]
    writers: dict[str, Writer]


def license_of(
    options: ImportOptions, known: dict[str, str] | None = None, agreement_asked: str = ""
) -> dict[str, str]:
    """Return the licence that was given, or ``known``.

    ``agreement_asked`` is ``certain`` or ``likely`` for weights that their makers hand out with a number: no other
    licence takes its place, but that of likely ones may be said to be one's own.

    Raises InputRefused when nobody says the licence, or an agreement is missing.
    """
    own = options.license == OWN_LICENCE and agreement_asked != "certain"
    if agreement_asked and not own and not options.agreement:
        own_words = "" if agreement_asked == "certain" else f" Weights of your own are --license {OWN_LICENCE}."
        raise InputRefused(
            "LICENCE",
            "These weights may be used under an agreement with their makers only; give its number with --agreement."
            + own_words,
        )
    if options.license is None and known is None:
        raise InputRefused(
            "LICENCE",
            "The files do not say under which licence their weights are; give it, such as --license Apache-2.0, or "
            f"--license {OWN_LICENCE} for weights of your own.",
        )
    if options.license is None and known is not None:
        return {**known, "agreement": options.agreement or ""}
    spdx = str(options.license)
    if options.agreement:
        use = "agreement"
    elif "-NC" in spdx.upper():
        use = "non-commercial"
    else:
        use = "any" if spdx in OPEN_LICENCES or spdx == OWN_LICENCE else "unknown"
    return {"spdx": spdx, "use": use, "agreement": options.agreement or ""}


def described(document: dict[str, Any], options: ImportOptions, axes: dict[str, str]) -> dict[str, Any]:
    """``document`` with what the description says in place of it; the axes stay those that were decided on."""
    made = {**document, **options.description}
    if isinstance(made.get("input"), dict):
        made["input"] = {**made["input"], **axes}
    return made


def store(
    draft: Draft,
    library: Path,
    *,
    try_out: Callable[[Package], None],
    replace: bool = False,
    progress: Callable[[float, str], None] = lambda fraction, words: None,
) -> Package:
    """Write the package into the library: made aside, verified, tried out, then given its name in one step.

    Raises InputRefused when the document is not valid, the name is taken or the engine does not accept it; the
    library is then as it was before.
    """
    # Validated with empty files first: a name that climbs is refused before a path is made of it.
    names = [{"path": path, "sha256": "0" * 64, "bytes": 0} for path in draft.writers]
    document = read_document(json.dumps({**draft.document, "files": names}).encode())
    if document.id in EMBEDDED_MODELS:
        raise InputRefused("PACKAGE_EXISTS", f"{document.id} is a model of this software; give another --name.")
    final = library / document.id
    taken = os.path.lexists(final)
    if taken and not replace:
        raise InputRefused(
            "PACKAGE_EXISTS", f"There is a model {document.id} already; give another --name, or --replace it."
        )
    if taken and not (final / DOCUMENT).is_file():
        raise InputRefused(
            "PACKAGE_EXISTS",
            f"There is a folder {document.id} that is not a model package, and is not replaced; give another --name.",
        )
    made = not library.exists()
    library.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".import-", dir=library))
    try:
        _write(draft, document, aside, progress)
        package = open_package(aside)
        verify_package(package, lambda part: progress(0.7 + 0.1 * part, "verifying"))
        progress(0.8, "loading")
        try_out(package)
        progress(1.0, "imported")
        if final.exists():
            old = Path(tempfile.mkdtemp(prefix=".old-", dir=library))
            replace_durably(final, old / document.id)
            replace_durably(aside, final)
            # Of a package that was a link, the link goes and what it leads to stays.
            shutil.rmtree(old, ignore_errors=True)
        else:
            replace_durably(aside, final)
        return open_package(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if made and not any(library.iterdir()):
            library.rmdir()


def _write(draft: Draft, document: ModelDocument, folder: Path, progress: Callable[[float, str], None]) -> None:
    # Readable by the gateway's user, whoever imported; the weights are no secret.
    folder.chmod(0o755)
    files = []
    for path, write in draft.writers.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target)
        target.chmod(0o644)
        digest = hashlib.sha256()
        with target.open("rb") as stream:
            while chunk := stream.read(4 * 1024**2):
                digest.update(chunk)
        files.append({"path": path, "sha256": digest.hexdigest(), "bytes": target.stat().st_size})
        progress(0.7 * len(files) / len(draft.writers), "writing")
    whole = document.model_dump(mode="json", exclude_none=True) | {"files": files}
    (folder / DOCUMENT).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def copied(source: Path) -> Writer:
    """Return a writer that copies a plain file."""

    def write(target: Path) -> None:
        if source.is_symlink() or not source.is_file():
            raise InputRefused("PACKAGE_FILES", f"{source.name} is not a plain file; it was not imported.")
        shutil.copyfile(source, target, follow_symlinks=False)

    return write


def name_from(text: str) -> str:
    """Return a package name from any text."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in text.lower())
    return plain.strip("-._")[:64] or "model"
