"""One person is forgotten: nothing of them stays, nothing of others goes. Each test is one promise."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from mailbot import intake
from mailbot.cli.app import app
from mailbot.cli.privacy import AddressArgument  # noqa: F401 -- registers the command
from mailbot.models import Change, Fact, Guest, Notice, Outbox, Participant, Received, Returned
from mailbot.privacy import belongings, forget
from tests.core.conftest import EVENT, NOW, START, Core

AWA = "awa.ndiaye@cnts.sn.example"
TEXT = (
    "Nom : {name}\r\nTitre : secrétaire\r\nTéléphone : +221 77 450 12 34\r\nOrganisation : Confédération nationale\r\n"
    "Participation : en ligne\r\n"
)


def mail(number: int, *, sender: str = f"Awa Ndiaye <{AWA}>", text: str = TEXT.format(name="Awa Ndiaye")) -> bytes:
    """Return a message as it comes from a mailbox."""
    return (
        f"From: {sender}\r\nTo: rsvp@workers-network.example\r\nSubject: Re: webinaire\r\n"
        f"Message-ID: <m{number}@mail.example>\r\nDate: Tue, 02 Mar 2027 07:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
    ).encode()


def take(core: Core, raw: bytes) -> int:
    """Collect and read one message."""
    row = core.collected(raw)
    assert intake.take_one(core.database, core.config, NOW)
    return row


def forgotten(core: Core, address: str = AWA, *, working: bool = False) -> None:
    """Forget an address, as the command does."""
    with core.database.write() as session:
        forget.forget(session, belongings.of_address(session, address), NOW, working=working)
    assert core.database.shred() == ""


def bytes_of(core: Core) -> bytes:
    """Return every byte of the database's file and of whatever lies beside it."""
    file = core.database.file
    assert file is not None
    return b"\n".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


def with_everything(core: Core) -> None:
    """Register somebody, and let every table know of them."""
    row = take(core, mail(1))
    with core.database.write() as session:
        person = session.scalars(sa.select(Participant)).one()
        acknowledgement = session.scalars(sa.select(Outbox)).one()
        acknowledgement.state, acknowledgement.body = "sent", b"Awa Ndiaye " + AWA.encode()
        acknowledgement.response = f"250 ok for {AWA}"
        session.add(Returned(address=AWA, how="soft", words=f"{AWA} is full", at=NOW, received_id=row))
        session.add(Notice(key=f"held {AWA}", kind="held", at=NOW, participant_id=person.id, address=AWA, detail="x"))
        session.add(Notice(key="mailbox_down x", kind="mailbox_down", at=NOW, detail="nothing of a person"))
        session.add(Guest(event=EVENT, address=AWA, email=AWA, name="Awa Ndiaye", listed_at=NOW))
        session.add(Fact(name="trouble smtp", value=f"550 {AWA} is unknown", at=NOW))
        session.add(Outbox(key="digest 1", mail="digest", event=EVENT, event_start=START, recipient="o@o.example",
                           language="fr", state="sent", due_at=NOW, next_attempt_at=NOW, message_id="<d@x>",
                           body=b"Awa Ndiaye registered", created_at=NOW))  # fmt: skip


def test_nothing_of_a_forgotten_person_is_left_in_any_byte_of_the_file(core: Core) -> None:
    with_everything(core)
    before = bytes_of(core).lower()
    assert AWA.encode() in before
    assert b"awa ndiaye" in before
    assert b"+221774501234" in before
    forgotten(core)
    after = bytes_of(core).lower()
    for word in (AWA, "awa ndiaye", "ndiaye", "+221774501234", "77 450 12 34", "confédération"):
        assert word.encode() not in after, word
    assert core.people() == core.rows(Guest) == core.rows(Returned) == core.rows(Change) == []
    assert [n.kind for n in core.rows(Notice)] == ["mailbox_down"]


def test_what_was_deleted_is_overwritten_even_where_the_file_can_not_be_written_anew(core: Core) -> None:
    with_everything(core)
    with core.database.write() as session:
        forget.forget(session, belongings.of_address(session, AWA), NOW, working=False)
    assert AWA.encode() not in bytes_of(core).lower()


def test_a_count_stays_and_of_each_message_where_it_lay(core: Core) -> None:
    with_everything(core)
    forgotten(core)
    with core.database.read() as session:
        assert forget.counted(session, EVENT) == 1
    (row,) = core.rows(Received)
    assert (row.uid, row.raw, row.sender, row.subject, row.message_id) == (1, None, "", "", "")
    assert row.disposition == "registration"
    assert row.fingerprint


def test_the_address_is_found_however_it_is_written(core: Core) -> None:
    take(core, mail(1))
    forgotten(core, "  AWA.Ndiaye@CNTS.sn.example ")
    assert core.people() == []


def test_the_same_message_read_again_registers_nobody(core: Core) -> None:
    raw = mail(1)
    take(core, raw)
    forgotten(core)
    take(core, raw)  # as after a change of UIDVALIDITY
    assert core.people() == []
    assert AWA.encode() not in bytes_of(core).lower()


def test_what_a_forgotten_person_writes_later_starts_afresh_and_under_a_number_of_its_own(core: Core) -> None:
    take(core, mail(1))
    (before,) = core.people()
    forgotten(core)
    take(core, mail(2))
    (person,) = core.people()
    assert person.name == "Awa Ndiaye"
    assert person.id > before.id
    assert not {c.received_id for c in core.rows(Change)} & {1}


def test_who_was_named_in_the_same_message_stays_with_their_own_words(core: Core) -> None:
    text = (
        "Nous serons deux.\r\n\r\nNom : Awa Ndiaye\r\nTéléphone : +221 77 450 12 34\r\nParticipation : en ligne\r\n\r\n"
        "Nom : Komlan Mensah\r\nTéléphone : +221 77 450 99 99\r\nParticipation : en personne\r\n"
    )
    take(core, mail(1, text=text))
    assert [p.name for p in core.people()] == ["Awa Ndiaye", "Komlan Mensah"]
    forgotten(core)
    (other,) = core.people()
    assert (other.name, other.mode, other.write_to) == ("Komlan Mensah", "in_person", None)
    words = {c.field: c.words for c in core.rows(Change, Change.participant_id == other.id)}
    assert "Komlan Mensah" in words["name"]
    assert b"awa ndiaye" not in bytes_of(core).lower()
    assert AWA.encode() not in bytes_of(core).lower()


def test_what_others_wrote_of_a_forgotten_person_loses_its_text_and_keeps_what_was_recorded(core: Core) -> None:
    take(core, mail(1))
    komlan = TEXT.format(name="Komlan Mensah") + f"\r\nAwa Ndiaye ({AWA}) vous a écrit.\r\n"
    take(core, mail(2, sender="Komlan Mensah <k.mensah@cnts.sn.example>", text=komlan))
    forgotten(core)
    (other,) = core.people()
    (row,) = core.rows(Received, Received.sender == "k.mensah@cnts.sn.example")
    assert other.name == "Komlan Mensah"
    assert row.raw is None
    assert row.addresses == "…"
    assert AWA.encode() not in bytes_of(core).lower()


def test_others_are_left_as_they_are(core: Core) -> None:
    take(core, mail(1))
    take(core, mail(2, sender="Komlan Mensah <k.mensah@cnts.sn.example>", text=TEXT.format(name="Komlan Mensah")))

    def komlan() -> list[str]:
        person = next(p.id for p in core.people() if p.name == "Komlan Mensah")
        changes = core.rows(Change, Change.participant_id == person)
        return [f"{c.field} {c.new} {c.words} {c.received_id}" for c in changes]

    before = komlan()
    forgotten(core)
    assert komlan() == before
    assert [m.recipient for m in core.outbox()] == ["k.mensah@cnts.sn.example"]


def test_a_mail_that_is_just_being_sent_is_waited_for(core: Core) -> None:
    with_everything(core)
    with core.database.write() as session:
        session.execute(sa.update(Outbox).where(Outbox.mail == "acknowledgement").values(state="claimed"))
    with core.database.read() as session:
        what = belongings.of_address(session, AWA)
    with pytest.raises(forget.UnderWay), core.database.write() as session:
        forget.forget(session, what, NOW, working=True)
    assert len(core.people()) == 1
    forgotten(core)  # nobody is at work
    assert core.people() == []


def test_nothing_is_erased_where_nobody_can_be_asked(core: Core) -> None:
    take(core, mail(1))
    told = CliRunner().invoke(app, ["forget", AWA, "-c", str(core.folder / "config.toml")])
    assert told.exit_code == 2
    assert "--yes" in told.output
    assert len(core.people()) == 1


def test_the_command_says_what_goes_and_what_it_does_not_touch(core: Core) -> None:
    with_everything(core)
    copy = Path(f"{core.database.file}.after-0001")
    copy.write_bytes(b"")
    told = CliRunner().invoke(app, ["forget", AWA, "--yes", "-c", str(core.folder / "config.toml")])
    assert told.exit_code == 0, told.output
    assert "1 registration, 1 message, 1 mail" in told.output
    assert copy.name in told.output.replace("\n", "")
    assert core.people() == []
