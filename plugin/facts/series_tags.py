"""The tags of every slice of a series, parsed once: what facts, volumes, completeness and remarks are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from plugin.facts.orthanc_item import InstancesTags, OrthancItem
from plugin.facts.volumes import Slice, Volumes, parsed_slices, tell_apart


@dataclass(frozen=True)
class SeriesTags:
    """Every slice by Orthanc's instance id. Holds the patient's values: for as long as a series is decided on."""

    slices: Mapping[str, Slice]

    @classmethod
    def parse(cls, instances_tags: InstancesTags) -> SeriesTags:
        """Parse what ``/series/{id}/instances-tags`` answers; what is no slice is passed over."""
        return cls(parsed_slices(instances_tags))

    @cached_property
    def volumes(self) -> Volumes:
        """The volumes of the series, told apart once."""
        return tell_apart(self.slices.values())

    @property
    def items(self) -> tuple[OrthancItem, ...]:
        """Each slice, to read any attribute of."""
        return tuple(one.item for one in self.slices.values())

    @property
    def raw(self) -> InstancesTags:
        """What Orthanc answered."""
        return {instance: one.item.tags for instance, one in self.slices.items()}
