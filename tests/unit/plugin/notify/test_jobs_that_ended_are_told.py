"""Notifications: to a real SMTP server and a webhook, once each, after a pause again, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from model.evidence.code import new_code
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.notify.notifier import GIVE_UP_SECONDS, Notifier
from plugin.notify.outbox import Outbox
from plugin.settings.notify import EmailChannel, WebhookChannel
from tests.builders.answering_server import AnsweringServer
from tests.builders.certificates import make_certificates
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job
from tests.builders.mail_server import MailServer

pytestmark = pytest.mark.usefixtures("either_database")

PASSWORD = "correct horse"


class Site:
    """A job table, and notifiers of it that can be started anew; time passes when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.engine: sa.Engine = tables_in(folder)
        self.jobs = JobStore(self.engine)
        self.passed = 0.0
        self.notifier = self.started()

    def started(self, *channels: EmailChannel | WebhookChannel) -> Notifier:
        """A gateway that begins with these channels."""
        outbox = Outbox(self.engine, lambda: 1_800_000_000.0 + self.passed)
        outbox.know([channel.Name for channel in channels])
        self.notifier = Notifier(
            channels,
            outbox,
            self.jobs,
            clock=lambda: 1_800_000_000.0 + self.passed,
            ticks=lambda: self.passed,
        )
        return self.notifier

    def ended(self, state: State = State.DONE, error: tuple[str, str] | None = None, **changed: Any) -> Job:
        """A job that came to its end."""
        job, _ = self.jobs.add(a_job(evidence_code=new_code(), **changed))
        assert self.jobs.finish(job.id, state, error=error)
        return job


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    make_certificates(tmp_path)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return tmp_path


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


def mail_to(port: int, **keys: Any) -> EmailChannel:
    usual = {"Name": "desk", "Type": "email", "To": ["desk@h.example"], "From": "gateway@h.example"}
    return EmailChannel.model_validate(usual | {"Host": "127.0.0.1", "Port": port, "Security": "none"} | keys)


def posted_to(server: AnsweringServer, **keys: Any) -> WebhookChannel:
    return WebhookChannel.model_validate({"Name": "hook", "Type": "webhook", "Url": server.url} | keys)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_tls_with_the_password_of_the_file(site: Site, certificates: Path, security: str) -> None:
    with MailServer(certificates, encrypted=security == "tls", login=("gateway", PASSWORD)) as server:
        channel = mail_to(
            server.port,
            Security=security,
            CaFile=str(certificates / "ca.pem"),
            User="gateway",
            PasswordFile=str(certificates / "password"),
            To=["desk@h.example", "physics@h.example"],
        )
        notifier = site.started(channel)
        job = site.ended(State.FAILED, ("GEOMETRY_GAP", "Slices are missing at 12 mm."))
        notifier.turn()
        assert server.logins == 1
        (mail,) = server.mails
        assert server.recipients == [["desk@h.example", "physics@h.example"]]
    assert mail["Subject"] == "orthanc-autocontour: job failed (GEOMETRY_GAP)"
    assert mail["From"] == "gateway@h.example"
    text = mail.get_content()
    assert f"Job: {job.id}" in text
    assert "Message: Slices are missing at 12 mm." in text
    assert notifier.warnings() == []


def test_nothing_of_the_patient_and_no_id_made_from_one_is_in_a_message(site: Site, hook: AnsweringServer) -> None:
    with MailServer() as server:
        site.started(mail_to(server.port, On=["done"]), posted_to(hook, On=["done"]))
        job = site.ended(series="5e41e5ba-series", study="57d79ba-study")
        site.notifier.turn()
        sent = [server.mails[0].as_string(), hook.bodies[0].decode()]
    for text in sent:
        assert job.id in text
        assert "5e41e5ba-series" not in text
        assert "57d79ba-study" not in text


def test_each_channel_hears_of_the_ends_and_rules_that_it_asks_for(site: Site, hook: AnsweringServer) -> None:
    site.started(
        posted_to(hook, Name="all", On=["done", "failed", "rejected"]),
        posted_to(hook, Name="flagged", On=["flagged"]),
        posted_to(hook, Name="one rule", On=["failed"], Rules=["head"]),
    )
    roi = {"Number": 1, "Name": "Lung_L", "Flags": ["TOUCHES_EDGE"]}
    plain = site.ended()
    flagged = site.ended(details={"rois": [roi]})
    warned = site.ended(details={"warnings": ["Look at the images."]})
    failed = site.ended(State.FAILED, ("DISK_FULL", "Full."))
    head = site.ended(State.FAILED, ("DISK_FULL", "Full."), rule="head")
    rejected = site.ended(State.REJECTED, ("GATE", "No."))
    for state in (State.CANCELLED, State.EXCLUDED, State.SUPERSEDED):
        site.ended(state, ("X", "X."))
    site.notifier.turn()
    told = [headers["Idempotency-Key"] for _, headers in hook.seen]
    everything = (plain, flagged, warned, failed, head, rejected)
    expected = {f"{job.id}-1-all" for job in everything}
    expected |= {f"{job.id}-1-flagged" for job in (flagged, warned)} | {f"{head.id}-1-one_rule"}
    assert sorted(told) == sorted(expected)
    assert any(b'"Outcome": "flagged"' in body and b'"Flagged": ["Lung_L"]' in body for body in hook.bodies)


def test_a_webhook_gets_its_token(site: Site, hook: AnsweringServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    site.started(posted_to(hook, TokenFile=str(tmp_path / "token")))
    site.ended(State.FAILED, ("X", "X."))
    site.notifier.turn()
    assert hook.seen[0][1]["Authorization"] == "Bearer s3cret"


def test_no_restart_sends_one_twice_or_loses_one(site: Site, hook: AnsweringServer) -> None:
    site.started(posted_to(hook))
    site.ended(State.FAILED, ("X", "X."))
    site.notifier.turn()
    site.notifier.turn()
    assert len(hook.seen) == 1
    site.ended(State.FAILED, ("X", "X."))  # and the gateway is killed before it looked
    site.started(posted_to(hook)).turn()
    assert len(hook.seen) == 2
    site.started(posted_to(hook)).turn()
    assert len(hook.seen) == 2


def test_a_mail_server_that_is_away_is_said_and_gets_its_mails_once_it_is_back(site: Site) -> None:
    server = MailServer()
    notifier = site.started(mail_to(server.port))
    for _ in range(3):
        site.ended(State.FAILED, ("X", "X."))
    notifier.turn()
    (warning,) = notifier.warnings()
    assert warning.startswith("Notifications to desk are not delivered, 3 wait (NOTIFY_UNREACHABLE): ")
    with server:
        notifier.turn()
        assert server.mails == [], "the pause is not over"
        site.passed += 5.0
        notifier.turn()
        assert len(server.mails) == 3
        assert len({mail["Message-ID"] for mail in server.mails}) == 3
    assert notifier.warnings() == []
    assert notifier.waiting() == {"desk": 0}


def test_one_channel_that_is_away_keeps_no_other_waiting(site: Site, hook: AnsweringServer) -> None:
    notifier = site.started(mail_to(MailServer().port), posted_to(hook))
    site.ended(State.FAILED, ("X", "X."))
    notifier.turn()
    assert len(hook.seen) == 1
    assert notifier.waiting() == {"desk": 1, "hook": 0}


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"PasswordFile": "other"}, "NOTIFY_LOGIN"),
        ({"PasswordFile": "absent"}, "NOTIFY_FILE"),
        ({"CaFile": None}, "NOTIFY_TLS"),
        ({"CaFile": "absent"}, "NOTIFY_FILE"),
        ({"Security": "none", "User": None, "PasswordFile": None}, "NOTIFY_REFUSED"),
    ],
)
def test_why_a_mail_server_takes_nothing_is_told_by_its_code(
    site: Site, certificates: Path, keys: dict[str, Any], code: str
) -> None:
    (certificates / "other").write_text("wrong")
    usual = {"Security": "starttls", "CaFile": "ca.pem", "User": "gateway", "PasswordFile": "password"} | keys
    for name in ("CaFile", "PasswordFile"):
        usual[name] = usual[name] and str(certificates / usual[name])
    with MailServer(certificates, login=("gateway", PASSWORD)) as server:
        notifier = site.started(mail_to(server.port, **usual))
        site.ended(State.FAILED, ("X", "X."))
        notifier.turn()
        assert server.mails == []
    (warning,) = notifier.warnings()
    assert f"({code})" in warning
    assert PASSWORD not in warning


def test_what_is_refused_is_tried_again_and_given_up_after_three_days(site: Site) -> None:
    with MailServer() as server:
        server.refuses = "552 too large"
        notifier = site.started(mail_to(server.port))
        site.ended(State.FAILED, ("X", "X."))
        notifier.turn()
        assert "(NOTIFY_REFUSED)" in notifier.warnings()[0]
        site.passed += GIVE_UP_SECONDS + 1
        notifier.turn()
        assert notifier.waiting() == {"desk": 0}
        server.refuses = None
        site.passed += 3600
        notifier.turn()
        assert server.mails == []


def test_a_new_channel_hears_of_no_job_that_ended_before(site: Site, hook: AnsweringServer) -> None:
    site.ended(State.FAILED, ("X", "X."))
    running, _ = site.jobs.add(a_job(evidence_code=new_code()))
    site.started(posted_to(hook)).turn()
    assert hook.seen == []
    site.jobs.finish(running.id, State.FAILED, error=("X", "X."))
    site.notifier.turn()
    assert [headers["Idempotency-Key"] for _, headers in hook.seen] == [f"{running.id}-1-hook"]


def test_each_attempt_is_told_and_one_that_is_run_again_meanwhile_is_not(site: Site, hook: AnsweringServer) -> None:
    hook.status = 503
    site.started(posted_to(hook, On=["failed", "done"]))
    job = site.ended(State.FAILED, ("X", "X."))
    site.notifier.turn()
    assert site.jobs.reopen(job.id, new_code()) is not None
    hook.status, hook.seen[:] = 200, []
    site.passed += 5
    site.notifier.turn()
    assert hook.seen == []
    site.jobs.finish(job.id, State.DONE)
    site.notifier.turn()
    assert [headers["Idempotency-Key"] for _, headers in hook.seen] == [f"{job.id}-2-hook"]


def test_what_was_noted_of_an_erased_job_goes_with_it(site: Site, hook: AnsweringServer) -> None:
    site.started(posted_to(hook))
    job = site.ended(State.FAILED, ("X", "X."))
    site.notifier.turn()
    site.jobs.forget(job)
    site.passed += 3601
    site.notifier.turn()
    with site.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM notifications")).scalar() == 0
