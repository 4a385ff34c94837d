"""An organisation for a journey: real Dovecot mailboxes, a real SMTP receiver, SQLite, and a clock of the test's own.

`at("2027-03-23 14:00")` sets the clock (wall clock in Geneva) and does one turn; `reply(…)` puts a message into the
mailbox; `mails()` are what participants got.
"""

from __future__ import annotations

import email
import email.policy
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from mailbot.cli import parts
from mailbot.compose.brief import TO_ORGANISERS
from mailbot.config import Config, load
from mailbot.database import Database, open_database
from mailbot.models import Outbox, Participant, Received
from mailbot.reader import Reader
from mailbot.worker import Box, Turns
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtp import SmtpServer

GENEVA = ZoneInfo("Europe/Zurich")
REGISTRAR = "rsvp@workers-network.example"

CONFIG = """\
{top}
languages = ["fr", "en", "es", "pt"]
[organisers]
addresses = ["registrar2@workers-network.example"]
{mailboxes}
[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
user = ""
connections = 1
from = "Réseau Protection sociale <rsvp@workers-network.example>"
{smtp_extra}
[[event]]
slug = "webinaire-2"
title.fr = "2e webinaire du Réseau"
title.en = "2nd webinar of the Network"
title.es = "2.º seminario web de la Red"
title.pt = "2.º webinário da Rede"
start = {start}
end = {end}
timezone = "Europe/Zurich"
invitations = ["<invite-fr@workers-network.example>", "<invite-en@workers-network.example>"]
subject_words = ["webinaire", "webinar", "seminario web", "webinário"]
{event_keys}
[event.webex]
url = "https://workers-network.example/webex/join/webinaire-2"
meeting_number = "123 456 789"
password = "solidarite"
phone = ["+41 44 000 00 00"]
requirements = {{ mbps = 0.5, devices = ["camera", "microphone", "speakers"] }}
[event.place]
address = "Geneva"
{event_extra}
"""
MAILBOX = """
[[mailbox]]
host = "127.0.0.1"
port = {port}
security = "none"
user = "{user}"
password = {{ env = "MAILBOT_TEST_PASSWORD" }}
timeout = 5
{extra}
"""


class Mail(EmailMessage):
    """A delivered mail, with shortcuts for what tests look at."""

    @property
    def kind(self) -> str:
        """Which mail it is, as its header says."""
        return str(self["X-Mailbot-Mail"])

    @property
    def text(self) -> str:
        """Its text part."""
        part = self.get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@dataclass
class Organisation:
    """One organisation that uses mailbot, see the module's head."""

    folder: Path
    dovecot: Dovecot
    smtp: SmtpServer
    users: tuple[str, ...]
    reader: Reader
    start: str = "2027-03-30T14:00:00"
    end: str = "2027-03-30T17:15:00"
    smtp_extra: str = 'evidence = "none"'
    event_extra: str = ""
    event_keys: str = ""
    top: str = ""
    mailbox_extra: str = ""
    now: datetime = datetime(2027, 3, 1, 8, 0, tzinfo=GENEVA)
    imap_port: int = 0  # where a proxy stands before the server
    smtp_port: int = 0
    _open: list[tuple[Database, Turns, list[Box]]] = field(default_factory=list)
    _count: int = 0

    def configure(self, **changes: str) -> Config:
        """Write the configuration, with changes, and start mailbot anew with it (as an operator would)."""
        self.stop()
        for name, value in changes.items():
            setattr(self, name, value)
        boxes = "".join(
            MAILBOX.format(port=self.imap_port or self.dovecot.imap, user=user, extra=self.mailbox_extra)
            for user in self.users
        )
        text = CONFIG.format(
            mailboxes=boxes, smtp=self.smtp_port or self.smtp.port, start=self.start, end=self.end,
            smtp_extra=self.smtp_extra, event_extra=self.event_extra, event_keys=self.event_keys, top=self.top,
        )  # fmt: skip
        (self.folder / "config.toml").write_text(text, "utf-8")
        return load(self.folder / "config.toml")

    @property
    def parts(self) -> tuple[Database, Turns, list[Box]]:
        """The running mailbot; started when first asked for."""
        if not self._open:
            config = load(self.folder / "config.toml")
            database = open_database(config.database)
            turns = parts.turns_of(config, database, threading.Event(), lambda: self.now)
            turns.reader = self.reader
            turns.start()
            self._open.append((database, turns, parts.boxes_of(config)))
        return self._open[0]

    def stop(self) -> None:
        """Stop mailbot; the next turn starts it anew."""
        while self._open:
            database, turns, boxes = self._open.pop()
            turns.deliverer.close()
            for box in boxes:
                box.source.close()
            database.close()

    def at(self, moment: str = "") -> list[Mail]:
        """Set the clock (wall clock in Geneva), do one turn and return the mails that it sent."""
        if moment:
            self.now = datetime.fromisoformat(moment).replace(tzinfo=GENEVA)
        before = len(self.mails())
        _, turns, boxes = self.parts
        for box in boxes:
            turns.collect(box)
        turns.turn()
        return self.mails()[before:]

    def mails(self, to: str = "") -> list[Mail]:
        """Return all mails to participants that were delivered, or those to one address."""
        return [mail for mail in self._delivered(to) if mail.kind not in TO_ORGANISERS]

    def told(self, kind: str = "") -> list[Mail]:
        """Return the mails that organisers got, or those of one kind."""
        return [mail for mail in self._delivered() if mail.kind in ((kind,) if kind else TO_ORGANISERS)]

    def _delivered(self, to: str = "") -> list[Mail]:
        found = []
        for delivered in self.smtp.messages:
            policy = email.policy.default.clone(message_factory=Mail)
            mail = email.message_from_bytes(delivered.data, policy=policy)
            assert isinstance(mail, Mail)
            if not to or to in delivered.recipients:
                found.append(mail)
        return found

    def reply(
        self,
        text: str,
        *,
        sender: str = "Awa Ndiaye <awa.ndiaye@cnts.sn.example>",
        subject: str = "Re: Invitation : 2e webinaire",
        to: Sequence[int] = (0,),
        answers: str = "<invite-fr@workers-network.example>",
        headers: Sequence[tuple[str, str]] = (),
        zone: ZoneInfo = GENEVA,
    ) -> str:
        """Put a reply into one or both organisers' mailboxes, dated now; returns its Message-ID."""
        self._count += 1
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, REGISTRAR, subject
        mail["Date"] = format_datetime(self.now.astimezone(zone))
        mail["Message-ID"] = f"<reply-{self._count}@mail.example>"
        if answers:
            mail["In-Reply-To"] = mail["References"] = answers
        for name, value in headers:
            mail[name] = value
        mail.set_content(text)
        self.deliver(mail.as_bytes(), to=to)
        return str(mail["Message-ID"])

    def deliver(self, raw: bytes, *, to: Sequence[int] = (0,)) -> None:
        """Put a raw message into mailboxes."""
        for index in to:
            self.dovecot.append(self.users[index], raw)

    def people(self) -> list[Participant]:
        """Return the registry."""
        with self.parts[0].read() as session:
            return list(session.scalars(sa.select(Participant).order_by(Participant.id)))

    def received(self) -> list[Received]:
        """Return what was collected."""
        with self.parts[0].read() as session:
            return list(session.scalars(sa.select(Received).order_by(Received.id)))

    def outbox(self) -> list[Outbox]:
        """Return the outbox."""
        with self.parts[0].read() as session:
            return list(session.scalars(sa.select(Outbox).order_by(Outbox.id)))


REGISTRATIONS = {
    "fr": "Bonjour,\n\nJe confirme ma participation.\n\nNom : {name}\nTitre : secrétaire générale\n"
    "Téléphone : {phone}\nOrganisation : {organisation}\nParticipation : {mode}\n\nCordialement,\n{name}\n",
    "en": "Dear colleagues,\n\nI confirm my participation.\n\nName: {name}\nTitle: General Secretary\nPhone: {phone}\n"
    "Organisation: {organisation}\nParticipation: {mode}\n\nBest regards,\n{name}\n",
    "es": "Estimados colegas:\n\nConfirmo mi participación.\n\nNombre: {name}\nCargo: secretaria general\n"
    "Teléfono: {phone}\nOrganización: {organisation}\nParticipación: {mode}\n\nSaludos cordiales,\n{name}\n",
    "pt": "Caros colegas,\n\nConfirmo a minha participação.\n\nNome: {name}\nCargo: secretária-geral\n"
    "Telefone: {phone}\nOrganização: {organisation}\nParticipação: {mode}\n\nCom os melhores cumprimentos,\n{name}\n",
}
"""A whole registration in each language."""

MODES = {
    "fr": ("en ligne", "en personne"),
    "en": ("online", "in person"),
    "es": ("en línea", "en persona"),
    "pt": ("em linha", "em pessoa"),
}


def registration(
    language: str = "fr",
    *,
    name: str = "Awa Ndiaye",
    phone: str = "+221 77 450 12 34",
    organisation: str = "Confédération nationale des travailleurs du Sénégal",
    in_person: bool = False,
) -> str:
    """Return the text of a whole registration."""
    mode = MODES[language][in_person]
    return REGISTRATIONS[language].format(name=name, phone=phone, organisation=organisation, mode=mode)


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """The child process that reads, one for all journeys: starting it is what takes time."""
    child = Reader()
    yield child
    child.close()


@pytest.fixture
def organisation(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, reader: Reader
) -> Iterator[Organisation]:
    """An organisation with two mailboxes and an event on 30 March 2027, two days after the clocks change."""
    monkeypatch.setenv("MAILBOT_TEST_PASSWORD", PASSWORD)
    one = Organisation(tmp_path, dovecot, smtp_server, (dovecot.new_user(), dovecot.new_user()), reader)
    one.configure()
    yield one
    one.stop()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Mail, str], None]:
    """Compare a delivered mail with a golden file; `--update-golden` writes it anew."""

    def compare(mail: Mail, name: str) -> None:
        path = Path(__file__).parent / "golden" / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown(mail), "utf-8")
        assert shown(mail) == path.read_text("utf-8")

    return compare


def shown(mail: Mail) -> str:
    """Return what people and programs see of a mail, without what differs from run to run."""
    names = ("From", "To", "Subject", "Date", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress",
             "X-Mailbot-Mail", "Content-Language", "List-Unsubscribe")  # fmt: skip
    own = re.compile(r"<[0-9a-z]{32}@")  # our Message-IDs: another one for each database
    lines = [f"{n}: {own.sub('<…@', str(mail[n]))}" for n in names if mail[n]]
    lines += [f"[{part.get_content_type()}]" for part in mail.walk() if not part.is_multipart()]
    entry = next((part for part in mail.walk() if part.get_content_type() == "text/calendar"), None)
    if entry is not None:
        calendar = re.sub(r"(?m)^DTSTAMP:.*$", "DTSTAMP:…", str(entry.get_content()).replace("\r\n", "\n"))
        lines += ["", calendar]
    return "\n".join([*lines, "", mail.text.replace("\r\n", "\n")])


def utc(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
