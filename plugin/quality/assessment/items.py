"""Content items of a structured report, by their value types (DICOM PS3.3 C.17.3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.valuerep import PersonName

from model.names.entry import Code
from model.names.shortening import ascii_text
from model.rtstruct.modules import coded

CONTAINS, HAS_CONTEXT, HAS_MODIFIER = "CONTAINS", "HAS OBS CONTEXT", "HAS CONCEPT MOD"
# The longest unlimited text (UT) that is written here; reasons are sentences.
LONGEST = 1024


def container(concept: Code, children: Iterable[Dataset], *, template: str = "", relation: str = CONTAINS) -> Dataset:
    """Return a container with its children; ``template`` is a TID of PS3.16."""
    item = _item(relation, "CONTAINER", concept)
    item.ContinuityOfContent = "SEPARATE"
    if template:
        made = Dataset()
        made.MappingResource, made.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = DicomSequence([made])
    item.ContentSequence = DicomSequence(children)
    return item


def code(concept: Code, value: Code, *, relation: str = CONTAINS, children: Iterable[Dataset] = ()) -> Dataset:
    """Return a coded value, with what modifies it."""
    item = _item(relation, "CODE", concept)
    item.ConceptCodeSequence = coded(value)
    if made := list(children):
        item.ContentSequence = DicomSequence(made)
    return item


def text(concept: Code, value: str, *, relation: str = CONTAINS) -> Dataset:
    """Return a text of ours, in ASCII: the character set of the file is the patient's."""
    item = _item(relation, "TEXT", concept)
    item.TextValue = ascii_text(value)[:LONGEST]
    return item


def number(concept: Code, value: str, unit: Code) -> Dataset:
    """Return a number with its unit."""
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = coded(unit)
    item = _item(CONTAINS, "NUM", concept)
    item.MeasuredValueSequence = DicomSequence([measured])
    return item


def uid(concept: Code, value: str, *, relation: str = CONTAINS) -> Dataset:
    """Return a UID."""
    item = _item(relation, "UIDREF", concept)
    item.UID = value
    return item


def person(concept: Code, value: PersonName, *, relation: str = CONTAINS) -> Dataset:
    """Return the name of a person."""
    item = _item(relation, "PNAME", concept)
    item.PersonName = value
    return item


def moment(concept: Code, value: datetime) -> Dataset:
    """Return a local time; DCMTK 3.6.7 reads none with an offset from UTC."""
    item = _item(CONTAINS, "DATETIME", concept)
    item.DateTime = value.strftime("%Y%m%d%H%M%S")
    return item


def composite(concept: Code, sop_class: str, instance: str) -> Dataset:
    """Return a reference to an object that is no image."""
    item = _item(CONTAINS, "COMPOSITE", concept)
    item.ReferencedSOPSequence = DicomSequence([reference(sop_class, instance)])
    return item


def reference(sop_class: str, instance: str) -> Dataset:
    """Return the item of a sequence that names an object."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
    return item


def _item(relation: str, value_type: str, concept: Code) -> Dataset:
    item = Dataset()
    if relation:
        item.RelationshipType = relation
    item.ValueType = value_type
    item.ConceptNameCodeSequence = coded(concept)
    return item
