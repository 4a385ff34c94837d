"""The figures are what an organiser would count by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from mailbot.config import Config, EventConfig, load
from mailbot.models import Outbox, Participant, Received
from mailbot.report import numbers, rows
from mailbot.report.rows import Mailed, Row
from tests.report.sample import CONFIG, GUIDE, NOW, START, fill

EARLY = datetime(2018, 10, 2, 9, 0, tzinfo=UTC)
REQUIRED = ("name", "title", "phone", "organisation", "mode")
PERSON = Row(
    id=1, name="Ana Vilhena", title="Jurista", organisation="Confederação", country="PT", phone="+351912345678",
    email="ana@saude.example", write_to="ana@saude.example", mode="online", needs_access=False, status="registered",
    language="pt", registered_at=EARLY, changed_at=EARLY, confidence=0.97, delivery="reached",
)  # fmt: skip


def people(*changes: Mapping[str, object]) -> list[Row]:
    """Return one row for each change of PERSON, numbered."""
    return [replace(PERSON, id=n, **change) for n, change in enumerate(changes, 1)]  # type: ignore[arg-type]


def test_nobody_registered_gives_zeros_everywhere() -> None:
    counted = numbers.figures([], REQUIRED)
    assert counted == numbers.Figures(0, 0, 0, 0, 0, 0, 0, 0, 0, ())
    assert numbers.timeline([], UTC, NOW).steps == ()
    assert numbers.timeline([], UTC, NOW).busiest is None
    assert numbers.tally([], lambda r: r.country) == []


def test_who_declined_or_hesitates_is_not_counted_as_coming() -> None:
    counted = numbers.figures(
        people(
            {},
            {"mode": "in_person"},
            {"mode": ""},
            {"status": "declined", "needs_access": True},
            {"status": "tentative"},
        ),
        REQUIRED,
    )
    assert (counted.coming, counted.online, counted.in_person, counted.mode_unknown) == (3, 1, 1, 1)
    assert (counted.tentative, counted.declined, counted.need_computer) == (1, 1, 0)


def test_missing_counts_each_required_field_of_those_who_come_and_no_other() -> None:
    counted = numbers.figures(
        people({"phone": "", "title": ""}, {"phone": ""}, {"status": "declined", "name": ""}, {"email": ""}), REQUIRED
    )
    assert counted.missing == (("title", 1), ("phone", 2))
    assert counted.incomplete == 2


@pytest.mark.parametrize("delivery", ["unreachable", "complained", "failed", "no_address"])
def test_whoever_mail_does_not_reach_is_unreachable_unless_they_declined(delivery: str) -> None:
    found = numbers.unreachable(people({"delivery": delivery}, {"delivery": delivery, "status": "declined"}, {}))
    assert [r.id for r in found] == [1]


def test_spellings_that_differ_in_case_accents_or_spacing_are_counted_as_one() -> None:
    told = ["Fédération du Port", "federation du port", "Fédération  du Port", "Ligue", ""]
    found = numbers.tally(people(*({"organisation": o} for o in told)), lambda r: r.organisation)
    assert found == [("Fédération du Port", 3), ("Ligue", 1), ("", 1)]


def test_a_day_is_a_day_of_the_event_s_zone_and_days_without_registrations_are_shown() -> None:
    late = datetime(2018, 10, 1, 22, 30, tzinfo=UTC)  # already the 2nd in Zurich
    line = numbers.timeline(
        people({"registered_at": late}, {"registered_at": late + timedelta(days=2)}, {"status": "declined"}),
        ZoneInfo("Europe/Zurich"),
        datetime(2018, 10, 5, tzinfo=UTC),
    )
    assert [(s.day.day, s.new, s.total) for s in line.steps] == [(2, 1, 1), (3, 0, 1), (4, 1, 2), (5, 0, 2)]
    assert line.busiest == line.steps[0]


def test_a_long_time_is_shown_by_weeks_that_begin_on_monday_and_lose_nobody() -> None:
    moments = [EARLY + timedelta(days=n) for n in range(0, 200, 3)]
    line = numbers.timeline(people(*({"registered_at": m} for m in moments)), UTC, NOW)
    assert line.days == 7
    assert line.steps[0].day == date(2018, 10, 1)
    assert line.steps[0].day.weekday() == 0
    assert line.steps[-1].total == len(moments) == sum(s.new for s in line.steps)


def test_a_mail_out_tells_who_has_it_who_perhaps_and_to_whom_it_still_goes(event: EventConfig) -> None:
    given = {state: Mailed(state, GUIDE) for state in ("sent", "in_doubt", "failed")}
    found = numbers.mailouts(
        event,
        people(
            {"mailed": {"guide": given["sent"]}},
            {"mailed": {"guide": given["in_doubt"]}, "delivery": "in_doubt"},
            {"mailed": {"guide": given["failed"]}, "delivery": "failed"},
            {"mode": "in_person"},
            {"status": "tentative"},
            {"status": "declined"},
        ),
        GUIDE - timedelta(days=1),
    )
    guide, reminder = found
    assert (guide.name, guide.at, guide.sent, guide.in_doubt, guide.to_go) == ("guide", GUIDE, 1, 1, 1)
    assert (reminder.at, reminder.to_go) == (START - timedelta(minutes=30), 3)
    assert not any(c.late or c.over for c in found)


def test_a_mail_that_somebody_waits_for_is_late_after_some_minutes_and_over_at_its_end(event: EventConfig) -> None:
    def guide(now: datetime) -> numbers.Coming:
        return numbers.mailouts(event, people({}), now)[0]

    assert not guide(GUIDE + timedelta(minutes=1)).late
    assert guide(GUIDE + numbers.LATE).late
    after = guide(event.ends)
    assert (after.over, after.late, after.to_go) == (True, False, 0)


def test_who_registers_after_the_reminder_is_not_said_to_get_it(event: EventConfig) -> None:
    reminder = numbers.mailouts(
        event, people({"registered_at": START - timedelta(minutes=5)}), START - timedelta(minutes=4)
    )[1]
    assert (reminder.name, reminder.to_go, reminder.late) == ("reminder", 0, False)


def test_what_needs_a_person_comes_in_the_order_of_urgency_then_oldest_first() -> None:
    held = Received(id=1, disposition="held", reason="encrypted", sender="a@x.example", sender_name="", subject="",
                    question="", review="", collected_at=EARLY, sent_at=None)  # fmt: skip
    asked = [Received(id=n, disposition="registration", question="Why?", sender="ANA@saude.example", sender_name="Ana",
                      subject="Re", reason="", review="", collected_at=EARLY, sent_at=EARLY - timedelta(days=n))
             for n in (2, 3)]  # fmt: skip
    failed = Outbox(
        id=1, state="failed", mail="guide", recipient="b@x.example", reason="550 no", response="", due_at=EARLY
    )
    doubtful = people({"confidence": 0.5}, {"review": ("two_phones",), "status": "declined"})
    found = numbers.needs([PERSON, *doubtful], [held, *asked], [failed])
    assert [(n.kind, n.received) for n in found] == [
        ("question", 3), ("question", 2), ("held", 1), ("failed", None), ("review", None),
    ]  # fmt: skip
    assert found[0].row == PERSON.id  # whoever asks leads to their registration
    assert (found[2].reasons, found[4].reasons) == (("encrypted",), ("unsure",))


def test_computers_are_counted_by_country_beside_the_seats_there(event: EventConfig) -> None:
    needy = {"needs_access": True, "country": "SN"}
    found = numbers.desks(event, people(needy, needy, {"needs_access": True, "country": ""}, {"country": "SN"}))
    assert [(d.country, len(d.people), d.seats) for d in found] == [("SN", 2, 4), ("", 1, 0)]


def test_the_next_event_comes_first_and_past_ones_last(tmp_path: Path) -> None:
    more = "\n".join(
        f'[[event]]\nslug = "{slug}"\ntitle = "x"\nstart = {day}T10:00:00\nend = {day}T11:00:00\ntimezone = "UTC"\n'
        for slug, day in (("past", "2018-01-01"), ("older", "2017-01-01"), ("later", "2019-01-01"))
    )
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + more, "utf-8")
    assert [e.slug for e in numbers.order(load(path).events, NOW)] == ["webinaire-2", "later", "past", "older"]


# ---------------------------------------------------------------- from the tables


def test_the_sample_is_counted_as_it_was_written(sample: Session, settings: Config, event: EventConfig) -> None:
    found = [r for batch in rows.batches(sample, event.slug, event.starts, size=7) for r in batch]
    assert len(found) == len({r.id for r in found}) == sample.query(Participant).count()
    counted = numbers.figures(found, event.required)
    assert counted.coming + counted.tentative + counted.declined == len(found)
    assert counted.online + counted.in_person + counted.mode_unknown == counted.coming
    assert (counted.tentative, counted.declined, counted.need_computer, counted.unreachable) == (2, 4, 6, 2)
    by_name = {r.name: r for r in found}
    assert by_name["Aminata Sarr"].country == "SN"
    assert by_name["Aminata Sarr"].acknowledged is not None
    assert by_name["Tendai Chikomo"].trouble.startswith("5.1.1")


def test_events_keep_their_people_apart(empty: Session) -> None:
    fill(empty, "one")
    assert [len(batch) for batch in rows.batches(empty, "two")] == []
    assert sum(len(batch) for batch in rows.batches(empty, "one")) > 60


def test_a_guide_sent_for_the_old_start_does_not_count_for_the_new_one(sample: Session, event: EventConfig) -> None:
    moved = event.starts + timedelta(days=1)
    for batch in rows.batches(sample, event.slug, moved):
        assert all("guide" not in r.mailed for r in batch)


def test_everybody_in_one_message_counts_as_acknowledged_by_its_answer(empty: Session) -> None:
    fill(empty, "one")
    answered = [r for batch in rows.batches(empty, "one") for r in batch if r.acknowledged]
    assert len(answered) > 60


@pytest.mark.parametrize(
    ("phone", "country"),
    [("+221771234567", "SN"), ("+14165550123", "CA"), ("0791234567", ""), ("+88216123456", ""), ("+", ""), ("", "")],
)
def test_a_country_is_told_by_the_country_code_or_not_at_all(phone: str, country: str) -> None:
    assert rows.country_of(phone) == country
