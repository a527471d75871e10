"""Makes every part of the gateway and hands each the parts that it needs, in order; nothing is decided here."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import partial

from model.evidence.chain import Chain
from model.evidence.rotation import load_chain_key
from model.worker.pool import Workers
from plugin.advisories.alerts import VersionWatch
from plugin.deliver.deliverer import Deliverer
from plugin.deliver.table import DeliveryTable
from plugin.evidence.processing import configuration_digest
from plugin.evidence.service import EvidenceService
from plugin.forward.heads import witnesses
from plugin.forward.orphans import Orphans
from plugin.forward.targets import forward_targets
from plugin.gateway.clock import Clock, Deliveries
from plugin.gateway.lifecycle import Lifecycle
from plugin.gateway.logs import recent_lines
from plugin.gateway.operations.deliveries import DeliveryOperations
from plugin.gateway.operations.dossier import Dossier
from plugin.gateway.operations.erasure import JobErasure
from plugin.gateway.operations.explanations import Explanations
from plugin.gateway.operations.health import Health
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.moments import Moments, places_for
from plugin.gateway.operations.now import Now
from plugin.gateway.operations.operations import Operations
from plugin.gateway.operations.outcomes import Outcomes
from plugin.gateway.operations.outgoing import Outgoing
from plugin.gateway.operations.preview import Previews
from plugin.gateway.operations.readiness import Readiness
from plugin.gateway.operations.rights import Rights
from plugin.gateway.operations.study_requests import StudyRequests
from plugin.gateway.operations.support import Support
from plugin.gateway.operations.targets import TargetOperations
from plugin.gateway.operations.trials import Trials
from plugin.gateway.retention import Retention
from plugin.gateway.startup import StartupConfiguration
from plugin.intake.arrivals import Arrivals
from plugin.intake.arriving import ArrivingSeries
from plugin.intake.decider import Decider
from plugin.intake.inspection import SeriesInspector
from plugin.intake.intake import Intake
from plugin.intake.known_series import SeriesTable
from plugin.intake.loop import IntakeLoop
from plugin.intake.modified import Modified
from plugin.intake.numbers import SeriesNumbers
from plugin.intake.results import StoredResults
from plugin.intake.retries import Retries
from plugin.intake.series_jobs import SeriesJobs
from plugin.intake.site_script import SiteScript
from plugin.intake.study_comparison import StudyComparison
from plugin.intake.study_waits import StudyWaits
from plugin.jobs.finder import JobFinder
from plugin.jobs.meters import JobMeters
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetStore
from plugin.jobs.wakeup import Wakeup
from plugin.labels.keeper import LabelKeeper
from plugin.labels.table import LabelTable
from plugin.notify.notifier import Notifier
from plugin.notify.outbox import Outbox
from plugin.notify.undelivered import UndeliveredTable
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader
from plugin.pacs.tls import trust_of
from plugin.pacs.versions import reported_by
from plugin.settings.draft import Drafts
from plugin.settings.settings import LOCAL, Settings
from plugin.state.database import open_database
from plugin.state.directory import StateDirectory
from plugin.state.writes import Writes
from plugin.vault.vault import Vault
from plugin.workflow.cancellation import Cancellation
from plugin.workflow.durable import Workflows, sqlite_url
from plugin.workflow.queue import Dispatcher
from plugin.workflow.revival import Revival
from plugin.workflow.stages import Stages


@dataclass(frozen=True)
class Gateway:
    """Everything beside Orthanc: what it can be asked, and its life; made before it can work, and says so."""

    operations: Operations
    lifecycle: Lifecycle


def wire(startup: StartupConfiguration, settings: Settings, state: StateDirectory) -> Gateway:
    """Make the gateway of a state directory; raises AutocontourError when one of its stores cannot be opened."""
    orthanc = Orthanc(
        startup.orthanc,
        token=startup.token,
        user=startup.user,
        password=startup.password,
        trust=trust_of(startup.orthanc, startup.certificate, settings.orthanc_tls),
    )
    reader = SeriesReader(orthanc, settings)
    readiness = Readiness()
    queue_wakeup, clock_wakeup, intake_wakeup = Wakeup(), Wakeup(), Wakeup()

    engine = open_database(settings.database or sqlite_url(state.jobs))
    meters = JobMeters()
    jobs, targets, arrivals = JobStore(engine, meters=meters), TargetStore(engine), Arrivals(engine)
    workers = Workers(settings.workers, lock_memory=settings.lock_memory)
    vault = Vault(state.vault, settings.privacy.vault_key_file)
    key = load_chain_key(state.signing_key, state.chain)
    chain = Chain.open(state.chain, key)
    evidence = EvidenceService(
        chain,
        engine,
        state.evidence,
        settings.evidence,
        transfer_hours=settings.privacy.transfer_hours,
        host=socket.gethostname(),
        witnesses=witnesses({**settings.forwards, **settings.evidence.services}, lambda: chain.public_key),
        ended=jobs.ended,
    )
    deliveries = Deliveries(evidence, clock_wakeup)
    forwards = forward_targets(settings.forwards, key, targets, orthanc, workers, deliveries.delivered)

    deliverer = Deliverer(settings.destinations, DeliveryTable(engine), jobs, orthanc, chain)
    stages = Stages(
        orthanc, reader, jobs, vault, chain, workers, state, settings, forwards, queue_wakeup, meters, deliverer.stored
    )
    workflows = Workflows(stages, settings.database or sqlite_url(state.workflows), "gateway")
    dispatcher = Dispatcher(jobs, targets, settings.jobs_at_once, workflows.start, queue_wakeup)
    cancellation = Cancellation(jobs, workers)

    script = settings.routing_script
    decider = Decider(
        settings.rules,
        targets=settings.targets,
        models=settings.models,
        local=LOCAL,
        script=SiteScript(startup.base_directory / script) if script is not None else None,
    )
    inspector = SeriesInspector(orthanc, reader, decider, evidence.subjects)
    orphans = Orphans(orthanc, vault)
    series_jobs = SeriesJobs(jobs, evidence.subjects, chain, cancellation, Modified(orthanc, jobs))
    table = SeriesTable(engine)
    waits = StudyWaits(arrivals, table)
    intake = Intake(
        orthanc,
        arrivals,
        table,
        inspector,
        series_jobs,
        waits,
        orphans,
        settings,
        queue_wakeup,
    )
    finder = JobFinder(engine)
    results = StoredResults(orthanc, jobs, finder)
    loop = IntakeLoop(orthanc, arrivals, intake, results, settings.quiet_seconds, startup.started, intake_wakeup)

    versions = VersionWatch(partial(reported_by, orthanc), beside=startup.token is not None)
    clock = Clock(evidence, vault, Retention(workflows, jobs, evidence).forget, versions.look, clock_wakeup)
    erasure = JobErasure(jobs, arrivals, vault, chain, cancellation, state.spool)
    labels = LabelKeeper(orthanc, jobs, LabelTable(engine), settings.labels)
    late = {name: 60.0 * float(one.AlertMinutes) for name, one in settings.destinations.items()}
    notifier = Notifier(settings.notify, Outbox(engine), jobs, UndeliveredTable(engine, late))
    target_operations = TargetOperations(settings, targets, jobs, queue_wakeup)
    view = JobView(stages, dispatcher, deliverer)
    retries = Retries(inspector, series_jobs, table, settings, queue_wakeup, intake_wakeup)
    health = Health(
        readiness,
        loop,
        jobs,
        target_operations,
        evidence,
        versions,
        decider,
        orphans,
        notifier,
        labels,
        deliverer,
        SeriesNumbers(engine),
        waits,
        meters,
        settings.models,
        rules=settings.rules,
        state=state.path,
    )
    comparison = StudyComparison(orthanc, inspector)
    drafts = Drafts(startup.section, startup.dictionary, startup.base_directory)
    job_operations = JobOperations(readiness, jobs, intake, retries, cancellation)
    arriving = ArrivingSeries(
        arrivals, intake, waits, settings, trouble=lambda: loop.unavailable_reason, held=loop.holds
    )
    now = Now(health, finder, view, target_operations, arriving, orthanc)
    operations = Operations(
        table=jobs,
        finder=finder,
        jobs=job_operations,
        study_requests=StudyRequests(orthanc, job_operations),
        view=view,
        deliveries=DeliveryOperations(readiness, jobs, deliverer),
        previews=Previews(orthanc, reader),
        explanations=Explanations(inspector, decider, comparison),
        trials=Trials(drafts, inspector, decider, comparison, table),
        outgoing=Outgoing(orthanc, inspector, settings.privacy, state.spool),
        outcomes=Outcomes(
            orthanc, arrivals, table, jobs, inspector, waits, view, settings, lambda: loop.unavailable_reason
        ),
        targets=target_operations,
        evidence=evidence,
        dossier=Dossier(evidence, startup.section, settings, startup.base_directory),
        rights=Rights(evidence, jobs, erasure, cancellation),
        health=health,
        moments=Moments(now.show, Writes(engine), places_for(startup.callers)),
        support=Support(orthanc, jobs, health, chain, startup.section, recent_lines),
        intake=intake_wakeup,
    )
    lifecycle = Lifecycle(
        readiness=readiness,
        state=state,
        jobs=jobs,
        vault=vault,
        chain=chain,
        configuration=configuration_digest(startup.section),
        workers=workers,
        workflows=workflows,
        dispatcher=dispatcher,
        clock=clock,
        intake=loop,
        revival=Revival(jobs, workflows),
        notifier=notifier,
        labels=labels,
        deliverer=deliverer,
    )
    return Gateway(operations, lifecycle)
