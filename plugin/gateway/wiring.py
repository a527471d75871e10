"""Makes every part of the gateway and hands each the parts that it needs, in order; nothing is decided here."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from model.engines.network.runtime.inference import compute_for_workers
from model.evidence.chain import Chain
from model.evidence.rotation import load_chain_key
from model.storage.sqlite import sqlite_url
from model.worker.pool import Workers
from plugin.advisories.alerts import VersionWatch
from plugin.deliver.deliverer import Deliverer
from plugin.deliver.table import DeliveryTable
from plugin.evidence.dossier.processing import configuration_digest
from plugin.evidence.group.evidence import GroupEvidence
from plugin.evidence.service import EvidenceService
from plugin.evidence.subjects import INDEX_KEY, KEY_BYTES
from plugin.forward.heads import witnesses
from plugin.forward.orphans import Orphans
from plugin.forward.targets import forward_targets
from plugin.gateway.clock import Clock, Deliveries
from plugin.gateway.lifecycle import Lifecycle
from plugin.gateway.logs import recent_lines
from plugin.gateway.operations.assessments import Assessments
from plugin.gateway.operations.constancy import ConstancyOperations
from plugin.gateway.operations.deliveries import DeliveryOperations
from plugin.gateway.operations.dossier import Dossier
from plugin.gateway.operations.erasure import JobErasure
from plugin.gateway.operations.explanations import Explanations
from plugin.gateway.operations.gateways import Gateways
from plugin.gateway.operations.health import Health
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.moments import Moments, places_for
from plugin.gateway.operations.now import Now
from plugin.gateway.operations.operations import Operations
from plugin.gateway.operations.outcomes import Outcomes
from plugin.gateway.operations.outgoing import Outgoing
from plugin.gateway.operations.portable import PortableCopy
from plugin.gateway.operations.preview import Previews
from plugin.gateway.operations.quality import Quality
from plugin.gateway.operations.quality_charts import QualityCharts
from plugin.gateway.operations.readiness import Readiness
from plugin.gateway.operations.rights import Rights
from plugin.gateway.operations.study_requests import StudyRequests
from plugin.gateway.operations.support import Support
from plugin.gateway.operations.targets import TargetOperations
from plugin.gateway.operations.trials import Trials
from plugin.gateway.retention import Retention
from plugin.gateway.startup import StartupConfiguration
from plugin.group.identity import gateway_id
from plugin.group.member import Member, membership_of
from plugin.group.membership import Membership
from plugin.group.session import connections_of
from plugin.intake.arrivals import Arrivals
from plugin.intake.arriving import ArrivingSeries
from plugin.intake.corrections import Corrections
from plugin.intake.decider import Decider
from plugin.intake.group_index import GroupIndex
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
from plugin.jobs.handovers import Handovers
from plugin.jobs.meters import JobMeters
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetStore
from plugin.jobs.waiting import WaitingJobs
from plugin.jobs.wakeup import Wakeup
from plugin.labels.keeper import LabelKeeper
from plugin.labels.table import LabelTable
from plugin.notify.alerts import AlertTable
from plugin.notify.notifier import Notifier
from plugin.notify.outbox import Outbox
from plugin.notify.undelivered import UndeliveredTable
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader
from plugin.pacs.tls import trust_of
from plugin.pacs.versions import reported_by
from plugin.quality.alerts.acknowledged import AcknowledgedAlerts
from plugin.quality.alerts.watch import QualityWatch
from plugin.quality.assessment.objects import ObjectReader
from plugin.quality.charts.source import ChartSource
from plugin.quality.commissioning.table import CommissioningTable
from plugin.quality.comparing import Comparing
from plugin.quality.constancy.alerts import told_alerts_of
from plugin.quality.constancy.keeper import ConstancyKeeper
from plugin.quality.constancy.table import ConstancyTable
from plugin.quality.face.table import FaceProofs
from plugin.quality.forgetting import Forgetting
from plugin.quality.keeper import QualityKeeper
from plugin.quality.ours import Ours
from plugin.quality.pairing import Pairing
from plugin.quality.reading import Reader
from plugin.quality.sets import StructureSets
from plugin.quality.store import QualityStore
from plugin.settings.draft import Drafts
from plugin.settings.quality import QualitySettings
from plugin.settings.settings import LOCAL, Settings, attestation_remarks
from plugin.state.database import open_database
from plugin.state.directory import StateDirectory
from plugin.state.postgresql import address_of, connect_workflows
from plugin.state.writes import Writes
from plugin.vault.database_vault import DatabaseVault, GroupSecrets, open_seal
from plugin.vault.file_vault import FileVault
from plugin.vault.keyfile import key_file_of
from plugin.vault.vault import Vault
from plugin.workflow.cancellation import Cancellation
from plugin.workflow.commissioned import CommissionedModels, demanded_by
from plugin.workflow.durable import Workflows
from plugin.workflow.face import Faces
from plugin.workflow.queue import Dispatcher
from plugin.workflow.reference_run import ReferenceRuns
from plugin.workflow.returned import Returned
from plugin.workflow.revival import Revival
from plugin.workflow.room import Room
from plugin.workflow.stages import Stages
from plugin.workflow.takeover import Takeover


@dataclass(frozen=True)
class Gateway:
    """Everything beside Orthanc: what it can be asked, and its life; made before it can work, and says so."""

    operations: Operations
    lifecycle: Lifecycle
    index: GroupIndex
    gateways: Gateways


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

    database = None if settings.database is None else address_of(settings.database)
    connections = connections_of(gateway_id(state.path))
    engine = open_database(database or sqlite_url(state.jobs), connections)
    membership = membership_of(engine, state.path)
    meters = JobMeters()
    told_time, group = membership.now, membership.gateway if isinstance(membership, Member) else None

    def leads() -> bool:
        return membership.leads

    jobs = JobStore(engine, told_time, meters, group)
    targets = TargetStore(engine, told_time)
    arrivals = Arrivals(engine, told_time, quiet_seconds=settings.quiet_seconds)
    handovers = Handovers(engine, membership.gateway, told_time)
    workers = Workers(settings.workers, lock_memory=settings.lock_memory, inference=compute_for_workers)
    vault, index_key = _secrets(engine, settings, state)
    key = load_chain_key(state.signing_key, state.chain)
    chain = Chain.open(state.chain, key)
    chart_source, acknowledged = ChartSource(engine, QualityStore(engine)), AcknowledgedAlerts(engine)
    quality = QualityWatch(chart_source, acknowledged)
    evidence = EvidenceService(
        chain,
        engine,
        state.evidence,
        settings.evidence,
        transfer_hours=settings.privacy.transfer_hours,
        host=socket.gethostname(),
        witnesses=witnesses({**settings.forwards, **settings.evidence.services}, lambda: chain.public_key),
        ended=jobs.ended,
        quality=quality.month,
        index_key=index_key,
        group=None if engine.dialect.name == "sqlite" else GroupEvidence(chain, engine, membership.gateway),
    )
    deliveries = Deliveries(evidence, clock_wakeup)
    forwards = forward_targets(settings.forwards, key, targets, orthanc, workers, deliveries.delivered)

    deliverer = Deliverer(
        settings.destinations,
        DeliveryTable(engine, told_time),
        jobs,
        orthanc,
        chain,
        objected=evidence.subjects.objected,
        leads=leads,
        clock=told_time,
    )
    commissioning, face_proofs = CommissioningTable(engine, chain), FaceProofs(engine, chain)
    faces = Faces(face_proofs, settings.privacy.remove_face, settings.templates)
    room = Room(state.spool, orthanc.last_change)
    stages = Stages(
        orthanc,
        reader,
        jobs,
        vault,
        chain,
        workers,
        state,
        settings,
        forwards,
        queue_wakeup,
        meters,
        deliverer.stored,
        CommissionedModels(commissioning, settings.models_directory, demanded_by(settings.rules)),
        faces,
        membership,
        handovers,
        room.require,
        evidence.subjects.objected,
    )
    constancy = ConstancyKeeper(
        settings.constancy,
        ConstancyTable(engine),
        ReferenceRuns(orthanc, reader, vault, chain, workers, state, settings, forwards),
        targets,
        chain,
        leads=leads,
        clock=told_time,
    )
    durable = sqlite_url(state.workflows) if database is None else connect_workflows(database, connections)
    workflows = Workflows(stages, durable, membership.gateway)
    dispatcher = Dispatcher(
        jobs, targets, settings.jobs_at_once, workflows.start, queue_wakeup, WaitingJobs(engine), room.reason, told_time
    )
    cancellation = Cancellation(jobs, workers)
    takeover = Takeover(jobs, handovers, vault, orthanc, workers, workflows.start, workflows.cancel, queue_wakeup)
    if isinstance(membership, Member):
        membership.lost = takeover.look_now

    script = settings.routing_script
    decider = Decider(
        settings.rules,
        targets=settings.targets,
        models=settings.models,
        local=LOCAL,
        script=SiteScript(startup.base_directory / script) if script is not None else None,
    )
    corrections = Corrections(orthanc, jobs, evidence.subjects, chain, deliverer.sent_to)
    inspector = SeriesInspector(orthanc, reader, decider, evidence.subjects, corrections.objected_before)
    orphans = Orphans(orthanc, vault)
    series_jobs = SeriesJobs(jobs, evidence.subjects, chain, cancellation, Modified(orthanc, jobs), corrections)
    table = SeriesTable(engine, told_time)
    waits = StudyWaits(arrivals, table)
    comparisons = _comparisons(engine, orthanc, reader, jobs, chain, evidence, deliverer, settings.quality, membership)
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
        comparisons,
    )
    finder = JobFinder(engine)
    results = StoredResults(orthanc, jobs, finder)
    loop = IntakeLoop(
        orthanc,
        arrivals,
        intake,
        results,
        settings.quiet_seconds,
        partial(_started, startup, orthanc, arrivals),
        intake_wakeup,
        leads,
    )

    versions = VersionWatch(partial(reported_by, orthanc), beside=startup.token is not None)
    clock = Clock(
        evidence,
        vault,
        Retention(workflows, jobs, evidence, Forgetting(engine), leads).forget,
        versions.look,
        clock_wakeup,
    )
    labels = LabelKeeper(orthanc, jobs, LabelTable(engine), settings.labels, leads=leads, clock=told_time)
    forgetting = Forgetting(engine)
    erasure = JobErasure(
        jobs,
        arrivals,
        vault,
        evidence.records,
        cancellation,
        state.spool,
        forgetting,
        deliverer,
        orthanc,
        labels.look_at,
    )
    late = {name: 60.0 * float(one.AlertMinutes) for name, one in settings.destinations.items()}
    quality_charts = QualityCharts(chart_source, quality, acknowledged)
    alerts = AlertTable(engine, lambda: [*quality_charts.alerts(), *told_alerts_of(constancy)])
    outbox, undelivered = Outbox(engine, told_time), UndeliveredTable(engine, late, told_time)
    notifier = Notifier(settings.notify, outbox, jobs, undelivered, alerts, leads=leads, clock=told_time)
    target_operations = TargetOperations(settings, targets, jobs, queue_wakeup)
    assessed = Quality(orthanc, QualityStore(engine), Forgetting(engine))
    view = JobView(stages, dispatcher, deliverer, assessed)
    retries = Retries(inspector, series_jobs, table, settings, queue_wakeup, intake_wakeup)
    gateways, index = Gateways(engine, membership.gateway), GroupIndex(engine, membership.gateway, orthanc, arrivals)
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
        constancy,
        SeriesNumbers(engine),
        waits,
        meters,
        settings.models,
        quality,
        gateways,
        index,
        held=lambda: dispatcher.held,
        rules=settings.rules,
        state=state.path,
        remarks=attestation_remarks(settings.forwards),
        unproven=faces.unproven,
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
            orthanc,
            arrivals,
            table,
            jobs,
            inspector,
            waits,
            view,
            settings,
            lambda: loop.unavailable_reason,
            StructureSets(engine),
        ),
        targets=target_operations,
        constancy=ConstancyOperations(readiness, constancy),
        quality=assessed,
        assessments=Assessments(
            readiness, orthanc, QualityStore(engine), ObjectReader(orthanc, StructureSets(engine)), evidence.records
        ),
        commissioning=commissioning,
        face_proofs=face_proofs,
        evidence=evidence,
        dossier=Dossier(evidence, commissioning, startup.section, settings, startup.base_directory),
        rights=Rights(evidence, jobs, erasure, cancellation, forgetting, deliverer, PortableCopy(evidence, orthanc)),
        health=health,
        moments=Moments(now.show, Writes(engine), places_for(startup.callers)),
        support=Support(orthanc, jobs, health, chain, startup.section, recent_lines),
        quality_charts=quality_charts,
        intake=intake_wakeup,
    )
    lifecycle = Lifecycle(
        readiness=readiness,
        membership=membership,
        state=state,
        database=engine,
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
        takeover=takeover if group is not None else None,
        returned=Returned(handovers, jobs, vault, chain, orthanc, state, forwards),
        notifier=notifier,
        labels=labels,
        deliverer=deliverer,
        constancy=constancy,
        quality=quality,
        comparisons=comparisons,
    )
    return Gateway(operations, lifecycle, index, gateways)


def _secrets(engine: sa.Engine, settings: Settings, state: StateDirectory) -> tuple[Vault, bytes | None]:
    """Return the vault, and the key of the subject index where it is not that of the state directory."""
    key_file = settings.privacy.vault_key_file
    if settings.database is None:
        return FileVault(state.vault, key_file), None
    seal = open_seal(engine, key_file_of(key_file, state.vault))
    return DatabaseVault(engine, seal), GroupSecrets(engine, seal).secret(INDEX_KEY, KEY_BYTES)


def _started(startup: StartupConfiguration, orthanc: Orthanc, arrivals: Arrivals) -> float:
    """Return since when what arrives counts, by Orthanc's clock: its start, else when a gateway first worked."""
    return orthanc.now() - arrivals.seconds_since_begun() if startup.started is None else startup.started


def _comparisons(
    engine: sa.Engine,
    orthanc: Orthanc,
    series: SeriesReader,
    jobs: JobStore,
    chain: Chain,
    evidence: EvidenceService,
    deliverer: Deliverer,
    settings: QualitySettings,
    membership: Membership,
) -> QualityKeeper:
    sets, store, reader = StructureSets(engine), QualityStore(engine), Reader(orthanc, settings.Seconds)
    ours = Ours(orthanc, chain, reader, deliverer.sent_again)
    return QualityKeeper(
        sets,
        store,
        Forgetting(engine),
        Pairing(orthanc, jobs, sets, store, evidence.subjects, reader, ours, deliverer.sent_as),
        Comparing(orthanc, series, jobs, store, chain, reader, ours, settings.options, evidence.subjects.objected),
        reader,
        enabled=settings.Enabled,
        kept_seconds=settings.kept_seconds,
        leads=lambda: membership.leads,
        clock=membership.now,
    )
