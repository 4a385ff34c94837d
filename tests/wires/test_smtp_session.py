"""Sending: what arrives is what was composed, and what can't be carried unharmed is not sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailbot.config import OAuth2, Secret
from mailbot.errors import GiveUp, InDoubt, TryLater
from mailbot.smtp import SmtpSession
from tests.conftest import smtp_settings
from tests.servers.local import Certificate
from tests.servers.script import END, ScriptedServer
from tests.servers.smtp import SmtpServer
from tests.servers.tokens import TokenServer

MAIL = b"From: rsvp@workers-network.example\r\nSubject: hello\r\n\r\nBonjour\r\n"
FROM, TO = "rsvp@workers-network.example", "awa@union.example"

MakeServer = Callable[..., SmtpServer]
MakeSession = Callable[..., SmtpSession]


@pytest.fixture
def session_on() -> Iterator[MakeSession]:
    """Make sessions that are closed in the end."""
    made: list[SmtpSession] = []

    def make(port: int, *, after_dot: float = 5, stop: threading.Event | None = None, **changes: Any) -> SmtpSession:
        made.append(SmtpSession(smtp_settings(port, **changes), after_dot=after_dot, stop=stop))
        return made[-1]

    yield make
    for session in made:
        session.close()


def send(session: SmtpSession, data: bytes = MAIL, to: tuple[str, ...] = (TO,), sender: str = FROM) -> str:
    """Send one message as the worker does."""
    session.open()
    session.offer(sender, to, data, "id-1@workers-network.example")
    return session.finish()


def test_a_message_arrives_as_it_was_composed_with_its_envelope(
    smtp_server: SmtpServer, session_on: MakeSession
) -> None:
    reply = send(session_on(smtp_server.port), to=(TO, "rsvp+copy@workers-network.example"))
    (got,) = smtp_server.messages
    assert reply == "250 2.0.0 queued as 1"
    assert got.data == MAIL
    assert got.sender == FROM
    assert got.recipients == (TO, "rsvp+copy@workers-network.example")
    assert got.mail_parameters == (f"SIZE={len(MAIL)}", "RET=HDRS", "ENVID=id-1@workers-network.example")
    assert got.rcpt_parameters == (("NOTIFY=FAILURE",), ("NOTIFY=FAILURE",))
    assert got.hello == "workers-network.example"


def test_without_a_name_to_greet_with_the_connections_own_address_is_one(
    smtp_server: SmtpServer, session_on: MakeSession
) -> None:
    send(session_on(smtp_server.port, helo=""))
    assert smtp_server.messages[0].hello == "[127.0.0.1]"


@pytest.mark.parametrize(
    "body",
    [b".", b"..\r\n", b".\r\n.\r\n", b"\r\n.\r\n", b"a\r\n..b\r\n.", b"", b"\r\n\r\n", b"x" * 70_000 + b"\r\n." * 9],
    ids=["dot", "dots", "dot lines", "dot alone", "dots within", "nothing", "empty lines", "long"],
)  # fmt: skip
def test_dots_arrive_as_they_are(smtp_server: SmtpServer, session_on: MakeSession, body: bytes) -> None:
    data = b"Subject: dots\r\n\r\n" + body
    send(session_on(smtp_server.port), data)
    assert smtp_server.messages[0].data == (data if data.endswith(b"\r\n") else data + b"\r\n")


@pytest.mark.parametrize("smuggled", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r.\r\n", b"\n.\r"])
def test_no_second_message_can_be_smuggled_in(
    smtp_server: SmtpServer, session_on: MakeSession, smuggled: bytes
) -> None:
    session = session_on(smtp_server.port)
    send(session, b"Subject: a\r\n\r\nfirst" + smuggled + b"MAIL FROM:<evil@x.example>\r\n")
    (got,) = smtp_server.messages
    assert got.data == b"Subject: a\r\n\r\nfirst\r\n.\r\nMAIL FROM:<evil@x.example>\r\n"


def test_one_connection_carries_many_messages(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    session = session_on(smtp_server.port)
    for _ in range(5):
        send(session)
    assert len(smtp_server.messages) == 5
    assert smtp_server.sessions == 1


def test_after_a_refused_recipient_the_same_connection_carries_the_next(
    smtp_server: SmtpServer, session_on: MakeSession
) -> None:
    session = session_on(smtp_server.port)
    smtp_server.fault("RCPT", reply="550 5.1.1 no such person")
    with pytest.raises(GiveUp, match=r"awa@union\.example"):
        send(session)
    send(session, to=("ana@union.example",))
    assert [got.recipients for got in smtp_server.messages] == [("ana@union.example",)]
    assert smtp_server.sessions == 1


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "a@", "@b", "a b@c.example", "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example\n", "a@b.example>",
        "<a@b.example>", "a@b.example SIZE=1", "a\x00@b.example", "a@b\x85.example", "a@b@c.example", "a,b@c.example",
        "a" * 400 + "@b.example", '"a\r\n"@b.example', "a@[1.2.3.4\r\n]",
    ],
)  # fmt: skip
def test_what_is_no_address_never_reaches_the_wire(
    smtp_server: SmtpServer, session_on: MakeSession, address: str
) -> None:
    session = session_on(smtp_server.port)
    session.open()
    with pytest.raises(GiveUp, match="no address"):
        session.offer(FROM, [address], MAIL, "")
    if address:
        with pytest.raises(GiveUp, match="no address"):
            session.offer(address, [TO], MAIL, "")
    assert not any(command.startswith(("MAIL", "RCPT")) for command in smtp_server.commands)


def test_odd_but_right_addresses_are_sent_to(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    odd = ('"a b\\"c>"@d.example', "o'neil+tag@d.example", "x@[127.0.0.1]", "awa@münchen.example")
    send(session_on(smtp_server.port), to=odd)
    assert smtp_server.commands[2:6] == [
        f"RCPT TO:<{address}> NOTIFY=FAILURE" for address in (*odd[:3], "awa@xn--mnchen-3ya.example")
    ]


def test_a_mail_without_recipients_is_none(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    with pytest.raises(GiveUp):
        send(session_on(smtp_server.port), to=())


def test_a_null_sender_is_written_as_one(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    send(session_on(smtp_server.port), sender="")
    assert smtp_server.commands[1].startswith("MAIL FROM:<> ")


def test_letters_beyond_ascii_need_smtputf8(make_smtp_server: MakeServer, session_on: MakeSession) -> None:
    server = make_smtp_server()
    send(session_on(server.port), to=("étienne@union.example",))
    assert server.messages[0].recipients == ("étienne@union.example",)
    assert "SMTPUTF8" in server.messages[0].mail_parameters
    send(session_on(server.port))
    assert "SMTPUTF8" not in server.messages[1].mail_parameters
    old = make_smtp_server(extensions=())
    with pytest.raises(GiveUp, match="SMTPUTF8"):
        send(session_on(old.port), to=("étienne@union.example",))
    with pytest.raises(GiveUp, match="SMTPUTF8"):
        send(session_on(old.port), "Subject: é\r\n\r\nx\r\n".encode())


def test_eight_bit_text_needs_8bitmime(make_smtp_server: MakeServer, session_on: MakeSession) -> None:
    text = "Subject: e\r\n\r\né\r\n".encode()
    server = make_smtp_server()
    send(session_on(server.port), text)
    assert "BODY=8BITMIME" in server.messages[0].mail_parameters
    with pytest.raises(GiveUp, match="8BITMIME"):
        send(session_on(make_smtp_server(extensions=()).port), text)


def test_a_message_over_the_servers_limit_is_not_begun(make_smtp_server: MakeServer, session_on: MakeSession) -> None:
    server = make_smtp_server(extensions=("SIZE 50",))
    with pytest.raises(GiveUp, match="takes 50"):
        send(session_on(server.port))
    assert not any(command.startswith("MAIL") for command in server.commands)
    send(session_on(make_smtp_server(extensions=("SIZE",)).port))
    send(session_on(make_smtp_server(extensions=("SIZE 0",)).port))


def test_a_server_without_extensions_gets_plain_commands(make_smtp_server: MakeServer, session_on: MakeSession) -> None:
    server = make_smtp_server()
    server.fault("EHLO", reply="502 5.5.1 what is EHLO?")
    send(session_on(server.port))
    assert server.commands[1:4] == ["helo workers-network.example", f"MAIL FROM:<{FROM}>", f"RCPT TO:<{TO}>"]


def test_the_envelope_id_can_hold_nothing_but_itself(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    session = session_on(smtp_server.port)
    session.open()
    session.offer(FROM, [TO], MAIL, "a+b=c d\r\né")
    session.finish()
    assert "ENVID=a+2Bb+3Dc+20d+0D+0A+C3+A9" in smtp_server.messages[0].mail_parameters
    session.offer(FROM, [TO], MAIL, "x" * 101)
    session.finish()
    assert not any("ENVID" in parameter for parameter in smtp_server.messages[1].mail_parameters)


@pytest.mark.parametrize("implicit", [True, False])
def test_tls_is_spoken_and_the_certificate_is_checked(
    make_smtp_server: MakeServer, session_on: MakeSession, certificate: Certificate, implicit: bool
) -> None:
    server = make_smtp_server(certificate=certificate, implicit_tls=implicit)
    security = "tls" if implicit else "starttls"
    with pytest.raises(GiveUp, match="can't be trusted"):
        send(session_on(server.port, security=security))
    with pytest.raises(GiveUp, match="can't be trusted"):
        send(session_on(server.port, host="127.1", security=security, ca=certificate.cert))
    session = session_on(server.port, security=security, ca=certificate.cert)
    send(session)
    send(session)  # also with what TLS itself sends meanwhile
    assert [got.tls for got in server.messages] == [True, True]


def test_without_starttls_nothing_goes_in_clear(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    with pytest.raises(GiveUp, match="STARTTLS"):
        send(session_on(smtp_server.port, security="starttls"))
    assert not any(command.startswith(("AUTH", "MAIL")) for command in smtp_server.commands)


def test_what_is_said_in_clear_beside_the_turn_to_tls_is_not_believed(session_on: MakeSession) -> None:
    injected = ["220 go", "250-evil", "250 AUTH PLAIN"]
    server = ScriptedServer(
        "220 hello",
        {"WORKERS": ["250-hello", "250 STARTTLS"], "STARTTLS": injected},
    )
    with pytest.raises(TryLater):
        session_on(server.port, security="starttls", user="anne", password=Secret("plain", "pw")).open()
    server.close()
    assert not any(command.startswith("PLAIN") for command in server.commands)


@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("LOGIN", "PLAIN", "CRAM-MD5")])
def test_a_password_signs_in(
    make_smtp_server: MakeServer, session_on: MakeSession, mechanisms: tuple[str, ...]
) -> None:
    server = make_smtp_server(users={"anne": "pässwörd "}, mechanisms=mechanisms)
    send(session_on(server.port, user="anne", password=Secret("plain", "pässwörd ")))
    assert server.messages[0].user == "anne"
    with pytest.raises(GiveUp, match="refuses the sign-in of anne: 535"):
        send(session_on(server.port, user="anne", password=Secret("plain", "wrong")))


def test_no_user_means_no_sign_in(make_smtp_server: MakeServer, session_on: MakeSession) -> None:
    server = make_smtp_server(users={"anne": "pw"})
    with pytest.raises(TryLater, match="sign-in"):
        send(session_on(server.port))
    assert not any(command.startswith("AUTH") for command in server.commands)


def test_a_server_without_a_known_sign_in_is_for_a_person(
    make_smtp_server: MakeServer, session_on: MakeSession
) -> None:
    server = make_smtp_server(users={"anne": "pw"}, mechanisms=("GSSAPI",))
    with pytest.raises(GiveUp, match="GSSAPI"):
        send(session_on(server.port, user="anne", password=Secret("plain", "pw")))


def test_a_sign_in_that_fails_for_now_is_tried_later(make_smtp_server: MakeServer, session_on: MakeSession) -> None:
    server = make_smtp_server(users={"anne": "pw"})
    server.fault("AUTH", reply="454 4.7.0 temporary authentication failure")
    session = session_on(server.port, user="anne", password=Secret("plain", "pw"))
    with pytest.raises(TryLater):
        send(session)
    send(session)


def test_a_token_signs_in_and_an_expired_one_is_replaced(
    make_smtp_server: MakeServer, session_on: MakeSession, token_server: TokenServer
) -> None:
    token_server.user = "anne"
    server = make_smtp_server(tokens=token_server.valid)
    oauth2 = OAuth2(provider="other", client_id="mailbot", token_url=token_server.url)
    session = session_on(server.port, user="anne", oauth2=oauth2)
    send(session)
    session.close()
    token_server.revoke()
    send(session)
    assert [got.user for got in server.messages] == ["anne", "anne"]
    assert len(token_server.requests) == 2
    session.close()
    token_server.user = "somebody-else"
    token_server.revoke()
    with pytest.raises(GiveUp, match="refuses the sign-in"):
        send(session)


def test_probing_says_what_is_there(
    make_smtp_server: MakeServer, session_on: MakeSession, certificate: Certificate
) -> None:
    server = make_smtp_server(certificate=certificate, users={"anne": "pw"})
    settings = {"security": "starttls", "ca": certificate.cert, "user": "anne", "password": Secret("plain", "pw")}
    found = session_on(server.port, **settings).probe()
    assert found["dsn"] is True
    assert found["smtputf8"] is True
    assert found["size_limit"] == 10_485_760
    assert found["sign_in"] == ["LOGIN", "PLAIN", "XOAUTH2"]
    assert str(found["tls"]).startswith("TLSv1.")


def test_the_bytes_between_commands_are_not_taken_for_replies(session_on: MakeSession) -> None:
    """A server that says 250 once too often must not have the dot's verdict shifted onto it."""
    server = ScriptedServer(
        "220 hello",
        {"": ["250 fine"], "WORKERS": ["250 hello"], "FROM": ["250 fine"], "TO": ["250 fine", "250 once too often"],
         "DATA": ["354 go on"], ".": [END]},
    )  # fmt: skip
    with pytest.raises(TryLater):
        send(session_on(server.port))
    server.close()


def test_the_dot_is_sent_only_after_a_message_was_offered(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    session = session_on(smtp_server.port)
    with pytest.raises(TryLater):
        session.finish()
    session.open()
    with pytest.raises(TryLater):
        session.finish()
    send(session)
    with pytest.raises(TryLater):
        session.finish()
    assert len(smtp_server.messages) == 1


def test_closing_after_an_offer_sends_nothing(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    session = session_on(smtp_server.port)
    session.open()
    session.offer(FROM, [TO], MAIL, "")
    session.close()
    smtp_server.settle()
    assert smtp_server.messages == []


def test_a_stop_shortens_the_wait_after_the_dot(
    smtp_server: SmtpServer, session_on: MakeSession, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.smtp.session.STOP_GRACE", 0.1)
    session = session_on(smtp_server.port, after_dot=3600, stop=stop)
    smtp_server.fault("DOT", stall=3600)
    session.open()
    session.offer(FROM, [TO], MAIL, "")
    stop.set()
    with pytest.raises(InDoubt):
        session.finish()
