"""One comparison from what Orthanc holds: our RTSTRUCT, theirs, and the series that both lie on."""

from __future__ import annotations

from collections.abc import Callable

from model.compare.comparison import Comparison
from model.compare.options import CompareOptions
from model.errors import InputRefused
from model.evidence.chain import Chain
from model.series.geometry import SeriesGeometry, geometry_of
from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.pacs.series import SeriesReader
from plugin.quality.ours import Ours
from plugin.quality.pairing import OBJECTION
from plugin.quality.reading import Reader
from plugin.quality.records import record_assessed
from plugin.quality.row import ComparisonRow
from plugin.quality.store import QualityStore
from plugin.quality.task import compare_files

GONE = "COMPARISON_GONE"
CHANGED = "SERIES_CHANGED"
OURS_CHANGED = "COMPARISON_OURS_CHANGED"


class Comparing:
    """Makes comparisons, one after the other."""

    def __init__(
        self,
        orthanc: Orthanc,
        series: SeriesReader,
        jobs: JobStore,
        store: QualityStore,
        chain: Chain,
        reader: Reader,
        ours: Ours,
        options: CompareOptions,
        objected: Callable[[str], bool] = lambda _code: False,
    ) -> None:
        """``objected``: whether the patient of a job, by its evidence code, objected."""
        self._objected = objected
        self._orthanc = orthanc
        self._series = series
        self._jobs = jobs
        self._store = store
        self._chain = chain
        self._reader = reader
        self._ours = ours
        self._options = options

    def make(self, row: ComparisonRow) -> bool:
        """Compare, put on record that somebody assessed the result, and keep the numbers.

        Returns False, and keeps nothing, where it was erased meanwhile or another gateway makes it. Raises InputRefused
        when the two cannot be compared, TargetFailed while Orthanc does not answer.
        """
        if self._objected(row.evidence_code):
            raise InputRefused(OBJECTION, "The patient objected to the processing; nothing is compared any more.")
        job = self._jobs.get(row.job)
        if job is None or job.rtstruct is None:
            raise InputRefused(GONE, "Our RTSTRUCT, theirs or the series is not in Orthanc any more.")
        try:
            found = self._compared(job, row)
        except SeriesGone:
            raise InputRefused(GONE, "Our RTSTRUCT, theirs or the series is not in Orthanc any more.") from None
        if not self._store.holds(row):
            return False
        record_assessed(self._chain, row, found)
        self._store.compared(row, found)
        return True

    def _compared(self, job: Job, row: ComparisonRow) -> Comparison:
        assert job.rtstruct is not None, "asked for only when there is an RTSTRUCT"
        geometry = self._geometry(job)
        ours, theirs = self._reader.file(job.rtstruct), self._reader.file(row.instance)
        if not self._ours.is_as_stored(job, ours):
            raise InputRefused(OURS_CHANGED, "Our RTSTRUCT in Orthanc is not what was stored; nothing can be compared.")
        return self._reader.run(compare_files, ours, theirs, geometry, self._options)

    def _geometry(self, job: Job) -> SeriesGeometry:
        """Return the geometry of the images that were contoured; raises InputRefused when they are others now."""
        snapshot = self._series.snapshot(job.series, job.details.decision.wanted)
        if not snapshot.content.is_that_of(job.content):
            raise InputRefused(CHANGED, "The series changed in Orthanc after it was contoured.")
        chosen = frozenset(snapshot.chosen.references)
        tags = self._series.tags(job.series)
        return geometry_of(one.header for one in tags.slices if one.header.sop_instance_uid in chosen)
