"""What the chain of evidence is told of constancy tests; a run has an evidence code of its own, as a job has."""

from __future__ import annotations

import re

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Fact
from plugin.evidence.closing import close_job, closing_record
from plugin.quality.constancy.judge import Failure
from plugin.quality.constancy.run import Drawing, Run
from plugin.settings.constancy import ConstancyTest

_DIGEST = re.compile(r"[0-9a-f]{64}")


def record_baseline(chain: Chain, test: ConstancyTest, run: Run, *, of_a_run: bool = True) -> None:
    """Record that what a run drew is the baseline: as the first run, or because a person said so."""
    assert run.digest is not None, "what is accepted was drawn"
    facts = _facts(chain, test, run.digest, run.model_digest)
    chain.append(Event.CONSTANCY_BASELINE, run.evidence_code if of_a_run else None, facts)
    if of_a_run:
        close_job(chain, run.evidence_code, "done", 0)


def record_compared(
    chain: Chain, test: ConstancyTest, run: Run, baseline: Run, drawing: Drawing, failure: Failure | None
) -> None:
    """Record what the comparison with the baseline said, and that nothing of the run is open any more."""
    assert baseline.digest is not None, "a baseline was drawn"
    facts = _facts(chain, test, drawing.masks.digest, drawing.model_digest)
    facts |= {"baseline": baseline.digest, "rois": drawing.masks.rois}
    if failure is None:
        chain.append(Event.CONSTANCY_PASSED, run.evidence_code, facts)
    else:
        chain.append(Event.CONSTANCY_FAILED, run.evidence_code, facts | {"code": failure.code})
    close_job(chain, run.evidence_code, "done" if failure is None else "failed", 0)


def record_not_drawn(chain: Chain, run: Run, code: str) -> None:
    """Record that a run came to no end; nothing where nothing was begun, or it is closed."""
    records = chain.records(run.evidence_code)
    if records and closing_record(records) is None:
        chain.append(Event.FAILED, run.evidence_code, {"code": code})
        close_job(chain, run.evidence_code, "failed", 0)


def _facts(chain: Chain, test: ConstancyTest, digest: str, model_digest: str | None) -> dict[str, Fact]:
    chain.declare([test.Target, test.Model])
    facts: dict[str, Fact] = {"target": test.Target, "model": test.Model, "result": digest}
    if model_digest is not None and _DIGEST.fullmatch(model_digest):
        facts["model_digest"] = model_digest
    return facts
