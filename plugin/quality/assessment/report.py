"""An assessment as DICOM Enhanced SR: a Measurement Report (PS3.16 TID 1500), a group for each ROI (TID 1501).

It stays in the hospital and has the patient and study of our structure set, byte for byte. What the templates have no
place for stands in a container of its own at the end, which an extensible template allows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, EnhancedSRStorage, ImplicitVRLittleEndian
from pydicom.valuerep import PersonName

from model.evidence.code import printed
from model.names.entry import Code
from model.rtstruct.modules import PRODUCT
from model.rtstruct.patient_study import copied_from
from plugin.quality.assessment import items, vocabulary
from plugin.quality.assessment.assessed import AssessedRoi, Assessment
from plugin.quality.assessment.items import HAS_CONTEXT, HAS_MODIFIER
from plugin.quality.assessment.objects import AssessedObjects, NamedObject
from plugin.quality.assessment.vocabulary import numbers_in, written

# PS3.16: the concepts of TID 1500, 1501, 1204 and 1002 to 1004.
MEASUREMENT_REPORT = Code("126000", "DCM", "Imaging Measurement Report")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
ENGLISH = Code("en", "RFC5646", "English")
OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
PERSON, DEVICE = Code("121006", "DCM", "Person"), Code("121007", "DCM", "Device")
PERSON_NAME = Code("121008", "DCM", "Person Observer Name")
DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
DEVICE_NAME = Code("121013", "DCM", "Device Observer Name")
DEVICE_MANUFACTURER = Code("121014", "DCM", "Device Observer Manufacturer")
DEVICE_MODEL = Code("121015", "DCM", "Device Observer Model Name")
PROCEDURE = Code("121058", "DCM", "Procedure reported")
CT_PROCEDURE = Code("25045-6", "LN", "CT unspecified body region")
MR_PROCEDURE = Code("25056-3", "LN", "MRI unspecified body region")
MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
GROUP = Code("125007", "DCM", "Measurement Group")
TRACKING_IDENTIFIER = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
FINDING_SITE = Code("363698007", "SCT", "Finding Site")
LATERALITY = Code("272741003", "SCT", "Laterality")
SOURCE_SERIES = Code("121232", "DCM", "Source series for segmentation")

TITLE = "Assessment of contours"
# Characters of each group of a PN (PS3.5 6.2).
LONGEST_NAME = 64
UNWRITABLE = "named in the assessed structure set, in letters that the character set of this file does not have"


def assessment_report(
    assessment: Assessment,
    objects: AssessedObjects,
    made_uid: Callable[[str], str],
    device: str,
    software: str,
    now: datetime,
) -> bytes:
    """Write the report as a DICOM file; the same arguments give the same bytes.

    Args:
        assessment: What people decided.
        objects: What the report refers to, with the header of our structure set.
        made_uid: Gives the UID for a name, the same each time.
        device: The UID of the gateway as an observer.
        software: The version of this software.
        now: When the assessment was put on record, in local time, as the dates of the patient's other objects.
    """
    dataset = copied_from(objects.header)
    _identify(dataset, objects, made_uid, software, now)
    root = items.container(
        MEASUREMENT_REPORT, _content(assessment, objects, made_uid, device, software), template="1500", relation=""
    )
    dataset.update(root)
    return _file(dataset)


def _identify(
    dataset: Dataset, objects: AssessedObjects, made_uid: Callable[[str], str], software: str, now: datetime
) -> None:
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    dataset.SOPClassUID, dataset.SOPInstanceUID = EnhancedSRStorage, made_uid("report instance")
    dataset.InstanceCreationDate = dataset.SeriesDate = dataset.ContentDate = date
    dataset.InstanceCreationTime = dataset.SeriesTime = dataset.ContentTime = time
    scheme = Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeUID = vocabulary.SCHEME, vocabulary.SCHEME_UID
    scheme.CodingSchemeName = scheme.CodingSchemeResponsibleOrganization = vocabulary.SCHEME_NAME
    dataset.CodingSchemeIdentificationSequence = DicomSequence([scheme])
    dataset.Modality, dataset.SeriesInstanceUID = "SR", made_uid("report series")
    dataset.SeriesDescription = TITLE
    dataset.SeriesNumber = objects.header.get("SeriesNumber") or 1
    dataset.InstanceNumber = 1
    dataset.ReferencedPerformedProcedureStepSequence = DicomSequence([])
    dataset.PerformedProcedureCodeSequence = DicomSequence([])
    dataset.Manufacturer = dataset.ManufacturerModelName = PRODUCT
    dataset.SoftwareVersions = software
    # A machine wrote it: the person who decided has verified nothing of it.
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    dataset.CurrentRequestedProcedureEvidenceSequence = _evidence([objects.ours, objects.theirs, *objects.images])


def _evidence(named: Sequence[NamedObject]) -> DicomSequence:
    """Group objects by study and series (PS3.3 table C.17-3, Hierarchical SOP Instance Reference)."""
    studies: dict[str, dict[str, dict[str, Dataset]]] = {}
    for one in named:
        its = studies.setdefault(one.study, {}).setdefault(one.series, {})
        its[one.instance] = items.reference(one.sop_class, one.instance)
    made = []
    for study, its_series in studies.items():
        of_study = Dataset()
        of_study.StudyInstanceUID = study
        listed = []
        for series, objects in its_series.items():
            of_series = Dataset()
            of_series.SeriesInstanceUID = series
            of_series.ReferencedSOPSequence = DicomSequence(objects.values())
            listed.append(of_series)
        of_study.ReferencedSeriesSequence = DicomSequence(listed)
        made.append(of_study)
    return DicomSequence(made)


def _content(
    assessment: Assessment, objects: AssessedObjects, made_uid: Callable[[str], str], device: str, software: str
) -> Iterator[Dataset]:
    yield items.code(LANGUAGE, ENGLISH, relation=HAS_MODIFIER)
    reviewer = _writable(objects)
    if reviewer is not None:
        yield items.code(OBSERVER_TYPE, PERSON, relation=HAS_CONTEXT)
        yield items.person(PERSON_NAME, reviewer, relation=HAS_CONTEXT)
    yield items.code(OBSERVER_TYPE, DEVICE, relation=HAS_CONTEXT)
    yield items.uid(DEVICE_UID, device, relation=HAS_CONTEXT)
    yield items.text(DEVICE_NAME, PRODUCT, relation=HAS_CONTEXT)
    yield items.text(DEVICE_MANUFACTURER, PRODUCT, relation=HAS_CONTEXT)
    yield items.text(DEVICE_MODEL, f"{PRODUCT} {software}", relation=HAS_CONTEXT)
    yield items.code(PROCEDURE, _procedure(objects), relation=HAS_MODIFIER)
    groups = [
        _group(number, roi, objects, made_uid(f"roi {number}")) for number, roi in enumerate(assessment.rois, start=1)
    ]
    yield items.container(MEASUREMENTS, groups)
    unnamed = bool(objects.reviewer) and reviewer is None
    yield items.container(vocabulary.ORIGIN, _origin(assessment, objects, unnamed=unnamed))


def _procedure(objects: AssessedObjects) -> Code:
    classes = {UID(one.sop_class).name for one in objects.images}
    return MR_PROCEDURE if any("MR" in name.split() for name in classes) else CT_PROCEDURE


def _group(number: int, roi: AssessedRoi, objects: AssessedObjects, tracking: str) -> Dataset:
    name = roi.name or f"Added structure {number}"
    children = [
        items.text(TRACKING_IDENTIFIER, name, relation=HAS_CONTEXT),
        items.uid(TRACKING_UID, tracking, relation=HAS_CONTEXT),
    ]
    if roi.name is not None and roi.name in objects.sites:
        site, side = objects.sites[roi.name]
        sided = [] if side is None else [items.code(LATERALITY, side, relation=HAS_MODIFIER)]
        children.append(items.code(FINDING_SITE, site, relation=HAS_MODIFIER, children=sided))
    children += [items.number(measure.code, written(value), measure.unit) for measure, value in numbers_in(roi.metrics)]
    children.append(items.code(vocabulary.DECISION, vocabulary.DECISION_CODES[roi.decision]))
    if roi.code or roi.reason:
        children.append(items.text(vocabulary.REASON, ": ".join(part for part in (roi.code, roi.reason) if part)))
    return items.container(GROUP, children, template="1501")


def _origin(assessment: Assessment, objects: AssessedObjects, *, unnamed: bool) -> Iterator[Dataset]:
    version, record = assessment.version, assessment.record
    yield items.text(vocabulary.EVIDENCE_CODE, printed(version.evidence_code))
    yield items.text(vocabulary.MODEL, version.model)
    yield items.text(vocabulary.MODEL_VERSION, assessment.model_version)
    if version.digest:
        yield items.text(vocabulary.MODEL_DIGEST, version.digest)
    yield items.composite(vocabulary.DRAWN_SET, objects.ours.sop_class, objects.ours.instance)
    yield items.composite(vocabulary.ASSESSED_SET, objects.theirs.sop_class, objects.theirs.instance)
    for series in dict.fromkeys(image.series for image in objects.images):
        yield items.uid(SOURCE_SERIES, series)
    yield items.code(vocabulary.APPROVAL, vocabulary.APPROVAL_CODES[version.approved])
    if version.reviewed is not None:
        yield items.moment(vocabulary.REVIEWED, datetime.fromtimestamp(version.reviewed))
    if unnamed:
        yield items.text(vocabulary.REVIEWER_UNWRITABLE, UNWRITABLE)
    if version.late:
        yield items.text(vocabulary.LATE, "The structure set came before the result: nobody edited ours.")
    yield items.text(vocabulary.RECORD_NUMBER, str(record.sequence))
    yield items.text(vocabulary.RECORD_DIGEST, record.digest)
    yield items.text(vocabulary.CHAIN_KEY, record.key)
    yield items.text(vocabulary.RESULT_DIGEST, str(record.facts["digest"]))


def _writable(objects: AssessedObjects) -> PersonName | None:
    """Return the reviewer's name where the character set of the patient has its letters."""
    name = objects.reviewer
    if not name or "\\" in name or any(len(group) > LONGEST_NAME for group in name.split("=")):
        return None
    encodings = convert_encodings(objects.header.get("SpecificCharacterSet") or "ISO_IR 6")
    return PersonName(name, encodings) if all(_has(encodings, letter) for letter in name) else None


def _has(encodings: Sequence[str], letter: str) -> bool:
    for encoding in encodings:
        try:
            letter.encode(encoding)
        except UnicodeError:
            continue
        return True
    return False


def _file(dataset: Dataset) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    stream = io.BytesIO()
    # Implicit, so that values of the patient stay the bytes that they are.
    dcmwrite(stream, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return stream.getvalue()
