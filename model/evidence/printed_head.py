"""A signed head in one line that fits a QR code: what a report prints, paper keeps, and a phone reads off it.

The line says what ``model.evidence.head`` signs, and its signature is that document's: nothing else is signed for
paper. Only capitals, digits and ``-:./`` occur, which QR codes pack into five and a half bits each.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.canonical_json import canonical
from model.evidence.files import Head
from model.evidence.head import head_of
from model.evidence.signed import DocumentKind

# The number is that of the line's form.
MARK = "AUTOCONTOUR-HEAD-1"
# The longest that a code of 57 by 57 modules holds at its second level of error correction (ISO/IEC 18004, table 7).
LONGEST = 311
_LINE = re.compile(
    rf"{MARK}/(?P<key>[0-9A-F]{{16}})/(?P<sequence>[1-9][0-9]{{0,15}})/(?P<digest>[0-9A-F]{{64}})"
    r"/(?P<time>[0-9TZ:.-]{24})/(?P<signature>[0-9A-F]{128})"
)


def printed_head(signed: Mapping[str, Any]) -> str:
    """Write a signed head as a line; raises EvidenceRefused with SIGNATURE_SHAPE when it is none."""
    try:
        document = signed["document"]
        body, key, signature = document["body"], str(document["key"]), str(signed["signature"])
        right = document["kind"] == DocumentKind.HEAD.value
    except (KeyError, TypeError):
        right = False
    if not right:
        raise _no_head()
    head = head_of(body)
    parts = (MARK, key.upper(), str(head.sequence), head.digest.upper(), body["time"], signature.upper())
    line = "/".join(parts)
    if _LINE.fullmatch(line) is None:
        raise _no_head()
    return line


def is_printed_head(text: str) -> bool:
    """Whether a text begins as such a line does, whatever it goes on with."""
    return "".join(text.split()).upper().startswith(MARK)


def read_printed_head(text: str) -> dict[str, Any]:
    """Give back the signed document that a line was written from, however it was broken or spaced.

    Whose signature it is, and whether it is genuine, is for ``read_signed_head``. Raises EvidenceRefused with
    SIGNATURE_SHAPE.
    """
    found = _LINE.fullmatch("".join(text.split()).upper())
    if found is None:
        raise _no_head()
    document = {
        "kind": DocumentKind.HEAD.value,
        "body": {
            "sequence": int(found["sequence"]),
            "sha256": found["digest"].lower(),
            "time": found["time"],
        },
        "key": found["key"].lower(),
    }
    return {
        "document": document,
        "sha256": hashlib.sha256(canonical(document)).hexdigest(),
        "signature": found["signature"].lower(),
    }


def stated_head(signed: Mapping[str, Any]) -> Head:
    """Return the head that a document states, whoever signed it; raises EvidenceRefused with SIGNATURE_SHAPE."""
    return head_of(signed["document"]["body"])


def _no_head() -> EvidenceRefused:
    return EvidenceRefused("SIGNATURE_SHAPE", f"This is not a head as a report prints it ({MARK}/…).")
