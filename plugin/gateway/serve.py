"""Wires the gateway: configuration, state, jobs, intake, API; or, when that fails, an API that says why."""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from model.errors import ConfigurationRefused
from plugin.api.app import application, refusing_application
from plugin.gateway.gateway import Gateway
from plugin.gateway.letter import Letter
from plugin.settings.settings import read_settings
from plugin.state.directory import lock_state, open_state

logger = logging.getLogger(__name__)


def serve(letter: Letter) -> None:
    """Serve until the process ends; a wrong configuration serves nothing but its reasons."""
    try:
        settings = read_settings(letter.section, letter.dictionary)
        state = open_state(letter.state_directory)
        lock = lock_state(state)
    except ConfigurationRefused as error:
        logger.error("auto-contouring is off: %s", error.message)
        _listen(letter, refusing_application([error.message]))
        return
    with lock:
        gateway = Gateway(letter, settings, state)
        threading.Thread(target=gateway.run, name="gateway", daemon=True).start()
        _listen(letter, application(gateway))


def _listen(letter: Letter, app: FastAPI) -> None:
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    if letter.socket is None:
        config.host, config.port = letter.host, letter.port or 8043
        server.run()
        return
    path = Path(letter.socket)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(letter.socket)
        path.chmod(0o600)
        server.run(sockets=[listener])
