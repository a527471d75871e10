"""How long evidence takes: ``python -m tests.bench.evidence``; durable appends, verification, certificates, reports."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import month_files
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from plugin.evidence.certificate import issue_certificate
from plugin.evidence.certificate_pages import certificate_pdf
from plugin.evidence.paper.signature import make_seal
from plugin.evidence.report import Month, issue_report
from plugin.evidence.report_pages import report_pdf
from plugin.settings.evidence import EvidenceSection
from tests.builders.evidence import LIFE, open_chain

# The reach of the issue: 5 ms a record at the median, durable; 100,000 records in 15 s.
REACH_APPEND_MS, REACH_VERIFY_S = 5.0, 15.0


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the chain lies; its disk is what is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        measure(Path(folder), options.records)


def measure(folder: Path, records: int) -> None:
    """Write whole jobs until there are enough records, then verify and print them."""
    key = SigningKey.new()
    with open_chain(folder / "chain", key, lambda: datetime.now(UTC)) as chain:  # type: ignore[arg-type]
        times, job = write(chain, records)
        row("append, durable, median", statistics.median(times) * 1e3, "ms", REACH_APPEND_MS)
        row("append, durable, 99th percentile", statistics.quantiles(times, n=100)[98] * 1e3, "ms")
        size = sum(path.stat().st_size for path in month_files(folder / "chain"))
        row("bytes a record", size / records, "B")
        best = min(timed(lambda: verify(folder / "chain", [key.public])) for _ in range(3))
        row(f"verify {records} records", best, "s", REACH_VERIFY_S)
        row("open again", timed(lambda: open_chain(folder / "chain", key).close()) * 1e3, "ms")
        row("records of one job", timed(lambda: chain.records(job)) * 1e3, "ms")
        seal = make_seal("Bench")
        signed = issue_certificate(chain, job)
        row("certificate as signed PDF", timed(lambda: certificate_pdf(signed, "Bench", seal)) * 1e3, "ms")
        month = Month.parse(datetime.now(UTC).strftime("%Y-%m"))
        start = time.perf_counter()
        report = issue_report(chain, month, EvidenceSection(), [key.public])
        row(f"report of {records // 13} jobs, with verification", time.perf_counter() - start, "s")
        if records <= 20_000:
            row("the same as signed PDF", timed(lambda: report_pdf(report, "Bench", seal)), "s")


def write(chain: Chain, records: int) -> tuple[list[float], str]:
    """Append whole jobs; returns the seconds of each append, and one job's code."""
    times: list[float] = []
    code = new_code()
    closed: Facts = {"outcome": "done", "duration_ms": 1}
    while len(times) < records:
        code = new_code()
        for event, facts in (*LIFE, (Event.CLOSED, closed)):
            start = time.perf_counter()
            chain.append(event, code, facts)
            times.append(time.perf_counter() - start)
    return times, code


def timed(what: object) -> float:
    """Give the seconds that a call takes."""
    assert callable(what)
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def row(what: str, value: float, unit: str, reach: float | None = None) -> None:
    """Print one line of the table."""
    against = "" if reach is None else f"   reach {reach:g} {unit}: {'held' if value < reach else 'MISSED'}"
    print(f"{what:<44} {value:>10.2f} {unit:<3}{against}", flush=True)


if __name__ == "__main__":
    main()
