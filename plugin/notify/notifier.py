"""Tells the channels of Notify of jobs that ended, and again after a pause while one takes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.backoff import Backoff
from model.errors import TargetFailed
from plugin.group.leading import Leads, always
from plugin.jobs.loop import Loop
from plugin.jobs.store import JobStore
from plugin.notify.alerts import AlertTable
from plugin.notify.mail import send_mail
from plugin.notify.message import TOLD_OF, Message, is_wanted, message_of
from plugin.notify.outbox import GIVEN_UP, PASSED, SENT, Outbox, Waiting
from plugin.notify.undelivered import UndeliveredTable
from plugin.notify.webhook import post_message
from plugin.settings.notify import EmailChannel, WebhookChannel

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
PRUNE_SECONDS = 3600.0
# Of the jobs that ended those of the last minute are looked through, and all now and then: clocks may be set.
OVERLAP_SECONDS = 60.0
ALL_SECONDS = 120.0
BACKOFF = Backoff(first=5.0, longest=600.0)
# A channel that takes nothing for so long will not want to hear it any more.
GIVE_UP_SECONDS = 3 * 86400.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a channel takes nothing, after how many failures in a row, and when (``ticks``) it is asked again."""

    code: str
    message: str
    failures: int
    next_try: float


def send(channel: EmailChannel | WebhookChannel, message: Message) -> None:
    """Send a message by its channel; raises TargetFailed."""
    if isinstance(channel, EmailChannel):
        send_mail(channel, message)
    else:
        post_message(channel, message)


class Notifier:
    """Works in a thread of its own until stopped."""

    def __init__(
        self,
        channels: Sequence[EmailChannel | WebhookChannel],
        outbox: Outbox,
        jobs: JobStore,
        undelivered: UndeliveredTable | None = None,
        alerts: AlertTable | None = None,
        *,
        leads: Leads = always,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channels = tuple(channels)
        self._outbox = outbox
        self._jobs = jobs
        self._undelivered = undelivered
        self._alerts = alerts
        self._leads = leads
        self._clock = clock
        self._ticks = ticks
        self._troubles: dict[str, Trouble] = {}
        self._pruned = ticks()
        # The end of a job up to which they were looked through, and when all of them were (``ticks``).
        self._looked = 0.0
        self._looked_at_all = float("-inf")
        self._loop = Loop("notifications", LOOK_SECONDS, logger)
        self._known = False

    def stop(self) -> None:
        """Leave the loop."""
        self._loop.stop()

    def run(self) -> None:
        """Look every few seconds, while there is a channel to tell."""
        self._loop.run(self._look)

    def _look(self) -> None:
        if not self._known:
            self._outbox.know([channel.Name for channel in self._channels])
            self._known = True
        if not self._channels:
            self._loop.stop()
        elif self._leads():
            self.turn()

    def turn(self) -> None:
        """Note what ended, and send what waits."""
        looked, since = min(self._clock(), self._outbox.last_end()), self._looked_since()
        for channel in self._channels:
            for job_id in self._outbox.ended(channel.Name, since=since):
                job = self._jobs.get(job_id)
                if job is not None and job.state in TOLD_OF:
                    self._outbox.note(channel.Name, job.id, job.attempt, wanted=is_wanted(channel, job))
            trouble = self._troubles.get(channel.Name)
            if trouble is None or self._ticks() >= trouble.next_try:
                self._send_waiting(channel)
                self._tell_undelivered(channel)
                self._tell_alerts(channel)
        if since == 0.0:
            self._looked_at_all = self._ticks()
        self._looked = looked
        if self._ticks() - self._pruned > PRUNE_SECONDS:
            self._outbox.prune()
            if self._undelivered is not None:
                self._undelivered.prune()
            if self._alerts is not None:
                self._alerts.forget([channel.Name for channel in self._channels])
            self._pruned = self._ticks()

    def _looked_since(self) -> float:
        """Return from when on jobs are looked through: now and then all of them, whatever their times say."""
        if self._ticks() - self._looked_at_all > ALL_SECONDS:
            return 0.0
        return self._looked - OVERLAP_SECONDS

    def warnings(self) -> list[str]:
        """Say of each channel that takes nothing why, and how many notifications wait."""
        if not self._troubles:
            return []
        waiting = self._outbox.count_waiting()
        return [
            f"Notifications to {name} are not delivered, {waiting.get(name, 0)} wait ({one.code}): {one.message}"
            for name, one in sorted(self._troubles.items())
        ]

    def waiting(self) -> dict[str, int]:
        """How many notifications wait, by channel."""
        counted = self._outbox.count_waiting() if self._channels else {}
        return {channel.Name: counted.get(channel.Name, 0) for channel in self._channels}

    def _send_waiting(self, channel: EmailChannel | WebhookChannel) -> None:
        """Send until one is not taken: then the channel has a pause, and the others behind it wait too."""
        for one in self._outbox.waiting(channel.Name):
            if self._loop.stopping:
                return
            job = self._jobs.get(one.job)
            # Erased, or run again, since: nobody wants to hear of it.
            if job is None or job.attempt != one.attempt or job.state not in TOLD_OF:
                self._outbox.settle(channel.Name, one, PASSED)
                continue
            try:
                send(channel, message_of(channel.Name, job))
            except TargetFailed as error:
                self._note_failure(channel.Name, one, error)
                return
            self._outbox.settle(channel.Name, one, SENT)
            self._recovered(channel.Name)

    def _tell_undelivered(self, channel: EmailChannel | WebhookChannel) -> None:
        """Tell of deliveries that did not arrive; one that is not taken is told later, if it still has not arrived."""
        if self._undelivered is None or "undelivered" not in channel.On:
            return
        trouble = self._troubles.get(channel.Name)
        if trouble is not None and self._ticks() < trouble.next_try:
            return  # it has just refused another message
        for one in self._undelivered.untold(channel.Name):
            if self._loop.stopping:
                return
            if channel.Rules is None or one.rule in channel.Rules:
                try:
                    send(channel, one.message(channel.Name))
                except TargetFailed as error:
                    self._note_trouble(channel.Name, error)
                    return
                self._recovered(channel.Name)
            self._undelivered.told(channel.Name, one)

    def _tell_alerts(self, channel: EmailChannel | WebhookChannel) -> None:
        """Tell of alerts of quality, which belong to no rule; one that is not taken is told later, if it stands."""
        if self._alerts is None or "quality" not in channel.On:
            return
        trouble = self._troubles.get(channel.Name)
        if trouble is not None and self._ticks() < trouble.next_try:
            return
        for message in self._alerts.untold(channel.Name):
            if self._loop.stopping:
                return
            try:
                send(channel, message)
            except TargetFailed as error:
                self._note_trouble(channel.Name, error)
                return
            self._recovered(channel.Name)
            self._alerts.told(channel.Name, message)

    def _recovered(self, name: str) -> None:
        if self._troubles.pop(name, None) is not None:
            logger.info("notifications to %s are delivered again", name)

    def _note_failure(self, name: str, one: Waiting, error: TargetFailed) -> None:
        self._note_trouble(name, error)
        if self._clock() - one.noted > GIVE_UP_SECONDS:
            self._outbox.settle(name, one, GIVEN_UP)
            logger.error("the notification of job %s to %s is given up (%s)", one.job, name, error.code)
        else:
            self._outbox.failed(name, one)

    def _note_trouble(self, name: str, error: TargetFailed) -> None:
        earlier = self._troubles.get(name)
        failures = 1 + (earlier.failures if earlier else 0)
        self._troubles[name] = Trouble(error.code, error.message, failures, self._ticks() + BACKOFF.pause(failures))
        if earlier is None or earlier.code != error.code:
            logger.warning("notifications to %s: %s %s", name, error.code, error.message)
