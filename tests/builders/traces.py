"""What identifies a patient in some output: identifiers as they are, and their digests that anybody can compute."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from tests.builders.pdf_text import streams_of, strings_of, text_of

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_ENCODED = re.compile(rb'value="([A-Za-z0-9+/=]+)"')


class Traces:
    """A searcher for identifiers and for their unsalted digests in hexadecimal and base64, of either alphabet."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        self._plain: dict[bytes, str] = {}
        self._exact: dict[bytes, str] = {}
        for identifier in identifiers:
            for text in {identifier, identifier.replace("-", ""), identifier.replace("^", " ")}:
                self._plain[text.lower().encode()] = identifier
                for spelled in {text, text.lower(), text.upper()}:
                    self._add_digests(spelled, identifier)

    def _add_digests(self, text: str, identifier: str) -> None:
        for algorithm in ALGORITHMS:
            digest = hashlib.new(algorithm, text.encode()).digest()
            self._plain[digest.hex().encode()] = f"{algorithm} of {identifier}"
            for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
                self._exact[alphabet(digest).rstrip(b"=")] = f"{algorithm} of {identifier} in base64"
            self._exact[base64.b32encode(digest).rstrip(b"=")] = f"{algorithm} of {identifier} in base32"

    def found_in(self, content: bytes) -> list[str]:
        """Whose traces are in some bytes; text in 16 bits and base64 values of audit messages are looked into."""
        content = b"\n".join([content, *(base64.b64decode(value) for value in _ENCODED.findall(content))])
        folded = content.lower()
        narrow = folded.replace(b"\0", b"")
        return [told for mark, told in self._plain.items() if mark in folded or mark in narrow] + [
            told for mark, told in self._exact.items() if mark in content
        ]


def parts_of(pdf: bytes) -> list[bytes]:
    """A PDF as it is, its text, each decoded stream (pages, attachments, metadata), and each string of its objects."""
    return [pdf, text_of(pdf).encode(), *streams_of(pdf), *strings_of(pdf)]
