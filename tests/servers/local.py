"""What every test server needs: a port, a folder, an account that is not root, a certificate, an end."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def account() -> pwd.struct_passwd:
    """Return who a server runs as: ourselves, or as root `nobody`, who exists everywhere and owns nothing."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def folder(prefix: str) -> Path:
    """Make a folder for one server. In /tmp: its path must be short (sockets: 108 characters) and open to `nobody`."""
    return Path(tempfile.mkdtemp(prefix=f"mailbot-{prefix}-", dir="/tmp"))


def hand_over(path: Path) -> None:
    """Give a folder and everything in it to the account that the server runs as."""
    if os.getuid() == 0:
        owner = account()
        for one in (path, *path.rglob("*")):
            os.chown(one, owner.pw_uid, owner.pw_gid)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for 127.0.0.1 and localhost that vouches for itself, and its key."""

    cert: Path
    key: Path


def make_certificate(where: Path) -> Certificate:
    """Make a certificate with the openssl program."""
    made = Certificate(where / "cert.pem", where / "key.pem")
    subprocess.run(  # noqa: S603 -- our own command
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",  # noqa: S607
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", made.key, "-out", made.cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


def wait_for(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    """Wait until a condition holds; raises AssertionError if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} seconds in vain for {what}")
        time.sleep(0.01)


class Daemon:
    """A server program in a process group of its own, with ways to end it that are gentle, hard, or only seem so."""

    def __init__(self, where: Path) -> None:
        self.folder = where
        self._process: subprocess.Popen[bytes] | None = None

    def _launch(self, command: list[str | Path], port: int, greeting: bytes, *, as_root: bool = False) -> None:
        owner = account()
        drop = os.getuid() == 0 and not as_root
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 -- our own command
                command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                user=owner.pw_uid if drop else None, group=owner.pw_gid if drop else None,
                extra_groups=[] if drop else None,
            )  # fmt: skip
        wait_for(lambda: self._process_failed() or greets(port, greeting), f"{command[0]} to greet us", 20)
        if self._process_failed():
            raise RuntimeError(f"{command[0]} does not run:\n{self.log()}")

    def _process_failed(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def log(self) -> str:
        """Return what the server wrote, for a person who wonders."""
        return "\n".join(f.read_text("utf-8", "replace")[-4000:] for f in self.folder.glob("*") if _is_log(f))

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def freeze(self) -> None:
        """Stop every process: connections stay open, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let every process go on."""
        self._signal(signal.SIGCONT)

    def _end(self, number: int) -> None:
        """End the whole group: a signal to the master alone leaves sessions alive."""
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(number)
        self._process.wait(10)
        pid, self._process = self._process.pid, None
        wait_for(lambda: not group_lives(pid), "the server's children to end")

    def stop(self) -> None:
        """End it as an administrator would: sessions are told."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would: sessions see the connection vanish."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """End it, gently or not, and remove its folder."""
        try:
            self.stop()
        except (subprocess.TimeoutExpired, AssertionError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def greets(port: int, greeting: bytes) -> bool:
    """Say whether a server on that port says what it should."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as probe:
        return probe.recv(64).startswith(greeting)
    return False


def group_lives(group: int) -> bool:
    """Say whether a process of the group still runs (one that ended but was not waited for does not)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = stat.read_text("ascii", "replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False


def _is_log(path: Path) -> bool:
    return path.is_file() and (path.name == "output" or path.suffix == ".log")
