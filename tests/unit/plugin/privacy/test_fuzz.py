"""Random headers: whatever is put into a series, it ends clean or refused, and no marker leaves."""

from __future__ import annotations

import io
import struct

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom._dicom_dict import DicomDictionary

from model.dicom.encoding import explicit_element, explicit_header
from model.errors import PrivacyRefused
from model.gate.verify import verify
from tests.builders.marked import BORN, NAME, NUMBER, RECORD, ROOT, TIME, WORD, ct, encoded, marks_in
from tests.builders.untouched import cleaned

TEXT_VRS = (
    "AE",
    "AS",
    "CS",
    "DA",
    "DS",
    "DT",
    "IS",
    "LO",
    "LT",
    "OB",
    "PN",
    "SH",
    "ST",
    "TM",
    "UC",
    "UI",
    "UN",
    "UR",
    "UT",
)
NOT_FUZZED = {0x7FE00010, *(tag for tag in DicomDictionary if tag >> 16 < 0x0008)}

known = st.sampled_from(sorted(set(DicomDictionary) - NOT_FUZZED))
unknown = st.builds(
    lambda group, number: group << 16 | number, st.integers(0x0008, 0x7FDF), st.integers(0x0011, 0xFFFF)
)
values = st.one_of(
    st.sampled_from([NAME, RECORD, WORD, BORN, TIME, f"{ROOT}.{RECORD}", f"0.{RECORD}", f"{WORD}\\{RECORD}", "", " "]),
    st.builds(lambda before, after: f"{before}{WORD}{after}", st.text(max_size=9), st.text(max_size=9)),
    st.builds(lambda number: f"{NUMBER}{number}", st.integers(0, 9999)),
)
elements = st.tuples(st.one_of(known, unknown), st.sampled_from(TEXT_VRS), values)
trees = st.recursive(
    st.lists(elements, max_size=6), lambda inner: st.tuples(known, st.lists(inner, max_size=3)), max_leaves=12
)


def nested(tree: object) -> dict[int, bytes]:
    """A random tree as encoded elements by tag: a list of elements, or a sequence of further trees."""
    if isinstance(tree, tuple):
        tag, parts = tree
        bodies = [b"".join(nested(part).values()) for part in parts]
        items = b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body for body in bodies)
        return {tag: explicit_header(tag, "SQ", len(items)) + items}
    assert isinstance(tree, list)
    return {tag: explicit_element(tag, vr, value.encode("utf-8", "surrogatepass")) for tag, vr, value in tree}


def file_of(index: int, tree: object) -> bytes:
    """A slice with a random tree put into it; nothing is put right on the way."""
    plain = encoded(ct(index))
    read = dcmread(io.BytesIO(plain))
    elements = {
        int(one.tag): explicit_element(int(one.tag), one.VR, one.value) for one in map(read.get_item, read.keys())
    }
    body = b"".join(element for _, element in sorted((elements | nested(tree)).items()))
    return plain[: plain.index(elements[min(elements)])] + body


def attempt(files: list[bytes]) -> tuple[dict[str, bytes], str]:
    """Pseudonymise: the files that leave by name, or the words of the refusal."""
    try:
        clean = cleaned(files)
    except PrivacyRefused as refused:
        return {}, f"{refused} {refused.findings}"
    return {file.name: file.data for file in clean}, ""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees, st.integers(0, 2))
def test_a_random_header_ends_clean_or_refused_and_no_marker_leaves(tree: object, which: int) -> None:
    files = [file_of(index, tree if index == which else []) for index in range(3)]
    leaving, refusal = attempt(files)
    assert marks_in(refusal.encode()) == []
    assert [marks_in(data) for data in leaving.values()] == [[]] * len(leaving)
    assert bool(leaving) != bool(refusal)
    if leaving:
        assert len(verify(leaving)) == 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_source_broken_anywhere_ends_clean_or_refused(data: st.DataObject) -> None:
    whole = encoded(ct(1))
    header_length = len(whole) - 32 * 32 * 2
    at = data.draw(st.integers(0, header_length))
    broken = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    leaving, refusal = attempt([broken, encoded(ct(2))])
    assert marks_in(refusal.encode()) == []
    assert [marks_in(file) for file in leaving.values()] == [[]] * len(leaving)
    assert bool(leaving) != bool(refusal)
