"""Serves the gateway: its API, with everything behind it; or, when that cannot be made, an API that says why."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp

from model.errors import AutocontourError, ConfigurationRefused, EvidenceBroken, TargetFailed
from model.evidence.record import stamp
from model.process.hardening import harden_process
from model.process.memory import leave_out_of_collections
from model.process.port import open_port
from plugin.evidence.alert_feed import post_until_taken
from plugin.evidence.alerts import Alert, Kind, post_alert
from plugin.gateway.api.app import application, refusing_application
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.api.token_door import TokenDoor
from plugin.gateway.startup import StartupConfiguration
from plugin.gateway.tokens import Tokens
from plugin.gateway.waiting import leave_when
from plugin.gateway.watchdog import Watchdog
from plugin.gateway.wiring import wire
from plugin.intake.group_index import OutsideGroup
from plugin.pacs.tls import trust_of
from plugin.settings.evidence import EvidenceSection
from plugin.settings.listen import ROOT as LISTEN
from plugin.settings.settings import Settings, read_settings
from plugin.state.directory import StateUnusable, lock_state, open_state, upgrade_state
from plugin.state.disk import disk_full, is_of_a_full_disk, require_room
from plugin.state.postgresql import DatabaseTrouble, address_of, connect, require_database, trouble_of

logger = logging.getLogger(__name__)


def serve(startup: StartupConfiguration) -> None:
    """Serve until the process ends; a wrong configuration serves nothing but its reasons."""
    hosts, room = _hosts(startup), partial(require_room, startup.state_directory)
    tokens = None if startup.listener is None else Tokens(startup.listener.tokens)
    listen = partial(_listen, startup, tokens)
    try:
        settings = read_settings(startup.section, startup.dictionary, startup.base_directory)
        if settings.lock_memory:
            harden_process(lock_memory=True)
        state = open_state(startup.state_directory)
        lock = lock_state(state)
        upgrade_state(state)
    except StateUnusable as error:
        if is_of_a_full_disk(error):
            _serve_for_now(listen, hosts, disk_full(startup.state_directory), room)
            return
        _serve_for_now(listen, hosts, error, lambda: _have_state(startup.state_directory))
        return
    except ConfigurationRefused as error:
        logger.error("auto-contouring is off: %s", error.message)
        listen(refusing_application([error.message], hosts))
        return
    with lock:
        try:
            trust = partial(trust_of, startup.orthanc, startup.certificate, settings.orthanc_tls)
            trust()
        except TargetFailed as error:
            _serve_for_now(listen, hosts, error, trust)
            return
        try:
            gateway = wire(startup, settings, state)
            gateway.index.require()
        except OutsideGroup as error:
            _serve_for_now(listen, hosts, error, gateway.index.require)
            return
        except DatabaseTrouble as error:
            _serve_for_now(listen, hosts, error, partial(_have_database, settings))
            return
        except AutocontourError as error:
            if error.retry:
                raise  # the plugin starts the gateway again in a moment
            logger.error("auto-contouring is off: %s", error.message)
            alerts = _tell(error, settings.evidence)
            off = refusing_application([error.message], hosts, code=error.code, alerts=alerts, chain=state.chain)
            listen(off)
            return
        except (OSError, DBAPIError) as error:
            if trouble := trouble_of(error):
                _serve_for_now(listen, hosts, trouble, partial(_have_database, settings))
                return
            if not is_of_a_full_disk(error):
                raise
            _serve_for_now(listen, hosts, disk_full(startup.state_directory), room)
            return
        threading.Thread(target=gateway.lifecycle.run, name="gateway", daemon=True).start()
        reasons = gateway.operations.health.unavailable_reasons
        threading.Thread(target=gateway.index.watch, name="index", daemon=True).start()
        threading.Thread(target=gateway.gateways.run, args=(reasons,), name="gateways", daemon=True).start()
        app = application(gateway.operations, hosts)
        leave_out_of_collections()
        listen(app, works=lambda: not reasons())


def _serve_for_now(
    listen: Callable[[FastAPI], None], hosts: Hosts, error: AutocontourError, possible: Callable[[], object]
) -> None:
    """Say what is in the way until it is not, and leave then: the plugin starts the gateway again."""
    logger.error("auto-contouring is off for now: %s", error.message)
    leave_when(possible)
    listen(refusing_application([error.message], hosts, code=error.code))


def _have_state(path: Path) -> None:
    lock_state(open_state(path)).release()


def _have_database(settings: Settings) -> None:
    assert settings.database is not None, "only a database that is configured is waited for"
    engine = connect(address_of(settings.database))
    try:
        require_database(engine)
    finally:
        engine.dispose()


def _hosts(startup: StartupConfiguration) -> Hosts:
    """Whom the gateway answers; read before the section is validated, so that what is wrong with it can be shown."""
    given = startup.section.get("AllowedHosts") if isinstance(startup.section, dict) else None
    names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    return Hosts.configured(names, passwords=startup.passwords)


def _tell(error: AutocontourError, evidence: EvidenceSection) -> list[Alert]:
    """Alert of a chain that takes no records any more: it cannot say it, so the webhook is told at each start."""
    if not isinstance(error, EvidenceBroken):
        return []
    alert = Alert(Kind.CHAIN_BROKEN, stamp(datetime.now(UTC)), reason=error.code)
    if evidence.Webhook is not None:
        try:
            post_alert(evidence.Webhook, alert, evidence.site)
        except OSError:
            logger.error("the webhook takes no alerts: it is asked again")
            told = (evidence.Webhook, alert, evidence.site)
            threading.Thread(target=post_until_taken, args=told, name="webhook", daemon=True).start()
    return [alert]


def _listen(
    startup: StartupConfiguration, tokens: Tokens | None, app: FastAPI, works: Callable[[], bool] = lambda: False
) -> None:
    """Listen until the process is told to stop; ``works`` is what strangers are told, where it is on a network."""
    outermost: ASGIApp = app if tokens is None else TokenDoor(app, tokens.accept, works)
    config = uvicorn.Config(
        outermost,
        log_level="warning",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is at the other end is what the connection says
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    watchdog = threading.Thread(target=Watchdog(startup).run, name="watchdog", daemon=True)
    if (listener := startup.listener) is not None:
        if listener.tls is not None:
            config.ssl_certfile, config.ssl_keyfile = listener.tls
        with open_port(listener.host, listener.port, f"{LISTEN}.") as opened:
            logger.info("listening at %s:%d", *opened.getsockname()[:2])
            watchdog.start()
            server.run(sockets=[opened])
        return
    if startup.socket is None:
        config.host, config.port = startup.host, startup.port or 8043
        watchdog.start()
        server.run()
        return
    path = Path(startup.socket)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.bind(startup.socket)
        path.chmod(0o600)
        watchdog.start()
        server.run(sockets=[opened])
