"""Keeps the constancy tests: runs each when it is due, says what became of it, and lets people accept a baseline."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from model.backoff import Backoff
from model.evidence.chain import Chain
from model.evidence.code import new_code
from plugin.group.leading import Leads, always
from plugin.jobs.failure import failure_of as failure_of_error
from plugin.jobs.loop import Loop
from plugin.jobs.targets import TargetStore
from plugin.quality.constancy.judge import failure_of
from plugin.quality.constancy.records import record_baseline, record_compared, record_not_drawn
from plugin.quality.constancy.run import Drawer, Outcome, Run
from plugin.quality.constancy.table import ConstancyTable
from plugin.settings.constancy import ConstancyTest

logger = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
# Of a run that came to no end: a target that is down for an hour costs an hour, and no day.
BACKOFF = Backoff(first=60.0, longest=3600.0, factor=4.0)
# Written as the reason where a test pauses its target.
REASON = "CONSTANCY_FAILED"
INTERRUPTED = "GATEWAY_DIED"
# So often a run during which the gateway died is made again at once; then it may be the run that ends it.
DEATHS = 3


class ConstancyKeeper:
    """Works in a thread of its own until stopped; one run at a time."""

    def __init__(
        self,
        tests: Sequence[ConstancyTest],
        table: ConstancyTable,
        drawer: Drawer,
        targets: TargetStore,
        chain: Chain,
        *,
        leads: Leads = always,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tests = tuple(tests)
        self.table = table
        self._drawer = drawer
        self._targets = targets
        self._chain = chain
        self._leads = leads
        self._clock = clock
        self._ticks = ticks
        self._began: dict[str, float] = {}
        self._loop = Loop("constancy tests", LOOK_SECONDS, logger)
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Leave the loop."""
        self._loop.stop()

    def run(self) -> None:
        """Look every half minute."""
        if self.tests:
            self._loop.run(self._look)

    def _look(self) -> None:
        if self._leads():
            self.turn()

    def turn(self) -> None:
        """Run what is due."""
        wanted = self.table.wanted()
        for test in self.tests:
            if self._loop.stopping:
                return
            latest = self.table.latest(test.key)
            if latest is not None and latest.outcome is Outcome.RUNNING:
                self._interrupted(test, latest)
                latest = self.table.latest(test.key)
            if test.key in wanted or self.is_due(test, latest):
                self.run_now(test)

    def want(self, test: ConstancyTest) -> None:
        """Have a test run as soon as it can, by the gateway that leads."""
        self.table.want(test.key, True)
        self._loop.notify()

    def is_due(self, test: ConstancyTest, latest: Run | None) -> bool:
        """Whether a run is to begin: by the clock, so that one missed while nothing ran is made up for once.

        A clock that was set back does not put it off for longer than the time between two runs: then the ticks since
        the last run count, and where that was before this process, it runs.
        """
        if latest is None:
            return True
        errors = self.table.errors(test.key)
        pause = 3600.0 * float(test.Every)
        if latest.code == INTERRUPTED and errors < DEATHS:
            return True
        if errors:
            pause = min(pause, BACKOFF.pause(errors))
        elif self._paused_by_a_person(test):
            return False
        passed = self._clock() - latest.started
        if passed >= pause:
            return True
        began = self._began.get(test.key)
        return passed < 0 if began is None else self._ticks() - began >= pause

    def run_now(self, test: ConstancyTest) -> Run:
        """Draw the reference series, compare, and keep what came of it."""
        with self._lock:
            self._began[test.key] = self._ticks()
            run = self.table.begin(test.key, uuid.uuid4().hex, new_code(), self._clock())
            self.table.want(test.key, False)  # not before: what is asked for outlives a kill
            started = self._ticks()
            baseline = self.table.baseline(test.key)
            try:
                try:
                    drawing = self._drawer.draw(test, run, None if baseline is None else baseline.content)
                finally:
                    self._drawer.clear(test, run)
            except Exception as error:  # noqa: BLE001 - a run that fails is an outcome, whatever it failed of
                return self._error(test, run, error, self._ticks() - started)
            facts = {
                "digest": drawing.masks.digest,
                "source": drawing.source,
                "model_digest": drawing.model_digest,
                "model_version": drawing.model_version,
                "rois": [one.to_json() for one in drawing.masks.differences],
                "content": drawing.masks.content,
            }
            if baseline is None:
                ended = replace(run, digest=drawing.masks.digest, model_digest=drawing.model_digest)
                record_baseline(self._chain, test, ended)
                self.table.end(run, Outcome.BASELINE, self._ticks() - started, baseline=True, **facts)
                logger.info("constancy test %s: the first run is the baseline", test.key)
                return self._latest(test)
            failure = failure_of(test, baseline, drawing)
            record_compared(self._chain, test, run, baseline, drawing, failure)
            outcome = Outcome.PASSED if failure is None else Outcome.FAILED
            said = {} if failure is None else {"code": failure.code, "message": failure.message}
            if failure is not None and test.OnFail == "pause":
                self._targets.pause(test.Target, True, REASON)  # before the end, after which nobody looks again
            self.table.end(run, outcome, self._ticks() - started, **facts, **said)
            if failure is not None:
                logger.error("constancy test %s failed (%s): %s", test.key, failure.code, failure.message)
            return self._latest(test)

    def accept(self, test: ConstancyTest) -> Run | None:
        """Make what the last run drew the baseline, as a person decided; None when nothing was drawn yet."""
        with self._lock:
            run = self.table.latest(test.key, drawn=True)
            if run is None or not self.table.accept(run):
                return None
            record_baseline(self._chain, test, run, of_a_run=False)
            return run

    def standing(self) -> list[tuple[ConstancyTest, Run]]:
        """Return the tests whose last run that drew something failed, and was not accepted since."""
        found = []
        for test in self.tests:
            run = self.table.latest(test.key, drawn=True)
            if run is not None and run.outcome is Outcome.FAILED and not run.baseline:
                found.append((test, run))
        return found

    def _latest(self, test: ConstancyTest) -> Run:
        run = self.table.latest(test.key)
        assert run is not None, "it was noted when it began"
        return run

    def _error(self, test: ConstancyTest, run: Run, error: Exception, seconds: float) -> Run:
        failure = failure_of_error(error)
        record_not_drawn(self._chain, run, failure.code)
        self.table.end(run, Outcome.ERROR, seconds, code=failure.code, message=failure.message)
        logger.warning("constancy test %s came to no end (%s): %s", test.key, failure.code, failure.message)
        return self._latest(test)

    def _interrupted(self, test: ConstancyTest, run: Run) -> None:
        """Clear up after a run during which the gateway died."""
        self._drawer.clear(test, run)
        record_not_drawn(self._chain, run, INTERRUPTED)
        words = "The gateway ended during this run; it is made again."
        self.table.end(run, Outcome.ERROR, 0.0, code=INTERRUPTED, message=words)

    def _paused_by_a_person(self, test: ConstancyTest) -> bool:
        state = self._targets.states().get(test.Target)
        return state is not None and state.paused and state.reason != REASON
