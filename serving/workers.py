"""The application from the settings of the environment, and several processes of it on one port."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from multiprocessing.connection import wait

from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from evosense import log
from evosense.errors import ConfigurationError
from evosense.settings import (
    AiSettings,
    BillingSettings,
    DatabaseSettings,
    EvolutionSettings,
    MailSettings,
    SecuritySettings,
    ServingSettings,
    load,
)
from evosense.tenants.keys import derive_key
from serving.app import create_app
from serving.server import configuration


def application() -> FastAPI:
    """The application as the environment wants it. Raises ConfigurationError."""
    settings, database, security = load(ServingSettings), load(DatabaseSettings), load(SecuritySettings)
    mail = _mail(settings)
    database.require_url()
    derive_key(security.secret_key.get_secret_value(), "start-up check")
    app = create_app(
        database=database,
        security=security,
        settings=settings,
        billing=load(BillingSettings),
        evolution=load(EvolutionSettings),
        mail=mail,
        ai=load(AiSettings),
    )
    # Code and schemas stay for ever: looking through all of them again and again would hold requests up for 0.1 s.
    gc.collect()
    gc.freeze()
    return app


def worker() -> FastAPI:
    """The application in a worker process, which ends when its supervisor is gone."""
    log.configure()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    return application()


def run_workers(listening: socket.socket, settings: ServingSettings) -> None:
    """Serve with `settings.api_workers` processes until a signal; one that dies is replaced."""
    host, port = listening.getsockname()[:2]
    with tempfile.TemporaryDirectory(prefix="evosense-api-") as folder:
        # prometheus_client looks at this when a worker imports it.
        os.environ.update(PROMETHEUS_MULTIPROC_DIR=folder)
        config = configuration(
            "serving.workers:worker",
            host=host,
            port=port,
            trusted_proxies=settings.trusted_proxies,
            workers=settings.api_workers,
        )
        Multiprocess(config, sockets=[listening]).run()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _mail(settings: ServingSettings) -> MailSettings:
    """How letters go out. Raises ConfigurationError when their links would lead nowhere."""
    mail = load(MailSettings)
    if mail.smtp_host and not settings.public_url:
        message = "SMTP_HOST is set, PUBLIC_URL is not: links in mails begin with it"
        raise ConfigurationError(message)
    return mail
