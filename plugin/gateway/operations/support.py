"""What a supporter needs to know of this installation, and nothing of a patient: made at the clinic's command alone."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from model.errors import AutocontourError, PrivacyRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from plugin.gateway.operations.health import Health
from plugin.jobs.job import Job, iso
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.pacs.versions import reported_by
from plugin.version import VERSION

MOST_JOBS = 1000
LEFT_OUT = "(left out)"
# Keys whose values are secrets, or are of persons; a path to a secret is none.
SECRET = re.compile(r"(Password|Token|Secret|Credentials|Database)$")
OF_PERSONS = re.compile(r"^(Patient.*|Controller|Representative|DataProtectionOfficer|To|From|User)$")
# Orthanc's ids are made of a patient's identifiers.
ORTHANC_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{8}){4}\b")
IDENTIFYING = (
    *("PatientName", "PatientID", "OtherPatientIDs", "PatientBirthDate", "AccessionNumber", "StudyID"),
    *("StudyInstanceUID", "SeriesInstanceUID", "ReferringPhysicianName", "RequestingPhysician"),
)
# The files with what people of the site wrote, and the folders of this software's source.
OF_THE_SITE = ("configuration.json", "jobs.json")
PACKAGES = ("plugin", "model", "routing")
SHORTEST_WORD, SHORTEST_NUMBER = 3, 4


class Support:
    """Collects and searches what is given to a supporter."""

    def __init__(
        self,
        orthanc: Orthanc,
        jobs: JobStore,
        health: Health,
        chain: Chain,
        section: Any,
        log: Callable[[], list[str]],
    ) -> None:
        """``section`` is the site's configuration, ``log`` gives the newest lines of the log."""
        self._orthanc = orthanc
        self._jobs = jobs
        self._health = health
        self._chain = chain
        self._section = section
        self._log = log

    def files(self) -> dict[str, str]:
        """Return the texts by file name; changes nothing.

        Raises PrivacyRefused with SUPPORT_MARKED when anything of a patient of the listed jobs is found in one.
        """
        jobs = self._jobs.list(limit=MOST_JOBS)
        files = {
            "versions.json": _written(self._versions()),
            "configuration.json": _written(without_secrets(self._section)),
            "health.json": _written(self._health_now()),
            "jobs.json": _written([_told(job) for job in jobs]),
            "log.txt": ORTHANC_ID.sub("(id)", "\n".join(self._log())) + "\n",
            "chain.json": _written(self._chain_now()),
        }
        found = marked(files, self._markers(jobs), own_words())
        if found:
            raise PrivacyRefused(
                "SUPPORT_MARKED",
                f"Something of a patient stands in {', '.join(sorted(found))}; nothing is given out. Look for names or "
                "numbers of patients in the names of rules and targets, or report it.",
                found,
            )
        return files

    def record(self, digest: str, files: int) -> int:
        """Record that a file with this SHA-256 was made of so many; returns the number of the record."""
        return self._chain.append(Event.SUPPORT_ISSUED, None, {"digest": digest, "files": files}).sequence

    def _versions(self) -> dict[str, Any]:
        try:
            orthanc = {one.product: one.version for one in reported_by(self._orthanc)}
        except AutocontourError as error:
            orthanc = {"orthanc": error.code}
        packages = {str(one.metadata["Name"]): one.version for one in distributions()}
        python = {"Version": platform.python_version(), "System": platform.platform()}
        return {
            "AutoContour": VERSION,
            "Python": python,
            "Orthanc": orthanc,
            "Packages": dict(sorted(packages.items())),
        }

    def _health_now(self) -> dict[str, Any]:
        said = {"Reasons": self._health.unavailable_reasons(), "Alerts": self._health.alerts()} | self._health.status()
        return dict(json.loads(ORTHANC_ID.sub("(id)", json.dumps(said))))

    def _chain_now(self) -> dict[str, Any]:
        head = self._chain.head()
        return {"Head": {"Sequence": head.sequence, "Digest": head.digest}, "Key": self._chain.public_key.id}

    def _markers(self, jobs: Iterable[Job]) -> set[str]:
        markers: set[str] = set()
        for study, series in {(job.study, job.series) for job in jobs}:
            try:
                of_study = self._orthanc.study(study)
                of_series = self._orthanc.series(series)
            except SeriesGone:
                continue
            for described in (of_study, of_series):
                tags = {**described.get("PatientMainDicomTags", {}), **described.get("MainDicomTags", {})}
                for keyword in IDENTIFYING:
                    markers |= words_of(str(tags.get(keyword, "")))
        return markers


def without_secrets(value: Any, key: str = "") -> Any:
    """Return a part of the configuration without secrets and names of persons."""
    if value is not None and (SECRET.search(key) or OF_PERSONS.search(key)):
        return LEFT_OUT
    if isinstance(value, Mapping):
        return {name: without_secrets(one, str(name)) for name, one in value.items()}
    if isinstance(value, list):
        return [without_secrets(one, key) for one in value]
    return _without_login(value) if isinstance(value, str) and "://" in value else value


def words_of(text: str) -> set[str]:
    """Return the value, and each word of it that can be told from others, in small letters."""
    parts = {text, *re.split(r"[\^=\\,;\s]+", text)}
    found = {part.strip(" \0").lower() for part in parts}
    return {one for one in found if len(one) >= (SHORTEST_NUMBER if one.isdigit() else SHORTEST_WORD)}


@cache
def own_words() -> frozenset[str]:
    """Return the words of this software's own source, of which its sentences are made."""
    code = Path(__file__).resolve().parents[3]
    sources = (path for folder in PACKAGES for path in (code / folder).rglob("*.py"))
    return frozenset(word for path in sources for word in re.findall(r"[a-z]{3,}", path.read_text("utf-8").lower()))


def marked(files: Mapping[str, str], markers: Iterable[str], ours: Collection[str] = frozenset()) -> dict[str, int]:
    """Count how many of the markers stand in each file, as words of their own; files without one are left out.

    A name that is a word of ours ("Long") is searched only in the files with words of the site, where any name that
    the others repeat stands too.
    """
    every = tuple(markers)
    telling = tuple(marker for marker in every if marker not in ours)
    found = {}
    for name, text in files.items():
        searched, lower = every if name in OF_THE_SITE else telling, text.lower()
        found[name] = sum(_stands_in(marker, lower) for marker in searched)
    return {name: count for name, count in found.items() if count}


def _stands_in(marker: str, text: str) -> bool:
    return marker in text and re.search(rf"(?<!\w){re.escape(marker)}(?!\w)", text) is not None


def _without_login(address: str) -> str:
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit((parts.scheme, f"{parts.hostname or ''}{port}", parts.path, "", ""))
    except ValueError:
        return LEFT_OUT


def _told(job: Job) -> dict[str, Any]:
    """Describe a job without its series, and without sentences that the site's Lua may have written."""
    return {
        "ID": job.id,
        "State": str(job.state),
        "Stage": str(job.stage),
        "Code": job.error_code,
        "Rule": job.rule,
        "Model": job.model,
        "Target": job.target,
        "Attempt": job.attempt,
        "Instances": job.instances,
        "Created": iso(job.created),
        "Updated": iso(job.updated),
        "Timings": job.details.timings,
    }


def _written(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"
