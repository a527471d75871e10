"""The port of the service: taken before anything is deleted or signed, so that one that is in use is a sentence."""

from __future__ import annotations

import errno
import socket

from model.errors import ConfigurationRefused


def open_port(host: str, port: int) -> socket.socket:
    """Open a TCP socket that listens at an address of this machine; raises ConfigurationRefused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        raise ConfigurationRefused("Host", "is neither an address nor a name that this machine knows") from None
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()  # who comes while the service starts waits, and need not come again
    except OSError as error:
        made.close()
        raise _refused(error, port) from None
    return made


def _refused(error: OSError, port: int) -> ConfigurationRefused:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationRefused("Port", f"{port} is in use by another program; stop that one, or name another port")
    if error.errno == errno.EACCES:
        return ConfigurationRefused("Port", f"{port} may only be used by root; name one from 1024 upwards")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigurationRefused("Host", 'is not an address of this machine; "0.0.0.0" is all of them')
    return ConfigurationRefused("Port", f"{port} cannot be used ({error.strerror})")
