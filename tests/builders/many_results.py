"""Five hundred results that wait for two destinations, as a gateway finds them after a weekend."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from model.evidence.code import new_code
from plugin.deliver.table import DeliveryTable
from plugin.jobs.job import Stage, State
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from tests.builders.jobs import a_job
from tests.builders.orthanc_process import OrthancProcess

PRIORITIES = ("night", "normal", "urgent", "normal", "urgent")
IN_ORDER = ("urgent", "normal", "night")


@dataclass(frozen=True)
class Result:
    """One stored RTSTRUCT: Orthanc's id of it, its SOP Instance UID, and the priority of its job."""

    instance: str
    uid: str
    priority: str


def stored_results(orthanc: OrthancProcess, model: bytes, number: int) -> list[Result]:
    """Store copies of a result, each in a study of its own."""
    results = []
    for place in range(number):
        dataset = dcmread(io.BytesIO(model))
        for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
            setattr(dataset, keyword, generate_uid())
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        instance = str(orthanc.store(_file(dataset))["ID"])
        results.append(Result(instance, str(dataset.SOPInstanceUID), PRIORITIES[place % len(PRIORITIES)]))
    return results


def note_deliveries(state: Path, results: list[Result], destinations: tuple[str, ...]) -> None:
    """Write the jobs of these results, and their deliveries, into the tables of a gateway that does not run."""
    engine = open_database(f"sqlite:///{state / 'jobs.sqlite'}")
    jobs, table = JobStore(engine), DeliveryTable(engine)
    for result in results:
        now = time.time()
        job, _ = jobs.add(
            a_job(
                state=State.DONE,
                stage=Stage.CLOSED,
                priority=result.priority,
                rtstruct=result.instance,
                evidence_code=new_code(),
                created=now,
                updated=now,
            )
        )
        for name in destinations:
            table.note(job, name, 72.0)
    engine.dispose()


def in_order(results: list[Result]) -> list[str]:
    """Their UIDs, the more urgent first, and the older first among equals."""
    return [result.uid for word in IN_ORDER for result in results if result.priority == word]


def _file(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
