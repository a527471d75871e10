"""PostgreSQL as the gateway uses it: how it connects, what its errors mean, and how its absence is waited out.

Every wait has an end: for a connection, for an answer, for a lock, and of a transaction that does nothing. What the
server says is never repeated, because it may hold a value of a patient or the name of a user.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import Buffer
from psycopg.types.string import StrDumper
from sqlalchemy.ext.compiler import compiles

from model.backoff import Backoff
from model.errors import AutocontourError

logger = logging.getLogger(__name__)

DRIVER = "postgresql+psycopg"
# What PostgreSQL shows of our connections; those of a gateway of a group have its own name.
NAME = "autocontour"
# Connections of one gateway: of its own tables, and of the engine of durable jobs. Few, because a server has 100 for
# everybody unless somebody gave it more.
POOL, OVERFLOW, WORKFLOW_POOL = 5, 10, 6
POOL_SECONDS = 30.0
RECYCLE_SECONDS = 1800
CONNECT_SECONDS = 10
STATEMENT_MS, LOCK_MS, IDLE_IN_TRANSACTION_MS = 60_000, 30_000, 60_000
# A peer that says nothing any more, as behind a cut cable, is found out within half a minute.
KEEPALIVES = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
UNACKNOWLEDGED_MS = 30_000

UNREACHABLE, REFUSED, READ_ONLY = "DATABASE_UNREACHABLE", "DATABASE_REFUSED", "DATABASE_READ_ONLY"
BUSY, FULL = "DATABASE_BUSY", "DISK_FULL"
BACKOFF = Backoff(first=0.5, longest=5.0)

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseTrouble(AutocontourError):
    """PostgreSQL cannot be used for now; what waits for it goes on by itself."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, retry=True)


def address_of(database: str) -> str:
    """Return the key ``Database`` as SQLAlchemy wants it: with the name of the driver that is installed."""
    return f"{DRIVER}://{database.partition('://')[2]}"


def connect(url: str, name: str = NAME) -> sa.Engine:
    """Make the engine of a database on PostgreSQL; connects when it is first asked for something.

    ``name`` is that of its connections. What the site wrote behind "?" goes before what is chosen here.
    """
    return _engine(url, name, _LIMITS, pool_size=POOL, max_overflow=OVERFLOW)


def connect_workflows(url: str, name: str = NAME) -> sa.Engine:
    """Make the engine of the durable jobs' tables on the same PostgreSQL.

    No statement and no lock ends by itself there: the engine of durable jobs would end a job with it. A connection that
    is cut is found out all the same, and tried again without an end.
    """
    return _engine(url, name, _LIMITS[-1:], pool_size=WORKFLOW_POOL, max_overflow=0)


class _WithoutNul(StrDumper):
    """Hands text over without the character that PostgreSQL's text cannot hold, and that DICOM pads with."""

    def dump(self, text: str) -> Buffer | None:
        return super().dump(text.replace("\0", ""))


@compiles(sa.String, "postgresql")
def _of_any_length(_type: sa.String, _compiler: object, **_options: object) -> str:
    """Make columns of text without their length: SQLite takes a longer one too, and no job is lost by it."""
    return "VARCHAR"


def _engine(url: str, name: str, limits: tuple[str, ...], *, pool_size: int, max_overflow: int) -> sa.Engine:
    parsed = sa.make_url(url)
    chosen: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": name,
        "tcp_user_timeout": UNACKNOWLEDGED_MS,
        **KEEPALIVES,
    }
    arguments = {name: value for name, value in chosen.items() if name not in parsed.query}
    own = parsed.query.get("options", "")
    arguments["options"] = " ".join((*limits, own if isinstance(own, str) else " ".join(own))).strip()
    engine = sa.create_engine(
        parsed,
        connect_args=arguments,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=POOL_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        pool_pre_ping=True,
        # A statement's values may be a patient's; SQLAlchemy writes them into its errors otherwise.
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.adapters.register_dumper(str, _WithoutNul)


_LIMITS = (
    f"-c statement_timeout={STATEMENT_MS}",
    f"-c lock_timeout={LOCK_MS}",
    f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}",
)


def require_database(engine: sa.Engine) -> None:
    """Raise DatabaseTrouble unless the database can be read and written now."""
    try:
        with engine.connect() as connection:
            if connection.execute(sa.text("SHOW transaction_read_only")).scalar() == "on":
                raise DatabaseTrouble(READ_ONLY, _SENTENCES[READ_ONLY])
    except sa.exc.SQLAlchemyError as error:
        raise trouble_of(error) or _unreachable() from None


def trouble_of(error: BaseException | None) -> DatabaseTrouble | None:
    """Say what is the matter with PostgreSQL; None when the error is not of it, or of what was asked.

    What caused the error is looked at too.
    """
    while error is not None:
        if isinstance(error, DatabaseTrouble):
            return error
        if isinstance(error, sa.exc.TimeoutError):
            return DatabaseTrouble(BUSY, _SENTENCES[BUSY])
        original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        if isinstance(original, psycopg.Error):
            code = _code_of(original)
            if code is not None:
                return DatabaseTrouble(code, _SENTENCES[code])
        error = error.__cause__ or error.__context__
    return None


def outlast(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do something that needs the database and may be done twice; again, after a pause, while it is away."""
    failures = 0
    while True:
        try:
            return work(*arguments, **named)
        except (sa.exc.SQLAlchemyError, DatabaseTrouble) as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            failures += 1
            logger.warning("%s; waiting for it", trouble.code)
            time.sleep(BACKOFF.pause(failures))


def _unreachable() -> DatabaseTrouble:
    return DatabaseTrouble(UNREACHABLE, _SENTENCES[UNREACHABLE])


# By SQLSTATE (PostgreSQL's manual, appendix A), or its class.
_BY_STATE = {
    "28": REFUSED,  # the user, or its password
    "3D000": REFUSED,  # no such database
    "42501": REFUSED,  # rights
    "25006": READ_ONLY,
    "08": UNREACHABLE,
    "57P": UNREACHABLE,  # shutting down, starting, dropped by an administrator
    "25P03": UNREACHABLE,  # a transaction that did nothing for too long, as of a machine that slept
    "53100": FULL,
    "53": BUSY,  # too many connections, memory
    "57014": BUSY,  # a statement's time is over
    "55P03": BUSY,  # a lock's
    "40": BUSY,  # deadlock
}
# A connection that is not made has no SQLSTATE: the server's English words, where it speaks English.
_BY_WORDS = (
    ("authentication failed", REFUSED),
    ("no password supplied", REFUSED),
    ("no pg_hba.conf entry", REFUSED),
    ("does not exist", REFUSED),
    ("permission denied", REFUSED),
    ("is not permitted to log in", REFUSED),
    ("too many connections", BUSY),
    ("remaining connection slots", BUSY),
    ("too many clients", BUSY),
    ("session is read-only", READ_ONLY),
)
_SENTENCES = {
    UNREACHABLE: "PostgreSQL of AutoContour.Database cannot be reached, or does not answer. Look whether it runs, and "
    "at the network between; everything goes on by itself.",
    REFUSED: "PostgreSQL of AutoContour.Database refuses us: user, password, name of the database, its rights, or "
    "pg_hba.conf. Its own log says which; everything goes on by itself when it is mended.",
    READ_ONLY: "PostgreSQL of AutoContour.Database can be read only: it is a standby, or is being recovered. Name the "
    "primary, or wait for it; everything goes on by itself.",
    FULL: "The disk of PostgreSQL of AutoContour.Database is full. Free space there; everything that waits goes on by "
    "itself.",
    BUSY: "PostgreSQL of AutoContour.Database answers too slowly, or has no connection left. Look at its load and at "
    "max_connections; everything goes on by itself.",
}


def _code_of(error: psycopg.Error) -> str | None:
    state = error.sqlstate
    if state is not None:
        return next((code for begin, code in _BY_STATE.items() if state.startswith(begin)), None)
    said = str(error).lower()
    if not isinstance(error, psycopg.OperationalError) and "is closed" not in said:
        return None
    return next((code for words, code in _BY_WORDS if words in said), UNREACHABLE)
