"""The section "AutoContour.Notify": whom the gateway tells that a job ended, by e-mail or webhook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from plugin.settings.document import Document
from plugin.settings.places import Proxied, SitePath, on_this_machine
from routing.problems import Problem, nearest, problems_of, shown

ROOT = "AutoContour.Notify"

# "flagged" is a job that is done, with a ROI or a warning that a person should look at.
# "undelivered" is a result that did not reach a destination in time.
# "quality" is an alert of the charts of what people change or of a constancy test, and of no rule.
Outcome = Literal["done", "failed", "rejected", "flagged", "undelivered", "quality"]
# An address without a name beside it; a line break in it would be a header of its own.
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$")]
Host = Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*|[0-9A-Fa-f:.]+)$", max_length=253)]


class _Channel(Document):
    """What e-mail and webhook have in common."""

    Name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,47}$")
    On: list[Outcome] = Field(default=["failed", "rejected", "flagged"], min_length=1)
    # Names of rules; null for all, jobs that people asked for included.
    Rules: list[str] | None = Field(default=None, min_length=1)


class EmailChannel(_Channel):
    """Messages by a mail server of the site."""

    Type: Literal["email"]
    To: list[Address] = Field(min_length=1, max_length=20)
    From: Address
    Host: Host
    Port: int = Field(default=587, ge=1, le=65535)
    # "tls" from the first byte (port 465), "starttls" before anything is said, "none" for a server without either.
    Security: Literal["starttls", "tls", "none"] = "starttls"
    CaFile: SitePath | None = None
    User: str | None = Field(default=None, pattern=r"^[ -~]{1,200}$")
    # The password alone, in one line.
    PasswordFile: SitePath | None = None

    @model_validator(mode="after")
    def _login(self) -> EmailChannel:
        if (self.User is None) != (self.PasswordFile is None):
            raise PydanticCustomError("login", "User and PasswordFile together, or neither")
        if self.User is not None and self.Security == "none" and not on_this_machine(f"smtp://{self.Host}"):
            raise PydanticCustomError("login", 'a password only with Security "starttls" or "tls"')
        return self


class WebhookChannel(_Channel, Proxied):
    """Messages posted as JSON."""

    Type: Literal["webhook"]
    Url: str = Field(pattern=r"^https?://")
    # A line that is sent as "Authorization: Bearer …".
    TokenFile: SitePath | None = None
    CaFile: SitePath | None = None

    @model_validator(mode="after")
    def _token(self) -> WebhookChannel:
        if self.TokenFile is not None and self.Url.startswith("http://") and not on_this_machine(self.Url):
            raise PydanticCustomError("token", "a TokenFile only with an Url that begins with https://")
        return self


Channel = Annotated[EmailChannel | WebhookChannel, Field(discriminator="Type")]
_CHANNELS: TypeAdapter[list[EmailChannel | WebhookChannel]] = TypeAdapter(list[Channel])
_KINDS: dict[str, type[Document]] = {"email": EmailChannel, "webhook": WebhookChannel}


def read_notify(
    section: Any, rules: tuple[str, ...], base: Path | None = None
) -> tuple[tuple[EmailChannel | WebhookChannel, ...], list[Problem]]:
    """Validate the section; ``rules`` are the names of the site's rules, relative paths start at ``base``."""
    if section is None:
        return (), []
    if not isinstance(section, list):
        return (), [Problem(ROOT, shown(section), "a list of objects")]
    try:
        channels = tuple(_CHANNELS.validate_python(section, context=None if base is None else {"base": base}))
    except ValidationError as error:
        return (), problems_of(error, ROOT, _keys_at)
    problems = []
    names = [channel.Name for channel in channels]
    for place, channel in enumerate(channels):
        if names.index(channel.Name) != place:
            problems.append(Problem(f"{ROOT}[{place}].Name", shown(channel.Name), "a name of its own"))
        problems += [
            Problem(f"{ROOT}[{place}].Rules", shown(rule), "the name of a rule", nearest(rule, rules))
            for rule in channel.Rules or ()
            if rule not in rules
        ]
    return channels, problems


def described(channel: EmailChannel | WebhookChannel) -> str:
    """Say in one sentence what a channel would be told, and how; no address of a person in it."""
    about = "every job" if channel.Rules is None else f"jobs of {', '.join(channel.Rules)}"
    if isinstance(channel, EmailChannel):
        secure = {"starttls": "STARTTLS", "tls": "TLS", "none": "not encrypted"}[channel.Security]
        count = len(channel.To)
        where = f"e-mail to {count} address{'' if count == 1 else 'es'} by {channel.Host}:{channel.Port} ({secure})"
    else:
        where = "webhook with a token" if channel.TokenFile else "webhook"
    return f"{channel.Name}: {where}, when {' or '.join(channel.On)}, of {about}"


def _keys_at(location: tuple[int | str, ...]) -> tuple[str, ...]:
    kind = next((_KINDS[step] for step in location if isinstance(step, str) and step in _KINDS), EmailChannel)
    return tuple(kind.model_fields)
