"""The labels that we gave: only these are ever taken away again; and which studies are to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from plugin.jobs.job import State
from plugin.state.database import jobs, study_labels


class LabelTable:
    """Reads and writes which study was given which label."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def given(self, studies: Sequence[str]) -> dict[str, dict[str, bool]]:
        """Return the labels of each of these studies, and whether Orthanc is known to have taken each."""
        query = sa.select(study_labels).where(study_labels.c.study.in_(studies))
        found: dict[str, dict[str, bool]] = {study: {} for study in studies}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found[str(row.study)][str(row.label)] = bool(row.taken)
        return found

    def any(self) -> bool:
        """Whether any study was given a label."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(study_labels.c.study).limit(1)).first() is not None

    def note(self, study: str, label: str) -> None:
        """Note that a study is given a label, before it is: whatever is killed then, it can be taken away."""
        with self._engine.begin() as connection:
            connection.execute(sa.insert(study_labels).values(study=study, label=label, taken=False))

    def taken(self, study: str, label: str) -> None:
        """Note that Orthanc has taken a label that was noted."""
        its = (study_labels.c.study == study, study_labels.c.label == label)
        with self._engine.begin() as connection:
            connection.execute(sa.update(study_labels).where(*its).values(taken=True))

    def forget(self, study: str, labels: Iterable[str]) -> None:
        """Note that a study has none of these labels any more."""
        its = (study_labels.c.study == study, study_labels.c.label.in_(list(labels)))
        with self._engine.begin() as connection:
            connection.execute(sa.delete(study_labels).where(*its))

    def changed_since(self, when: float, limit: int) -> list[str]:
        """Return studies of jobs that changed from a time (seconds since the epoch) on, by their ids."""
        # Each state by itself, so that the index of states and times leads to these rows alone.
        changed = sa.and_(jobs.c.state.in_([str(state) for state in State]), jobs.c.updated >= when)
        query = sa.select(jobs.c.study).where(changed).distinct().order_by(jobs.c.study).limit(limit)
        with self._engine.connect() as connection:
            return [str(study) for study in connection.execute(query).scalars()]

    def page(self, after: str, limit: int) -> list[str]:
        """Return the studies behind a study, by their ids, that have jobs or were given a label."""
        of_jobs = sa.select(jobs.c.study).where(jobs.c.study > after).distinct().order_by(jobs.c.study).limit(limit)
        labelled = study_labels.c.study
        of_labels = sa.select(labelled).where(labelled > after).distinct().order_by(labelled).limit(limit)
        with self._engine.connect() as connection:
            found = {str(one) for query in (of_jobs, of_labels) for one in connection.execute(query).scalars()}
        return sorted(found)[:limit]
