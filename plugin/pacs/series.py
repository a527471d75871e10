"""What a series in Orthanc is: read and parsed once, and handed on for as long as its content stays the same."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from model.errors import InputRefused
from plugin.facts.completeness import Completeness, completeness_of
from plugin.facts.selection import THE_OBVIOUS, Selection, select
from plugin.facts.series_tags import SeriesTags
from plugin.facts.wanted import WantedVolume
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
    a series. ``warnings`` are what a person must know of it. ``wanted`` is which of its volumes that is about.
    """

    series: str
    study: str
    content: Content
    instances: int
    completeness: Completeness
    slices: Slices | None
    refusal: InputRefused | None
    warnings: tuple[str, ...]
    wanted: WantedVolume = THE_OBVIOUS

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
        self._snapshots: dict[tuple[str, str], SeriesSnapshot] = {}
        self._lock = threading.Lock()

    def content(self, series: str) -> Content:
        """Return the content of a series now.

        Raises SeriesGone, and TargetFailed while its files are being replaced.
        """
        return self._contents.of(series)

    def snapshot(self, series: str, wanted: WantedVolume = THE_OBVIOUS) -> SeriesSnapshot:
        """Return the series as it is now, its tags read only when they are not known yet; raises as ``content``.

        ``wanted`` says which of its volumes is contoured.
        """
        content = self.content(series)
        with self._lock:
            known = self._snapshots.get((series, wanted.word))
        if known is not None and known.content == content:
            return known
        snapshot, tags = self.read(series)
        snapshot = self.of_volume(snapshot, tags, wanted)
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
        completeness = completeness_of(tags.volumes)
        snapshot = SeriesSnapshot(series, study, content, len(tags.slices), completeness, None, None, ())
        return self.of_volume(snapshot, tags, THE_OBVIOUS), tags

    def of_volume(self, snapshot: SeriesSnapshot, tags: SeriesTags, wanted: WantedVolume) -> SeriesSnapshot:
        """Return what was read of a series, with another of its volumes to be contoured; ``tags`` are of its slices."""
        selection: Selection | None = None
        refusal: InputRefused | None = None
        try:
            selection = select(
                tags.volumes,
                mixed=self._settings.mixed_series,
                localizers=self._settings.localizers,
                wanted=wanted,
            )
        except InputRefused as error:
            refusal = InputRefused(error.code, error.message)
        return replace(
            snapshot,
            slices=None if selection is None else slices_of(tags, selection),
            refusal=refusal,
            warnings=remarks_on(tags, snapshot.completeness, selection),
            wanted=wanted,
        )

    def keep(self, snapshot: SeriesSnapshot) -> None:
        """Keep what was read for those who ask later; raises as ``content``.

        What was replaced while it was read is not kept: it must not pass for this content when that comes back.
        """
        if self.content(snapshot.series) != snapshot.content:
            return
        with self._lock:
            self._snapshots.pop(_place(snapshot), None)
            self._snapshots[_place(snapshot)] = snapshot  # the newest last
            kept = sum(one.instances for one in self._snapshots.values())
            for oldest in list(self._snapshots.values())[:-1]:
                if kept <= self._most_slices:
                    return
                del self._snapshots[_place(oldest)]
                kept -= oldest.instances


def _place(snapshot: SeriesSnapshot) -> tuple[str, str]:
    return (snapshot.series, snapshot.wanted.word)
