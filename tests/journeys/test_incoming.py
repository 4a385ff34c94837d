"""Mailboxes as they are: people sort them, servers restore them, copies abound, one message in a thousand is broken.

Whatever happens to a reply between two looks, it is recorded once and answered once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.errors import TryLater
from mailbot.imap import reading
from mailbot.models import Received
from mailbot.reader import Reader
from tests.journeys.conftest import MAILBOX, PASSWORD, Dovecot, Organisation, SmtpServer, registration
from tests.servers.local import hand_over

NAMES = ("Awa Ndiaye", "Binta Mendes", "Cheikh Otieno")
LF_MAILBOX = """
[[mailbox]]
maildir = "{folder}"
"""


@pytest.fixture
def restored(tmp_path: Path, own_dovecot: Dovecot, smtp_server: SmtpServer, reader: Reader) -> Iterator[Organisation]:
    """An organisation whose mail server is its own, to be restarted and restored."""
    one = Organisation(tmp_path, own_dovecot, smtp_server, (own_dovecot.new_user(),), reader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILBOT_TEST_PASSWORD", PASSWORD)
        one.configure()
        yield one
        one.stop()


def address(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@union.example"


def replies(organisation: Organisation, *names: str, to: tuple[int, ...] = (0,)) -> None:
    for name in names:
        organisation.reply(registration(name=name), sender=f"{name} <{address(name)}>", to=to)


def kinds(organisation: Organisation) -> Counter[str]:
    return Counter(row.disposition for row in organisation.received())


def answered(organisation: Organisation) -> Counter[str]:
    return Counter(str(mail["To"]).rpartition("<")[2].strip(">") for mail in organisation.mails())


def once(*names: str) -> Counter[str]:
    return Counter(address(name) for name in names)


def test_a_mailbox_that_is_restored_from_a_backup_registers_and_answers_nobody_again(restored: Organisation) -> None:
    replies(restored, *NAMES[:2])
    restored.at("2027-03-02 09:00")
    restored.dovecot.stop()
    restored.dovecot.reset_uidvalidity(restored.users[0])
    restored.dovecot.start()
    replies(restored, NAMES[2])
    with pytest.raises(TryLater):
        restored.at("2027-03-02 10:00")
    restored.at("2027-03-02 10:01")
    assert kinds(restored) == {"registration": 3, "duplicate": 2}
    assert len({(row.uidvalidity, row.uid) for row in restored.received()}) == 5
    assert answered(restored) == once(*NAMES)


def test_what_people_do_with_messages_between_two_looks_neither_hides_nor_repeats_one(
    organisation: Organisation,
) -> None:
    replies(organisation, *NAMES[:2])
    organisation.at("2027-03-02 09:00")
    replies(organisation, NAMES[2])
    with organisation.dovecot.client(organisation.users[0]) as person:
        first, second, third = person.search()
        person.add_flags([third], ["\\Seen", "\\Answered"])
        person.copy([first, third], "INBOX")
        person.create_folder("Aside")
        person.move([second], "Aside")
        person.select_folder("Aside")
        person.move("1:*", "INBOX")
    organisation.at("2027-03-02 10:00")
    with organisation.dovecot.client(organisation.users[0]) as person:
        person.delete_messages(person.search())
        person.expunge()
    organisation.at("2027-03-02 11:00")
    assert kinds(organisation) == {"registration": 3, "duplicate": 3}
    assert answered(organisation) == once(*NAMES)
    with organisation.dovecot.client(organisation.users[0]) as person:
        assert person.search() == []


def test_what_is_deleted_before_we_look_is_no_error_and_what_comes_after_it_is_read(
    organisation: Organisation,
) -> None:
    organisation.at("2027-03-02 09:00")
    replies(organisation, *NAMES[:2])
    with organisation.dovecot.client(organisation.users[0]) as person:
        person.delete_messages(person.search()[:1])
        person.expunge()
    organisation.at("2027-03-02 10:00")
    assert answered(organisation) == once(NAMES[1])


def test_several_folders_of_a_mailbox_and_several_mailboxes_are_one_inbox(organisation: Organisation) -> None:
    user, other = organisation.users
    with organisation.dovecot.client(user) as person:
        person.create_folder("Réponses")
    more = [
        MAILBOX.format(port=organisation.dovecot.imap, user=user, extra='folder = "Réponses"'),
        MAILBOX.format(port=organisation.dovecot.imap, user=other, extra=""),
    ]
    organisation.users = (user,)
    organisation.configure(mailbox_extra="".join(more))
    organisation.users = (user, other)
    replies(organisation, NAMES[0], to=(0, 1))
    with organisation.dovecot.client(user) as person:
        person.copy(person.search(), "Réponses")  # the same UID there, and another message all the same
    replies(organisation, NAMES[1], to=(1,))
    organisation.at("2027-03-02 09:00")
    assert kinds(organisation) == {"registration": 2, "duplicate": 2}
    assert answered(organisation) == once(*NAMES[:2])


def test_a_message_id_that_is_missing_or_not_its_own_makes_no_two_messages_one(organisation: Organisation) -> None:
    for number, name in enumerate(NAMES):
        text = registration(name=name).replace("\n", "\r\n")
        head = [f"From: {name} <{address(name)}>", "Subject: Re: webinaire", "Date: Mon, 1 Mar 2027 09:00:00 +0100",
                "In-Reply-To: <invite-fr@workers-network.example>"]  # fmt: skip
        head += ["Message-ID: <always-the-same@union.example>"] if number else []
        raw = "\r\n".join([*head, "", text]).encode()
        organisation.deliver(raw, to=(0, 1))
    organisation.at("2027-03-02 09:00")
    assert kinds(organisation) == {"registration": 3, "duplicate": 3}
    assert answered(organisation) == once(*NAMES)


def test_one_mail_with_either_kind_of_line_ends_is_one(organisation: Organisation, maildir: Path) -> None:
    organisation.users = organisation.users[:1]
    organisation.configure(mailbox_extra=LF_MAILBOX.format(folder=maildir))
    replies(organisation, *NAMES[:2])
    with organisation.dovecot.client(organisation.users[0]) as person:
        for uid, one in person.fetch(person.search(), ["BODY.PEEK[]"]).items():
            assert b"\r\n" in one[b"BODY[]"]
            (maildir / "new" / f"{uid}.copy").write_bytes(one[b"BODY[]"].replace(b"\r\n", b"\n"))
    organisation.at("2027-03-02 09:00")
    assert kinds(organisation) == {"registration": 2, "duplicate": 2}
    assert answered(organisation) == once(*NAMES[:2])


def collected(organisation: Organisation) -> list[Received]:
    """Look eight times, as a worker does that is cut off, and return what is new since."""
    database, turns, boxes = organisation.parts
    with database.read() as session:
        before = session.scalar(sa.select(sa.func.max(Received.id))) or 0
    for _ in range(8):
        try:
            turns.collect(boxes[0])
        except TryLater:
            boxes[0].source.close()
    with database.read() as session:
        return list(session.scalars(sa.select(Received).where(Received.id > before)))


@pytest.mark.parametrize("poison", ["unreadable", "of another size", "empty"])
def test_one_poisonous_message_among_a_thousand_holds_no_other_up(
    restored: Organisation, poison: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own storage is at fault: it refuses, hangs up, or hands out what it should not."""
    new = restored.dovecot.folder / "mail" / restored.users[0] / "new"
    restored.at("2027-03-02 08:00")  # the server makes the mailbox
    for number in range(1000):
        raw = b"From: a@x.example\nMessage-ID: <%d@x.example>\nSubject: news\n\nNews.\n" % number
        name = f"{1_800_000_000 + number}.M{number}.x"
        if number == 500:
            name += ",S=9999,W=10004" if poison == "of another size" else ""
            raw = b"" if poison == "empty" else raw
        (new / name).write_bytes(raw)
    hand_over(new)
    broken = next(new.glob("1800000500.*"))
    if poison == "unreadable":
        broken.unlink()
        broken.symlink_to("/proc/self/mem")
    told = collected(restored)
    monkeypatch.setattr(reading, "LAST_TRY", 0.0)
    told += collected(restored)
    assert sum(not row.truncated and row.size > 0 for row in told) == 999
    (bad,) = [row for row in told if row.truncated or row.size == 0]
    assert bad.uid == 501
    assert len({row.fingerprint for row in told}) == len(told) == 1000
    with restored.parts[0].write() as session:  # the others were read long ago
        session.execute(sa.update(Received).where(Received.id != bad.id).values(disposition="unrelated"))
    restored.at("2027-03-02 12:00")
    (bad,) = [row for row in restored.received() if row.id == bad.id]
    assert (bad.disposition, bad.reason) == (("unrelated", "") if poison == "empty" else ("held", "not_handed_out"))
