"""Wires the service: configuration, key, chain, spool, sweep, queue, API; and listens."""

from __future__ import annotations

import logging
import os
import resource
import secrets
import signal
import ssl
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from model.engines.network.runtime.inference import compute_for_workers
from model.errors import ConfigurationRefused
from model.evidence.chain import Chain
from model.evidence.rotation import finish_hand_over, load_chain_key
from model.evidence.signing import SigningKey
from model.pipeline.draw import warm_up
from model.process.hardening import harden_process
from model.process.port import open_port
from model.registry import names as model_names
from model.service.app import application
from model.service.attest import Attestation
from model.service.connection import connections
from model.service.crowd import Crowd
from model.service.drain import DrainingServer
from model.service.heads import Heads
from model.service.journal import open_journals
from model.service.ledger import Ledger
from model.service.metrics import Metrics
from model.service.preflight import notices
from model.service.queue import TransferQueue
from model.service.replica import OwnReplica
from model.service.settings import ServiceDocument, TlsFiles, read_service
from model.service.sites import Sites
from model.service.spool import open_spool
from model.service.state import LAYOUTS, ServiceState
from model.service.sweep import LastSpool, note_spool, sweep, unrecorded
from model.service.transfers import Transfers
from model.storage.files import create_once
from model.storage.hold import InUse, hold
from model.storage.layout import bring_up_to_date
from model.storage.sqlite import checkpoint, sqlite_url
from model.worker.pool import Workers

logger = logging.getLogger(__name__)

REAP_SECONDS = 1.0
STOP_SECONDS = 5
# A connection that waits for its next request.
IDLE_SECONDS = 10
# Connections, folders of transfers, databases; the usual limit of 1024 would be met first.
DESCRIPTORS = 16_384
# How often what ended long ago is removed from the queue's database.
FORGET_SECONDS = 3600.0


def signing_key(settings: ServiceDocument) -> SigningKey:
    """Load the key that signs receipts; made at the first start where none is configured."""
    state = ServiceState(Path(settings.StateDirectory))
    if settings.SigningKeyFile is None:
        return load_chain_key(state.signing_key, state.chain)
    path = Path(settings.SigningKeyFile)
    try:
        finish_hand_over(path, state.chain)
        return SigningKey.load(path)
    except OSError as error:
        raise ConfigurationRefused("SigningKeyFile", f"cannot be read ({error.strerror})") from None


def tls_options(files: TlsFiles) -> dict[str, Any]:
    """Make uvicorn's options for TLS; raises ConfigurationRefused unless the files are a certificate and its key."""
    for name in ("CertificateFile", "KeyFile", "ClientCaFile"):
        file = getattr(files, name)
        if file is not None and not os.access(file, os.R_OK):
            raise ConfigurationRefused(f"Tls.{name}", "the file cannot be read; are path and rights right?")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.CertificateFile, files.KeyFile, password=lambda: "")
    except (ssl.SSLError, ValueError):
        raise ConfigurationRefused(
            "Tls", "CertificateFile and KeyFile are not a certificate and its own key, in PEM and without a password"
        ) from None
    options = {"ssl_certfile": files.CertificateFile, "ssl_keyfile": files.KeyFile}
    if files.ClientCaFile is None:
        return options
    try:
        context.load_verify_locations(files.ClientCaFile)
    except ssl.SSLError:
        raise ConfigurationRefused("Tls.ClientCaFile", "the file holds no certificate in PEM") from None
    return options | {"ssl_ca_certs": files.ClientCaFile, "ssl_cert_reqs": ssl.CERT_REQUIRED}


def own_name(path: Path) -> str:
    """Return what tells this service from others that share its database, and perhaps its signing key.

    It is kept in a file.
    """
    if not path.exists():
        create_once(path, secrets.token_hex(8).encode())
    return path.read_text().strip()


def raise_descriptors() -> None:
    """Let the process open as many files as it may, within reason."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Service:
    """One service process."""

    def __init__(self, path: Path) -> None:
        """Bring everything up but the listener; raises ConfigurationRefused."""
        os.umask(0o077)
        path = path.absolute()
        raise_descriptors()
        self.settings = settings = read_service(path)
        if settings.LockMemory:
            harden_process(lock_memory=True)
        if settings.Tls is not None:
            tls_options(settings.Tls)  # before anything is deleted or signed
        self._socket = open_port(settings.Host, settings.Port)
        self._state = state = ServiceState(Path(settings.StateDirectory))
        try:
            state.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = hold(state.lock)
            bring_up_to_date(state.path, LAYOUTS, "StateDirectory")
        except InUse as used:
            raise ConfigurationRefused(
                "StateDirectory", f"is in use by another service{used.by}; stop that one, or name another folder"
            ) from None
        except OSError as error:
            raise ConfigurationRefused("StateDirectory", f"cannot be written ({error.strerror})") from None
        os.chdir(state.path)  # it and its workers: not wherever somebody started them
        last, ledger = LastSpool.read(state.spool), Ledger(state.ledger)
        last.require_the_same(Path(settings.Spool), len(ledger.unfinished()))
        spool = open_spool(Path(settings.Spool), settings.SpoolBytes, encrypted=settings.SpoolIsEncrypted)
        key = signing_key(settings)
        replica = OwnReplica(settings.Replica, key.public)
        self._replica = replica
        attest = Attestation(key, Chain.open(state.chain, key), ledger)
        self._attest = attest
        metrics = Metrics()
        self._crowd = Crowd(settings.AddressConnections, cut=metrics.cut)
        heads = Heads(state.ledger, attest.chain, metrics)
        self._workers = Workers(settings.Workers, lock_memory=settings.LockMemory, inference=compute_for_workers)
        self.transfers = Transfers(settings, spool, ledger, attest, self._workers, metrics)
        metrics.watch(self.transfers.count_live, self.transfers.held_bytes)
        alerts = self.transfers.alerts
        sweep(spool, ledger, attest, metrics, open_journals(state.journals), last, alerts.missed)
        note_spool(state.spool, spool)
        alerts.lacking(unrecorded(ledger, attest))
        database = settings.Database or sqlite_url(state.queue)
        try:
            self._queue = TransferQueue(self.transfers.process, database, settings.Workers, own_name(state.name))
        except SQLAlchemyError as error:
            raise ConfigurationRefused(
                "Database",
                f"cannot be used ({type(error).__name__}): is it up, and are user, password, host and name right?",
            ) from None
        self.transfers.queue_with(self._queue.put)
        self._workers.warm_up(warm_up)
        self._stopping = threading.Event()
        threading.Thread(target=self._reap, name="reap", daemon=True).start()
        self.app: FastAPI = application(
            settings, Sites(path), self.transfers, attest, ledger, heads, metrics, replica, self._crowd
        )

    def run(self) -> None:
        """Listen until told to stop; then delete what is held."""
        server = self._server()
        for number in (signal.SIGTERM, signal.SIGINT):
            # From here on, and not only while uvicorn listens: one that comes before it is not lost, and the one that
            # uvicorn raises again when it has stopped does not end us before we delete.
            signal.signal(number, server.handle_exit)
        with ExitStack() as ending:  # the last one first, and each whatever becomes of the others
            ending.callback(self._workers.stop)
            ending.callback(self.transfers.stop)
            ending.callback(self._stopping.set)
            self._introduce()
            server.run([self._crowd.door(self._socket)])
            # Before what is held is deleted: files that are found missing then are for the next start to tell.
            self.transfers.alerts.stopping()
        held = [checkpoint(database) for database in (self._state.ledger, self._state.queue)]
        # Nothing is held any more, and all is signed: a thread that still waits for something keeps nobody waiting.
        logging.shutdown()
        del held  # until here nobody wrote any more
        os._exit(0)

    def _server(self) -> uvicorn.Server:
        transfers = self.transfers
        return DrainingServer(self._config(), transfers.draining.set, transfers.unfinished, self.settings.DrainSeconds)

    def _introduce(self) -> None:
        settings = self.settings
        for sentence in (*notices(settings, set(model_names())), *self._replica.notices(datetime.now(UTC))):
            logger.warning("%s", sentence)
        logger.info(
            "listening on %s:%d %s TLS for %d site(s); receipts are signed with the key %s",
            *self._socket.getsockname()[:2],
            "without" if settings.Tls is None else "with",
            len(settings.Sites),
            self._attest.key.public.raw.hex(),
        )

    def _config(self) -> uvicorn.Config:
        settings = self.settings
        options = {} if settings.Tls is None else tls_options(settings.Tls)
        return uvicorn.Config(
            self.app,
            http=connections(
                min(settings.HeaderSeconds, settings.DocumentSeconds), settings.InstanceSeconds, self._crowd
            ),
            loop="model.service.connection:event_loop",
            proxy_headers=False,  # who is at the other end is what the connection says
            log_level="error",  # it warns of whatever is not a request: strangers would fill the log
            access_log=False,  # paths hold transfer ids
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            **options,
        )

    def _reap(self) -> None:
        forgets = time.monotonic() + FORGET_SECONDS
        while not self._stopping.wait(REAP_SECONDS):
            try:
                self.transfers.reap()
                if time.monotonic() > forgets:
                    forgets = time.monotonic() + FORGET_SECONDS
                    self._queue.forget()
            except Exception as error:  # noqa: BLE001 - what deletes overdue images must outlive any surprise
                logger.error("an overdue transfer could not be ended (%s); trying again", type(error).__name__)
