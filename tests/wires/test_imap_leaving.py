"""What is done with recorded messages, and nothing beside it; and what the Sent folder proves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailbot.imap import ImapMailbox
from mailbot.imap.sent import SENT_NAMES, sent_folder
from tests.conftest import Inbox
from tests.servers.script import ScriptedServer
from tests.wires.test_imap_reading import all_of, mail


def flags_of(inbox: Inbox, box: str = "INBOX") -> dict[int, set[bytes]]:
    """Return the flags of every message, but for \\Recent, which comes and goes by itself."""
    with inbox.server.client(inbox.user, box) as person:
        found = person.fetch(person.search(), ["FLAGS"])
        return {uid: set(entry[b"FLAGS"]) - {rb"\Recent"} for uid, entry in found.items()}


def test_untouched_is_untouched(inbox: Inbox) -> None:
    inbox.append(mail("1"), mail("2"))
    mailbox = ImapMailbox(inbox.settings(leave="untouched"))
    mailbox.open()
    for some in mailbox.fetch_new(set()):
        mailbox.leave([one.uid for one in some])
    mailbox.close()
    assert list(flags_of(inbox).values()) == [set(), set()]


def test_flag_sets_one_keyword_on_those_messages_only(inbox: Inbox) -> None:
    inbox.append(mail("1"), mail("2"), mail("3"))
    mailbox = ImapMailbox(inbox.settings(leave="flag"))
    uids = [one.uid for one in all_of(mailbox)]
    mailbox.leave([uids[0], uids[2], 4711])
    mailbox.close()
    assert flags_of(inbox) == {uids[0]: {b"$Registered"}, uids[1]: set(), uids[2]: {b"$Registered"}}


def test_move_makes_the_folder_and_goes_on_reading(inbox: Inbox) -> None:
    inbox.append(*(mail(f"{n}") for n in range(5)))
    mailbox = ImapMailbox(inbox.settings(leave="move:Inscriptions reçues"))
    mailbox.open()
    got: list[bytes] = []
    for some in mailbox.fetch_new(set(), chunk=2):
        mailbox.leave([one.uid for one in some])
        got += [one.raw for one in some]
    mailbox.close()
    assert got == [mail(f"{n}") for n in range(5)]
    assert flags_of(inbox) == {}
    assert list(flags_of(inbox, "Inscriptions reçues").values()) == [set()] * 5


@pytest.mark.parametrize(("capabilities", "expunged"), [("UIDPLUS", True), ("", False)])
def test_without_move_only_these_messages_are_copied_and_taken_away(
    inbox_settings: Callable[..., Any], capabilities: str, expunged: bool
) -> None:
    selected = ["* 3 EXISTS", "* OK [UIDVALIDITY 7] fine", "TAG OK done"]
    script = {
        "CAPABILITY": [f"* CAPABILITY IMAP4rev1 {capabilities}", "TAG OK done"],
        "EXAMINE": selected,
        "SELECT": selected,
    }
    server = ScriptedServer("* PREAUTH hello", script, ["TAG OK done"])
    mailbox = ImapMailbox(inbox_settings(server.port, user="", leave="move:Done"))
    mailbox.open()
    mailbox.leave([3, 9])
    mailbox.close()
    server.close()
    written = [command for command in server.commands if command.startswith(("UID", "EXPUNGE", "CLOSE"))]
    expected = ['UID COPY 3,9 "Done"', "UID STORE 3,9 +FLAGS.SILENT (\\Deleted)"]
    assert written == expected + (["UID EXPUNGE 3,9"] if expunged else [])


def test_a_keyword_that_the_server_would_forget_is_not_set(inbox_settings: Callable[..., Any]) -> None:
    selected = ["* 3 EXISTS", "* OK [UIDVALIDITY 7] fine", "* OK [PERMANENTFLAGS (\\Seen)] limited", "TAG OK done"]
    script = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1", "TAG OK done"], "EXAMINE": selected, "SELECT": selected,
    }  # fmt: skip
    server = ScriptedServer("* PREAUTH hello", script, ["TAG OK done"])
    mailbox = ImapMailbox(inbox_settings(server.port, user="", leave="flag"))
    mailbox.open()
    mailbox.leave([3])
    mailbox.close()
    server.close()
    assert not any("STORE" in command for command in server.commands)


def test_the_sent_folder_proves_what_it_holds_and_nothing_like_it(inbox: Inbox) -> None:
    own = "guide 17 2018-10-23T12:00:00+00:00"
    inbox.append(
        mail("other", X_Mailbot_Id=f"1{own}"),
        mail("mine", X_Mailbot_Id=own),
        mail("body", f"X-Mailbot-Id: nested {own}"),
        box="Sent",
    )
    mailbox = ImapMailbox(inbox.settings())
    mailbox.open()
    assert mailbox.find_sent("X-Mailbot-Id", own) is True
    assert mailbox.find_sent("x-mailbot-id", own) is True
    assert mailbox.find_sent("X-Mailbot-Id", f"1{own}") is True
    assert mailbox.find_sent("X-Mailbot-Id", own[:-1]) is False
    assert mailbox.find_sent("X-Mailbot-Id", f"nested {own}") is False
    assert mailbox.find_sent("Message-ID", own) is False
    mailbox.close()


def test_a_folded_header_proves_as_well(inbox: Inbox) -> None:
    inbox.append(b"Subject: a\r\nX-Mailbot-Id: guide 17\r\n\t2018-10-23\r\n\r\nhello\r\n", box="Sent")
    mailbox = ImapMailbox(inbox.settings())
    assert mailbox.find_sent("X-Mailbot-Id", "guide 17 2018-10-23") is True
    mailbox.close()


def test_a_server_whose_search_does_not_know_the_header_shows_it_all_the_same(
    inbox_settings: Callable[..., Any],
) -> None:
    selected = ["* 2 EXISTS", "* OK [UIDVALIDITY 7] fine", "TAG OK done"]
    fetched = ["* 2 FETCH (BODY[HEADER.FIELDS (X-MAILBOT-ID)] {21}", b"X-Mailbot-Id: one 1\r\n)\r\n", "TAG OK done"]
    script = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1", "TAG OK done"], "EXAMINE": selected,
        "LIST": ['* LIST (\\HasNoChildren) "/" "Gesendete Elemente"', "TAG OK done"],
        "UID SEARCH": ["TAG NO can't search that"],
        "FETCH 1,2": fetched,
    }  # fmt: skip
    server = ScriptedServer("* PREAUTH hello", script, ["TAG OK done"])
    mailbox = ImapMailbox(inbox_settings(server.port, user=""))
    assert mailbox.find_sent("X-Mailbot-Id", "one 1") is True
    assert mailbox.find_sent("X-Mailbot-Id", "one") is False
    mailbox.close()
    server.close()


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (['* LIST (\\Sent) "/" "Ablage"', '* LIST () "/" "Sent"'], "Ablage"),
        (['* LIST (\\Noselect \\Sent) "/" "Sent"', '* LIST () "/" "Archive"'], None),
        (['* LIST () "." "INBOX.Sent"'], "INBOX.Sent"),
        (['* LIST () "/" "[Gmail]/Messages envoy&AOk-s"'], "[Gmail]/Messages envoyés"),
        (['* LIST () "/" "Enviados"'], "Enviados"),
        (['* LIST () NIL "Sent"'], "Sent"),
        (['* LIST () "/" "INBOX"', '* LIST () "/" "Sentences"'], None),
        ([], None),
    ],
)
def test_the_sent_folder_is_found_by_flag_then_by_name(
    inbox_settings: Callable[..., Any], listed: list[str], found: str | None
) -> None:
    script = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1", "TAG OK done"],
        "EXAMINE": ["* 0 EXISTS", "* OK [UIDVALIDITY 7] fine", "TAG OK done"],
        "LIST": [*listed, "TAG OK done"],
    }
    server = ScriptedServer("* PREAUTH hello", script, ["TAG OK done"])
    mailbox = ImapMailbox(inbox_settings(server.port, user=""))
    mailbox.open()
    assert sent_folder(mailbox._connection, "") == found
    assert mailbox.find_sent("X-Mailbot-Id", "1") is (None if found is None else False)
    mailbox.close()
    server.close()


def test_names_of_sent_folders_are_written_as_they_are_compared() -> None:
    assert {name.casefold() for name in SENT_NAMES} == set(SENT_NAMES)
