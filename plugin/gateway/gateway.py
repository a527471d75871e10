"""The gateway as one object: what the API asks, and what runs behind it."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from model.contours.kernel import slow_tracing
from model.errors import AutocontourError, InputRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.rotation import load_chain_key
from model.pipeline.draw import warm_up
from model.worker.pool import Workers
from plugin.advisories.alerts import VersionWatch
from plugin.erase.erase import erase_folder
from plugin.erase.sweep import sweep
from plugin.evidence.closing import closing_record
from plugin.evidence.desk import Desk
from plugin.evidence.dossier_files import record_configuration
from plugin.evidence.processing import configuration_digest
from plugin.evidence.subjects import Swept
from plugin.facts.given import given_facts
from plugin.forward.heads import witnesses
from plugin.forward.orphans import Orphans
from plugin.forward.targets import forward_targets
from plugin.gateway.clock import Clock
from plugin.gateway.outgoing import outgoing_document, outgoing_zip
from plugin.gateway.preview import preview
from plugin.gateway.reported import reported_by
from plugin.gateway.rights import Rights
from plugin.gateway.startup import Letter
from plugin.intake.arrivals import Arrivals
from plugin.intake.decider import Decider
from plugin.intake.inspection import SeriesInspector
from plugin.intake.intake import Intake
from plugin.intake.loop import IntakeLoop
from plugin.intake.site_script import SiteScript
from plugin.jobs.failure import failure_of
from plugin.jobs.job import Job, State, iso
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetState, TargetStore
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader
from plugin.settings.settings import LOCAL, Settings
from plugin.state.database import open_database
from plugin.state.directory import StateDirectory
from plugin.vault.vault import Vault
from plugin.version import VERSION
from plugin.workflow.durable import Workflows, sqlite_url
from plugin.workflow.queue import Dispatcher
from plugin.workflow.stages import Stages

logger = logging.getLogger(__name__)

# How long an erasure waits for a job that it cancelled; one that has no record after so long has made nothing.
CLOSE_SECONDS, UNBEGUN_SECONDS = 30.0, 2.0


class Gateway:
    """Everything beside Orthanc; made before it can work, and says so until ``run`` has brought it up."""

    def __init__(self, letter: Letter, settings: Settings, state: StateDirectory) -> None:
        self.settings = settings
        self._letter = letter
        self._state = state
        self._up = threading.Event()
        self._broken: str | None = None
        self._orthanc = Orthanc(
            letter.orthanc,
            token=letter.token,
            user=letter.user,
            password=letter.password,
            certificate=letter.certificate,
        )
        database = settings.database or sqlite_url(state.jobs)
        engine = open_database(database)
        self.jobs = JobStore(engine)
        self._workers = Workers(settings.workers, lock_memory=settings.lock_memory)
        self._vault = Vault(state.vault, settings.privacy.vault_key_file)
        key = load_chain_key(state.signing_key, state.chain)
        self._chain = Chain.open(state.chain, key)
        self.targets = TargetStore(engine)
        forwards = forward_targets(
            settings.forwards, key, self.targets, self._orthanc, self._workers, lambda: self._clock.delivered()
        )
        self._orphans = Orphans(self._orthanc, self._vault)
        self._reader = SeriesReader(self._orthanc, settings)
        self._stages = Stages(
            self._orthanc, self._reader, self.jobs, self._vault, self._chain, self._workers, state, settings, forwards
        )
        script = settings.routing_script
        self._decider = Decider(
            settings.rules,
            targets=settings.targets,
            models=settings.models,
            local=LOCAL,
            script=SiteScript(letter.base_directory / script) if script is not None else None,
        )
        self._dispatcher = Dispatcher(self.jobs, self.targets, self._limit, self._start)
        self._stages.listen(self._dispatcher.ring)
        self.desk = Desk(
            self._chain,
            engine,
            state.evidence,
            settings.evidence,
            transfer_hours=settings.privacy.transfer_hours,
            host=socket.gethostname(),
            witnesses=witnesses({**settings.forwards, **settings.evidence.services}, lambda: self._chain.public_key),
            ended=self.jobs.ended,
        )
        self._versions = VersionWatch(lambda: reported_by(self._orthanc), beside=letter.token is not None)
        self.rights = Rights(self.desk, self.jobs, self._erase_jobs, self.cancel)
        self._clock = Clock(self.desk, self._vault, self._forget, self._versions.look)
        self._arrivals = Arrivals(engine)
        self._inspector = SeriesInspector(self._orthanc, self._reader, self._decider, self.desk.subjects)
        self._intake = Intake(
            self._orthanc,
            self._arrivals,
            self.jobs,
            settings,
            self._inspector,
            self.desk.subjects,
            self._chain,
            self._dispatcher.ring,
            self.cancel,
            self._orphans.delete_if_orphaned,
        )
        self._loop = IntakeLoop(self._orthanc, self._arrivals, self._intake, settings.quiet_seconds, letter.started)
        self._workflows: Workflows | None = None

    def run(self) -> None:
        """Bring everything up, then take in series until the process ends."""
        try:
            self._workers.warm_up(warm_up)
            if slow := slow_tracing():
                logger.warning("%s", slow)
            database = self.settings.database or sqlite_url(self._state.workflows)
            self._workflows = Workflows(self._stages, database, "gateway")
            sweep(self._state, self._vault, self.jobs)
            record_configuration(self._chain, configuration_digest(self._letter.section), VERSION)
            for job in self.jobs.list(states=(State.RUNNING,), limit=100_000):
                self._start(job)  # claimed, but perhaps not begun before the gateway was killed
        except Exception as error:  # noqa: BLE001 - shown in health, where the administrator looks
            self._broken = failure_of(error).message
            logger.error("the gateway cannot work: %s", self._broken)
            return
        self._up.set()
        threading.Thread(target=self._dispatcher.run, name="dispatcher", daemon=True).start()
        threading.Thread(target=self._clock.run, name="clock", daemon=True).start()
        self._loop.run()

    def ring(self) -> None:
        """Something was stored in Orthanc."""
        self._loop.ring()

    def troubles(self) -> list[str]:
        """Why the gateway cannot work now; empty when it can."""
        if self._broken:
            return [self._broken]
        if not self._up.is_set():
            return ["The gateway is starting."]
        return [self._loop.trouble] if self._loop.trouble else []

    def alerts(self) -> list[dict[str, Any]]:
        """What somebody should look at, though the gateway works."""
        return [alert.to_json() for alert in self.desk.alerts] + self._versions.alerts(datetime.now(UTC).date())

    def figures(self) -> dict[str, Any]:
        """What health says beside the status."""
        figures = {
            "Jobs": self.jobs.count_by_state(),
            "Rules": len(self.settings.rules),
            "Targets": self.show_targets(),
            "Witnesses": self.desk.witnesses(),
            "Process": os.getpid(),
        }
        warnings = [self._decider.problem] if self._decider.problem else []
        warnings += self._orphans.warnings()
        warnings += self._loop.remarks
        warnings += [slow] if (slow := slow_tracing()) else []
        return figures | ({"Warnings": warnings} if warnings else {})

    def show(self, job: Job) -> dict[str, Any]:
        """A job as the API shows it, with the progress of its worker."""
        answer = job.to_json()
        if job.state is State.RUNNING:
            answer |= self._stages.progress(job)
        if job.state is State.WAITING:
            answer["Waiting"] = self._dispatcher.reasons.get(job.id, "It starts in a moment.")
        return answer

    def show_targets(self) -> list[dict[str, Any]]:
        """Every target: whether it is paused or backs off, and how many jobs it has."""
        states, running = self.targets.states(), self.jobs.running_by_target()
        waiting = Counter(job.target for job in self.jobs.waiting())
        return [
            {
                "Name": name,
                "Paused": state.paused,
                "Failures": state.failures,
                "NextTry": iso(state.next_try) if state.next_try else None,
                "Reason": state.reason,
                "Running": running.get(name, 0),
                "Waiting": waiting[name],
                "Limit": self._limit(name),
            }
            for name in self.settings.targets
            for state in (states.get(name) or TargetState(name),)
        ]

    def pause(self, target: str, paused: bool) -> None:
        """Let no new job of a target start, or let them start again."""
        self.targets.pause(target, paused)
        self._dispatcher.ring()

    def request(self, series: str, model: str | None, target: str | None) -> Job:
        """A person asks for contours of a series."""
        self._require_up()
        return self._intake.request(series, model, target)

    def explain(self, series: str) -> dict[str, Any]:
        """What the rules say of a stored series."""
        return self._inspector.inspect(series).explanation.to_json()

    def explain_given(self, tags: Any) -> dict[str, Any]:
        """What the rules say of a series given by its tags; raises InputRefused when they are none."""
        return self._decider.decide(given_facts(tags)).to_json()

    def cancel(self, job: Job, state: State, reason: str) -> bool:
        """End an open job; its worker is killed and its workflow erases what it left."""
        if not self.jobs.stop(job.id, state, (state.name, reason)):
            return False
        self._workers.cancel(job.id)
        return True

    def veto(self, series: str, reason: str) -> list[str]:
        """End every open job of a series as excluded; the ids of those that were open."""
        states = (State.WAITING, State.RUNNING)
        jobs = self.jobs.list(series=series, states=states, limit=1000)
        return [job.id for job in jobs if self.cancel(job, State.EXCLUDED, reason)]

    def retry(self, job: Job) -> Job | None:
        """Run an ended job again from its start; None when its state forbids it."""
        self._require_up()
        subject = self._inspector.subject(job.series)
        again = self.jobs.reopen(job.id, new_code())
        if again is not None:
            self._intake.link(subject, again)
            self._dispatcher.ring()
        return again

    def outgoing(self, series: str) -> dict[str, Any]:
        """What would leave of a series, attribute by attribute."""
        return outgoing_document(self._orthanc, self._reader.snapshot(series), self.settings)

    def outgoing_files(self, series: str) -> Iterator[bytes]:
        """The very files that would leave, as a ZIP."""
        return outgoing_zip(self._orthanc, self._reader.snapshot(series), self.settings)

    def _erase_jobs(self, codes: Sequence[str]) -> Swept:
        rows = files = left = 0
        for job in self._jobs_of(codes):
            self.cancel(job, State.CANCELLED, "What is held of this patient was erased.")
            if job.state is State.RUNNING:
                self._await_closed(job)
            erasure = erase_folder(self._state.spool / job.id)
            files, left = files + erasure.files, left + erasure.left
            rows += int(self._vault.destroy(job.workflow_id)) + self.jobs.forget(job)
            self._arrivals.forget(job.series)
        return Swept(rows, files, left)

    def _forget(self, now: datetime) -> None:
        """Remove what is kept no longer: workflows after a month; jobs, and what leads to them, with their evidence."""
        if self._workflows is not None:
            self._workflows.forget(now)
        self.desk.subjects.forget(self.jobs.retire(self.desk.end_of_retention(now).timestamp()))

    def _await_closed(self, job: Job) -> None:
        """Wait until a job that was cancelled has erased what it made, so that nothing of it comes after its row went.

        Raises AutocontourError with ERASE_PENDING when that takes long.
        """
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        began = time.monotonic()
        while time.monotonic() - began < CLOSE_SECONDS:
            records = self._chain.records(job.evidence_code)
            if closing_record(records) is not None or (not records and time.monotonic() - began > UNBEGUN_SECONDS):
                return
            time.sleep(0.1)
        raise AutocontourError(
            "ERASE_PENDING",
            "A job of this patient is still being ended; ask for the erasure again in a minute.",
            retry=True,
        )

    def _jobs_of(self, codes: Sequence[str]) -> list[Job]:
        found = (self.jobs.by_evidence_code(code) for code in codes)
        return [job for job in found if job is not None]

    def preview(self, job: Job, plane: str | None, number: int | None) -> bytes:
        """A PNG of the stored contours over the stored image."""
        if not self._reader.content(job.series).is_that_of(job.content):
            raise InputRefused(
                "SERIES_CHANGED",
                "The series changed in Orthanc after it was contoured: on what is there now, the contours would lie "
                "wrongly. Look at the newest job of the series.",
            )
        return preview(self._orthanc, job, plane, number)

    def _limit(self, target: str) -> int:
        """How many jobs of a target may run at once; here, one is prepared while the workers draw others."""
        return self.settings.workers + 1 if target == LOCAL else self.settings.limits.get(target, 1)

    def _start(self, job: Job) -> None:
        assert self._workflows is not None, "intake runs only after the workflows are up"
        self._workflows.start(job)

    def _require_up(self) -> None:
        if not self._up.is_set():
            raise AutocontourError("STARTING", "The gateway is starting; try again in a few seconds.", retry=True)
