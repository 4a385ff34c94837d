"""A registry for looking at the report: some sixty invented people, their messages, histories and mails.

`fill(session, event)` writes it; everything follows from the lists, nothing from chance or today's date. As a program
it writes the four languages' pages into a folder: `python -m tests.report.sample DIR`.
"""

from __future__ import annotations

import itertools
import sys
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import phonenumbers
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from mailbot import config, report
from mailbot.models import Base, Change, Outbox, Participant, Received
from tests.report.people import PEOPLE

NOW = datetime(2018, 10, 17, 7, 30, tzinfo=UTC)
START = datetime(2018, 10, 23, 12, 0, tzinfo=UTC)
GUIDE = START - timedelta(days=7)
FIRST = datetime(2018, 10, 1, 8, 12, tzinfo=UTC)

# Days after the invitation on which each next person answers: a rush, a lull, a reminder by telephone.
DAYS = [0] * 9 + [1] * 12 + [2] * 8 + [3] * 5 + [4] * 2 + [7] * 6 + [8] * 5 + [9] * 4 + [10] * 2 + [14] * 6 + [15] * 3
DAYS += [16] * 9

LABELS = {
    "fr": ("Nom", "Fonction", "Téléphone", "Organisation", "en ligne", "sur place", "Bonjour,", "Cordialement,"),
    "en": ("Name", "Title", "Phone", "Organisation", "online", "in person", "Dear colleagues,", "Best regards,"),
    "es": (
        "Nombre",
        "Cargo",
        "Teléfono",
        "Organización",
        "en línea",
        "presencial",
        "Estimados compañeros:",
        "Saludos,",
    ),
    "pt": ("Nome", "Cargo", "Telefone", "Organização", "online", "presencialmente", "Prezados,", "Atenciosamente,"),
}
JOIN = {
    "fr": "Je participerai {}.",
    "en": "I will take part {}.",
    "es": "Participaré de forma {}.",
    "pt": "Participarei {}.",
}
COMPUTER = {
    "fr": "Notre connexion est trop faible, j'aurais besoin d'un ordinateur dans un bureau de l'organisation.",
    "en": "Our connection is too slow, I would need a computer in one of your offices.",
    "es": "Nuestra conexión es muy lenta, necesitaría un computador en una de sus oficinas.",
    "pt": "A nossa ligação é fraca, precisaria de um computador num dos vossos escritórios.",
}
NEED_COMPUTER = {
    "Moussa Diatta",
    "Espérance Mwamba",
    "Hery Rakotobe",
    "Célia Macuácua",
    "Sunita Tamang-Rai",
    "Ibrahima Kanté",
}
NO_PHONE = {"Aung Thiha Zaw", "Clarisse Ngo Bikoï", "Milagros Ccahuana", "Baptiste Lhermitte"}
DECLINED = {"Graham Thistlethwaite", "Naïma Belkacem", "Hernán Iturralde Paz", "Arlindo Semedo Tavares"}
TENTATIVE = {"Jorunn Haugsdal", "Otieno Oduor-Were"}
UNREACHABLE = {"Tendai Chikomo": "5.1.1 <tchikomo@labour-studies.zw.example>: user unknown"}
REVIEW = {
    "Budi Hartantyo": ("two_phones", 0.71),
    "Kwame Asante-Darko": ("name_from_address_only", 0.55),
    "Urs Hänggi": ("", 0.76),
    "Lucía Ferreyra": ("shared_address", 0.92),
}


@dataclass
class Clerk:
    """Writes rows as the intake would, numbering messages as the mailbox does."""

    session: Session
    event: str
    start: datetime = START
    uids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def received(self, at: datetime, sender: str, name: str, subject: str, text: str, **more: object) -> Received:
        """Write one message down, with bytes."""
        uid = next(self.uids)
        mail = EmailMessage()
        mail["From"] = f'"{name.replace(chr(34), "")}" <{sender}>'
        mail["To"] = "rsvp@workers-network.example"
        mail["Subject"] = subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<sample-{uid}@{sender.partition('@')[2]}>"
        mail.set_content(text)
        row = Received(
            mailbox="rsvp@mail.workers-network.example/INBOX", folder="INBOX", uidvalidity=1, uid=uid, collected_at=at,
            size=len(bytes(mail)), raw=bytes(mail), fingerprint=f"{uid:064x}", event=self.event, read_at=at,
            message_id=mail["Message-ID"], sender=sender, sender_name=name, subject=subject, sent_at=at,
            **{"disposition": "registration", **more},
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def change(
        self, person: Participant, received: Received | None, name: str, new: str | None, **more: object
    ) -> None:
        """Write one change down."""
        values = {"at": received.collected_at if received else NOW, "who": received.sender if received else "command"}
        values |= {"old": None, "words": "", "place": "body", "rule": f"label.{name}", "confidence": 0.97} | more
        received_id = received.id if received else None
        self.session.add(Change(participant_id=person.id, received_id=received_id, field=name, new=new, **values))

    def mail(self, key: str, mail: str, person: Participant | None, state: str, at: datetime, **more: object) -> None:
        """Write one mail down."""
        values = {
            "event_start": self.start, "recipient": (person and person.write_to) or "", "language": "fr", "due_at": at,
            "participant_id": person.id if person else None, "expires_at": self.start, "next_attempt_at": at,
            "attempts": 1, "message_id": f"<{key.replace(' ', '-')}@workers-network.example>", "created_at": at,
            "done_at": at + timedelta(seconds=4) if state in {"sent", "failed"} else None, "response": "",
        }  # fmt: skip
        self.session.add(Outbox(key=key, mail=mail, event=self.event, state=state, **(values | more)))


def plain(text: str) -> str:
    """Return letters only, without accents, lower case: for addresses."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(c for c in folded if c.isascii() and c.isalpha())


def number_of(country: str, n: int) -> str:
    """Return an invented mobile number of a country, in E.164."""
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    digits = f"{example.national_number}"[:-2] + f"{(n * 37) % 100:02d}"
    leading = "0" if example.italian_leading_zero else ""
    return f"+{example.country_code}{leading}{digits}"


def fill(session: Session, event: str = "webinaire-2", start: datetime = START) -> None:
    """Write the sample registry for an event."""
    clerk = Clerk(session, event, start)
    for n, line in enumerate(PEOPLE.strip().splitlines()):
        at = FIRST + timedelta(days=DAYS[n], minutes=(n * 97) % 560)
        _one(clerk, n, at, [part.strip() for part in line.split("|")])
    _other_mail(clerk)
    session.flush()


def _one(clerk: Clerk, n: int, at: datetime, told: list[str]) -> None:
    name, title, organisation, country, language, mode = told
    words = name.split()
    address = f"{plain(words[0])[:1]}{plain(words[-1])}@{plain(organisation.split()[-1])}.{country.lower()}.example"
    phone = "" if name in NO_PHONE else number_of(country, n)
    labels = LABELS[language]
    how = {"online": labels[4], "in_person": labels[5], "": ""}[mode]
    lines = [(labels[0], name), (labels[1], title), (labels[2], phone), (labels[3], organisation)]
    text = "\n".join(
        [labels[6], "", *(f"{k} : {v}" for k, v in lines if v), ""]
        + ([JOIN[language].format(how)] if how else [])
        + ([COMPUTER[language]] if name in NEED_COMPUTER else [])
        + ["", labels[7], name]
    )
    mail = clerk.received(at, address, name, "Re: webinaire du 23 octobre", text, language=language)
    review, confidence = REVIEW.get(name, ("", 0.97))
    person = Participant(
        event=clerk.event, identity=f"mailto:{address}", email=address, name=name, title=title or None,
        phone=phone or None, organisation=organisation, mode=mode or None,
        needs_access=True if name in NEED_COMPUTER else False if how else None, language=language, status="registered",
        reachable="unreachable" if name in UNREACHABLE else "yes", write_to=address, registered_at=at,
        changed_at=at, confidence=confidence, review=review, received_id=mail.id,
    )  # fmt: skip
    clerk.session.add(person)
    clerk.session.flush()
    clerk.change(person, mail, "status", "registered", place="", confidence=1.0)
    clerk.change(person, mail, "email", address, words=address, place="header", rule="header.from", confidence=0.99)
    clerk.change(person, mail, "name", name, words=name, confidence=confidence)
    for key, value in (("title", title), ("phone", phone), ("organisation", organisation)):
        if value:
            clerk.change(person, mail, key, value, words=value)
    if how:
        clerk.change(
            person, mail, "mode", mode, words=JOIN[language].format(how), rule="sentence.mode", confidence=0.94
        )
    if name in NEED_COMPUTER:
        clerk.change(
            person, mail, "needs_access", "yes", words=COMPUTER[language], rule="sentence.access", confidence=0.9
        )
    clerk.change(person, mail, "message", "registration", place="", confidence=1.0)
    _mails(clerk, person, mail, at)
    _later(clerk, person, at)


def _mails(clerk: Clerk, person: Participant, mail: Received, at: datetime) -> None:
    clerk.mail(f"acknowledgement {mail.id}", "acknowledgement", person, "sent", at + timedelta(seconds=40),
               received_id=mail.id)  # fmt: skip
    if person.mode != "online" or person.name in DECLINED or person.name in UNREACHABLE:
        return
    key = f"guide {person.id} {clerk.start.isoformat()}"
    late = max(GUIDE, at + timedelta(minutes=1))
    if person.name == "Selam Haile-Tekle":
        said = "550 5.7.1 message rejected by policy of garment-forum.et.example"
        clerk.mail(key, "guide", person, "failed", late, response=said, reason=said)
    elif person.name == "Nimal Wickramaratne":
        clerk.mail(key, "guide", person, "in_doubt", late, in_doubt_at=late, reason="the connection broke at the dot")
    elif late > NOW - timedelta(minutes=30):
        clerk.mail(key, "guide", person, "waiting", late)
    else:
        clerk.mail(key, "guide", person, "sent", late)


def _later(clerk: Clerk, person: Participant, at: datetime) -> None:
    """Let some people write again: cancel, correct, switch, or be unreachable."""
    name, address = person.name or "", person.email or ""
    when = min(at + timedelta(days=2, hours=3), NOW - timedelta(hours=2))
    if name in DECLINED:
        text = "Je suis désolé, je dois annuler ma participation.\n\n" + name
        mail = clerk.received(
            when, address, name, "Re: webinaire du 23 octobre", text, disposition="decline", language="fr"
        )
        clerk.change(person, mail, "status", "declined", old="registered", words="je dois annuler ma participation")
        clerk.change(person, mail, "message", "decline", place="", confidence=1.0)
        person.status, person.changed_at, person.received_id = "declined", when, mail.id
    if name in TENTATIVE:
        mail = clerk.received(
            when, address, name, "Tentative: webinaire", "Not sure yet.", disposition="calendar_reply"
        )
        clerk.change(person, mail, "status", "tentative", old="registered", words="TENTATIVE", place="calendar")
        person.status, person.changed_at = "tentative", when
    if name == "Véronique Dessimoz":
        text = "Bonjour,\n\nfinalement je participerai en ligne plutôt que sur place ; mon numéro est le +41 79 000 12 34.\n\nMeilleures salutations\nV. Dessimoz"  # noqa: E501
        mail = clerk.received(when, address, name, "Re: Inscription notée", text, language="fr")
        clerk.change(person, mail, "mode", "online", old="in_person", words="je participerai en ligne", confidence=0.96)
        clerk.change(person, mail, "phone", "+41790001234", old=person.phone, words="+41 79 000 12 34")
        clerk.change(
            person,
            None,
            "title",
            "Collaboratrice scientifique senior",
            old=person.title,
            who="organiser registrar2@workers-network.example",
            place="",
            at=when + timedelta(hours=4),
        )
        person.mode, person.phone, person.changed_at, person.title = (
            "online",
            "+41790001234",
            when + timedelta(hours=4),
            "Collaboratrice scientifique senior",
        )
        clerk.mail(f"guide {person.id} {clerk.start.isoformat()}", "guide", person, "sent", GUIDE)
    if name in UNREACHABLE:
        said = UNREACHABLE[name]
        mail = clerk.received(
            when,
            "mailer-daemon@labour-studies.zw.example",
            "Mail Delivery System",
            "Undelivered Mail Returned to Sender",
            said,
            disposition="bounce",
        )
        clerk.change(person, mail, "reachable", "unreachable", old="yes", who="mail server", words=said, place="")
        person.changed_at = when


def _other_mail(clerk: Clerk) -> None:
    """Add what is not a registration: questions, held messages, automatic replies, strangers, copies."""
    day = FIRST + timedelta(days=15)
    question = "Y aura-t-il une interprétation en wolof, et l'enregistrement sera-t-il disponible après ?"
    clerk.received(day, "mdiatta@sahel.sn.example", "Moussa Diatta", "Une question", f"Bonjour,\n\n{question}\n\nMD",
                   disposition="question", question=question, language="fr")  # fmt: skip
    asked = "Could you confirm whether travel to Geneva is reimbursed?"
    clerk.received(day + timedelta(hours=20), "jhaugsdal@hjelpeforbund.no.example", "Jorunn Haugsdal", "Travel",
                   f"Dear all,\n{asked}\nJorunn", disposition="question", question=asked, language="en")  # fmt: skip
    clerk.received(day + timedelta(hours=2), "bureau@coton.ci.example", "Secrétariat CTC", "Liste des participants",
                   "Ci-joint la liste.", disposition="held", reason="encrypted", language="fr")  # fmt: skip
    clerk.received(day + timedelta(hours=9), "asistente@portuarios-sur.ar.example", "Asistencia APS", "Cancelación",
                   "Tenemos que cancelar la participación.", disposition="held",
                   reason="whom_does_it_mean: Lucía Ferreyra, Hernán Iturralde Paz", language="es")  # fmt: skip
    for n, (name, kind) in enumerate(
        [("Absence", "auto_reply")] * 5 + [("Newsletter", "unrelated")] * 3 + [("Copy", "duplicate")] * 7
    ):
        clerk.received(day + timedelta(minutes=n), f"robot{n}@mail.example", name, name, name, disposition=kind)


def sample_session() -> Session:
    """Return a session on a database in memory that holds the sample."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = Session(engine)
    fill(session)
    session.commit()
    return session


CONFIG = """
organisers.addresses = ["registrar2@workers-network.example"]
[[mailbox]]
maildir = "inbox"
[smtp]
maildir = "sent"
from = "Réseau Protection sociale <rsvp@workers-network.example>"
[[event]]
slug = "webinaire-2"
title.fr = "2e webinaire du Réseau Protection sociale, liberté et justice pour les travailleurs"
title.en = "2nd webinar of the Social Protection, Freedom and Justice for Workers Network"
title.es = "2.º seminario web de la Red Protección social, libertad y justicia para los trabajadores"
title.pt = "2.º webinário da Rede Proteção social, liberdade e justiça para os trabalhadores"
start = 2018-10-23T14:00:00
end = 2018-10-23T17:15:00
timezone = "Europe/Zurich"
place.address = "Geneva"
[[event.office]]
country = "SN"
name = "Bureau de Dakar"
contact = "dakar@workers-network.example"
seats = 4
"""


def sample_config(folder: Path) -> config.Config:
    """Return the configuration that goes with the sample, written to a folder."""
    path = folder / "config.toml"
    path.write_text(CONFIG, "utf-8")
    return config.load(path)


def main(folder: Path) -> None:
    """Write the report in every language into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = sample_config(folder)
    with sample_session() as session:
        for language in settings.languages:
            path = folder / f"report.{language}.html"
            path.write_text(report.page(session, settings, NOW, language), "utf-8")
            sys.stdout.write(f"{path} {path.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/report"))
