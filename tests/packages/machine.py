"""A bare Debian in a folder, with namespaces of its own: what a hospital's machine is before we come."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.builders.orthanc_process import until

PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# It is process 1 in there, waits for what its children leave, and everything ends with it.
START = """
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
exec chroot "$1" /bin/bash -c 'touch /run/started; trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'
"""
# As Debian's unit of Orthanc says it; how it ended is kept.
SYSTEMCTL = """#!/bin/bash
start() {
    rm -f /run/orthanc.ended
    setsid bash -c 'HOME=/var/lib/orthanc exec setpriv --reuid=orthanc --regid=orthanc --init-groups \
            /usr/sbin/Orthanc --logdir=/var/log/orthanc /etc/orthanc &
        echo $! > /run/orthanc.pid; wait $!; echo $? > /run/orthanc.ended' > /run/orthanc.said 2>&1 < /dev/null &
    until [ -s /run/orthanc.pid ]; do sleep 0.1; done
}
stop() {
    [ -s /run/orthanc.pid ] || return 0
    kill -TERM "$(cat /run/orthanc.pid)"
    for _ in $(seq 200); do [ -e /run/orthanc.ended ] && break; sleep 0.1; done
    cat /run/orthanc.ended >> /run/orthanc.statuses
    rm -f /run/orthanc.pid
}
case "$1 $2" in
    "start orthanc") start ;;
    "stop orthanc") stop ;;
    "restart orthanc") stop; start ;;
    *) echo "systemctl $*: not in this Debian" >&2; exit 1 ;;
esac
"""


@dataclass
class Machine:
    """One Debian that is running."""

    root: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    first: int = 0
    port: int = 0

    def start(self) -> Machine:
        """Start it; apt starts no services in there, and a stand-in for systemctl starts Orthanc."""
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.write("/usr/local/sbin/systemctl", SYSTEMCTL, 0o755)
        shutil.copy("/etc/resolv.conf", self.inside("/etc/resolv.conf"))
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", START, "start"]
        with self.root.with_suffix(".log").open("wb") as log:
            self.process = subprocess.Popen([*command, str(self.root)], stderr=log)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        until(lambda: self.inside("/run/started").exists(), "the Debian is up")
        self.first = int(children.read_text().split()[0])
        return self

    def stop(self) -> None:
        """End everything in it."""
        if self.process is not None:
            os.kill(self.first, signal.SIGKILL)
            self.process.wait()

    def run(self, commands: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run commands in bash as root; asserts that all of them succeed, unless told otherwise."""
        environment = {"PATH": PROGRAMS, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **self.variables}
        enter = ["nsenter", f"--target={self.first}", "--mount", "--pid", "--root", "--wd"]
        done = subprocess.run(
            [*enter, "bash", "-ec", "cd /root\n" + commands],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, (commands, done.stdout[-3000:], done.stderr[-3000:])
        return done

    def inside(self, path: str) -> Path:
        """Where a path of this Debian lies on this machine."""
        return self.root / path.lstrip("/")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file in it."""
        self.inside(path).write_text(text)
        self.inside(path).chmod(mode)

    def files(self) -> dict[str, str]:
        """Everything that lies in it, with the size of files and the target of links; not what the kernel shows."""
        command = "find / -xdev \\( -path /proc -o -path /dev -o -path /sys \\) -prune -o -printf '%p\\t%y %s %l\\n'"
        lines = (line.partition("\t") for line in self.run(command).stdout.splitlines())
        return {path: "" if what.startswith("d") else what for path, _, what in lines}


def make_debian(suite: str, root: Path, mirror: str) -> None:
    """Make a bare Debian by debootstrap, with Orthanc as Debian's packages lay it; once."""
    if (root / "etc/made-for-tests").exists():
        return
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, str(root), mirror]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    machine = Machine(root).start()
    machine.run("apt-get update -qq; apt-get install -y -qq --no-install-recommends orthanc orthanc-python")
    machine.stop()
    (root / "run/started").unlink()
    (root / "etc/made-for-tests").touch()
