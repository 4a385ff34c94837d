"""Whatever breaks, the outcome is the truth: not begun, refused, accepted, or in doubt where nobody can know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from mailbot.errors import GiveUp, InDoubt, MailbotError, Pause, TryLater
from mailbot.smtp import SmtpSession
from tests.conftest import smtp_settings
from tests.servers.proxy import Break, Direction, FaultProxy
from tests.servers.smtp import SmtpServer, Then
from tests.wires.test_smtp_session import FROM, MAIL, TO, MakeSession, send, session_on

__all__ = ["session_on"]  # a fixture from there

STAGES = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"]
MakeProxy = Callable[[int], FaultProxy]


def outcome(session: SmtpSession) -> str:
    """Send one message and say what mailbot would write down."""
    try:
        session.open()
        session.offer(FROM, [TO], MAIL, "id-1")
    except (TryLater, GiveUp):
        return "not begun"
    try:
        session.finish()
    except InDoubt:
        return "in doubt"
    except (TryLater, GiveUp):
        return "refused"
    return "accepted"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("then", ["reset", "end"])
def test_a_connection_that_ends_before_the_dot_is_tried_later(
    smtp_server: SmtpServer, session_on: MakeSession, stage: str, then: Then
) -> None:
    smtp_server.fault(stage, then=then)
    session = session_on(smtp_server.port)
    assert outcome(session) in ("not begun", "in doubt")  # a text is taken by the system before it says who is gone
    assert outcome(session) == "accepted"
    session.close()
    smtp_server.settle()
    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("stage", STAGES[1:-1])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("421 4.3.2 shutting down", TryLater),
        ("451 4.7.1 greylisted, try again later", TryLater),
        ("432 4.3.2 concurrent connections limit exceeded", TryLater),
        ("550 5.4.5 daily user sending limit exceeded", TryLater),
        ("550 5.7.1 not from you", GiveUp),
        ("554-5.7.1 several\r\n554 5.7.1 lines", GiveUp),
        ("250-never\r\n550 mixed", TryLater),
        ("hello?", TryLater),
        ("199 too low", TryLater),
        ("999 too high", TryLater),
        ("2500 too long", TryLater),
        ("220 something else", TryLater),
        ("250-" + "x" * 9000, TryLater),
        ("\r\n".join(["250-again"] * 300), TryLater),
    ],
)
def test_a_refusal_before_the_dot_is_what_its_code_says(
    smtp_server: SmtpServer, session_on: MakeSession, stage: str, reply: str, expected: type[MailbotError]
) -> None:
    if stage == "MAIL" and expected is GiveUp:
        expected = Pause  # it refuses us, not the message
    if stage == "EHLO":  # then HELO is tried
        smtp_server.fault("HELO", reply=reply)
    smtp_server.fault(stage, reply=reply)
    session = session_on(smtp_server.port)
    with pytest.raises(expected):
        send(session)
    assert smtp_server.messages == []
    send(session)
    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("554 5.7.1 you are on a list", GiveUp), ("421 4.7.0 too busy", TryLater), ("220-hm\r\n554 no", TryLater),
        ("SSH-2.0-OpenSSH_9", TryLater), ("* OK IMAP ready", TryLater), ("250 wrong", TryLater),
    ],
)  # fmt: skip
def test_a_greeting_that_is_none_is_no_connection(
    smtp_server: SmtpServer, session_on: MakeSession, reply: str, expected: type[MailbotError]
) -> None:
    smtp_server.fault("CONNECT", reply=reply)
    with pytest.raises(expected):
        session_on(smtp_server.port).open()


def test_what_the_provider_counts_is_waited_for(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    session = session_on(smtp_server.port)
    waits: list[timedelta | None] = []
    for reply in (
        "432 4.3.2 slow down",
        "421 4.7.0 slow down",
        "550 5.4.5 enough for today",
        "451 4.7.1 greylisted",
    ):
        smtp_server.fault("MAIL", reply=reply)
        with pytest.raises(TryLater) as caught:
            send(session)
        waits.append(caught.value.after)
    assert waits == [timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=1), None]


WHOM = [
    # stage, reply, what it speaks of: us (Pause), this message for good (GiveUp) or for now (TryLater)
    ("MAIL", "550 5.7.1 you are not welcome", Pause), ("MAIL", "553 5.1.8 sender's domain is unknown", Pause),
    ("MAIL", "451 4.3.0 temporary failure", Pause), ("MAIL", "452 4.3.1 insufficient system storage", Pause),
    ("MAIL", "530 5.7.57 client not authenticated", Pause), ("MAIL", "503 5.5.1 you first", Pause),
    ("MAIL", "552 5.3.4 message size exceeds limit", GiveUp), ("MAIL", "550 5.6.7 no such letters here", GiveUp),
    ("RCPT", "550 5.1.1 no such user", GiveUp), ("RCPT", "554 5.7.1 <a@b.example>: Relay access denied", Pause),
    ("RCPT", "550 5.7.1 they do not accept mail from outside", GiveUp), ("RCPT", "452 4.2.2 mailbox full", TryLater),
    ("RCPT", "450 4.7.1 try again in five minutes", TryLater), ("RCPT", "451 4.7.500 server busy", Pause),
    ("RCPT", "450 4.2.1 this user receives mail at too high a rate", TryLater),
    ("RCPT", "450 4.7.0 greylisted by postgrey", TryLater), ("RCPT", "550 5.2.1 daily receiving limit", GiveUp),
    ("DATA", "451 4.7.1 too many messages, slow down", Pause), ("DATA", "451 4.3.0 not now", TryLater),
    ("DOT", "554 5.7.1 this looks like spam", GiveUp), ("DOT", "550 5.7.60 may not send as this sender", Pause),
    ("DOT", "554 5.2.0 SubmissionQuotaExceededException; sender", Pause), ("DOT", "451 4.7.28 unusual rate", Pause),
    ("DOT", "432 4.3.2 concurrent connections", Pause), ("DOT", "452 4.3.1 out of memory", TryLater),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "reply", "expected"), WHOM)
def test_a_refusal_of_us_is_told_from_one_of_the_message(
    smtp_server: SmtpServer, session_on: MakeSession, stage: str, reply: str, expected: type[MailbotError]
) -> None:
    smtp_server.fault(stage, reply=reply)
    session = session_on(smtp_server.port)
    with pytest.raises(MailbotError) as caught:
        send(session)
    assert (type(caught.value), smtp_server.messages) == (expected, [])
    send(session)
    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("then", ["reset", "end"])
@pytest.mark.parametrize("raw", [b"", b"2", b"25", b"250", b"250 2.0.0 fi", b"250-2.0.0 a\r\n", b"5", b"55", b"550"])
def test_a_connection_that_ends_after_the_dot_leaves_the_message_in_doubt(
    smtp_server: SmtpServer, session_on: MakeSession, stored: bool, then: Then, raw: bytes
) -> None:
    smtp_server.fault("DOT", store=stored, raw=raw, then=then)
    session = session_on(smtp_server.port)
    assert outcome(session) == "in doubt"
    assert outcome(session) == "accepted"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("250 fine", "accepted"), ("250", "accepted"), ("250-2.0.0 a\r\n250 2.0.0 b", "accepted"),
        ("451 4.3.0 disk full", "refused"), ("452 4.3.1", "refused"), ("550 5.7.1 spam", "refused"),
        ("554-5.7.1 spam\r\n554 5.7.1 really", "refused"), ("599 no", "refused"),
        ("421 4.4.0 connection to the next server lost", "in doubt"), ("421 bye", "in doubt"),
        ("451 4.4.2 timeout", "in doubt"), ("450 4.4.1 no answer from host", "in doubt"),
        ("251 elsewhere", "in doubt"), ("200", "in doubt"), ("354 go on", "in doubt"), ("hello", "in doubt"),
        ("25", "in doubt"), ("250-a\r\n550 b", "in doubt"), ("2500", "in doubt"), (" 250", "in doubt"),
        ("600 what", "in doubt"), ("+250", "in doubt"), ("25O fine", "in doubt"),
    ],
)  # fmt: skip
def test_the_answer_to_the_dot_is_believed_only_when_it_is_clear(
    smtp_server: SmtpServer, session_on: MakeSession, reply: str, expected: str
) -> None:
    smtp_server.fault("DOT", reply=reply, store=True)
    assert outcome(session_on(smtp_server.port)) == expected


def test_silence_after_the_dot_leaves_the_message_in_doubt(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    smtp_server.fault("DOT", store=True, stall=3600)
    session = session_on(smtp_server.port, after_dot=0.2)
    assert outcome(session) == "in doubt"


def test_a_slow_answer_after_the_dot_is_waited_for_beyond_the_usual_time_out(
    smtp_server: SmtpServer, session_on: MakeSession
) -> None:
    smtp_server.fault("DOT", stall=1.5)
    assert outcome(session_on(smtp_server.port, after_dot=30, timeout=1)) == "accepted"


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_silence_before_the_dot_is_tried_later(smtp_server: SmtpServer, session_on: MakeSession, stage: str) -> None:
    smtp_server.fault(stage, stall=3600)
    with pytest.raises(TryLater, match="in time"):
        send(session_on(smtp_server.port, timeout=0.1))
    assert smtp_server.messages == []


def test_a_server_that_breaks_off_a_long_text_says_why(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    smtp_server.fault("TEXT", reply="552 5.3.4 too large", then="end")
    session = session_on(smtp_server.port)
    with pytest.raises(GiveUp, match="too large"):
        send(session, MAIL + b"x" * 3_000_000)


def test_a_refusal_that_comes_before_the_dot_was_sent_is_no_acceptance(
    smtp_server: SmtpServer, session_on: MakeSession
) -> None:
    smtp_server.fault("TEXT", reply="250 2.0.0 queued, honestly")
    session = session_on(smtp_server.port)
    with pytest.raises(TryLater):
        send(session, MAIL + b"x" * 300_000)


def test_a_server_that_restarted_is_found_again(smtp_server: SmtpServer, session_on: MakeSession) -> None:
    session = session_on(smtp_server.port)
    send(session)
    smtp_server.stop()
    with pytest.raises(TryLater, match="does not accept"):
        session.open()
    smtp_server.start()
    send(session)
    assert len(smtp_server.messages) == 2


def test_a_connection_that_the_server_closed_meanwhile_is_replaced_before_the_next_message(
    smtp_server: SmtpServer, session_on: MakeSession
) -> None:
    session = session_on(smtp_server.port)
    send(session)
    smtp_server.stop()
    smtp_server.start()
    assert outcome(session) == "accepted"
    assert smtp_server.sessions == 2


def test_a_peer_that_vanished_without_a_word_is_given_up(
    smtp_server: SmtpServer, session_on: MakeSession, make_proxy: MakeProxy
) -> None:
    proxy = make_proxy(smtp_server.port)
    session = session_on(proxy.port, timeout=1, after_dot=0.5)
    send(session)
    proxy.freeze()
    assert outcome(session) == "not begun"
    proxy.thaw()
    assert outcome(session) == "accepted"
    session.open()
    session.offer(FROM, [TO], MAIL, "")
    proxy.freeze()
    with pytest.raises(InDoubt):
        session.finish()
    proxy.thaw()


def test_a_session_that_lost_its_sign_in_signs_in_again(
    make_smtp_server: Callable[..., SmtpServer], session_on: MakeSession
) -> None:
    server = make_smtp_server()
    server.fault("MAIL", reply="530 5.7.57 client not authenticated")
    session = session_on(server.port)
    with pytest.raises(TryLater, match="sign-in"):
        send(session)
    send(session)
    assert server.sessions == 2


def test_an_idle_connection_is_asked_whether_it_lives(
    smtp_server: SmtpServer, session_on: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on(smtp_server.port)
    send(session)
    monkeypatch.setattr("mailbot.smtp.session.ASK_AFTER", 0.0)
    send(session)
    assert smtp_server.commands.count("RSET") == 1
    smtp_server.fault("RSET", reply="421 4.4.2 idle for too long", then="end")
    send(session)
    assert smtp_server.sessions == 2


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("direction", ["to server", "to client"])
def test_wherever_the_connection_is_cut_the_outcome_is_the_truth(
    smtp_server: SmtpServer, make_proxy: MakeProxy, direction: Direction, how: Break
) -> None:
    proxy = make_proxy(smtp_server.port)
    whole = SmtpSession(smtp_settings(proxy.port), after_dot=5)
    assert outcome(whole) == "accepted"
    whole.close()
    proxy.settle()
    length = proxy.passed[direction]
    seen: set[str] = set()
    for place in range(length + 2):
        before = len(smtp_server.messages)
        proxy.cut(direction, place, how)
        session = SmtpSession(smtp_settings(proxy.port), after_dot=5)
        told = outcome(session)
        session.close()
        proxy.settle()
        smtp_server.settle()
        taken = len(smtp_server.messages) - before
        assert taken in (0, 1)
        assert told != "accepted" or taken == 1, f"cut {direction} at {place}: told accepted, and it was not"
        assert told not in ("refused", "not begun") or taken == 0, (
            f"cut {direction} at {place}: {told}, but it was taken"
        )
        seen.add(told)
    assert {"not begun", "in doubt", "accepted"} <= seen
