"""The report says who sits in which office, who waits, and who of those invited has not answered."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from mailbot import guests, report, rosters, seats
from mailbot.guestlist import Line
from mailbot.models import Outbox, Participant
from tests.core.conftest import EVENT, NOW, Core, core

__all__ = ["core"]
OFFICE = '[[event.office]]\ncountry = "SN"\nname = "Bureau de Dakar"\ncontact = "dakar@workers.example"\nseats = 1\n'
NAMES = ("Awa Ndiaye", "Modou Sarr", "Fatou Diop")


@pytest.fixture
def filled(core: Core) -> Core:
    """Three who need a computer, two of them in Senegal; three who were invited, one of whom has registered."""
    core.configure(extra=OFFICE)
    for number, (name, phone) in enumerate(zip(NAMES, ("+221774501234", "+221774501235", "+22890112233"), strict=True)):
        core.someone(number, name=name, phone=phone, needs_access=True, registered_at=NOW)
    event = core.config.event(EVENT)
    with core.database.write() as session:
        seats.plan(session, core.config, event, NOW)
        listed = [Line(n, f"person{n}@union.example", f"Guest {n}") for n in (0, 7, 8)]
        guests.invite(session, core.config, event, listed, NOW)
        for row in session.query(Outbox).filter(Outbox.mail == guests.INVITATION):
            row.state = "failed" if "person8" in row.recipient else "sent"
            row.done_at = NOW
    return core


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("1 of 1 seats taken", "every seat is taken", "No office in this country.", "3 invited: answered: 1,")),
        ("fr", ("1 places prises sur 1", "toutes les places sont prises", "Pas de bureau", "sans réponse : 1")),
        ("es", ("1 de 1 puestos ocupados", "todos los puestos", "No hay oficina", "sin contacto posible: 1")),
        ("pt", ("1 de 1 lugares ocupados", "todos os lugares", "Não há escritório", "incontactáveis: 1")),
    ],
)
def test_the_page_says_who_sits_who_waits_and_who_is_silent(filled: Core, language: str, told: tuple[str, ...]) -> None:
    with filled.database.read() as session:
        text = re.sub(r"<[^>]+>", " ", report.page(session, filled.config, NOW, language))
    plain = re.sub(r"\s+", " ", text)
    assert [words for words in told if words not in plain] == []
    assert "Guest 7" in plain
    assert "Guest 0" not in plain  # has answered: they stand in the registry


def test_where_nobody_was_invited_and_nobody_asks_nothing_is_said(core: Core) -> None:
    core.someone(1)
    with core.database.read() as session:
        text = report.page(session, core.config, datetime(2027, 3, 2, tzinfo=UTC), "en")
    assert "Who was invited" not in text
    assert "Computers in offices" not in text


def test_an_organisers_seat_stays_whatever_the_country_says(filled: Core) -> None:
    event = filled.config.event(EVENT)
    with filled.database.write() as session:
        fatou = session.query(Participant).filter(Participant.name == "Fatou Diop").one()
        seats.give(session, event, fatou, event.offices[0], by=seats.Decision("organiser registrar", NOW))
    for _ in range(2):
        with filled.database.write() as session:
            seats.plan(session, filled.config, event, NOW)
    with filled.database.read() as session:
        (place,) = rosters.places(session, event)
        assert [p.name for p in place.people] == ["Awa Ndiaye", "Fatou Diop"]
