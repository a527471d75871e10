"""Wires the service: configuration, key, chain, spool, sweep, queue, API; and listens."""

from __future__ import annotations

import fcntl
import logging
import os
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from model.errors import ConfigurationRefused
from model.evidence.chain import Chain
from model.evidence.signing import SigningKey
from model.pipeline.draw import warm_up
from model.service.app import application
from model.service.attest import Attestation
from model.service.figures import Figures
from model.service.heads import Heads
from model.service.ledger import Ledger
from model.service.queue import TransferQueue
from model.service.settings import ServiceDocument, read_service
from model.service.sites import Sites
from model.service.spool import open_spool
from model.service.transfers import Transfers
from model.worker.pool import Workers

logger = logging.getLogger(__name__)

REAP_SECONDS = 1.0
STOP_SECONDS = 5


def signing_key(settings: ServiceDocument) -> SigningKey:
    """The key that signs receipts; made at the first start where none is configured."""
    if settings.SigningKeyFile is None:
        return SigningKey.load_or_create(Path(settings.StateDirectory) / "signing.key")
    try:
        return SigningKey.load(Path(settings.SigningKeyFile))
    except OSError as error:
        raise ConfigurationRefused("SigningKeyFile", f"cannot be read ({error.strerror})") from None


class Service:
    """One service process."""

    def __init__(self, path: Path) -> None:
        """Bring everything up but the listener; raises ConfigurationRefused."""
        os.umask(0o077)
        self.settings = settings = read_service(path)
        state = Path(settings.StateDirectory)
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (state / "service.lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationRefused("StateDirectory", "is in use by another service") from None
        except OSError as error:
            raise ConfigurationRefused("StateDirectory", f"cannot be written ({error.strerror})") from None
        spool = open_spool(Path(settings.Spool), settings.SpoolBytes, encrypted=settings.SpoolIsEncrypted)
        key = signing_key(settings)
        ledger = Ledger(state / "ledger.sqlite")
        attest = Attestation(key, Chain.open(state / "chain", key), ledger)
        figures = Figures()
        heads = Heads(state / "ledger.sqlite", attest.chain, figures)
        self._workers = Workers(settings.Workers)
        self.transfers = Transfers(settings, spool, ledger, attest, self._workers, figures)
        figures.watch(self.transfers.count_live, self.transfers.held_bytes)
        self.transfers.sweep()
        database = settings.Database or f"sqlite:///{state / 'queue.sqlite'}"
        self._queue = TransferQueue(self.transfers.process, database, settings.Workers)
        self.transfers.queue_with(self._queue.put)
        self._workers.warm_up(warm_up)
        self._stopping = threading.Event()
        threading.Thread(target=self._reap, name="reap", daemon=True).start()
        self.app: FastAPI = application(settings, Sites(path), self.transfers, attest, ledger, heads, figures)

    def run(self) -> None:
        """Listen until told to stop; then delete what is held."""
        try:
            uvicorn.Server(self._config()).run()
        finally:
            self._stopping.set()
            self.transfers.stop()
            self._workers.stop()

    def _config(self) -> uvicorn.Config:
        settings = self.settings
        options: dict[str, Any] = {}
        if settings.Tls is not None:
            for name in ("CertificateFile", "KeyFile", "ClientCaFile"):
                file = getattr(settings.Tls, name)
                if file is not None and not os.access(file, os.R_OK):
                    raise ConfigurationRefused(f"Tls.{name}", "the file cannot be read")
            options = {"ssl_certfile": settings.Tls.CertificateFile, "ssl_keyfile": settings.Tls.KeyFile}
            if settings.Tls.ClientCaFile is not None:
                options |= {"ssl_ca_certs": settings.Tls.ClientCaFile, "ssl_cert_reqs": ssl.CERT_REQUIRED}
        return uvicorn.Config(
            self.app,
            host=settings.Host,
            port=settings.Port,
            http=WithCertificate,
            log_level="warning",
            access_log=False,  # paths hold transfer ids
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=STOP_SECONDS,
            **options,
        )

    def _reap(self) -> None:
        while not self._stopping.wait(REAP_SECONDS):
            try:
                self.transfers.reap()
            except Exception as error:  # noqa: BLE001 - what deletes overdue images must outlive any surprise
                logger.error("an overdue transfer could not be ended (%s); trying again", type(error).__name__)


class WithCertificate(HttpToolsProtocol):
    """HTTP that tells the application whose certificate TLS has verified."""

    def connection_made(self, transport: Any) -> None:
        """Keep the peer's certificate for every request of the connection."""
        super().connection_made(transport)
        certificate: Mapping[str, Any] | None = transport.get_extra_info("peercert")
        if certificate:
            self.app_state = {**self.app_state, "client_certificate": certificate}
