"""A real PostgreSQL of Debian's package, on a free port, owned by an ordinary user, with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from tests.builders.orthanc_process import free_port

PASSWORD = "database-test-password"


class PostgresProcess:
    """One server; it refuses to run as root, so root starts it as the package's own user."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._data = self._folder / "data"
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        for path in (self._folder, secret):
            shutil.chown(path, self._user)
        self._run("initdb", "-D", self._data, "-U", "autocontour", "-A", "scram-sha-256", "--pwfile", secret, "-N")

    def start(self) -> PostgresProcess:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-l", self._folder / "log", "-o", options, "-w", "start")
        return self

    def stop(self) -> None:
        """Stop at once, as when the machine goes down; ``start`` starts it again."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

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
