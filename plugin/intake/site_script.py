"""Asks the site's RoutingScript in a worker process of its own: whatever it does, intake goes on."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

from model.errors import EngineFailed
from model.worker.pool import Workers
from routing.answer import Answer
from routing.facts import SeriesFacts
from routing.script import SCRIPT, Script, ScriptKeeper, answer_of, check_script, late

# How long one answer may take, and how long a new process may need for its imports and the script's own.
ANSWER_SECONDS = 5.0
LOAD_SECONDS = 30.0


class SiteScript:
    """The site's file, kept in its newest version that loads; asked by several threads, one after the other."""

    def __init__(self, path: Path, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._workers = Workers(1)
        self._seconds = answer_seconds
        self._lock = threading.Lock()
        self._cold = True
        self._keeper = ScriptKeeper(path, self._check)

    @property
    def problem(self) -> str | None:
        """Why the newest version is not in force; None when it is."""
        return self._keeper.problem

    def ask(self, facts: SeriesFacts) -> Answer:
        """Return what the script says of a series.

        Never raises: a late, broken or dying script is an error to be seen.
        """
        with self._lock:
            script = self._keeper.look()
            if script is None:
                reason = (self._keeper.problem or "it did not load").removeprefix(f"{SCRIPT}: ")
                return Answer(SCRIPT, error=reason)
            return self._answer(script, facts)

    def stop(self) -> None:
        """Kill the worker."""
        self._workers.stop()

    def _answer(self, script: Script, facts: SeriesFacts) -> Answer:
        try:
            if self._cold:
                # A new process imports for seconds, for the facts too, which must not count as the script's own time.
                self._cold = self._load(script, facts) is not None
            return self._workers.run(uuid.uuid4().hex, answer_of, script, facts, seconds=self._seconds)
        except EngineFailed as failure:
            self._cold = True
            return late(self._seconds) if failure.code == "WORKER_TIMEOUT" else Answer(SCRIPT, error=_ENDED)
        except Exception as failure:  # noqa: BLE001 - such as facts or an answer that cannot cross between processes
            return Answer(SCRIPT, error=f"it could not be asked ({type(failure).__name__})")

    def _check(self, script: Script) -> str | None:
        return self._load(script, None)

    def _load(self, script: Script, facts: SeriesFacts | None) -> str | None:
        try:
            return self._workers.run(uuid.uuid4().hex, _loaded, script, facts, seconds=LOAD_SECONDS)
        except EngineFailed as failure:
            return f"it did not load within {LOAD_SECONDS:g} s" if failure.code == "WORKER_TIMEOUT" else _ENDED


_ENDED = "it ended its process"


def _loaded(script: Script, facts: SeriesFacts | None) -> str | None:
    """Load the script in the worker, where the facts have arrived with the modules that they need."""
    return check_script(script)
