"""Health check of the images: 0 when the given address of this container answers with 200."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

USERS = Path("/run/autocontour/users.json")
SECONDS = 4


def main(address: str) -> int:
    """Ask the address; the certificate is for others to check, the container asks itself, through no proxy."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    headers = {}
    if USERS.exists():
        name, password = next(iter(json.loads(USERS.read_text())["RegisteredUsers"].items()))
        headers["Authorization"] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    try:
        connection.request("GET", parts.path or "/", headers=headers)
        return int(connection.getresponse().status != 200)
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
