"""Keys that say where something is: files of the site, and the proxy on the way to another machine."""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

_PROXY = re.compile(r"http://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}/?")

# As /etc/hosts of the common systems has them.
_OWN_NAMES = frozenset(
    {
        "localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4", "localhost6",
        "localhost6.localdomain6", "ip6-localhost", "ip6-loopback",
    }
)  # fmt: skip


def from_base(written: str, info: ValidationInfo) -> str:
    """Return a path as it is from the folder of the configuration that is validated."""
    context: Any = info.context
    return written if context is None else str(Path(context["base"]) / written)


# Relative to the folder of Orthanc's configuration, as Orthanc takes its own paths; never to a working folder.
SitePath = Annotated[str, Field(min_length=1), AfterValidator(from_base)]


class Proxied(BaseModel):
    """What is reached by an ``Url`` on another machine, through an HTTP proxy where the site names one."""

    Url: str
    # "http://proxy.hospital:3128"; none by default, whatever the environment says.
    Proxy: str | None = None
    # One line name:password, for a proxy that asks for them.
    ProxyCredentialsFile: SitePath | None = None

    @model_validator(mode="after")
    def _proxy(self) -> Proxied:
        # The value is not shown: people write passwords into it.
        if self.Proxy is None:
            if self.ProxyCredentialsFile is not None:
                raise PydanticCustomError("proxy", "ProxyCredentialsFile only beside a Proxy")
            return self
        if _PROXY.fullmatch(self.Proxy) is None:
            raise PydanticCustomError(
                "proxy",
                'a Proxy as "http://proxy.hospital:3128", with its port and without name and password, which belong '
                "into a ProxyCredentialsFile",
            )
        if on_this_machine(self.Url):
            raise PydanticCustomError("proxy", "no Proxy: this Url is on this machine, which is reached directly")
        return self


def on_this_machine(url: str) -> bool:
    """Whether an address is one of the loopback interface."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host in _OWN_NAMES or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return a host that is written in numbers, as the system reads it: ``127.1`` and ``::ffff:127.0.0.1`` too."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address
