"""A real PostgreSQL of Debian's package, on a free port, owned by an ordinary user, with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.builders.orthanc_process import free_port

PASSWORD = "database-test-password"


class PostgresProcess:
    """One server; it refuses to run as root, so root starts it as the package's own user."""

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        """``addresses`` are those at which it listens besides 127.0.0.1, for whoever is in their network of four."""
        self._addresses = tuple(addresses)
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._data = self._folder / "data"
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        for path in (self._folder, secret):
            shutil.chown(path, self._user)
        self._run("initdb", "-D", self._data, "-U", "autocontour", "-A", "scram-sha-256", "--pwfile", secret, "-N")
        with (self._data / "pg_hba.conf").open("a") as allowed:
            allowed.writelines(f"host all all {one}/30 scram-sha-256\n" for one in self._addresses)

    def start(self) -> PostgresProcess:
        listen = ",".join(("127.0.0.1", *self._addresses))
        options = f"-p {self.port} -c listen_addresses={listen} -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-l", self._folder / "log", "-o", options, "-w", "start")
        return self

    def stop(self) -> None:
        """Stop at once, as when the machine goes down; ``start`` starts it again."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def fresh(self) -> str:
        """Make a database that nobody has; returns its address as a site writes it."""
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            name = sql.Identifier(url.rpartition("/")[2])
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement by itself, as an administrator does."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            said = connection.execute(statement.encode())
            return said.fetchall() if said.description else []

    def files_of(self, database: str) -> dict[str, bytes]:
        """Every file of a database as it lies on the disk now, by its path; without the server's log of writes."""
        ((number,),) = self.ask(f"SELECT oid FROM pg_database WHERE datname = '{database}'")
        self.ask("CHECKPOINT")  # what is only in memory is written, and files that were replaced go
        folder = self._data / "base" / str(number)
        return {str(path): path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def drop_connections(self) -> int:
        """End every connection to it but this one; returns how many there were."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        return len(self.ask(f"{others} AND pid <> pg_backend_pid()"))

    def url(self, database: str) -> str:
        return f"postgresql://autocontour:{quote(PASSWORD)}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(_bin() / program), *map(str, arguments)]
        user = self._user if os.geteuid() == 0 else None
        said = subprocess.run(
            command, user=user, group=user, extra_groups=[] if user else None, cwd=self._folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
        assert said.returncode == 0, f"{program}: {said.stderr.decode()}"


def _bin() -> Path:
    """Where Debian puts the server's programs, which are not on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert found, "Debian's package postgresql is not installed: ./setup.sh test does it"
    return found[-1]
