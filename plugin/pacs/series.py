"""What a series in Orthanc is: read and parsed once, and handed on for as long as its content stays the same."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.errors import InputRefused
from plugin.facts.completeness import Completeness, completeness_of
from plugin.facts.series_tags import SeriesTags
from plugin.pacs.client import Orthanc
from plugin.pacs.content import Content, Contents
from plugin.pacs.slices import Slices, remarks_on, slices_of
from plugin.settings.settings import Settings

# Slices of all snapshots that are kept, of 300 bytes each: some hundred series.
MOST_SLICES = 100_000


@dataclass(frozen=True)
class SeriesSnapshot:
    """A series as Orthanc has it; identifiers, counts and sentences, and no value of the patient's.

    ``slices`` are those that are contoured; None, with the reason in ``refusal``, when the configuration refuses such
    a series. ``warnings`` are what a person must know of it.
    """

    series: str
    study: str
    content: Content
    instances: int
    completeness: Completeness
    slices: Slices | None
    refusal: InputRefused | None
    warnings: tuple[str, ...]

    @property
    def chosen(self) -> Slices:
        """The slices that are contoured; raises InputRefused when there are none."""
        if self.slices is None:
            assert self.refusal is not None, "what is not chosen has its reason"
            raise InputRefused(self.refusal.code, self.refusal.message)
        return self.slices


class SeriesReader:
    """Reads series of one Orthanc; used by several threads at once.

    What it read of a series is kept until its content is another one, or newer series need the room. That the content
    is still the same is asked each time.
    """

    def __init__(self, orthanc: Orthanc, settings: Settings, most_slices: int = MOST_SLICES) -> None:
        self._orthanc = orthanc
        self._settings = settings
        self._most_slices = most_slices
        self._contents = Contents(orthanc)
        self._snapshots: dict[str, SeriesSnapshot] = {}
        self._lock = threading.Lock()

    def content(self, series: str) -> Content:
        """Return the content of a series now.

        Raises SeriesGone, and TargetFailed while its files are being replaced.
        """
        return self._contents.of(series)

    def snapshot(self, series: str) -> SeriesSnapshot:
        """Return the series as it is now, its tags read only when they are not known yet; raises as ``content``."""
        content = self.content(series)
        with self._lock:
            known = self._snapshots.get(series)
        if known is not None and known.content == content:
            return known
        snapshot, _ = self.read(series)
        self.keep(snapshot)
        return snapshot

    def tags(self, series: str) -> SeriesTags:
        """Return the tags of a series; raises SeriesGone."""
        return SeriesTags.parse(self._orthanc.instances_tags(series))

    def read(self, series: str, header: Mapping[str, Any] | None = None) -> tuple[SeriesSnapshot, SeriesTags]:
        """Return the series as it is now, with the tags of its slices; raises as ``content``.

        ``header`` is Orthanc's ``/series/{id}``, where it is known already.
        """
        study = str((header or self._orthanc.series(series))["ParentStudy"])
        # Before the tags: what is replaced in between is news, and found changed.
        content = self.content(series)
        tags = self.tags(series)
        return self._snapshot_of(series, study, content, tags), tags

    def keep(self, snapshot: SeriesSnapshot) -> None:
        """Keep what was read for those who ask later; raises as ``content``.

        What was replaced while it was read is not kept: it must not pass for this content when that comes back.
        """
        if self.content(snapshot.series) != snapshot.content:
            return
        with self._lock:
            self._snapshots.pop(snapshot.series, None)
            self._snapshots[snapshot.series] = snapshot  # the newest last
            kept = sum(one.instances for one in self._snapshots.values())
            for oldest in list(self._snapshots.values())[:-1]:
                if kept <= self._most_slices:
                    return
                del self._snapshots[oldest.series]
                kept -= oldest.instances

    def _snapshot_of(self, series: str, study: str, content: Content, tags: SeriesTags) -> SeriesSnapshot:
        completeness = completeness_of(tags.volumes)
        slices, refusal = None, None
        try:
            slices = slices_of(tags, mixed=self._settings.mixed_series, localizers=self._settings.localizers)
        except InputRefused as error:
            refusal = InputRefused(error.code, error.message)
        warnings = remarks_on(tags, completeness, slices.left_out if slices is not None else ())
        return SeriesSnapshot(series, study, content, len(tags.slices), completeness, slices, refusal, warnings)
