"""Ends a gateway that does not answer any more: whoever started it (the plugin, a service manager) starts another."""

from __future__ import annotations

import faulthandler
import http.client
import socket
import time
from contextlib import closing, suppress

from plugin.gateway.startup import StartupConfiguration

LOOK_SECONDS = 20.0
ANSWER_SECONDS = 10.0
# Without an answer for this long it hangs; a crowded machine answers sooner, and a start is not counted.
HUNG_SECONDS = 120.0
# Asked as the plugin asks; all that it does is to look for news, which is done anyway.
QUESTION = "/internal/bell"


class Watchdog:
    """Asks the gateway's own address now and then, in a thread of its own."""

    def __init__(self, startup: StartupConfiguration) -> None:
        self._startup = startup

    def run(self) -> None:
        """Ask for as long as the process lives, which ends when no answer comes for two minutes.

        What ends it is the C library's timer: no Python need run any more. It says where each thread stood, by file and
        line.
        """
        while True:
            if self._answers():
                faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True)
            time.sleep(LOOK_SECONDS)

    def _answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException), closing(self._connection()) as connection:
            connection.request("POST", QUESTION, headers={"Host": "localhost"})
            return connection.getresponse().status < 500
        return False

    def _connection(self) -> http.client.HTTPConnection:
        startup = self._startup
        if startup.socket is None:
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(startup.host, startup.host)
            return http.client.HTTPConnection(host, startup.port or 8043, timeout=ANSWER_SECONDS)
        connection = http.client.HTTPConnection("localhost", timeout=ANSWER_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.sock.connect(startup.socket)
        return connection
