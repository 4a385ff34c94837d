"""Every kind of machine's mail is told by its own signs, and no person is taken for a machine."""

from __future__ import annotations

import base64
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import bounce, calendar, message, phrases, reading, robots
from mailbot.message import Message
from mailbot.rsvp.answer import Invitation, Reading

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((HERE / "expected.toml").read_text("utf-8"))
WORDS: list[dict[str, str]] = tomllib.loads((HERE / "words.toml").read_text("utf-8"))["message"]
PEOPLE = sorted(p.stem for p in HERE.glob("person-*.eml"))
INVITATION = Invitation(
    message_ids=frozenset({"<invite-en@network.example>"}),
    own_addresses=frozenset({"registrar@network.example", "second.registrar@network.example"}),
    subject_words=("webinar", "webinaire", "seminario web", "webinário"),
    uids=frozenset({"e1@network.example"}),
)


def load(name: str) -> Message:
    return message.read((HERE / f"{name}.eml").read_bytes())


def by_machine(mail: Message) -> Reading | None:
    """What the readers of machines' mail say, in the order in which they are asked."""
    if found := bounce.read(mail):
        return Reading("bounce", rule=found.rule)
    return calendar.read(mail, INVITATION) or robots.read(mail, INVITATION)


def of_kind(kind: str) -> list[str]:
    return [name for name, row in EXPECTED.items() if row["kind"] == kind]


def test_every_message_of_the_folder_is_expected_to_be_something() -> None:
    assert {p.stem for p in HERE.glob("*.eml")} == {*EXPECTED, *PEOPLE}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_machines_message_is_known_by_the_rule_that_fits(name: str) -> None:
    said = by_machine(load(name))
    assert said is not None
    assert (said.kind, said.rule) == (EXPECTED[name]["kind"], EXPECTED[name]["rule"])
    assert (said.reason, said.question) == (EXPECTED[name].get("reason", ""), EXPECTED[name].get("question", ""))


@pytest.mark.parametrize("name", PEOPLE)
def test_no_person_is_taken_for_a_machine(name: str) -> None:
    assert by_machine(load(name)) is None


@pytest.mark.parametrize("name", of_kind("bounce"))
def test_a_bounce_says_who_was_not_reached_how_badly_and_which_mail_came_back(name: str) -> None:
    found = bounce.read(load(name))
    assert found is not None
    said = [
        {"address": r.address, "final": r.final, "action": r.action, "status": r.status, "hard": r.hard}
        for r in found.recipients
    ]
    assert said == EXPECTED[name]["recipients"]
    assert (found.message_id, found.mailbot_mail) == (EXPECTED[name]["message_id"], EXPECTED[name]["mailbot_mail"])


@pytest.mark.parametrize("name", [*of_kind("auto_reply"), *of_kind("calendar_reply")])
def test_an_automatic_answer_says_for_whom_it_speaks(name: str) -> None:
    said = reading.read(load(name), INVITATION)
    people = [f"{a.name.value if a.name else ''} <{a.email.value if a.email else ''}>" for a in said.answers]
    assert people == EXPECTED[name]["speaks_for"]


@pytest.mark.parametrize("name", of_kind("calendar_reply"))
def test_a_calendars_answer_keeps_its_state_and_the_reasons_to_look(name: str) -> None:
    said = calendar.read(load(name), INVITATION)
    assert said is not None
    assert said.answers[0].partstat == EXPECTED[name]["partstat"]
    assert list(said.answers[0].review) == EXPECTED[name].get("review", [])


# ---------------------------------------------------------------- bounces


def test_both_addresses_of_a_forwarded_recipient_are_kept() -> None:
    found = bounce.read(load("bounce-original-recipient-xtext"))
    assert found is not None
    assert found.recipients[0].addresses == ("marie+webinar@union.example", "mdupont@hosting.example")


def test_what_is_delayed_or_relayed_has_not_failed() -> None:
    for name in ("bounce-gmail-delayed", "bounce-relayed", "bounce-text-delayed"):
        found = bounce.read(load(name))
        assert found is not None
        assert found.failed == ()


def test_exchanges_replacement_of_our_message_id_is_undone() -> None:
    found = bounce.read(load("bounce-office365-policy"))
    assert found is not None
    assert found.message_ids[0] == "<guide.7.a1@network.example>"
    assert len(found.message_ids) == 2


def test_the_returned_mail_shows_its_outbox_key() -> None:
    found = bounce.read(load("bounce-exchange-fr"))
    assert found is not None
    assert found.mailbot_id == "guide 7 2018-10-23"


def test_a_spam_complaint_is_told_from_a_failure() -> None:
    found = bounce.read(load("bounce-feedback-report"))
    assert found is not None
    assert found.complaint
    assert found.failed == ()


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.1.1", "5.4.1", "5.1.8", "5.0.0"])
def test_only_an_address_that_is_no_good_is_hard(status: str) -> None:
    mail = changed(
        "bounce-exchange-fr", "status: 5.1.1", f"status: {status}", "550 5.1.1 RESOLVER.ADR.RecipNotFound", "no"
    )
    found = bounce.read(mail)
    assert found is not None
    assert [(r.status, r.hard) for r in found.recipients] == [(status, False)]


def test_a_report_in_words_never_names_ourselves_as_the_one_not_reached() -> None:
    raw = (HERE / "bounce-text-es.eml").read_bytes().replace(b"prensa@central.example", b"registrar@network.example")
    found = bounce.read(message.read(raw))
    assert found is None or found.recipients == ()


# ---------------------------------------------------------------- robots


@pytest.mark.parametrize("name", [n for n in of_kind("auto_reply") if "absence" in n or "ticket" in n or "left" in n])
def test_an_automatic_answer_is_known_by_its_words_when_a_gateway_took_its_headers(name: str) -> None:
    mail = load(name)
    bare = tuple((n, v) for n, v in mail.headers if not n.startswith(("x-", "auto-", "precedence", "return-path")))
    said = robots.read(replace(mail, headers=bare, subject="Re: Invitation"), INVITATION)
    assert said is not None
    assert said.kind == "auto_reply"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated (rejected)"),
        ("auto-submitted", "Auto-Replied; owner-email=x@y.example"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "Invitation"),
        ("X-Auto-Reply-From", "ruth@carers.example"),
        ("X-FC-MachineGenerated", "true"),
        ("Precedence", "auto_reply"),
        ("Precedence", "auto-reply"),
        ("X-POST-MessageClass", "9; Autoresponder"),
        ("X-Loop", "ruth@carers.example"),
        ("Return-Path", "<>"),
    ],
)
def test_each_header_that_only_machines_write_is_enough(header: str, value: str) -> None:
    said = robots.read(person(f"{header}: {value}", text="Merci, bien reçu."), INVITATION)
    assert said is not None
    assert said.kind == "auto_reply"


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: auto-forwarded",
        "Precedence: normal",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: no",
        "X-Loop: second.registrar@network.example",
        "X-MS-Exchange-Inbox-Rules-Loop: second.registrar@network.example",
        "Return-Path: <ruth@carers.example>",
        "List-Id: <pensions.lists.example>",
        "X-Mailer: Autoresponderific 3",
    ],
)
def test_headers_that_people_s_mail_carries_prove_nothing(header: str) -> None:
    assert robots.read(person(header, text="I will attend online."), INVITATION) is None


def test_a_weak_sign_against_words_of_taking_part_asks_for_a_look() -> None:
    said = robots.read(person("Return-Path: <>", text="I will attend online."), INVITATION)
    assert said is not None
    assert said.review == (robots.PERHAPS,)


def test_words_of_the_invitation_are_not_the_robots() -> None:
    sent = "Please register: I will attend online, in person or by WebEx."
    quoted = f"I am out of the office until Monday. If urgent, please contact Jo.\n\n{sent}\n"
    mail = person("X-Mailer: x", text=quoted)
    assert robots.read(mail, replace(INVITATION, invitation_texts=(sent,))) is not None
    assert robots.read(mail, INVITATION) is None


@pytest.mark.parametrize("row", WORDS, ids=lambda row: f"{row['by']}: {row['text'][:40]}")
def test_words_alone_tell_machines_from_people(row: dict[str, str]) -> None:
    head = f"From: Tom Hill <tom@union.example>\r\nSubject: {row['subject']}\r\nContent-Type: text/plain; charset=utf-8"
    said = reading.read(message.read(f"{head}\r\n\r\n{row['text']}\r\n".encode()), INVITATION)
    assert (said.kind == "auto_reply") == (row["by"] == "machine")


def test_a_list_is_said_to_be_one_so_that_it_is_never_answered() -> None:
    assert robots.through_list(load("person-through-list"))
    assert not robots.through_list(load("person-precedence-normal"))


# ---------------------------------------------------------------- calendars


def test_a_calendars_words_are_shown_as_evidence() -> None:
    said = calendar.read(load("calendar-apple"), INVITATION)
    assert said is not None
    email = said.answers[0].email
    assert email is not None
    assert (email.words, email.where, email.rule) == ("MAILTO:bjorn@facket.example", "calendar", "calendar_attendee")


def test_a_comment_is_kept_word_for_word() -> None:
    said = calendar.read(load("calendar-outlook"), INVITATION)
    assert said is not None
    assert said.own_text == "Depende del horario de la asamblea.\n ¿Habrá grabación?"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("DTSTART:20181023T130000Z", ":2018-10-23T13:00Z"),
        ("DTSTART;TZID=Europe/Zurich:20181023T150000", ":2018-10-23T13:00Z"),
        ("DTSTART;TZID=W. Europe Standard Time:20181023T150000", ":2018-10-23T13:00Z"),
        ('DTSTART;TZID="/softwarestudio.org/Tzfile/Europe/Zurich":20181023T150000', ":2018-10-23T13:00Z"),
        ("DTSTART;TZID=Customized Time Zone:20181023T150000", ":2018-10-23T15:00_Customized_Time_Zone"),
        ("DTSTART;TZID=../../etc/passwd:20181023T150000", ":2018-10-23T15:00_../../etc/passwd"),
        ("DTSTART:20181023T150000", ":2018-10-23T15:00"), ("DTSTART;VALUE=DATE:20181024", ":2018-10-24"),
        ("DTSTART:20181399T150000Z", ""), ("DTSTART:00010101T000000", ":0001-01-01T00:00"), ("DTSTART:soon", ""),
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", ""),
    ],
)  # fmt: skip
def test_the_time_that_a_calendar_proposes_is_told_in_utc_where_its_zone_is_known(line: str, told: str) -> None:
    mail = changed(
        "calendar-apple", "METHOD:REPLY", "METHOD:COUNTER", "DTSTART:20181023T120000Z", line.replace("=", "=3D")
    )
    said = calendar.read(mail, INVITATION)
    assert said is not None
    assert said.answers[0].review == (f"counter_proposal{told}",)


def test_an_address_that_a_calendar_writes_as_a_uri_is_read_as_an_address() -> None:
    mail = changed("calendar-apple", "MAILTO:bjorn@facket.example", "mailto:bj%C3%B6rn%2Bx@facket.example?subject=x")
    said = calendar.read(mail, INVITATION)
    assert said is not None
    assert said.answers[0].email is not None
    assert said.answers[0].email.value == "björn+x@facket.example"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "REFRESH", "ADD"])
def test_only_replies_and_counters_answer(method: str) -> None:
    assert (
        calendar.read(changed("calendar-apple", "METHOD:REPLY", f"METHOD:{method}", "method=REPLY", ""), INVITATION)
        is None
    )


def person(*headers: str, text: str) -> Message:
    """A message that Ruth Owens may have written, with headers added."""
    top = "\r\n".join(headers)
    head = "From: Ruth Owens <ruth@carers.example>\r\nTo: registrar@network.example\r\nSubject: Re: webinar\r\n"
    head += "In-Reply-To: <invite-en@network.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8"
    return message.read(f"{top}\r\n{head}\r\n\r\n{text}\r\n".encode())


def changed(name: str, *words: str) -> Message:
    """A message of the folder with some of its words replaced, in any case: old, new, old, new, …"""
    raw = (HERE / f"{name}.eml").read_bytes().decode("utf-8")
    for old, new in zip(words[::2], [*words[1::2], ""], strict=False):
        assert old.lower() in raw.lower()
        raw = re.sub(re.escape(old), new, raw, flags=re.I)
    return message.read(raw.encode("utf-8"))


# ---------------------------------------------------------------- calendars that another library wrote

_PRINTABLE = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))


@given(
    name=st.text(_PRINTABLE, max_size=40),
    state=st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"]),
    comment=st.text(_PRINTABLE, max_size=200),
    summary=st.text(_PRINTABLE, max_size=100),
)
def test_replies_that_the_icalendar_library_writes_are_read_back(
    name: str, state: str, comment: str, summary: str
) -> None:
    attendee = icalendar.vCalAddress("mailto:ruth@carers.example")
    attendee.params["PARTSTAT"] = state
    if name.strip():
        attendee.params["CN"] = name
    event = icalendar.Event()
    event.add("uid", "e1@network.example")
    event.add("summary", summary)
    event.add("comment", comment)
    event.add("attendee", attendee)
    entry = icalendar.Calendar()
    entry.add("prodid", "-//x//EN")
    entry.add("version", "2.0")
    entry.add("method", "REPLY")
    entry.add_component(event)
    head = (
        "From: Ruth Owens <ruth@carers.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8\r\n"
    )
    raw = head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(entry.to_ical())
    said = calendar.read(message.read(raw), INVITATION)
    assert said is not None
    assert said.kind == "calendar_reply"
    answer = said.answers[0]
    assert answer.partstat == state
    assert answer.email is not None
    assert answer.email.value == "ruth@carers.example"
    assert answer.review == ()


# ---------------------------------------------------------------- the lexicon of machines


@pytest.mark.parametrize("language", ["fr", "en", "es", "pt", "de", "it"])
def test_each_language_says_how_its_machines_speak_of_every_topic(language: str) -> None:
    topics = set[str]().union(*phrases.lexicon().values())
    missing = topics - set(phrases.lexicon()[language])
    assert not missing, f"robots.toml, [{language}]: write down what machines say for {', '.join(sorted(missing))}"


def test_every_line_of_the_lexicon_can_match() -> None:
    for topic in set[str]().union(*phrases.lexicon().values()):
        for phrase in phrases.phrases(topic):
            re.compile(phrase.source)
            assert all(phrase.cues), f"{topic}: a line of gaps only would be looked for in every text: {phrase.source}"
            assert re.fullmatch(phrase.source, "") is None


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("absent", "Je suis, depuis hier, ABSENTE du bureau."),  # case, accents, an optional end
        ("absent", "I am currently\nout of   the office"),  # over a line's end
        ("absent", "ich bin bis einschließlich 31. Oktober in Elternzeit"),  # a full stop after a number is none
        ("left", "Ma messagerie sera supprimée"),  # one of several
    ],
)
def test_a_line_of_the_lexicon_is_found_as_people_write(topic: str, text: str) -> None:
    assert phrases.find(topic, phrases.fold(text)) is not None


def test_a_gap_ends_with_the_sentence() -> None:
    assert phrases.find("absent", phrases.fold("Je suis ravie. Mon chef est dans son bureau, absent")) is None
