"""Reading a mailbox on a real server: everything once, in order, and without a trace."""

from __future__ import annotations

import pytest

from mailbot.errors import GiveUp, TryLater
from mailbot.imap import ImapMailbox, reading
from mailbot.wire import Fetched
from tests.conftest import Inbox


def mail(subject: str, body: str = "hello", **headers: str) -> bytes:
    """Return a small message."""
    lines = [f"Subject: {subject}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", body, ""]).encode()


def all_of(mailbox: ImapMailbox, known: set[int] | None = None, chunk: int = 100) -> list[Fetched]:
    """Open, and read what is not known."""
    mailbox.open()
    return [one for some in mailbox.fetch_new(known or set(), chunk) for one in some]


def test_every_message_comes_once_in_uid_order_with_its_exact_bytes(inbox: Inbox) -> None:
    sent = [mail(f"number {n}", f"line\r\n.dot\r\nÉtienne {n}") for n in range(7)]
    inbox.append(*sent)
    mailbox = ImapMailbox(inbox.settings())
    got = all_of(mailbox)
    assert [one.raw for one in got] == sent
    assert [one.uid for one in got] == sorted(one.uid for one in got)
    assert {one.folder for one in got} == {"INBOX"}
    assert {one.uidvalidity for one in got} == {mailbox.open()}
    assert [one.size for one in got] == [len(raw) for raw in sent]
    assert not any(one.truncated for one in got)
    mailbox.close()


def test_lists_are_never_longer_than_asked_for(inbox: Inbox) -> None:
    inbox.append(*(mail(f"{n}") for n in range(7)))
    mailbox = ImapMailbox(inbox.settings())
    mailbox.open()
    assert [len(some) for some in mailbox.fetch_new(set(), chunk=3)] == [3, 3, 1]
    mailbox.close()


def test_what_is_known_is_not_fetched_again_and_what_came_since_is(inbox: Inbox) -> None:
    inbox.append(mail("1"), mail("2"), mail("3"))
    mailbox = ImapMailbox(inbox.settings())
    first = {one.uid for one in all_of(mailbox)}
    assert all_of(mailbox, first) == []  # although "4:*" answers with message 3
    inbox.append(mail("4"))
    assert [one.raw for one in all_of(mailbox, first)] == [mail("4")]
    mailbox.close()


def test_what_was_not_stored_comes_again(inbox: Inbox) -> None:
    inbox.append(mail("1"), mail("2"), mail("3"))
    mailbox = ImapMailbox(inbox.settings())
    uids = [one.uid for one in all_of(mailbox)]
    assert [one.uid for one in all_of(mailbox, {uids[0], uids[2]})] == [uids[1]]
    mailbox.close()


def test_a_new_connection_finds_what_was_missed_below_the_high_water_mark(inbox: Inbox) -> None:
    inbox.append(*(mail(f"{n}") for n in range(5)))
    first = ImapMailbox(inbox.settings())
    uids = [one.uid for one in all_of(first)]
    first.close()
    again = ImapMailbox(inbox.settings())
    assert [one.uid for one in all_of(again, set(uids) - {uids[1]})] == [uids[1]]
    again.close()


def test_reading_leaves_no_flag_behind(inbox: Inbox) -> None:
    inbox.append(mail("1"), mail("2", "x" * 5000))
    mailbox = ImapMailbox(inbox.settings(max_bytes=2000))
    assert [one.truncated for one in all_of(mailbox)] == [False, True]
    mailbox.close()
    with inbox.server.client(inbox.user) as person:
        flags = person.fetch(person.search(), ["FLAGS"]).values()
        assert {flag for entry in flags for flag in entry[b"FLAGS"]} <= {b"\\Recent"}


def test_of_a_message_over_the_limit_only_the_header_is_taken(inbox: Inbox) -> None:
    inbox.append(mail("small"), mail("large", "x" * 5000), mail("small again"))
    mailbox = ImapMailbox(inbox.settings(max_bytes=2000))
    small, large, again = all_of(mailbox)
    assert (small.truncated, large.truncated, again.truncated) == (False, True, False)
    assert large.raw == b"Subject: large\r\n\r\n"
    assert large.size == len(mail("large", "x" * 5000))
    mailbox.close()


def test_large_messages_do_not_share_a_fetch(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK_BYTES", 5000)
    inbox.append(*(mail(f"{n}", "x" * 2000) for n in range(5)))
    mailbox = ImapMailbox(inbox.settings())
    mailbox.open()
    assert [len(some) for some in mailbox.fetch_new(set())] == [2, 2, 1]
    mailbox.close()


def test_messages_that_people_delete_between_two_fetches_hide_no_other(inbox: Inbox) -> None:
    inbox.append(*(mail(f"{n}") for n in range(6)))
    mailbox = ImapMailbox(inbox.settings())
    mailbox.open()
    lists = mailbox.fetch_new(set(), chunk=2)
    got = next(lists)
    with inbox.server.client(inbox.user) as person:
        uids = person.search()
        person.delete_messages([uids[0], uids[3]])
        person.expunge()
    got += [one for some in lists for one in some]
    assert [one.uid for one in got] == [uids[n] for n in (0, 1, 2, 4, 5)]
    known = {one.uid for one in got}
    assert all_of(mailbox, known) == []
    inbox.append(mail("later"))
    assert [one.raw for one in all_of(mailbox, known)] == [mail("later")]
    mailbox.close()


def test_messages_that_people_have_read_or_marked_are_read_all_the_same(inbox: Inbox) -> None:
    inbox.append(mail("seen"), mail("deleted but still there"))
    with inbox.server.client(inbox.user) as person:
        first, second = person.search()
        person.add_flags([first], [rb"\Seen"])
        person.delete_messages([second])
    mailbox = ImapMailbox(inbox.settings())
    assert [one.uid for one in all_of(mailbox)] == [first, second]
    mailbox.close()


def test_a_folder_with_an_accent_is_a_folder(inbox: Inbox) -> None:
    with inbox.server.client(inbox.user) as person:
        person.create_folder("Réponses & co")
    inbox.append(mail("ici"), box="Réponses & co")
    mailbox = ImapMailbox(inbox.settings(folder="Réponses & co"))
    assert [(one.folder, one.raw) for one in all_of(mailbox)] == [("Réponses & co", mail("ici"))]
    mailbox.close()


def test_an_empty_mailbox_has_no_messages(inbox: Inbox) -> None:
    mailbox = ImapMailbox(inbox.settings())
    assert all_of(mailbox) == []
    assert all_of(mailbox) == []
    mailbox.close()


def test_a_mailbox_with_more_messages_than_one_answer_holds_is_read_whole(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RANGE", 5)
    inbox.append(*(mail(f"{n}") for n in range(23)))
    with inbox.server.client(inbox.user) as person:
        uids = person.search()
        person.delete_messages(uids[4:12])
        person.expunge()
    mailbox = ImapMailbox(inbox.settings())
    assert [one.uid for one in all_of(mailbox)] == uids[:4] + uids[12:]
    mailbox.close()


def test_a_folder_that_does_not_exist_is_named(inbox: Inbox) -> None:
    mailbox = ImapMailbox(inbox.settings(folder="Nowhere"))
    with pytest.raises(GiveUp, match="Nowhere"):
        mailbox.open()


def test_without_a_connection_nothing_is_read(inbox: Inbox) -> None:
    mailbox = ImapMailbox(inbox.settings())
    with pytest.raises(TryLater, match="no connection"):
        list(mailbox.fetch_new(set()))


def test_probing_says_what_is_there(inbox: Inbox) -> None:
    inbox.append(mail("1"), mail("2"))
    found = ImapMailbox(inbox.settings(leave="move:Done")).probe()
    assert found["idle"] is True
    assert found["messages"] == 2
    assert found["folder_exists"] is True
    assert found["sent_folder"] == "Sent"
    assert found["tls"] is None
    assert found["move_to_exists"] is False
    missing = ImapMailbox(inbox.settings(folder="Nowhere")).probe()
    assert missing["folder_exists"] is False
