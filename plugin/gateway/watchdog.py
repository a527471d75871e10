"""Ends a gateway that cannot be reached any more: whoever started it (the plugin, a service manager) starts another."""

from __future__ import annotations

import faulthandler
import http.client
import logging
import socket
import ssl
import time
from contextlib import closing, suppress
from pathlib import Path

from plugin.gateway.api.token_door import OPEN_PATH
from plugin.gateway.leaving import leave
from plugin.gateway.startup import StartupConfiguration

logger = logging.getLogger(__name__)

LOOK_SECONDS = 20.0
ANSWER_SECONDS = 10.0
# Without an answer for this long it hangs; a crowded machine answers sooner, and a start is not counted.
HUNG_SECONDS = 120.0
# Asked as the plugin asks; all that it does is to look for news, which is done anyway.
QUESTION = "/internal/bell"


class Watchdog:
    """Asks the gateway's own address now and then, in a thread of its own that begins once it is open."""

    def __init__(self, startup: StartupConfiguration) -> None:
        self._startup = startup

    def run(self) -> None:
        """Ask for as long as the process lives, which ends when no answer comes for two minutes.

        What ends it is the C library's timer: no Python need run any more. It says where each thread stood, by file and
        line. Without its socket, as where something cleaned up the folder of temporary files, nobody will ever reach
        it: it leaves in good order, to be started anew with another.
        """
        due = 0.0
        while True:
            if time.monotonic() >= due and self._answers():
                due = time.monotonic() + LOOK_SECONDS
                faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True)
            if self._startup.socket is not None and not Path(self._startup.socket).exists():
                logger.error("something deleted the gateway's socket among the temporary files; it starts anew")
                leave(self._startup)
            time.sleep(min(1.0, LOOK_SECONDS))

    def _answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException), closing(self._connection()) as connection:
            if self._startup.listener is not None:  # which asks for a token elsewhere
                connection.request("GET", OPEN_PATH, headers={"Host": "localhost"})
                return connection.getresponse().status in (200, 503)
            connection.request("POST", QUESTION, headers={"Host": "localhost"})
            return connection.getresponse().status < 500
        return False

    def _connection(self) -> http.client.HTTPConnection:
        startup = self._startup
        if (listener := startup.listener) is not None:
            host, port = _reached(listener.host), listener.port
            if listener.tls is None:
                return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
            # Nothing is told to whoever answers, and what counts is that it does.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)
        if startup.socket is None:
            host = _reached(startup.host)
            return http.client.HTTPConnection(host, startup.port or 8043, timeout=ANSWER_SECONDS)
        connection = http.client.HTTPConnection("localhost", timeout=ANSWER_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.sock.connect(startup.socket)
        return connection


def _reached(host: str) -> str:
    """Return where a listener on all addresses is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
