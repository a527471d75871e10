"""What Debian's package manager says is installed on this machine, and which flaws its packagers mended."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path

from plugin.advisories.flaws import Installed

ROOT = Path("/")
# Products by their Debian packages; a library carries the number of its interface in its name.
PRODUCTS: Mapping[str, re.Pattern[str]] = {
    "orthanc": re.compile(r"orthanc"),
    "dcmtk": re.compile(r"libdcmtk\d+\w*"),
    "gdcm": re.compile(r"libgdcm\d[\w.]*"),
}
_IDENTIFIER = re.compile(r"cve-\d{4}-\d{4,}", re.IGNORECASE)
_MAXIMUM_CHANGELOG = 8_000_000  # characters; orthanc's has 60,000


def installed_packages(root: Path = ROOT) -> tuple[Installed, ...]:
    """Return the products of the list that Debian's packages brought; empty on a machine without dpkg.

    Distributions mend flaws without raising the version: their changelog names them (Debian Policy 4.4 asks for the
    changelog in every package), and a flaw that it names counts as mended.
    """
    found = []
    for name, version in _packages(root / "var/lib/dpkg/status"):
        for product, pattern in PRODUCTS.items():
            if pattern.fullmatch(name):
                found.append(Installed(product, version, _mended(root / "usr/share/doc" / name)))
    return tuple(found)


def _packages(status: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each installed package (dpkg's status file: paragraphs of RFC 822 fields)."""
    try:
        text = status.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for paragraph in text.split("\n\n"):
        if not paragraph.startswith("Package: "):
            continue
        name = paragraph[len("Package: ") :].split("\n", 1)[0]
        if not any(pattern.fullmatch(name) for pattern in PRODUCTS.values()):
            continue
        fields = HeaderParser().parsestr(paragraph, headersonly=True)
        if str(fields["Status"]).endswith(" installed"):
            yield name, str(fields["Version"])


def _mended(documents: Path) -> frozenset[str]:
    for name in ("changelog.Debian.gz", "changelog.gz"):
        try:
            with gzip.open(documents / name, "rt", encoding="utf-8", errors="replace") as file:
                return frozenset(found.upper() for found in _IDENTIFIER.findall(file.read(_MAXIMUM_CHANGELOG)))
        except (OSError, EOFError):
            continue  # images of containers often lack the changelogs: then nothing is known to be mended
    return frozenset()
