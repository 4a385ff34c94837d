"""A real Dovecot (2.3 or 2.4) whose every user exists: a test takes a new name and has a mailbox of its own."""

from __future__ import annotations

import grp
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from string import Template

from imapclient import IMAPClient

from tests.servers.local import Certificate, Daemon, account, folder, free_port, hand_over
from tests.servers.tokens import TokenServer

PASSWORD = "correct-horse"  # noqa: S105 -- a test's
TEMPLATES = Path(__file__).parent
INTROSPECTION = """\
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""


def program() -> str | None:
    """Return where Dovecot is, None if it is not installed."""
    return shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")


class Dovecot(Daemon):
    """One Dovecot: IMAP with STARTTLS on port `imap`, with TLS on `imaps`, XOAUTH2 with what `tokens` gives out."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(folder("dovecot"))
        self.imap, self.imaps = free_port(), free_port()
        self.certificate, self.tokens = certificate, TokenServer()
        self._names = count(1)
        self._configure()
        self.start()

    def _configure(self) -> None:
        version = subprocess.run([program() or "dovecot", "--version"], check=True, capture_output=True, text=True)  # noqa: S603
        number = version.stdout.split()[0].partition("-")[0]
        language = "2.3" if number.startswith("2.3") else "2.4"
        here, owner = self.folder, account()
        for part in ("run", "state", "mail", "home"):
            (here / part).mkdir()
        shutil.copy(self.certificate.cert, here / "cert.pem")
        shutil.copy(self.certificate.key, here / "key.pem")
        template = Template((TEMPLATES / f"dovecot-{language}.conf").read_text())
        text = template.substitute(
            dir=here, user=owner.pw_name, group=grp.getgrgid(owner.pw_gid).gr_name, version=number,
            uid=owner.pw_uid, gid=owner.pw_gid,
            cert=here / "cert.pem", key=here / "key.pem", imap=self.imap, imaps=self.imaps,
            password=PASSWORD, introspection=self.tokens.introspection,
        )  # fmt: skip
        (here / "dovecot.conf").write_text(text)
        (here / "oauth2.conf").write_text(INTROSPECTION.format(url=self.tokens.introspection))
        hand_over(here)

    def start(self) -> None:
        """Start it, or start it again on the same ports with the same mail."""
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)
        for lock in (self.folder / "mail").rglob("dovecot-uidlist.lock"):
            lock.unlink()  # left by a kill; the next process would wait it out for 20 seconds
        self._launch([program() or "dovecot", "-F", "-c", self.folder / "dovecot.conf"], self.imap, b"* OK")

    def new_user(self) -> str:
        """Return the name of a user whose mailbox nobody has touched."""
        return f"user{next(self._names)}"

    @contextmanager
    def client(self, user: str, box: str = "INBOX") -> Iterator[IMAPClient]:
        """Sign in as somebody beside mailbot: a person who reads, moves and deletes mail."""
        with IMAPClient("127.0.0.1", self.imap, ssl=False, timeout=10) as client:
            client.login(user, PASSWORD)
            client.select_folder(box)
            yield client

    def append(self, user: str, *messages: bytes, box: str = "INBOX") -> None:
        """Put messages into a mailbox, as if they had arrived."""
        with self.client(user, box) as client:
            for message in messages:
                client.append(box, message)

    def reset_uidvalidity(self, user: str) -> None:
        """Give the inbox a new UIDVALIDITY, as a restored backup does: drop what Dovecot knows of the files.

        It keeps the file that says which values were used; they are seconds, and a test is faster than that.
        """
        for path in (self.folder / "mail" / user).glob("dovecot*"):
            if not path.name.startswith("dovecot-uidvalidity"):
                path.unlink()

    def close(self) -> None:
        """End it and remove everything."""
        super().close()
        self.tokens.close()
