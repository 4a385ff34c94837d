"""Waiting for mail: woken by IDLE where there is IDLE, at the latest after the time that was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mailbot.errors import TryLater
from mailbot.imap import ImapMailbox
from tests.conftest import Inbox
from tests.servers.script import ScriptedServer
from tests.wires.test_imap_reading import all_of, mail

LONG = 30.0
"""Seconds that no test waits: who returns True was woken."""


def after(seconds: float, what: Callable[[], object]) -> threading.Thread:
    """Do something in a moment, beside the test."""
    timer = threading.Timer(seconds, what)
    timer.start()
    return timer


@pytest.mark.parametrize("security", ["none", "tls"])
def test_new_mail_ends_the_wait(inbox: Inbox, stop: threading.Event, security: str) -> None:
    port = inbox.server.imaps if security == "tls" else inbox.server.imap
    settings = inbox.settings(security=security, port=port, ca=inbox.server.certificate.cert)
    mailbox = ImapMailbox(settings)
    all_of(mailbox)
    timer = after(0.2, lambda: inbox.append(mail("new")))
    assert mailbox.wait(LONG, stop) is True
    timer.join()
    assert [one.raw for one in all_of(mailbox)] == [mail("new")]
    mailbox.close()


def test_a_quiet_mailbox_has_nothing_new(inbox: Inbox, stop: threading.Event) -> None:
    inbox.append(mail("old"))
    mailbox = ImapMailbox(inbox.settings(), idle_seconds=0.05)
    all_of(mailbox)
    assert mailbox.wait(0.2, stop) is False
    mailbox.close()


def test_mail_that_came_before_the_wait_began_ends_it_at_once(inbox: Inbox, stop: threading.Event) -> None:
    mailbox = ImapMailbox(inbox.settings())
    all_of(mailbox)
    inbox.append(mail("new"))
    assert mailbox.wait(LONG, stop) is True
    mailbox.close()


def test_a_stop_ends_the_wait(inbox: Inbox, stop: threading.Event) -> None:
    mailbox = ImapMailbox(inbox.settings())
    all_of(mailbox)
    timer = after(0.1, stop.set)
    assert mailbox.wait(LONG, stop) is False
    timer.join()
    mailbox.close()


def test_after_looking_into_the_sent_folder_it_waits_for_the_inbox(inbox: Inbox, stop: threading.Event) -> None:
    mailbox = ImapMailbox(inbox.settings())
    all_of(mailbox)
    assert mailbox.find_sent("X-Mailbot-Id", "1") is False
    timer = after(0.1, lambda: inbox.append(mail("new")))
    assert mailbox.wait(LONG, stop) is True
    timer.join()
    mailbox.close()


def test_a_server_without_idle_is_asked_at_the_end(inbox_settings: Callable[..., Any], stop: threading.Event) -> None:
    def selected(uidnext: int) -> list[str]:
        return ["* 3 EXISTS", "* OK [UIDVALIDITY 7] fine", f"* OK [UIDNEXT {uidnext}] fine", "TAG OK done"]

    script = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1", "TAG OK done"],
        "EXAMINE": [selected(10)] * 4 + [selected(11)],
        "UID SEARCH": ["* SEARCH", "TAG OK done"],
    }
    server = ScriptedServer("* PREAUTH hello", script, ["TAG OK done"])
    mailbox = ImapMailbox(inbox_settings(server.port, user=""))
    all_of(mailbox)  # selects at the opening and at the look
    assert mailbox.wait(0.05, stop) is False  # before and after
    assert mailbox.wait(LONG, stop) is True
    mailbox.close()
    server.close()
    assert "IDLE" not in server.commands


def test_a_server_that_ends_wakes_the_waiter_with_an_error(own_inbox: Inbox, stop: threading.Event) -> None:
    mailbox = ImapMailbox(own_inbox.settings())
    all_of(mailbox)
    timer = after(0.1, own_inbox.server.kill)
    with pytest.raises(TryLater):
        mailbox.wait(LONG, stop)
    timer.join()
    mailbox.close()
