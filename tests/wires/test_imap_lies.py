"""Servers that lie about what they have, say more than asked, or take for ever: nothing lost, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from mailbot.errors import TryLater
from mailbot.imap import reading
from mailbot.smtp import SmtpSession
from tests.conftest import smtp_settings
from tests.servers.script import END, ScriptedServer
from tests.wires.test_imap_odd_answers import BODY, FOUND, SELECTED, SIZE, Make, look, looks, mailbox_on

__all__ = ["mailbox_on"]

TWO: dict[str, list[Any]] = {
    "UID SEARCH": ["* SEARCH 8 9", "TAG OK done"],
    "UID FETCH 8,9 (RFC822.SIZE)": [
        "* 1 FETCH (UID 8 RFC822.SIZE 3)", "* 2 FETCH (UID 9 RFC822.SIZE 3)", "TAG OK done",
    ],
    "UID FETCH 8 (RFC822.SIZE)": ["* 1 FETCH (UID 8 RFC822.SIZE 3)", "TAG OK done"],
    "UID FETCH 8,9 (BODY.PEEK[])": [
        "* 1 FETCH (UID 8 BODY[] {3}", b"xyz)\r\n", "* 2 FETCH (UID 9 BODY[] {3}", b"abc)\r\n", "TAG OK done",
    ],
    "UID FETCH 8 (BODY.PEEK[])": ["* 1 FETCH (UID 8 BODY[] {3}", b"xyz)\r\n", "TAG OK done"],
}  # fmt: skip
"""A server with two messages."""


def test_two_messages_are_two(mailbox_on: Make) -> None:
    assert looks(mailbox_on(TWO), 1) == [[b"xyz", b"abc"]]


def test_a_message_that_is_expunged_while_its_neighbour_is_fetched_hides_nobody(mailbox_on: Make) -> None:
    """RFC 9051 section 7.5.1 forbids it, some servers do it: numbers move in the middle of the answer."""
    odd = ["* 1 FETCH (UID 8 BODY[] {3}", b"xyz)\r\n", "* 1 EXPUNGE", "* 1 FETCH (UID 9 BODY[] {3}", b"abc)\r\n",
           "TAG OK done"]  # fmt: skip
    assert looks(mailbox_on({**TWO, "UID FETCH 8,9 (BODY.PEEK[])": odd}), 1) == [[b"xyz", b"abc"]]


def test_news_of_all_kinds_in_the_middle_of_an_answer_does_no_harm(mailbox_on: Make) -> None:
    odd = ["* 7 EXISTS", "* 3 RECENT", "* OK [ALERT] quota", "* 1 FETCH (UID 8 FLAGS (\\Seen))", "* FLAGS (\\Seen)",
           *TWO["UID FETCH 8,9 (BODY.PEEK[])"][:2], "* VANISHED 3:4", *TWO["UID FETCH 8,9 (BODY.PEEK[])"][2:4],
           "* 9 FETCH (UID 9 FLAGS ())", "TAG OK done"]  # fmt: skip
    assert looks(mailbox_on({**TWO, "UID FETCH 8,9 (BODY.PEEK[])": odd}), 1) == [[b"xyz", b"abc"]]


def test_a_body_that_lacks_its_uid_is_asked_for_again(mailbox_on: Make) -> None:
    odd = [["* 1 FETCH (BODY[] {3}", b"abc)\r\n", "TAG OK done"], BODY]
    results = looks(mailbox_on({"UID FETCH 9 (BODY.PEEK[])": odd}), 2)
    assert results[-1] == [b"abc"]
    assert results[0] in ([], "TryLater")


@pytest.mark.parametrize(
    "odd",
    [
        ["* 1 FETCH (UID 9 BODY[] {2}", b"abc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {1}", b"a b c)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {0}", b"a bc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {5}", b"abc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {18}", b"abc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {60}", b"abc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {3}", b"abc", "TAG OK done"],
    ],
    ids=["too small", "far too small", "nothing", "too large", "swallows the end", "beyond the end", "no bracket"],
)
def test_a_literal_of_the_wrong_size_is_not_taken_for_the_message(mailbox_on: Make, odd: list[Any]) -> None:
    results = looks(mailbox_on({"UID FETCH 9 (BODY.PEEK[])": [odd, BODY]}), 2)
    assert results[-1] == [b"abc"]
    assert results[0] in ([], "TryLater")


@pytest.mark.parametrize("exists", [0, 1, 25_000, 4_000_000_000])
def test_a_lie_about_how_many_there_are_hides_none(mailbox_on: Make, exists: int) -> None:
    lie = [f"* {exists} EXISTS", *SELECTED[1:]]
    usual = {"FETCH": ["TAG BAD Invalid messageset"]}
    results = looks(mailbox_on({**usual, "EXAMINE": lie}), 3)
    assert [b"abc"] in results


def test_a_search_that_names_what_is_not_there_is_no_message(mailbox_on: Make) -> None:
    script = {
        "UID SEARCH": ["* SEARCH 9 4711 4712", "TAG OK done"],
        "UID FETCH 9,4711,4712 (RFC822.SIZE)": SIZE,
    }
    assert looks(mailbox_on(script), 2) == [[b"abc"], [b"abc"]]


@pytest.mark.parametrize("found", ["* SEARCH 9 9 9", "* SEARCH 9 0", "* SEARCH 9 99999999999999999999"])
def test_a_search_with_numbers_that_mean_nothing_yields_each_message_once(mailbox_on: Make, found: str) -> None:
    script = {"UID SEARCH": [[found, "TAG OK done"], FOUND], "UID FETCH 9,": SIZE}
    assert looks(mailbox_on(script), 1) == [[b"abc"]]


def test_one_message_twice_in_an_answer_is_one(mailbox_on: Make) -> None:
    assert looks(mailbox_on({"UID FETCH 9 (BODY.PEEK[])": [*BODY[:2], *BODY]}), 1) == [[b"abc"]]


@pytest.mark.parametrize("command", ["CAPABILITY", "EXAMINE", "UID SEARCH", "UID FETCH 9 (RFC822.SIZE)"])
@pytest.mark.parametrize("odd", [["* BYE going down"], ["* BYE going down", END], [END], ["TAG BAD what?"]])
def test_a_farewell_at_any_command_is_followed_by_a_connection_that_reads_on(
    mailbox_on: Make, command: str, odd: list[Any]
) -> None:
    usual = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1 IDLE", "TAG OK done"], "EXAMINE": SELECTED, "UID SEARCH": FOUND,
        "UID FETCH 9 (RFC822.SIZE)": SIZE,
    }  # fmt: skip
    results = looks(mailbox_on({command: [odd, usual[command]]}), 2)
    assert results[-1] == [b"abc"]
    assert results[0] == "TryLater"


def test_a_size_that_is_a_lie_does_not_change_the_message(mailbox_on: Make) -> None:
    lie = ["* 1 FETCH (UID 9 RFC822.SIZE 99)", "TAG OK done"]
    assert looks(mailbox_on({"UID FETCH 9 (RFC822.SIZE)": lie}), 1) == [[b"abc"]]


def test_a_message_that_can_never_be_had_is_told_of_by_its_place(
    mailbox_on: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = ["* 1 FETCH (UID 8 BODY[] NIL)", "TAG OK done"]
    script = {
        **TWO, "UID FETCH 8,9 (BODY.PEEK[])": [*never[:1], *TWO["UID FETCH 8,9 (BODY.PEEK[])"][2:]],
        "UID FETCH 8 (BODY.PEEK[])": never, "UID FETCH 8 (BODY.PEEK[HEADER]": ["TAG OK done"],
    }  # fmt: skip
    mailbox = mailbox_on(script)
    monkeypatch.setattr(reading, "LAST_TRY", 3600.0)
    assert [look(mailbox, {9} if n else set()) for n in range(9)] == [[b"abc"]] + 8 * [[]]
    monkeypatch.setattr(reading, "LAST_TRY", 0.0)
    assert look(mailbox, {9}) == []  # once more, an hour later
    told = [one for some in mailbox.fetch_new({9}) for one in some]
    assert [(one.uid, one.truncated, b"8" in one.raw) for one in told] == [(8, True, True)]


def drip(first: str, octets: int = 2000) -> list[Any]:
    """Return an answer of which each octet comes within the time-out, and the whole never."""
    return [first, *(part for _ in range(octets) for part in (b"x", 0.05))]


def test_a_server_that_hands_out_one_octet_at_a_time_is_given_up(mailbox_on: Make) -> None:
    odd = drip("* 1 FETCH (UID 9 BODY[] {9000}")
    mailbox = mailbox_on({"UID FETCH 9 (BODY.PEEK[])": [odd, BODY]}, timeout=0.1)
    with pytest.raises(TryLater, match="too slow"):
        look(mailbox)
    assert look(mailbox) == [b"abc"]


def test_a_wait_for_news_is_not_taken_for_an_answer_without_an_end(mailbox_on: Make, stop: Any) -> None:
    script = {"IDLE": ["+ idling", 3.0, "* 4 EXISTS"], "DONE": ["TAG OK done"]}
    mailbox = mailbox_on(script, timeout=0.1)
    look(mailbox)
    assert mailbox.wait(60, stop) is True


def test_a_receiver_that_hands_out_its_reply_one_octet_at_a_time_is_given_up() -> None:
    server = ScriptedServer("220 hello", {}, drip("250-receiver.example"))
    session = SmtpSession(smtp_settings(server.port, timeout=0.2))
    with pytest.raises(TryLater):
        session.open()
    session.close()
    server.close()
