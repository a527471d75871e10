"""The webhook hears of each alert that was raised or cleared, at least once, in order, after outages and kills too."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from model.backoff import Backoff
from model.storage.files import write_whole
from plugin.evidence.alerts import Alert, Change, post_alert
from plugin.settings.evidence import AlertHook

logger = logging.getLogger(__name__)

# Pauses while the webhook does not take an alert that no chain keeps.
BACKOFF = Backoff(first=20.0, longest=600.0)
# The number and digest of the last record that was told; the digest says whether it is of this very chain.
_Mark = tuple[int, str]
_NOTHING: _Mark = (0, "")


class AlertFeed:
    """Tells what was not told yet; the chain is the queue, so what waits when the process is killed is found in it.

    ``state`` is the file that remembers how far it came. A webhook without one, as a new one is, begins with the alerts
    that stand.
    """

    def __init__(self, hook: AlertHook | None, site: str, state: Path) -> None:
        self._hook = hook
        self._site = site
        self._state = state
        self._waiting: list[Change] | None = None
        self._refused = False

    def tell(self, changes: Sequence[Change]) -> None:
        """Post the changes, and first what waits; what is not taken waits for the next call.

        ``changes`` are those on record since the call before, at the first call all in the chain. Raises OSError where
        it cannot be remembered how far this came.
        """
        if self._hook is None:
            # One that is configured later begins with what stands then, not with what was missed until then.
            self._state.unlink(missing_ok=True)
            return
        if self._waiting is None:
            told, self._waiting = _begin(_load(self._state), changes)
            self._note(told)
        else:
            self._waiting += changes
        while self._waiting and self._taken(self._hook, self._waiting[0]):
            self._note(_mark(self._waiting.pop(0)))

    def warnings(self) -> list[str]:
        """Say how many alerts wait, while the webhook takes none."""
        if not self._refused or not self._waiting:
            return []
        return [f"The webhook of Evidence takes no alerts, {len(self._waiting)} wait: is it up, at this Url?"]

    def _taken(self, hook: AlertHook, change: Change) -> bool:
        try:
            post_alert(hook, change.alert, self._site, cleared=change.cleared)
        except OSError as error:
            if not self._refused:
                logger.warning("the webhook takes no alerts (%s): they wait", type(error).__name__)
            self._refused = True
            return False
        self._refused = False
        return True

    def _note(self, mark: _Mark) -> None:
        write_whole(self._state, json.dumps({"sequence": mark[0], "sha256": mark[1]}).encode("ascii"))


def post_until_taken(hook: AlertHook, alert: Alert, site: str, pause: Callable[[float], object] = time.sleep) -> None:
    """Post an alert that cannot be on record, again and again after growing pauses, until it is taken."""
    failures = 0
    while True:
        try:
            post_alert(hook, alert, site)
        except OSError:
            failures += 1
            pause(BACKOFF.pause(failures))
        else:
            return


def _mark(change: Change) -> _Mark:
    return change.sequence, change.digest


def _begin(told: _Mark | None, changes: Sequence[Change]) -> tuple[_Mark, list[Change]]:
    """Return up to where the webhook was told before the start, and what it is still to be told."""
    marks = [_NOTHING, *map(_mark, changes)]
    if told is not None and told in marks:
        return told, list(changes[marks.index(told) :])
    # Nobody was told yet, or of another chain, which this one followed.
    standing = _standing(changes)
    return marks[changes.index(standing[0]) if standing else len(changes)], standing


def _standing(changes: Sequence[Change]) -> list[Change]:
    found: dict[tuple[str, str | None], Change] = {}
    for change in changes:
        key = change.alert.kind, change.alert.code
        found.pop(key, None)
        if not change.cleared:
            found[key] = change
    return list(found.values())


def _load(path: Path) -> _Mark | None:
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        return int(document["sequence"]), str(document["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        logger.warning("of which alerts the webhook was told cannot be read; it is told of those that stand")
        return None
