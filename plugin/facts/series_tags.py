"""The tags of every slice of a series, parsed once: what facts, volumes, completeness and remarks are read from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from plugin.facts.character_sets import Originals, reading_of
from plugin.facts.objects import Slice
from plugin.facts.orthanc_item import InstancesTags, OrthancItem
from plugin.facts.volumes import Volumes, parsed_slices, tell_apart


@dataclass(frozen=True)
class SeriesTags:
    """Every slice, frames of enhanced objects included. Holds the patient's values: for as long as it is decided on.

    ``raw`` is what Orthanc answered, by its id of each object.
    """

    slices: tuple[Slice, ...]
    raw: InstancesTags

    @classmethod
    def parse(cls, instances_tags: InstancesTags) -> SeriesTags:
        """Parse what ``/series/{id}/instances-tags`` answers; what is no object is passed over."""
        return cls(parsed_slices(instances_tags), instances_tags)

    @cached_property
    def volumes(self) -> Volumes:
        """The volumes of the series, told apart once."""
        return tell_apart(self.slices)

    @property
    def items(self) -> tuple[OrthancItem, ...]:
        """Each slice, to read any attribute of."""
        return tuple(one.item for one in self.slices)

    def items_with(self, originals: Originals) -> tuple[OrthancItem, ...]:
        """Each slice with the text that Orthanc decodes wrongly, as plugin.facts.character_sets reads it."""
        return tuple(replace(item, reading=reading_of(item.tags, originals)) for item in self.items)
