"""Cases of a commissioning in Orthanc: a series and its approved structure set, drawn by a job of the gateway."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from model.compare.options import CompareOptions
from model.engines.engine import Algorithm
from model.errors import InputRefused, TargetFailed
from model.rtstruct.file import read_structure_set
from model.series.folder import open_folder
from model.volume.load import load_volume
from plugin.commands.running_orthanc import RunningOrthanc
from plugin.jobs.job import State
from plugin.quality.commissioning.case import Case, DrawnCase, case_of_files, compared_case
from plugin.quality.head import StructureSetHead, head_of
from plugin.settings.constancy import ORTHANC_ID

# Orthanc closes a connection that was idle for a second (KeepAliveTimeout), maybe just when it is used again.
LOOK_SECONDS = 0.5
Progress = Callable[[float, str], None]
# A case, what the model made of it, and what an earlier one did where it is asked for.
Looked = tuple[Case, DrawnCase, DrawnCase | None]


@dataclass(frozen=True)
class DrawnByJob:
    """What a job drew: its RTSTRUCT, by what, the job's warnings, and what became of the face in what was sent."""

    structure_set: Dataset
    algorithm: Algorithm
    warnings: tuple[str, ...]
    face: str | None = None


@dataclass(frozen=True)
class OrthancCases:
    """Fetches cases from a running Orthanc and has its gateway draw them at a target."""

    orthanc: RunningOrthanc
    target: str

    def look(
        self, identifier: str, models: tuple[str, str | None], options: CompareOptions, limit: float, progress: Progress
    ) -> Looked:
        """Fetch a case, have each of the models draw it, and compare; nothing that was fetched is left on this disk."""
        model, against = models
        with tempfile.TemporaryDirectory(prefix="autocontour-case-") as place:
            series, case = self.open(identifier, Path(place), progress)

            def drawn_by(name: str, pictured_below: float | None) -> DrawnCase:
                made = self.draw(series, name, progress)
                return compared_case(
                    case,
                    made.structure_set,
                    made.algorithm,
                    made.warnings,
                    options,
                    pictured_below,
                    lambda: load_volume(case.folder.files, case.folder.geometry),
                )

            drawn = drawn_by(model, limit)
            return case, drawn, None if against is None else drawn_by(against, None)

    def open(self, identifier: str, place: Path, progress: Progress) -> tuple[str, Case]:
        """Fetch a study, or one of its series, by Orthanc's id into a folder; return the series' id and the case.

        Raises InputRefused with what is wrong with it, TargetFailed where Orthanc cannot be asked.
        """
        series, approved = self._pair(identifier)
        self.fetch(series, place, progress)
        return series, case_of_files(open_folder(place), read_structure_set(approved))

    def fetch(self, series: str, place: Path, progress: Progress) -> None:
        """Write the files of a series into a folder; raises InputRefused where Orthanc has none of this id."""
        found = self.orthanc.of_orthanc(f"series/{series}") if ORTHANC_ID.fullmatch(series) else None
        if found is None:
            raise InputRefused("COMMISSION_UNKNOWN", "Orthanc has no series with this id.")
        instances = found["Instances"]
        for number, instance in enumerate(instances):
            progress(0.1 * number / len(instances), "fetching the series")
            (place / f"{number}.dcm").write_bytes(self.orthanc.file_of_orthanc(f"instances/{instance}/file"))

    def draw(self, series: str, model: str, progress: Progress, *, without_face: bool = False) -> DrawnByJob:
        """Ask for a job of the series, wait for its end, and fetch what it drew; raises what it failed of."""
        asked: dict[str, Any] = {"Model": model, "Target": self.target}
        if without_face:
            asked["WithoutFace"] = True
        job = self.orthanc.post(f"series/{series}/jobs", asked)
        while not State(job["State"]).final:
            progress(0.1 + 0.9 * float(job["Progress"]), job.get("Doing") or job.get("Waiting") or str(job["Stage"]))
            time.sleep(LOOK_SECONDS)
            job = self.orthanc.get(f"jobs/{job['ID']}")
        return self._drawn(job, model)

    def _drawn(self, job: Mapping[str, Any], model: str) -> DrawnByJob:
        if job["State"] != State.DONE or job["Rtstruct"] is None:
            error = job["Error"] or {}
            raise TargetFailed(
                str(error.get("Code") or "COMMISSION_JOB"),
                str(error.get("Message") or f"The job {job['ID']} ended as {job['State']}, without a result."),
            )
        file = self.orthanc.file_of_orthanc(f"instances/{job['Rtstruct']}/file")
        used = job["Algorithm"] or {"Version": "0", "Digest": ""}
        algorithm = Algorithm(model, used["Version"], used["Digest"], licence="", description="")
        return DrawnByJob(pydicom.dcmread(io.BytesIO(file)), algorithm, tuple(job["Warnings"]), job.get("Face"))

    def _pair(self, identifier: str) -> tuple[str, bytes]:
        """Return the id of the series that is meant, and its approved structure set."""
        if ORTHANC_ID.fullmatch(identifier) is None:
            raise InputRefused("COMMISSION_UNKNOWN", "With --target a case is the id that Orthanc gave to it.")
        asked = self.orthanc.of_orthanc(f"series/{identifier}")
        study = self.orthanc.of_orthanc(f"studies/{asked['ParentStudy'] if asked else identifier}")
        if study is None:
            raise InputRefused("COMMISSION_UNKNOWN", "Orthanc has no study and no series with this id.")
        images: dict[str, str] = {}
        approved: list[tuple[StructureSetHead, bytes]] = []
        for one in self.orthanc.of_orthanc(f"studies/{study['ID']}/series"):
            if one["MainDicomTags"].get("Modality") == "RTSTRUCT":
                approved += self._approved(one["Instances"])
            elif asked is None or one["ID"] == asked["ID"]:
                images[one["MainDicomTags"].get("SeriesInstanceUID", "")] = one["ID"]
        about = {images[uid] for head, _ in approved for uid in head.series if uid in images}
        if not about:
            raise InputRefused(
                "COMMISSION_NOT_APPROVED",
                "The study holds no structure set of it that is APPROVED; approve one where it was drawn, and send it.",
            )
        if len(about) > 1:
            raise InputRefused(
                "COMMISSION_SEVERAL", f"Approved structure sets name {len(about)} series of the study; give the series."
            )
        (series,) = about
        ranked = sorted(
            (
                (head.reviewed or 0.0, file)
                for head, file in approved
                if any(images.get(u) == series for u in head.series)
            ),
            key=lambda pair: pair[0],
            reverse=True,
        )
        if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
            raise InputRefused(
                "COMMISSION_SEVERAL", f"{len(ranked)} approved structure sets of the series could be meant; leave one."
            )
        return series, ranked[0][1]

    def _approved(self, instances: list[str]) -> list[tuple[StructureSetHead, bytes]]:
        """Return what is approved of these structure sets; what the gateway draws is never."""
        files = [self.orthanc.file_of_orthanc(f"instances/{instance}/file") for instance in instances]
        return [(head, file) for file in files if (head := head_of(file)).approved]
