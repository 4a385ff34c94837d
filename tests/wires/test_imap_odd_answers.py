"""Answers that no server should give and some do: nothing is taken for a message that is none, and none is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailbot.errors import GiveUp, MailbotError, TryLater
from mailbot.imap import ImapMailbox
from tests.servers.script import END, ScriptedServer

SELECTED = ["* 3 EXISTS", "* OK [UIDVALIDITY 7] fine", "* OK [UIDNEXT 10] fine", "TAG OK done"]
FOUND = ["* SEARCH 9", "TAG OK done"]
SIZE = ["* 1 FETCH (UID 9 RFC822.SIZE 3)", "TAG OK done"]
BODY = ["* 1 FETCH (UID 9 BODY[] {3}", b"abc)\r\n", "TAG OK done"]

Make = Callable[..., ImapMailbox]


@pytest.fixture
def mailbox_on(inbox_settings: Callable[..., Any]) -> Iterator[Make]:
    """Make a mailbox on a server with message 9 that answers normally but for what a test says."""
    servers: list[ScriptedServer] = []
    made: list[ImapMailbox] = []

    def make(script: dict[str, Any], **changes: object) -> ImapMailbox:
        usual: dict[str, Any] = {
            "CAPABILITY": ["* CAPABILITY IMAP4rev1 IDLE", "TAG OK done"], "EXAMINE": SELECTED, "UID SEARCH": FOUND,
            "UID FETCH 9 (RFC822.SIZE)": SIZE, "UID FETCH 9 (BODY.PEEK[])": BODY,
            "UID FETCH 9 (BODY.PEEK[HEADER]": ["* 1 FETCH (UID 9 BODY[HEADER]<0> {4}", b"h:v\n)\r\n", "TAG OK done"],
        }  # fmt: skip
        server = ScriptedServer("* PREAUTH hello", {**usual, **script}, ["TAG OK done"])
        servers.append(server)
        changes = {"timeout": 1, "user": "", **changes}
        made.append(ImapMailbox(inbox_settings(server.port, **changes)))
        return made[-1]

    yield make
    for mailbox in made:
        mailbox.close()
    for server in servers:
        server.close()


def look(mailbox: ImapMailbox, known: set[int] | None = None) -> list[bytes]:
    """Open if needed, look once, and return what came."""
    mailbox.open()
    return [one.raw for some in mailbox.fetch_new(known or set()) for one in some]


def looks(mailbox: ImapMailbox, times: int) -> list[object]:
    """Look several times as a worker does, and return what came of each: messages, or the error's name."""
    results: list[object] = []
    for _ in range(times):
        try:
            results.append(look(mailbox))
        except MailbotError as error:
            results.append(type(error).__name__)
    return results


def test_the_script_itself_is_sound(mailbox_on: Make) -> None:
    assert looks(mailbox_on({}), 1) == [[b"abc"]]


@pytest.mark.parametrize(
    "odd",
    [
        ["* 1 FETCH (UID 9 BODY[] NIL)", "TAG OK done"],
        ["* 9 FETCH (FLAGS (\\Seen))", "TAG OK done"],
        ["TAG OK done"],
        ["* 1 FETCH (UID 8 BODY[] {3}", b"abc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[TEXT] {3}", b"abc)\r\n", "TAG OK done"],
        ["* 1 FETCH (UID 9 BODY[] {3}", b"abc)\r\n", "TAG NO [SERVERBUG] not all of it"],
    ],
    ids=["nil", "only flags", "nothing", "another message", "another section", "no after data"],
)
def test_what_is_no_body_is_no_message_and_is_asked_for_again(mailbox_on: Make, odd: list[Any]) -> None:
    assert looks(mailbox_on({"UID FETCH 9 (BODY.PEEK[])": [odd, BODY]}), 2) == [[], [b"abc"]]


@pytest.mark.parametrize(
    "odd",
    [
        ["* BYE too many"],
        ["* BYE too many", END],
        ["* 1 FETCH (UID 9 BODY[] {10}", b"abc"],
        ["* 1 FETCH (UID 9 BODY[] {10}", b"abc", END],
        [END],
        [],
        ["TAG BAD what?"],
        ["* 1 FETCH (UID", "TAG OK done"],
        ["* 1 FETCH )(", "TAG OK done"],
        ["* 1 FETCH (UID x BODY[] NIL)", "TAG OK done"],
        ["T9999 OK somebody else's"],
        [b"\x00\xff\r\n"],
        [b"* 1 FETCH (UID 9 BODY[] {99999999999999999999}\r\n", END],
        [b"* OK " + b"x" * 1_100_000 + b"\r\n", "TAG OK done"],
    ],
    ids=["bye", "bye and gone", "stalled literal", "cut literal", "gone", "silence", "bad", "half a list", "brackets",
         "no number", "another's tag", "binary", "huge literal", "endless line"],
)  # fmt: skip
def test_what_breaks_the_protocol_ends_the_connection_and_the_next_one_reads_on(
    mailbox_on: Make, odd: list[Any]
) -> None:
    assert looks(mailbox_on({"UID FETCH 9 (BODY.PEEK[])": [odd, BODY]}), 2) == ["TryLater", [b"abc"]]


def test_unasked_flags_beside_the_body_do_no_harm(mailbox_on: Make) -> None:
    both = ["* 9 FETCH (FLAGS (\\Seen))", *BODY]
    assert looks(mailbox_on({"UID FETCH 9 (BODY.PEEK[])": both}), 1) == [[b"abc"]]


@pytest.mark.parametrize(
    "odd", [["TAG OK no answer"], ["* SEARCH", "TAG OK done"]], ids=["no answer", "an empty answer"]
)
def test_a_search_without_numbers_finds_nothing(mailbox_on: Make, odd: list[Any]) -> None:
    assert looks(mailbox_on({"UID SEARCH": [odd, FOUND]}), 2) == [[], [b"abc"]]


def test_an_older_message_in_answer_to_a_newer_range_is_not_read_again(mailbox_on: Make) -> None:
    mailbox = mailbox_on({"UID SEARCH": [["* SEARCH 9", "TAG OK done"], ["* SEARCH 3 9", "TAG OK done"]]})
    assert look(mailbox) == [b"abc"]
    assert look(mailbox, {9}) == []


def test_a_poisoned_message_is_taken_by_its_header_after_three_looks_and_holds_no_other_up(mailbox_on: Make) -> None:
    script = {
        "UID SEARCH": ["* SEARCH 8 9", "TAG OK done"],
        "UID FETCH 8,9 (RFC822.SIZE)": [
            "* 1 FETCH (UID 8 RFC822.SIZE 3)", "* 2 FETCH (UID 9 RFC822.SIZE 3)", "TAG OK done",
        ],
        "UID FETCH 8 (RFC822.SIZE)": ["* 1 FETCH (UID 8 RFC822.SIZE 3)", "TAG OK done"],
        "UID FETCH 8,9 (BODY.PEEK[])": ["* 1 FETCH ((((", "TAG OK done"],
        "UID FETCH 8 (BODY.PEEK[])": ["* 1 FETCH ((((", "TAG OK done"],
        "UID FETCH 8 (BODY.PEEK[HEADER]": ["* 1 FETCH (UID 8 BODY[HEADER]<0> {4}", b"h:v\n)\r\n", "TAG OK done"],
    }  # fmt: skip
    assert looks(mailbox_on(script), 4) == ["TryLater", "TryLater", "TryLater", [b"h:v\n", b"abc"]]


def test_a_server_that_refuses_a_list_gives_its_messages_one_by_one(mailbox_on: Make) -> None:
    script = {
        "UID SEARCH": ["* SEARCH 8 9", "TAG OK done"],
        "UID FETCH 8,9 (RFC822.SIZE)": [
            "* 1 FETCH (UID 8 RFC822.SIZE 3)", "* 2 FETCH (UID 9 RFC822.SIZE 3)", "TAG OK done",
        ],
        "UID FETCH 8,9 (BODY.PEEK[])": ["TAG NO one of them is broken"],
        "UID FETCH 8 (BODY.PEEK[])": ["TAG NO this one"],
    }  # fmt: skip
    assert looks(mailbox_on(script), 1) == [[b"abc"]]


def test_a_message_that_can_never_be_had_is_left_alone_in_the_end(mailbox_on: Make) -> None:
    never = ["* 1 FETCH (UID 9 BODY[] NIL)", "TAG OK done"]
    mailbox = mailbox_on({"UID FETCH 9 (BODY.PEEK[])": never, "UID FETCH 9 (BODY.PEEK[HEADER]": ["TAG OK done"]})
    assert looks(mailbox, 8) == [[]] * 8


def test_a_mailbox_made_anew_is_noticed_and_read_from_its_start(mailbox_on: Make) -> None:
    anew = ["* 3 EXISTS", "* OK [UIDVALIDITY 8] fine", "* OK [UIDNEXT 10] fine", "TAG OK done"]
    mailbox = mailbox_on({"EXAMINE": [SELECTED, SELECTED, anew]})
    assert mailbox.open() == 7
    assert look(mailbox) == [b"abc"]
    with pytest.raises(TryLater, match="UIDVALIDITY"):
        list(mailbox.fetch_new({9}))
    assert mailbox.open() == 8
    assert look(mailbox) == [b"abc"]


def test_idle_that_tells_of_news_before_it_begins_is_understood(mailbox_on: Make, stop: Any) -> None:
    mailbox = mailbox_on({"IDLE": ["* 4 EXISTS", "+ idling"], "DONE": ["TAG OK done"]})
    look(mailbox)
    assert mailbox.wait(5, stop) is True


def test_idle_that_is_refused_becomes_asking_at_intervals(mailbox_on: Make, stop: Any) -> None:
    mailbox = mailbox_on({"IDLE": ["TAG NO not today"]})
    look(mailbox)
    assert mailbox.wait(0.1, stop) is False
    assert look(mailbox, {9}) == []


def test_idle_whose_news_come_in_two_packets_is_understood(mailbox_on: Make, stop: Any) -> None:
    script = {"IDLE": ["+ idling", 0.05, b"* 4 EXI", 0.05, b"STS\r\n"], "DONE": ["TAG OK done"]}
    mailbox = mailbox_on(script)
    look(mailbox)
    assert mailbox.wait(5, stop) is True


def test_idle_that_only_says_that_it_lives_goes_on(mailbox_on: Make, stop: Any) -> None:
    script = {"IDLE": [["+ idling", "* OK still here"], ["+ idling", 0.05, "* 4 EXISTS"]], "DONE": ["TAG OK done"]}
    mailbox = mailbox_on(script)
    look(mailbox)
    assert mailbox.wait(5, stop) is True


def test_idle_on_a_connection_that_ends_is_noticed_at_once(mailbox_on: Make, stop: Any) -> None:
    mailbox = mailbox_on({"IDLE": ["+ idling", 0.05, END]})
    look(mailbox)
    with pytest.raises(TryLater):
        mailbox.wait(60, stop)
    assert look(mailbox, {9}) == []


def test_no_mail_is_logged_even_at_debug(mailbox_on: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert looks(mailbox_on({}), 1) == [[b"abc"]]
    assert "abc" not in caplog.text


def test_a_folder_that_vanishes_between_two_looks_is_named(mailbox_on: Make) -> None:
    mailbox = mailbox_on({"EXAMINE": [SELECTED, SELECTED, ["TAG NO [NONEXISTENT] gone"]]})
    look(mailbox)
    with pytest.raises(GiveUp, match="NONEXISTENT"):
        list(mailbox.fetch_new(set()))
