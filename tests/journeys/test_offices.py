"""Computers in country offices, lived through: seats, the waiting list, and what the offices and organisers hear."""

from __future__ import annotations

from mailbot import notices
from mailbot.models import Change, Seat
from tests.journeys.conftest import Mail, Organisation, registration
from tests.journeys.test_journeys import kinds

DAKAR = (
    '[[event.office]]\ncountry = "SN"\nname = "Bureau de Dakar"\ncontact = "dakar@workers.example"\nseats = {seats}\n'
)
LOME = '[[event.office]]\ncountry = "TG"\nname = "Bureau de Lomé"\ncontact = "lome@workers.example"\nseats = 1\n'
CONTACT = "dakar@workers.example"
NEED = "\nMa connexion internet est trop faible, j'aurais besoin d'un ordinateur dans un de vos bureaux.\n"
AWA, MODOU, FATOU = "awa@cnts.sn.example", "modou@cnts.sn.example", "fatou@cnts.sn.example"


def asks(organisation: Organisation, name: str, address: str, phone: str = "+221 77 450 12 34") -> None:
    """Let somebody register who needs a computer."""
    text = registration(name=name, phone=phone).replace("\n\nCordialement", NEED + "\nCordialement")
    organisation.reply(text, sender=f"{name} <{address}>")


def to(mails: list[Mail]) -> dict[str, list[str]]:
    """Return which mails each address got."""
    found: dict[str, list[str]] = {}
    for mail in mails:
        found.setdefault(mail["To"].addresses[0].addr_spec, []).append(mail.kind)
    return found


def seats(organisation: Organisation) -> list[tuple[str, str, str]]:
    """Return the wishes for a computer: state, office, and why they were over."""
    with organisation.parts[0].read() as session:
        return [(s.state, s.office, s.why) for s in session.query(Seat).order_by(Seat.id)]


def told(organisation: Organisation) -> list[str]:
    """Return what organisers should know of wishes for a computer."""
    with organisation.parts[0].read() as session:
        return [
            n.detail
            for n in notices.still_open(session)
            if n.kind == "computer" and not n.detail.startswith("seat_given")
        ]


def with_offices(organisation: Organisation, *offices: str) -> None:
    organisation.configure(event_extra="\n".join(offices))


def test_a_request_gets_a_seat_at_once_and_the_office_hears_of_it_some_minutes_later(
    organisation: Organisation,
) -> None:
    with_offices(organisation, DAKAR.format(seats=2))
    asks(organisation, "Awa Ndiaye", AWA)
    thanks, seat = organisation.at("2027-03-02 09:00")
    assert [thanks.kind, seat.kind] == ["acknowledgement", "office_seat"]
    assert seat["To"].addresses[0].addr_spec == AWA
    assert "Bureau de Dakar" in seat.text
    assert CONTACT in seat.text
    assert seat["Content-Language"] == "fr"
    assert organisation.at("2027-03-02 09:09") == []
    (roster,) = organisation.at("2027-03-02 09:10")
    assert (roster.kind, str(roster["To"])) == ("office_roster", CONTACT)
    assert roster["Content-Language"] == "fr"  # what people speak in the office's country
    assert str(roster["Reply-To"]) == "registrar2@workers-network.example"
    assert roster["List-Unsubscribe"] is None
    assert "Awa Ndiaye" in roster.text
    assert "+221 77 450 12 34" in roster.text
    for moment in ("2027-03-02 09:20", "2027-03-02 12:00", "2027-03-10 09:00"):
        assert organisation.at(moment) == []
    organisation.stop()
    assert organisation.at("2027-03-10 09:10") == []


def test_changes_of_a_busy_hour_reach_the_office_as_one_mail(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=5))
    for minute, (name, address) in enumerate((("Awa Ndiaye", AWA), ("Modou Sarr", MODOU), ("Fatou Diop", FATOU))):
        asks(organisation, name, address)
        assert "office_roster" not in kinds(organisation.at(f"2027-03-02 09:0{minute}"))
    (roster,) = organisation.at("2027-03-02 09:10")
    assert [name in roster.text for name in ("Awa Ndiaye", "Modou Sarr", "Fatou Diop")] == [True] * 3
    organisation.reply("Bonjour,\n\nJe dois annuler ma participation.\n\nModou Sarr\n", sender=f"Modou Sarr <{MODOU}>")
    assert kinds(organisation.at("2027-03-02 09:11")) == ["acknowledgement"]
    (roster,) = organisation.at("2027-03-02 09:21")
    assert "Modou Sarr" not in roster.text


def test_the_last_seat_goes_to_who_asked_first_and_a_freed_one_to_the_first_who_waits(
    organisation: Organisation,
) -> None:
    with_offices(organisation, DAKAR.format(seats=1))
    for name, address in (("Awa Ndiaye", AWA), ("Modou Sarr", MODOU), ("Fatou Diop", FATOU)):
        asks(organisation, name, address)  # in one turn: their messages' order decides
    mails = to(organisation.at("2027-03-02 09:00"))
    assert mails == {
        AWA: ["acknowledgement", "office_seat"],
        MODOU: ["acknowledgement", "office_waiting"],
        FATOU: ["acknowledgement", "office_waiting"],
    }
    assert told(organisation) == ["no_seat", "no_seat"]
    organisation.at("2027-03-02 10:00")

    organisation.reply("Bonjour,\n\nJe n'ai plus besoin d'un ordinateur.\n\nAwa Ndiaye\n", sender=f"Awa Ndiaye <{AWA}>")
    mails = to(organisation.at("2027-03-03 09:00"))
    assert mails == {AWA: ["acknowledgement"], MODOU: ["office_seat"]}
    assert seats(organisation) == [
        ("ended", "Bureau de Dakar", "not_needed"), ("seated", "Bureau de Dakar", ""), ("waiting", "", ""),
    ]  # fmt: skip
    assert told(organisation) == ["no_seat"]
    (roster,) = organisation.at("2027-03-03 09:10")
    assert "Modou Sarr" in roster.text
    assert "Awa Ndiaye" not in roster.text


def test_who_cancels_frees_the_seat_and_finds_another_place_in_line_on_coming_back(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=1))
    asks(organisation, "Awa Ndiaye", AWA)
    asks(organisation, "Modou Sarr", MODOU)
    organisation.at("2027-03-02 09:00")
    organisation.reply("Bonjour,\n\nJe dois annuler ma participation.\n\nAwa Ndiaye\n", sender=f"Awa Ndiaye <{AWA}>")
    assert to(organisation.at("2027-03-03 09:00"))[MODOU] == ["office_seat"]
    asks(organisation, "Awa Ndiaye", AWA)
    assert to(organisation.at("2027-03-04 09:00"))[AWA] == ["acknowledgement", "office_waiting"]
    assert [state for state, _, _ in seats(organisation)] == ["ended", "seated", "waiting"]


def test_without_an_office_in_their_country_the_organisers_are_told_once_and_nobody_else_is_written_to(
    organisation: Organisation,
) -> None:
    with_offices(organisation, LOME)
    asks(organisation, "Awa Ndiaye", AWA)
    assert to(organisation.at("2027-03-02 09:00")) == {AWA: ["acknowledgement"]}
    assert told(organisation) == ["no_office"]
    with_offices(organisation, LOME, DAKAR.format(seats=1))  # the organisers find one
    assert to(organisation.at("2027-03-03 09:00")) == {AWA: ["office_seat"]}
    assert told(organisation) == []


def test_a_moved_event_tells_those_with_a_seat_and_the_office_the_new_time(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=1))
    asks(organisation, "Awa Ndiaye", AWA)
    asks(organisation, "Modou Sarr", MODOU)
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-02 09:10")
    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    mails = organisation.at("2027-03-05 09:00")
    assert to(mails) == {AWA: ["moved", "office_seat"], MODOU: ["moved"]}
    seat = next(m for m in mails if m.kind == "office_seat")
    assert "13 avril 2027" in seat.text
    assert str(seat["Subject"]).startswith("Changement")
    (roster,) = organisation.at("2027-03-05 09:10")
    assert "13 avril 2027" in roster.text


def test_a_cancelled_event_needs_no_computers_and_one_that_is_on_again_does(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=1))
    asks(organisation, "Awa Ndiaye", AWA)
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-02 09:10")
    organisation.configure(event_keys="cancelled = true")
    assert to(organisation.at("2027-03-05 09:00")) == {AWA: ["event_cancelled"]}
    (roster,) = organisation.at("2027-03-05 09:10")
    assert "annulée" in roster.text
    assert "Awa Ndiaye" not in roster.text
    organisation.configure(event_keys="")
    assert to(organisation.at("2027-03-06 09:00")) == {AWA: ["event_restored"]}
    (roster,) = organisation.at("2027-03-06 09:10")
    assert "Awa Ndiaye" in roster.text


def test_an_office_that_is_gone_sends_its_people_to_the_next_or_back_into_the_line(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=2))
    asks(organisation, "Awa Ndiaye", AWA)
    asks(organisation, "Modou Sarr", MODOU)
    organisation.at("2027-03-02 09:00")
    other = DAKAR.format(seats=1).replace("Bureau de Dakar", "Bureau de Thiès")
    with_offices(organisation, other)
    mails = organisation.at("2027-03-03 09:00")
    assert to(mails) == {AWA: ["office_seat"], MODOU: ["office_waiting"]}
    seat, waiting = mails
    assert "Thiès" in seat.text
    assert str(seat["Subject"]).startswith("Changement")
    assert "plus disponible" in waiting.text


def test_what_became_of_a_wish_stands_in_the_persons_history(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=1))
    asks(organisation, "Awa Ndiaye", AWA)
    organisation.at("2027-03-02 09:00")
    organisation.reply("Bonjour,\n\nJe dois annuler ma participation.\n\nAwa Ndiaye\n", sender=f"Awa Ndiaye <{AWA}>")
    organisation.at("2027-03-03 09:00")
    with organisation.parts[0].read() as session:
        told = session.query(Change).filter(Change.field == "seat").order_by(Change.id)
        assert [(c.old, c.new, c.rule) for c in told] == [
            ("waiting", "Bureau de Dakar", ""), ("Bureau de Dakar", None, "cancelled"),
        ]  # fmt: skip


def test_nobody_loses_a_promised_seat_because_there_are_fewer_now(organisation: Organisation) -> None:
    with_offices(organisation, DAKAR.format(seats=2))
    asks(organisation, "Awa Ndiaye", AWA)
    asks(organisation, "Modou Sarr", MODOU)
    organisation.at("2027-03-02 09:00")
    with_offices(organisation, DAKAR.format(seats=1))
    asks(organisation, "Fatou Diop", FATOU)
    assert to(organisation.at("2027-03-02 09:05")) == {FATOU: ["acknowledgement", "office_waiting"]}
    assert [state for state, _, _ in seats(organisation)] == ["seated", "seated", "waiting"]
