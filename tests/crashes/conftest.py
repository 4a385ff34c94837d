"""A mailbot process for each test, with two mailboxes and a receiver of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.service import Service
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


@pytest.fixture
def service(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> Iterator[Service]:
    """A mailbot that is configured and not started, and a postman who carries copies."""
    one = Service(tmp_path, dovecot, smtp_server, (dovecot.new_user(), dovecot.new_user()))
    one.configure()
    postman = threading.Thread(target=one.carry_post, daemon=True)
    postman.start()
    yield one
    one.close()
    postman.join(10)
