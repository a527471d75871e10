"""The port of a server: taken before anything else is done, so that one that is in use is a sentence."""

from __future__ import annotations

import errno
import socket

from model.errors import ConfigurationRefused


def open_port(host: str, port: int, section: str = "") -> socket.socket:
    """Open a TCP socket that listens at an address of this machine; raises ConfigurationRefused.

    ``section`` is the path of the section that holds Host and Port, with a dot at its end.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        raise ConfigurationRefused(
            f"{section}Host", "is neither an address nor a name that this machine knows"
        ) from None
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()  # who comes while the server starts waits, and need not come again
    except OSError as error:
        made.close()
        raise _refused(error, port, section) from None
    return made


def _refused(error: OSError, port: int, section: str) -> ConfigurationRefused:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationRefused(
            f"{section}Port", f"{port} is in use by another program; stop that one, or name another port"
        )
    if error.errno == errno.EACCES:
        return ConfigurationRefused(f"{section}Port", f"{port} may only be used by root; name one from 1024 upwards")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigurationRefused(f"{section}Host", 'is not an address of this machine; "0.0.0.0" is all of them')
    return ConfigurationRefused(f"{section}Port", f"{port} cannot be used ({error.strerror})")
