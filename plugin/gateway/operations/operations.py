"""Everything that the gateway can be asked, for the API: each router takes the one part that it serves."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.evidence.service import EvidenceService
from plugin.gateway.operations.assessments import Assessments
from plugin.gateway.operations.constancy import ConstancyOperations
from plugin.gateway.operations.deliveries import DeliveryOperations
from plugin.gateway.operations.dossier import Dossier
from plugin.gateway.operations.explanations import Explanations
from plugin.gateway.operations.health import Health
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.moments import Moments
from plugin.gateway.operations.outcomes import Outcomes
from plugin.gateway.operations.outgoing import Outgoing
from plugin.gateway.operations.preview import Previews
from plugin.gateway.operations.quality import Quality
from plugin.gateway.operations.quality_charts import QualityCharts
from plugin.gateway.operations.rights import Rights
from plugin.gateway.operations.study_requests import StudyRequests
from plugin.gateway.operations.support import Support
from plugin.gateway.operations.targets import TargetOperations
from plugin.gateway.operations.trials import Trials
from plugin.jobs.finder import JobFinder
from plugin.jobs.store import JobStore
from plugin.jobs.wakeup import Wakeup
from plugin.quality.commissioning.table import CommissioningTable
from plugin.quality.face.table import FaceProofs


@dataclass(frozen=True)
class Operations:
    """The operations of one gateway; ``table`` is that of its jobs, ``intake`` is woken when Orthanc has news."""

    table: JobStore
    finder: JobFinder
    jobs: JobOperations
    study_requests: StudyRequests
    view: JobView
    deliveries: DeliveryOperations
    previews: Previews
    explanations: Explanations
    trials: Trials
    outgoing: Outgoing
    outcomes: Outcomes
    targets: TargetOperations
    constancy: ConstancyOperations
    quality: Quality
    assessments: Assessments
    commissioning: CommissioningTable
    face_proofs: FaceProofs
    evidence: EvidenceService
    dossier: Dossier
    rights: Rights
    health: Health
    moments: Moments
    support: Support
    quality_charts: QualityCharts
    intake: Wakeup
