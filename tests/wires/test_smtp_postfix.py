"""A real Postfix between mailbot and the receiver: what the protocol's keepers understand by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mailbot.errors import GiveUp
from tests.conftest import must_have
from tests.servers import postfix as postfix_program
from tests.servers.local import Certificate
from tests.servers.postfix import Postfix
from tests.servers.smtp import SmtpServer
from tests.wires.test_smtp_session import FROM, MakeSession, send, session_on

__all__ = ["session_on"]  # a fixture from there


HEADER = (
    b"From: rsvp@workers-network.example\r\nTo: awa@union.example\r\nDate: Tue, 16 Oct 2018 14:00:00 +0200\r\n"
    b"Message-ID: <1@workers-network.example>\r\nX-Mailbot-Id: guide 17\r\nSubject: dots\r\n"
)
"""With everything that a message needs, so that Postfix adds nothing below its Received."""


@dataclass(frozen=True)
class Relay:
    """A Postfix and the receiver that it passes everything on to."""

    port: int
    receiver: SmtpServer


@pytest.fixture(scope="module")
def relay(certificate: Certificate) -> Iterator[Relay]:
    """A Postfix that relays to a receiver."""
    must_have(postfix_program.program(), "Postfix", "postfix")
    if os.getuid() != 0:
        pytest.skip("Postfix's master runs as root only")
    receiver = SmtpServer()
    server = Postfix(certificate, receiver.port)
    yield Relay(server.port, receiver)
    server.close()
    receiver.close()


def test_what_postfix_passes_on_is_what_was_sent(
    relay: Relay, session_on: MakeSession, certificate: Certificate
) -> None:
    data = HEADER + "\r\n.\r\n..\r\nfin é\r\n".encode()
    before = len(relay.receiver.messages)
    session = session_on(relay.port, security="starttls", ca=certificate.cert)
    assert send(session, data, to=("étienne@union.example",)).startswith("250 2.0.0 Ok: queued as")
    assert send(session, data, to=("awa@münchen.example", "ana@union.example")).startswith("250")
    passed_on = relay.receiver.wait_for(before + 2)[before:]
    assert {frozenset(got.recipients) for got in passed_on} == {
        frozenset({"étienne@union.example"}),
        frozenset({"awa@xn--mnchen-3ya.example", "ana@union.example"}),
    }
    for got in passed_on:
        assert got.sender == FROM
        assert got.data.endswith(data)
        assert "ENVID=id-1@workers-network.example" in got.mail_parameters
        assert any("NOTIFY=FAILURE" in parameters for parameters in got.rcpt_parameters)


def test_postfix_says_what_it_takes_and_means_it(relay: Relay, session_on: MakeSession) -> None:
    before = len(relay.receiver.messages)
    session = session_on(relay.port)
    found = session.probe()
    assert (found["size_limit"], found["dsn"], found["smtputf8"]) == (1_000_000, True, True)
    with pytest.raises(GiveUp, match="takes 1000000"):
        send(session, b"Subject: large\r\n\r\n" + b"x" * 1_000_001)
    with pytest.raises(GiveUp, match="refuses"):
        send(session, to=("nobody@[999.1.1.1]",))
    send(session)
    assert len(relay.receiver.wait_for(before + 1)) == before + 1
