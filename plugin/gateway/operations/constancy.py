"""The constancy tests as the API shows them, and what people ask of them."""

from __future__ import annotations

from typing import Any

from model.errors import InputRefused
from model.evidence.code import printed
from plugin.gateway.operations.readiness import Readiness
from plugin.jobs.job import iso
from plugin.quality.constancy.keeper import ConstancyKeeper
from plugin.quality.constancy.run import Run
from plugin.settings.constancy import ConstancyTest


class ConstancyOperations:
    """Shows tests and runs, starts one, accepts a baseline."""

    def __init__(self, readiness: Readiness, keeper: ConstancyKeeper) -> None:
        self._readiness = readiness
        self._keeper = keeper

    def show(self) -> list[dict[str, Any]]:
        """Describe each test with its runs, the last first."""
        return [self._shown(test) for test in self._keeper.tests]

    def one(self, key: str) -> dict[str, Any] | None:
        """Describe one test; None for one that is not configured."""
        test = self._test(key)
        return None if test is None else self._shown(test)

    def start(self, key: str) -> bool:
        """Let a test run as soon as it can; False for one that is not configured."""
        self._readiness.require()
        test = self._test(key)
        if test is not None:
            self._keeper.want(test)
        return test is not None

    def accept(self, key: str) -> bool:
        """Make what the last run drew the baseline; False for a test that is not configured."""
        self._readiness.require()
        test = self._test(key)
        if test is None:
            return False
        if self._keeper.accept(test) is None:
            raise InputRefused("CONSTANCY_NO_RUN", "No run of this test has drawn anything yet; start one.")
        return True

    def _test(self, key: str) -> ConstancyTest | None:
        return next((test for test in self._keeper.tests if test.key == key), None)

    def _shown(self, test: ConstancyTest) -> dict[str, Any]:
        runs = self._keeper.table.history(test.key)
        latest = runs[0] if runs else None
        baseline = self._keeper.table.baseline(test.key)
        return {
            "ID": test.key,
            "Target": test.Target,
            "Model": test.Model,
            "Series": test.kind,
            "Every": float(test.Every),
            "ToleranceMm": test.tolerance_mm,
            "Dice": None if test.Dice is None else float(test.Dice),
            "OnFail": test.OnFail,
            "State": "new" if latest is None else str(latest.outcome),
            "Baseline": None if baseline is None else _run(baseline),
            "Runs": [_run(run) for run in runs],
        }


def _run(run: Run) -> dict[str, Any]:
    return {
        "Number": run.number,
        "Started": iso(run.started),
        "Seconds": run.seconds,
        "Outcome": str(run.outcome),
        "Code": run.code,
        "Message": run.message,
        "Digest": run.digest,
        "ModelDigest": run.model_digest,
        "ModelVersion": run.model_version,
        "EvidenceCode": printed(run.evidence_code),
        "Rois": list(run.rois),
    }
