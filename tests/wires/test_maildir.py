"""Folders in place of servers: the same faces, the same promises."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from mailbot import maildir as module
from mailbot.config import MailboxConfig
from mailbot.errors import GiveUp, InDoubt, TryLater
from mailbot.maildir import MaildirMailbox, MaildirSession
from mailbot.wire import Fetched
from tests.conftest import smtp_settings

MAIL = (
    b"From: rsvp@workers-network.example\r\nTo: awa@union.example\r\nDate: Tue, 16 Oct 2018 14:00:00 +0200\r\n"
    b"X-Mailbot-Mail: guide\r\nX-Mailbot-Id: guide 17\r\n 2018-10-23\r\nSubject: =?utf-8?q?Guide?=\r\n\r\nBonjour\r\n"
)
FROM, TO = "rsvp@workers-network.example", "awa@union.example"


def mailbox_in(folder: Path, sent: Path | None = None, **changes: Any) -> MaildirMailbox:
    """Return a mailbox on a folder, with changes to its settings."""
    return MaildirMailbox(MailboxConfig().model_copy(update={"maildir": folder, **changes}), sent)


def all_of(mailbox: MaildirMailbox, known: set[int] | None = None) -> list[Fetched]:
    """Return what is not known."""
    mailbox.open()
    return [one for some in mailbox.fetch_new(known or set()) for one in some]


def session_in(folder: Path) -> MaildirSession:
    """Return a way out into a folder."""
    return MaildirSession(smtp_settings(25, maildir=folder))


def send(session: MaildirSession, data: bytes = MAIL, to: str = TO) -> str:
    """Send one message as the worker does."""
    session.open()
    session.offer(FROM, [to], data, "id")
    return session.finish()


def test_new_read_and_dropped_in_messages_come_in_the_order_of_their_names(maildir: Path) -> None:
    (maildir / "new" / "1002.b.host").write_bytes(b"2")
    (maildir / "cur" / "1001.a.host:2,S").write_bytes(b"1")
    (maildir / "1003-dropped.EML").write_bytes(b"3")
    (maildir / "notes.txt").write_bytes(b"no message")
    (maildir / "new" / ".hidden").write_bytes(b"no message")
    (maildir / "tmp" / "1000.half").write_bytes(b"no message yet")
    assert [one.raw for one in all_of(mailbox_in(maildir))] == [b"1", b"2", b"3"]


def test_a_folder_of_plain_files_is_a_mailbox_too(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"1")
    (got,) = all_of(mailbox_in(tmp_path))
    assert (got.folder, got.uidvalidity, got.size, got.truncated) == (tmp_path.name, module.UIDVALIDITY, 1, False)


def test_a_message_keeps_its_uid_when_somebody_opens_or_flags_it(maildir: Path) -> None:
    path = maildir / "new" / "1001.a.host"
    path.write_bytes(b"1")
    mailbox = mailbox_in(maildir)
    (first,) = all_of(mailbox)
    assert 0 < first.uid < 2**63
    path.rename(maildir / "cur" / "1001.a.host:2,RS")
    assert all_of(mailbox, {first.uid}) == []
    assert [one.uid for one in all_of(mailbox)] == [first.uid]


def test_lists_are_no_longer_than_asked_for(maildir: Path) -> None:
    for n in range(5):
        (maildir / "new" / f"100{n}").write_bytes(b"x")
    mailbox = mailbox_in(maildir)
    assert [len(some) for some in mailbox.fetch_new(set(), chunk=2)] == [2, 2, 1]


def test_of_a_message_over_the_limit_only_the_header_is_taken(maildir: Path) -> None:
    (maildir / "new" / "1").write_bytes(b"Subject: large\n\n" + b"x" * 5000)
    (maildir / "new" / "2").write_bytes(b"x" * 2000)
    large, exact = all_of(mailbox_in(maildir, max_bytes=2000))
    assert (large.raw, large.size, large.truncated) == (b"Subject: large\n\n", 5016, True)
    assert (len(exact.raw), exact.truncated) == (2000, False)


def test_a_file_that_goes_away_meanwhile_is_no_error(maildir: Path) -> None:
    for n in range(3):
        (maildir / "new" / f"100{n}").write_bytes(b"%d" % n)
    mailbox = mailbox_in(maildir)
    lists = mailbox.fetch_new(set(), chunk=1)
    got = next(lists)
    (maildir / "new" / "1001").unlink()
    assert [one.raw for some in [got, *lists] for one in some] == [b"0", b"2"]


def test_links_out_of_the_folder_are_not_followed(maildir: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (maildir / "new" / "1").symlink_to(tmp_path / "secret")
    assert all_of(mailbox_in(maildir)) == []


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match="nowhere"):
        mailbox_in(tmp_path / "nowhere").open()
    with pytest.raises(GiveUp):
        MaildirMailbox(MailboxConfig())
    with pytest.raises(GiveUp):
        MaildirSession(smtp_settings(25))


def test_new_mail_ends_the_wait_and_a_stop_does(maildir: Path, stop: threading.Event) -> None:
    mailbox = mailbox_in(maildir)
    assert all_of(mailbox) == []
    assert mailbox.wait(0.01, stop) is False
    timer = threading.Timer(0.05, lambda: (maildir / "new" / "1").write_bytes(b"1"))
    timer.start()
    assert mailbox.wait(30, stop) is True
    timer.join()
    all_of(mailbox)
    stop.set()
    assert mailbox.wait(30, stop) is False


def test_leaving_does_what_the_configuration_says(maildir: Path) -> None:
    for name in ("new/1001", "cur/1002:2,S", "1003.eml"):
        (maildir / name).write_bytes(name.encode())
    untouched = mailbox_in(maildir)
    uids = [one.uid for one in all_of(untouched)]
    untouched.leave(uids)
    assert (maildir / "new/1001").exists()
    mailbox_in(maildir, leave="flag").leave([*uids, 4711])
    assert (maildir / "cur/1001:2,F").exists()
    assert (maildir / "cur/1002:2,FS").exists()
    assert (maildir / "1003.eml").exists()
    mailbox_in(maildir, leave="move:Done").leave(uids)
    assert sorted(path.name for path in (maildir / ".Done/cur").iterdir()) == ["1001:2,F", "1002:2,FS", "1003.eml:2,"]
    assert all_of(untouched) == []


def test_a_message_is_written_whole_under_a_name_that_says_what_it_is(tmp_path: Path) -> None:
    reply = send(session_in(tmp_path / "sent"))
    (path,) = (tmp_path / "sent").glob("*.eml")
    assert path.read_bytes() == MAIL
    assert path.name.startswith("2018-10-16T120000Z-guide-awa@union.example-")
    assert reply == f"250 written to {path.name}"
    assert list((tmp_path / "sent" / "tmp").iterdir()) == []


def test_the_same_message_twice_is_two_files(tmp_path: Path) -> None:
    session = session_in(tmp_path)
    for _ in range(3):
        send(session)
    assert len(list(tmp_path.glob("*.eml"))) == 3
    assert len(all_of(mailbox_in(tmp_path))) == 3


def test_before_the_dot_there_is_no_message(tmp_path: Path) -> None:
    session = session_in(tmp_path)
    session.open()
    session.offer(FROM, [TO], MAIL, "id")
    assert list(tmp_path.glob("*.eml")) == []
    session.close()
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(TryLater):
        session.finish()


@pytest.mark.parametrize(
    "data", [b"", b"no header", b"Date: never\r\n\r\n", b"X-Mailbot-Mail: ../../x\r\n\r\n", b"\xff"]
)
def test_whatever_the_message_its_name_stays_in_the_folder(tmp_path: Path, data: bytes) -> None:
    send(session_in(tmp_path / "sent"), data, to="o'neil+/../x@d.example")
    (path,) = (tmp_path / "sent").glob("*.eml")
    assert path.read_bytes() == data


def test_what_is_no_address_is_refused_as_on_the_wire(tmp_path: Path) -> None:
    session = session_in(tmp_path)
    session.open()
    with pytest.raises(GiveUp):
        session.offer(FROM, ["a@b.example\r\nX: y"], MAIL, "")
    with pytest.raises(GiveUp):
        session.offer("a b@c.example", [TO], MAIL, "")
    with pytest.raises(GiveUp):
        session.offer(FROM, [], MAIL, "")


def test_sent_files_are_evidence(tmp_path: Path, maildir: Path) -> None:
    session = session_in(tmp_path / "sent")
    send(session)
    for find in (session.find_sent, mailbox_in(maildir, tmp_path / "sent").find_sent):
        assert find("X-Mailbot-Id", "guide 17 2018-10-23") is True
        assert find("x-mailbot-id", "guide 17") is False
        assert find("Subject", "Bonjour") is False
    assert mailbox_in(maildir).find_sent("X-Mailbot-Id", "guide 17 2018-10-23") is None


def test_a_disk_that_is_full_is_tried_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_in(tmp_path)
    session.open()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TryLater, match="No space"):
            session.offer(FROM, [TO], MAIL, "")
    assert list((tmp_path / "tmp").iterdir()) == []
    session.offer(FROM, [TO], MAIL, "")
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        with pytest.raises(TryLater, match="No space"):
            session.finish()
    assert list(tmp_path.glob("*.eml")) == []
    session.offer(FROM, [TO], MAIL, "")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InDoubt):
            session.finish()
    assert send(session).startswith("250")


def test_a_file_system_without_links_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    session = session_in(tmp_path)
    send(session)
    send(session)
    assert len(list(tmp_path.glob("*.eml"))) == 2


def test_probing_says_what_is_there(maildir: Path, tmp_path: Path) -> None:
    (maildir / "new" / "1").write_bytes(b"1")
    found = mailbox_in(maildir).probe()
    assert (found["messages"], found["sent_folder"]) == (1, None)
    session = session_in(tmp_path / "sent")
    send(session)
    assert session.probe()["messages"] == 1
