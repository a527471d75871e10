"""The section Notify: what is taken, what is refused with which sentence, and what check says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from plugin.commands.orthanc_json import without_comments
from plugin.settings.notify import described
from plugin.settings.settings import examine

CHECKOUT = Path(__file__).resolve().parents[4]
RULES = [{"Name": "every CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}]
MAIL = {"Name": "desk", "Type": "email", "To": ["a@h.example"], "From": "b@h.example", "Host": "mail.h.example"}
HOOK = {"Name": "hook", "Type": "webhook", "Url": "https://h.example/x"}


def problems(*channels: Any) -> list[str]:
    return [str(one) for one in examine({"Rules": RULES, "Notify": list(channels)})[1]]


def test_the_example_of_the_page_is_valid_and_described() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page.split("## Notifications")[1].split("\n## ")[0], re.DOTALL)
    settings, wrong = examine(json.loads(without_comments(example))["AutoContour"], base=Path("/etc/orthanc"))
    assert wrong == []
    assert settings is not None
    mail, hook = settings.notify
    assert described(mail) == (
        "planning desk: e-mail to 1 address by mail.hospital.example:587 (STARTTLS), "
        "when failed or rejected or flagged, of every job"
    )
    assert described(hook) == "monitoring: webhook with a token, when done or failed, of jobs of every axial CT"
    assert getattr(mail, "PasswordFile", None) == "/etc/orthanc/mail.password"


def test_no_section_is_no_channel() -> None:
    settings, wrong = examine({})
    assert wrong == []
    assert settings is not None
    assert settings.notify == ()


@pytest.mark.parametrize(
    ("channel", "path", "sentence"),
    [
        ({**MAIL, "Onn": ["done"]}, "Notify[0].email.Onn", "did you mean 'On'?"),
        ({**MAIL, "On": ["fialed"]}, "Notify[0].email.On[0]", "did you mean 'failed'?"),
        ({**MAIL, "On": []}, "Notify[0].email.On", "a list that is not empty"),
        ({**MAIL, "Rules": ["every ct"]}, "Notify[0].Rules", "did you mean 'every CT'?"),
        ({**MAIL, "To": ["Desk <a@h.example>"]}, "Notify[0].email.To[0]", "should match pattern"),
        ({**MAIL, "From": "a@h.example\nBcc: x@y.example"}, "Notify[0].email.From", "should match pattern"),
        ({**MAIL, "User": "u"}, "Notify[0].email", "User and PasswordFile together, or neither"),
        (
            {**MAIL, "User": "u", "PasswordFile": "p", "Security": "none"},
            "Notify[0].email",
            'a password only with Security "starttls" or "tls"',
        ),
        ({**HOOK, "Url": "ftp://h.example"}, "Notify[0].webhook.Url", "should match pattern"),
        (
            {**HOOK, "Url": "http://h.example", "TokenFile": "t"},
            "Notify[0].webhook",
            "a TokenFile only with an Url that begins with https://",
        ),
        ({"Name": "x", "Type": "sms"}, "Notify[0]", "'email', 'webhook'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(channel: dict[str, Any], path: str, sentence: str) -> None:
    (problem,) = problems(channel)
    assert problem.startswith(f"AutoContour.{path}: ")
    assert sentence in problem


def test_two_channels_of_one_name_are_refused() -> None:
    (problem,) = problems(MAIL, {**HOOK, "Name": "desk"})
    assert problem == "AutoContour.Notify[1].Name: found 'desk'; allowed: a name of its own"


def test_a_password_in_the_configuration_is_not_repeated() -> None:
    assert not any("hunter2" in problem for problem in problems({**MAIL, "Password": "hunter2"}))
