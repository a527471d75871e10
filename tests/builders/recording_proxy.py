"""An HTTP proxy that writes down whatever asks it for something, and connects (CONNECT) to the addresses it is told."""

from __future__ import annotations

import base64
import contextlib
import socket
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVERYWHERE = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "FTP_PROXY")


@dataclass
class RecordingProxy:
    """``ways`` leads a name to a port of this machine; ``credentials`` are asked for; ``answers`` refuses instead."""

    ways: Mapping[str, int] = field(default_factory=dict)
    credentials: str | None = None
    answers: int | None = None
    # Everything that anybody asked, first line and headers; and what went through, both directions.
    asked: list[str] = field(default_factory=list)
    carried: bytearray = field(default_factory=bytearray)

    def __enter__(self) -> RecordingProxy:
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                proxy.serve(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes most programs use it, for every address."""
        return dict.fromkeys(EVERYWHERE, self.url) | {"NO_PROXY": "", "no_proxy": ""}

    def serve(self, client: socketserver.StreamRequestHandler) -> None:
        lines = []
        while line := client.rfile.readline().decode("latin-1").strip():
            lines.append(line)
        self.asked.append("\n".join(lines))
        method, _, rest = lines[0].partition(" ") if lines else ("", "", "")
        host = rest.partition(" ")[0].rpartition(":")[0]
        if self.credentials is not None and self._wanted() not in lines:
            self._answer(client, 407, 'Proxy-Authenticate: Basic realm="test"\r\n')
        elif self.answers is not None or method != "CONNECT" or host not in self.ways:
            self._answer(client, self.answers or 502)
        else:
            self._connect(client, self.ways[host])

    def _wanted(self) -> str:
        return "Proxy-Authorization: Basic " + base64.b64encode((self.credentials or "").encode()).decode()

    @staticmethod
    def _answer(client: socketserver.StreamRequestHandler, status: int, headers: str = "") -> None:
        body = "<html>proxy</html>"
        head = f"HTTP/1.1 {status} Proxy\r\n{headers}Content-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        client.wfile.write((head + body).encode())

    def _connect(self, client: socketserver.StreamRequestHandler, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as there:
            client.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self._carry, args=(there, client.connection), daemon=True)
            back.start()
            self._carry(client.connection, there)
            back.join()

    def _carry(self, source: Any, to: Any) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                self.carried += chunk
                to.sendall(chunk)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)
