"""How the gateway is: whether it works and if not, why; what somebody should look at; the numbers beside."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.contours.kernel import slow_tracing
from plugin.advisories.alerts import VersionWatch
from plugin.deliver.deliverer import Deliverer
from plugin.deliver.delivery import DeliveryState
from plugin.evidence.service import EvidenceService
from plugin.forward.orphans import Orphans
from plugin.gateway.operations.gateways import Gateways
from plugin.gateway.operations.readiness import Readiness
from plugin.gateway.operations.targets import TargetOperations
from plugin.intake.decider import Decider
from plugin.intake.group_index import GroupIndex
from plugin.intake.loop import IntakeLoop
from plugin.intake.numbers import SeriesNumbers
from plugin.intake.study_waits import StudyWaits
from plugin.jobs.job import State
from plugin.jobs.meters import JobMeters
from plugin.jobs.store import JobStore
from plugin.labels.keeper import LabelKeeper
from plugin.notify.notifier import Notifier
from plugin.quality.alerts.watch import QualityWatch
from plugin.quality.constancy.alerts import alerts_of, warnings_of
from plugin.quality.constancy.keeper import ConstancyKeeper
from plugin.settings.models import ModelsAtHand
from plugin.state.disk import full_disk, nearly_full_disk
from routing.rules import Rule


class Health:
    """Asks each part how it is, for the health route and the metrics."""

    def __init__(
        self,
        readiness: Readiness,
        loop: IntakeLoop,
        jobs: JobStore,
        targets: TargetOperations,
        evidence: EvidenceService,
        versions: VersionWatch,
        decider: Decider,
        orphans: Orphans,
        notifier: Notifier,
        labels: LabelKeeper,
        deliverer: Deliverer,
        constancy: ConstancyKeeper,
        series: SeriesNumbers,
        waits: StudyWaits,
        meters: JobMeters,
        models: ModelsAtHand,
        quality: QualityWatch,
        gateways: Gateways,
        index: GroupIndex,
        *,
        held: Callable[[], str | None],
        rules: Sequence[Rule],
        state: Path,
        unproven: Callable[[Sequence[Rule]], list[str]],
        remarks: Sequence[str] = (),
    ) -> None:
        """Take the parts, and what of the configuration is to be said for as long as it is so.

        ``held`` says why no job starts; ``rules`` are those of the site, ``state`` is the state directory, ``unproven``
        says for which of their models the face stays, though the site wants it removed, ``remarks`` what stands in the
        configuration and should not for long.
        """
        self._remarks = tuple(remarks)
        self._readiness = readiness
        self._loop = loop
        self._jobs = jobs
        self._targets = targets
        self._evidence = evidence
        self._versions = versions
        self._decider = decider
        self._orphans = orphans
        self._notifier = notifier
        self._labels = labels
        self._deliverer = deliverer
        self._constancy = constancy
        self._series = series
        self._waits = waits
        self._meters = meters
        self._models = models
        self._quality = quality
        self._held = held
        self._gateways = gateways
        self._index = index
        self._rules = rules
        self._state = state
        self._unproven = unproven

    def unavailable_reasons(self) -> list[str]:
        """Why the gateway cannot work now; empty when it can."""
        reasons = self._readiness.unavailable_reasons()
        full = full_disk(self._state)
        if full is not None:
            return [*reasons, full]
        if not reasons and (trouble := self._loop.unavailable_reason or self._index.unavailable_reason):
            return [trouble]
        return reasons

    def alerts(self) -> list[dict[str, Any]]:
        """Return what somebody should look at, though the gateway works."""
        of_evidence = [alert.to_json() for alert in self._evidence.alerts]
        of_versions = self._versions.alerts(datetime.now(UTC).date())
        of_charts = [alert.in_health() for alert in self._quality.standing()]
        return [*of_evidence, *alerts_of(self._constancy), *of_versions, *of_charts]

    def job_counts(self) -> dict[str, int]:
        """How many jobs the table has, by state."""
        return self._jobs.count_by_state()

    def oldest_seconds(self, state: State) -> float:
        """How long the oldest waiting job waits, or of which running one nothing was heard longest; 0 without one."""
        since = self._jobs.oldest(state)
        return 0.0 if since is None else max(0.0, time.time() - since)

    def disk(self) -> tuple[int, int]:
        """Bytes that are free, and all bytes, of the disk of the state directory."""
        usage = shutil.disk_usage(self._state)
        return usage.free, usage.total

    def series_numbers(self) -> dict[str, int]:
        """How many series are arriving, and how many were given up because Orthanc cannot read them."""
        return {"arriving": self._series.arriving(), "given_up": self._series.given_up()}

    def notifications_waiting(self) -> dict[str, int]:
        """How many notifications wait, by the channel's name."""
        return self._notifier.waiting()

    def deliveries(self) -> dict[tuple[str, DeliveryState], int]:
        """How many deliveries there are, by destination and state."""
        return self._deliverer.counts()

    def oldest_delivery_seconds(self) -> dict[str, float]:
        """How long the oldest delivery waits for its arrival, by destination."""
        return self._deliverer.oldest_seconds()

    @property
    def meters(self) -> JobMeters:
        """What was counted since the start."""
        return self._meters

    def targets(self) -> list[dict[str, Any]]:
        """Every target as the API shows it."""
        return self._targets.show()

    def witnesses(self) -> list[dict[str, Any]]:
        """Who holds the head of the evidence chain, since when, and what is wrong."""
        return self._evidence.witnesses()

    def gateways(self, *, times: bool = True) -> list[dict[str, Any]]:
        """Return the gateways that share the database; none where this one is alone."""
        return self._gateways.show(times=times)

    def status(self) -> dict[str, Any]:
        """Return what health says beside whether the gateway works, warnings included."""
        status = {
            "Jobs": self.job_counts(),
            "Rules": len(self._rules),
            "Targets": self.targets(),
            "Witnesses": self.witnesses(),
            "TimeStamp": self._evidence.time_stamp(),
            "StudiesWaiting": self._waits.studies,
            "Process": os.getpid(),
        }
        if not self._gateways.alone:
            status["Gateways"] = self.gateways()
        warnings = self.warnings()
        return status | ({"Warnings": warnings} if warnings else {})

    def warnings(self) -> list[str]:
        """Return what is not as it should be, though the gateway works."""
        perhaps = (self._held(), self._decider.problem, nearly_full_disk(self._state), slow_tracing())
        off = self._models.rules_off(self._rules)
        told = (*self._orphans.warnings(), *self._loop.remarks, *self._notifier.warnings())
        told = (*told, *self._labels.remarks, *self._deliverer.warnings(), *warnings_of(self._constancy))
        told = (*told, *self._evidence.warnings(), *self._gateways.warnings(), *self._unproven(self._rules))
        told = (*told, *self._remarks)
        return [*off, *told, *(one for one in perhaps if one)]
