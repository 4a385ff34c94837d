"""Servers for tests. A missing program skips what needs it, loudly; with MAILBOT_TESTS_MUST_HAVE_SERVERS it fails.

A test gets a user or a receiver of its own, so that no test sees what another did.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailbot.config import MailboxConfig, Secret, SmtpConfig
from tests.servers import dovecot as dovecot_program
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.local import Certificate, make_certificate
from tests.servers.proxy import FaultProxy
from tests.servers.smtp import SmtpServer
from tests.servers.tokens import TokenServer

MUST_HAVE = "MAILBOT_TESTS_MUST_HAVE_SERVERS"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write the golden files anew, after what they show was looked at."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def must_have(found: object, program: str, package: str) -> None:
    """Skip, or fail where the tests are meant to be complete, unless a program was found."""
    if found:
        return
    told = f"{program} IS MISSING, so this promise is not tested: apt-get install {package}"
    if os.environ.get(MUST_HAVE):
        pytest.fail(told)
    pytest.skip(told)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1 that nobody trusts but who is told to."""
    must_have(shutil.which("openssl"), "openssl", "openssl")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    """One Dovecot for all tests that leave it as it is; every name is a user of it."""
    must_have(dovecot_program.program(), "Dovecot", "dovecot-imapd")
    server = Dovecot(certificate)
    yield server
    server.close()


@pytest.fixture
def own_dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    """A Dovecot of the test's own, to be stopped, killed and frozen."""
    must_have(dovecot_program.program(), "Dovecot", "dovecot-imapd")
    server = Dovecot(certificate)
    yield server
    server.close()


@dataclass
class Inbox:
    """A mailbox that nobody has touched, on a real server."""

    server: Dovecot
    user: str

    def append(self, *messages: bytes, box: str = "INBOX") -> None:
        """Put messages into it, as if they had arrived."""
        self.server.append(self.user, *messages, box=box)

    def settings(self, **changes: object) -> MailboxConfig:
        """Return settings that reach it, with changes (also such as a configuration would refuse)."""
        plain = MailboxConfig(host="127.0.0.1", port=self.server.imap, security="none", user=self.user, timeout=5)
        return plain.model_copy(update={"password": Secret("plain", PASSWORD), **changes})


@pytest.fixture
def inbox(dovecot: Dovecot) -> Inbox:
    """A mailbox that nobody has touched."""
    return Inbox(dovecot, dovecot.new_user())


@pytest.fixture
def own_inbox(own_dovecot: Dovecot) -> Inbox:
    """A mailbox on a server of the test's own."""
    return Inbox(own_dovecot, own_dovecot.new_user())


@pytest.fixture
def inbox_settings() -> Callable[..., MailboxConfig]:
    """Make settings that reach a scripted mailbox on this machine."""

    def make(port: int, **changes: object) -> MailboxConfig:
        plain = MailboxConfig(host="127.0.0.1", port=port, security="none", user="anne", timeout=5)
        return plain.model_copy(update={"password": Secret("plain", PASSWORD), **changes})

    return make


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A receiver without sign-in and TLS."""
    server = SmtpServer()
    yield server
    server.close()


@pytest.fixture
def make_smtp_server() -> Iterator[Callable[..., SmtpServer]]:
    """Make receivers with other manners."""
    made: list[SmtpServer] = []

    def make(**manners: Any) -> SmtpServer:
        made.append(SmtpServer(**manners))
        return made[-1]

    yield make
    for server in made:
        server.close()


def smtp_settings(port: int, **changes: object) -> SmtpConfig:
    """Return settings that reach a receiver on this machine, with changes (also such as no configuration has)."""
    told = {
        "host": "127.0.0.1", "port": port, "security": "none", "timeout": 5,
        "from": "Registrar <rsvp@workers-network.example>",
    }  # fmt: skip
    return SmtpConfig.model_validate(told).model_copy(update=changes)


@pytest.fixture
def make_proxy() -> Iterator[Callable[[int], FaultProxy]]:
    """Make proxies that break connections."""
    made: list[FaultProxy] = []

    def make(port: int) -> FaultProxy:
        made.append(FaultProxy(port))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    """A server for access tokens."""
    server = TokenServer()
    yield server
    server.close()


@pytest.fixture
def stop() -> threading.Event:
    """What tells waits to end."""
    return threading.Event()


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for part in ("new", "cur", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    return tmp_path / "box"
