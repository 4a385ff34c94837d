"""A real server and a network that fail in the middle: nothing hangs, and the next connection misses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from mailbot.errors import TryLater
from mailbot.imap import ImapMailbox
from tests.conftest import Inbox
from tests.servers.proxy import FaultProxy
from tests.wires.test_imap_reading import all_of, mail

MakeProxy = Callable[[int], FaultProxy]


def test_a_mailbox_restored_from_a_backup_is_read_from_its_start(own_inbox: Inbox) -> None:
    server, messages = own_inbox.server, [mail("1"), mail("2")]
    own_inbox.append(*messages)
    mailbox = ImapMailbox(own_inbox.settings())
    before = mailbox.open()
    assert [one.raw for one in all_of(mailbox)] == messages
    server.stop()
    server.reset_uidvalidity(own_inbox.user)
    server.start()
    with pytest.raises(TryLater):
        all_of(mailbox)
    after = mailbox.open()
    assert after != before
    got = all_of(mailbox)
    assert sorted(one.raw for one in got) == messages
    assert {one.uidvalidity for one in got} == {after}
    mailbox.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_ends_and_returns_is_read_on(own_inbox: Inbox, how: str) -> None:
    own_inbox.append(mail("before"))
    mailbox = ImapMailbox(own_inbox.settings())
    known = {one.uid for one in all_of(mailbox)}
    getattr(own_inbox.server, how)()
    with pytest.raises(TryLater):
        all_of(mailbox, known)
    with pytest.raises(TryLater):  # it is not back yet
        all_of(mailbox, known)
    own_inbox.server.start()
    own_inbox.append(mail("after"))
    assert [one.raw for one in all_of(mailbox, known)] == [mail("after")]
    mailbox.close()


def test_a_frozen_server_is_given_up_within_the_time_out(own_inbox: Inbox, stop: threading.Event) -> None:
    own_inbox.append(mail("1"))
    mailbox = ImapMailbox(own_inbox.settings(timeout=1), idle_seconds=0.1)
    known = {one.uid for one in all_of(mailbox)}
    own_inbox.server.freeze()
    with pytest.raises(TryLater, match="in time"):
        mailbox.wait(60, stop)
    with pytest.raises(TryLater):  # new connections are accepted by the system, but nobody greets
        mailbox.open()
    own_inbox.server.thaw()
    own_inbox.append(mail("2"))
    again = ImapMailbox(own_inbox.settings())
    assert [one.raw for one in all_of(again, known)] == [mail("2")]
    again.close()
    mailbox.close()


def test_a_peer_that_vanished_without_a_word_is_given_up(inbox: Inbox, make_proxy: MakeProxy) -> None:
    inbox.append(mail("1"))
    proxy = make_proxy(inbox.server.imap)
    mailbox = ImapMailbox(inbox.settings(port=proxy.port, timeout=1))
    assert len(all_of(mailbox)) == 1
    proxy.freeze()
    with pytest.raises(TryLater, match="in time"):
        all_of(mailbox)
    proxy.thaw()
    assert len(all_of(mailbox)) == 1
    mailbox.close()


def test_saying_goodbye_to_a_peer_that_vanished_is_brief(inbox: Inbox, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(inbox.server.imap)
    mailbox = ImapMailbox(inbox.settings(port=proxy.port, timeout=3600))
    mailbox.open()
    proxy.freeze()
    mailbox.close()
    proxy.thaw()


def test_wherever_a_connection_is_cut_the_next_one_reads_everything(inbox: Inbox, make_proxy: MakeProxy) -> None:
    messages = [mail("1"), mail("2", "x" * 300), mail("3")]
    inbox.append(*messages)
    proxy = make_proxy(inbox.server.imap)
    mailbox = ImapMailbox(inbox.settings(port=proxy.port))
    assert len(all_of(mailbox)) == 3
    mailbox.close()
    proxy.settle()
    length = proxy.passed["to client"]
    assert length > 1000
    for place in range(1, length, 41):
        proxy.cut("to client", place)
        mailbox = ImapMailbox(inbox.settings(port=proxy.port))
        got: dict[int, bytes] = {}
        with suppress(TryLater):
            mailbox.open()
            for some in mailbox.fetch_new(set()):
                got |= {one.uid: one.raw for one in some}
        proxy.mend()
        got |= {one.uid: one.raw for one in all_of(mailbox, set(got))}
        assert [got[uid] for uid in sorted(got)] == messages
        mailbox.close()


def test_a_message_moved_away_between_listing_and_fetching_is_no_error(inbox: Inbox) -> None:
    inbox.append(*(mail(f"{n}") for n in range(4)))
    mailbox = ImapMailbox(inbox.settings())
    mailbox.open()
    lists = mailbox.fetch_new(set(), chunk=1)
    first = next(lists)
    with inbox.server.client(inbox.user) as person:
        uids = person.search()
        person.create_folder("Elsewhere")
        person.move(uids[1:3], "Elsewhere")
    rest = [one for some in lists for one in some]
    assert [one.uid for one in first + rest] == [uids[0], uids[3]]
    assert all_of(mailbox, {uids[0], uids[3]}) == []
    mailbox.close()
