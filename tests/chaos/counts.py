"""What is counted after a scenario: in the database, in Orthanc, on the disks of the gateways and in their chains."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, fields

import pydicom

from model.evidence.event import Event
from model.evidence.files import read_records
from tests.builders.leftovers import PSEUDONYM
from tests.builders.orthanc_process import CHECKOUT
from tests.chaos.harness import Hospital, Sent


@dataclass(frozen=True)
class Counts:
    """``chains`` are those that hold; all others are to be 0."""

    lost: int
    twice: int
    rtstructs_twice: int
    keys: int
    files: int
    chains: int
    # What is not as it is to be, in words.
    remarks: tuple[str, ...] = ()

    @property
    def faults(self) -> int:
        """How much is not as it is to be; every chain but those that hold is one."""
        return self.lost + self.twice + self.rtstructs_twice + self.keys + self.files

    @property
    def numbers(self) -> list[int]:
        return [getattr(self, one.name) for one in fields(self) if one.name != "remarks"]


def counted(hospital: Hospital) -> Counts:
    """Count; the gateways have stopped, so that nothing changes meanwhile."""
    remarks: list[str] = []
    stored = rtstructs(hospital)
    done = {series for (series,) in hospital.ask("SELECT series FROM jobs WHERE state = 'done'")}
    lost = [one for one in hospital.sent if one.orthanc not in done or not stored[one]]
    for state, code, message in hospital.ask("SELECT state, error_code, error_message FROM jobs WHERE state <> 'done'"):
        remarks.append(f"a job is {state}: {code}: {message}")
    remarks += [f"a series has no RTSTRUCT: {one.orthanc}" for one in lost]
    twice = closed_twice(hospital) + sum(
        count - 1 for (count,) in hospital.ask("SELECT count(*) FROM jobs GROUP BY series HAVING count(*) > 1")
    )
    keys = hospital.ask("SELECT id FROM transfers WHERE state <> 'destroyed' UNION SELECT id FROM transfer_keys")
    chains, said = verified(hospital)
    files = left(hospital)
    return Counts(
        len(lost), twice, sum(max(0, count - 1) for count in stored.values()), len(keys), len(files), chains,
        (*remarks, *(f"left: {one}" for one in files), *said),
    )  # fmt: skip


def rtstructs(hospital: Hospital) -> Counter[Sent]:
    """How many RTSTRUCTs of its patient Orthanc has for each series, by what their content refers to."""
    of = {(one.uid, one.patient): one for one in hospital.sent}
    found: Counter[Sent] = Counter()
    for series in hospital.orthanc.rtstructs():
        for instance in hospital.orthanc.json(f"/series/{series}")["Instances"]:
            content = hospital.orthanc.get(f"/instances/{instance}/file").content
            dataset = pydicom.dcmread(io.BytesIO(content))
            study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
            uid = str(study.RTReferencedSeriesSequence[0].SeriesInstanceUID)
            found[of[uid, str(dataset.PatientID)]] += 1
    return found


def closed_twice(hospital: Hospital) -> int:
    """How often a job was closed again that was closed, in whichever chain."""
    closed: Counter[str] = Counter()
    for one in hospital.gateways:
        records = read_records(one.state / "evidence" / "chain", event=Event.CLOSED)
        closed.update(str(record.job) for record in records)
    return sum(count - 1 for count in closed.values())


def left(hospital: Hospital) -> list[str]:
    """What is left of pseudonymised copies: folders in spools, patients in Orthanc."""
    found = [
        f"{one.directory.name}: {path.name}" for one in hospital.gateways for path in (one.state / "spool").glob("*")
    ]
    patients = hospital.orthanc.json("/patients?expand")
    return found + [one["ID"] for one in patients if PSEUDONYM.search(str(one["MainDicomTags"]).encode())]


def verified(hospital: Hospital) -> tuple[int, list[str]]:
    """How many chains are untouched, by the command that an auditor runs over all of them."""
    states = [str(one.state) for one in hospital.gateways]
    command = [sys.executable, "-m", "plugin.cli", "evidence", "verify", *states]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    chains = done.stdout.count("Untouched: ")
    return chains, [] if done.returncode == 0 else [*done.stdout.splitlines(), *done.stderr.splitlines()]
