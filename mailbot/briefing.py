"""From rows to a `Brief`: what one mail to the organisers says.

Reads rows, changes none. The layout and the words are `templates/organisers`'; why something is held is told in the
report's words, so that alert, digest, terminal and report say the same.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import alerts, schedule, tokens
from mailbot import message as messages
from mailbot.addresses import Address
from mailbot.compose.brief import ALERT, DIGEST, Attachment, Block, Brief, Item, Say, language_of
from mailbot.config import Config, EventConfig
from mailbot.models import Fact, Notice, Outbox, Participant, Received
from mailbot.report import numbers, page, rows, workbook
from mailbot.report.words import Words

MOST_ITEMS = 30  # things in one mail; the rest is in the report
MOST_NAMES = 20  # names in one line of the digest
MOST_ATTACHED = 8_000_000  # bytes of a digest's files; base64 adds a third, and providers take 20–25 MB
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DECISIONS = ("held", "question", "computer", "unreachable", "came_back", "complained", "mail_failed")
"""The kinds of notices for which the words say what can be decided; of the others nothing but that they were seen."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one line that an organiser wrote: `word` is a key of the words' `done`."""

    number: int
    word: str
    who: str = ""
    detail: str = ""
    words: str = ""

    @property
    def understood(self) -> bool:
        """Whether it was carried out, or was so already."""
        return self.word not in NOT_DONE


NOT_DONE = ("not_understood", "no_such_case", "cannot_accept", "who_is_meant", "nobody_known", "nothing_known",
            "held_again", "which_one")  # fmt: skip
"""The results after which an organiser has to write again."""


def kept(done: Sequence[Done]) -> str:
    """Return results as they are kept beside the message that asked for them."""
    return json.dumps([[d.number, d.word, d.who, d.detail, d.words] for d in done], ensure_ascii=False)


def read_kept(text: str) -> list[Done]:
    """Return results that were kept; [] where the text holds none."""
    try:
        return [Done(*one) for one in json.loads(text)]
    except (ValueError, TypeError):
        return []


def brief_for(session: Session, row: Outbox, config: Config, now: datetime) -> Brief:
    """Return what a mail to an organiser says now; `now` becomes its Date."""
    if row.mail == ALERT:
        return _alert(session, row, config, now)
    return _digest(session, row, config, now) if row.mail == DIGEST else _decision(session, row, config, now)


# ---------------------------------------------------------------- things that need a person


def item_of(session: Session, notice: Notice, config: Config, say: Say) -> Item:
    """Return a notice as people see it."""
    message = session.get(Received, notice.received_id) if notice.received_id else None
    person = session.get(Participant, notice.participant_id) if notice.participant_id else None
    kind = notice.kind if say.has(f"kind.{notice.kind}") else "other"
    address = message.sender if message else notice.address or (person.write_to or "" if person else "")
    who = (person.name if person else "") or (message.sender_name if message else "") or ""
    words = message.question or _said(message) if message and notice.kind in ("held", "question") else ""
    title = next((e.title_in(say.language) for e in config.events if e.slug == notice.event), "")
    decide = notice.kind if notice.kind in DECISIONS else "other"
    return Item(
        number=notice.id, title=say.text(f"kind.{kind}"), who=who or ("" if address else notice.detail[:100]),
        address=address, event=title if len(config.events) > 1 else "", why=_why(notice, config, say),
        subject=message.subject if message else "", words=words,
        decide=say.text(f"decide.{decide}", address=address),
    )  # fmt: skip


def _why(notice: Notice, config: Config, say: Say) -> str:
    if notice.kind == "held":
        return Words(say.language, UTC, config.templates).reason(notice.detail or "held")
    word, _, detail = notice.detail.partition(":")
    if say.has(f"why.{word}"):
        return say.text(f"why.{word}", detail=detail)
    return "" if notice.kind == "question" else notice.detail


def _said(message: Received) -> str:
    """Return the beginning of what a held message says, where its bytes are still there."""
    return messages.read(message.raw).text[:1000] if message.raw else ""


def _how(say: Say, items: Sequence[Item]) -> str:
    if not items:
        return ""
    return say.text("how.one") if len(items) == 1 else say.text("how.other", number=items[0].number)


def _reply_to(row: Outbox, config: Config) -> tuple[Address, ...]:
    word = tokens.of_message_id(row.message_id)
    if config.smtp.reply_to != "plus" or not word:
        return ()
    return (Address("", tokens.plus_address(config.smtp.from_.email, tokens.REPLY, word)),)


def _alert(session: Session, row: Outbox, config: Config, now: datetime) -> Brief:
    say = Say(config.templates, language_of(config))
    told = notices_of(session, row)
    items = [item_of(session, notice, config, say) for notice in told[:MOST_ITEMS]]
    question = len(told) == 1 and told[0].kind == "question" and bool(items[0].address)
    if len(items) == 1:
        one = items[0]
        subject = say.text("alert.one", title=one.title, who=one.who or one.address or say.text("words.nobody"))
    else:
        subject = say.count("alert.heading", len(told))
    how = _how(say, items)
    reply_to = _reply_to(row, config)
    if question:
        # An answer goes to the person who asks; a copy to us tells that it was given.
        own = config.smtp.from_
        reply_to = (Address(items[0].who, items[0].address), Address("", own.email))
        how = say.text("how.question", address=own.email)
        items = [replace(items[0], decide="")]  # "done" would go to them as well
    return Brief(
        mail=ALERT, recipient=row.recipient, message_id=row.message_id, now=now,
        zone=alerts.next_event(config, now).zone, subject=subject, heading=say.count("alert.heading", len(told)),
        items=tuple(items), how=how, reply_to=reply_to,
        more=say.count("alert.more", len(told) - MOST_ITEMS) if len(told) > MOST_ITEMS else "",
    )  # fmt: skip


def notices_of(session: Session, row: Outbox) -> Sequence[Notice]:
    """Return the notices that an alert tells of, by its number; those that wait still, where it is a digest."""
    query = sa.select(Notice).order_by(Notice.id)
    if row.mail == ALERT and row.case.isdigit():
        return session.scalars(query.where(Notice.alert == int(row.case))).all()
    return session.scalars(query.where(Notice.settled_at.is_(None))).all() if row.mail == DIGEST else []


# ---------------------------------------------------------------- digest


def _digest(session: Session, row: Outbox, config: Config, now: datetime) -> Brief:
    say = Say(config.templates, language_of(config))
    first = alerts.next_event(config, now)
    since = _since(session, row)
    waiting = notices_of(session, row)
    items = [item_of(session, notice, config, say) for notice in waiting[:MOST_ITEMS]]
    events = [event for event in numbers.order(config.events, now) if event.ends >= now or event is first]
    blocks, new, coming = [], 0, 0
    for event in events:
        block, came, there = _block(session, event, config, say, (since, now))
        blocks.append(block)
        new, coming = (came, there) if event is first else (new, coming)
    files = attachments(session, config, now, say.language)
    fits = sum(len(one.data) for one in files) <= MOST_ATTACHED
    words = Words(say.language, first.zone, config.templates)
    return Brief(
        mail=DIGEST, recipient=row.recipient, message_id=row.message_id, now=now, zone=first.zone,
        subject=say.text("digest.subject", title=first.title_in(say.language), coming=coming, new=new),
        heading=say.text("digest.heading", since=words.full(since)),
        intro=say.count("digest.needs", len(waiting)) if waiting else "",
        items=tuple(items), blocks=tuple(blocks), how=_how(say, items), reply_to=_reply_to(row, config),
        more=say.count("alert.more", len(waiting) - MOST_ITEMS) if len(waiting) > MOST_ITEMS else "",
        files=say.text("words.files" if fits else "words.files_too_large"), attachments=files if fits else (),
    )  # fmt: skip


def _since(session: Session, row: Outbox) -> datetime:
    """Return since when a digest tells: what the fact of the last one said when this was put."""
    fact = session.get(Fact, alerts.LAST_DIGEST)
    try:
        return datetime.fromisoformat(fact.value) if fact and fact.value else row.created_at
    except ValueError:
        return row.created_at


def _block(
    session: Session, event: EventConfig, config: Config, say: Say, times: tuple[datetime, datetime]
) -> tuple[Block, int, int]:
    """Return an event's figures and news, how many registered, and how many come; `times` are since when, and now."""
    since, now = times
    people = [one for batch in rows.batches(session, event.slug, event.starts) for one in batch]
    counted = numbers.figures(people, event.required)
    names = ("coming", "online", "in_person", "mode_unknown", "tentative", "declined", "need_computer", "incomplete",
             "unreachable")  # fmt: skip
    values = {name: getattr(counted, name) for name in names}
    figures = [(say.text(f"digest.{n}"), str(value)) for n, value in values.items() if value or n == "coming"]
    new, changed, gone = _news(session, event, since)
    lines = [say.text(f"digest.{word}", names=_listed(say, found))
             for word, found in (("new", new), ("changed", changed), ("cancelled", gone)) if found]  # fmt: skip
    sent = _sent(session, event, since)
    lines += [say.text("digest.sent", names=", ".join(sent))] if sent else []
    words = Words(say.language, event.zone, config.templates)
    coming = [m for m in schedule.moments(event) if m.due_at > now] if not event.cancelled else []
    if coming:
        soon = min(coming, key=lambda m: m.due_at)
        lines.append(say.text("digest.next", mail=soon.mailout.name, when=words.full(soon.due_at)))
    block = Block(event.title_in(say.language), words.full(event.starts), tuple(figures), tuple(lines))
    return block, len(new), counted.coming


def _news(session: Session, event: EventConfig, since: datetime) -> tuple[list[str], list[str], list[str]]:
    """Return the names of who registered, changed something, and cancelled since a moment."""
    people = sa.select(Participant).where(Participant.event == event.slug, Participant.changed_at > since)
    new, changed, gone = list[str](), list[str](), list[str]()
    for person in session.scalars(people.order_by(Participant.changed_at, Participant.id)):
        name = person.name or person.email or person.write_to or "?"
        if person.status == "declined":
            gone.append(name)
        elif person.registered_at > since:
            new.append(name)
        else:
            changed.append(name)
    return new, changed, gone


def _sent(session: Session, event: EventConfig, since: datetime) -> list[str]:
    query = sa.select(Outbox.mail, sa.func.count()).where(
        Outbox.event == event.slug, Outbox.state == "sent", Outbox.done_at > since, Outbox.participant_id.is_not(None),
        Outbox.mail != "acknowledgement",
    )  # fmt: skip
    return [f"{mail} ({count})" for mail, count in session.execute(query.group_by(Outbox.mail).order_by(Outbox.mail))]


def _listed(say: Say, names: Sequence[str]) -> str:
    told = ", ".join(names[:MOST_NAMES])
    return f"{told} {say.text('digest.others', n=len(names) - MOST_NAMES)}" if len(names) > MOST_NAMES else told


def attachments(session: Session, config: Config, now: datetime, language: str) -> tuple[Attachment, ...]:
    """Return the report as files: the page, and the spreadsheet."""
    files = [Attachment("report.html", "text/html", page(session, config, now, language).encode())]
    with io.BytesIO() as stream:
        if workbook.write(session, config, stream, language):
            files.append(Attachment("participants.xlsx", XLSX, stream.getvalue()))
    return tuple(files)


# ---------------------------------------------------------------- answers to decisions


def _decision(session: Session, row: Outbox, config: Config, now: datetime) -> Brief:
    say = Say(config.templates, language_of(config))
    asked = session.get(Received, row.received_id) if row.received_id else None
    done = read_kept(asked.reason) if asked else []
    good, bad = [d for d in done if d.understood], [d for d in done if not d.understood]
    heading = "heading_done" if not bad else "heading_partly" if good else "heading_none"
    subject = asked.subject if asked else ""
    return Brief(
        mail=row.mail, recipient=row.recipient, message_id=row.message_id, now=now,
        zone=alerts.next_event(config, now).zone, heading=say.text(f"decision.{heading}"),
        subject=subject if subject.lower().startswith("re") else say.text("decision.subject", subject=subject),
        items=tuple(_result(one, say) for one in done), not_understood=bool(bad),
        how=say.text("how.one") if bad else "",
        in_reply_to=asked.message_id if asked else "", references=tuple(asked.thread.split()) if asked else (),
        reply_to=_reply_to(row, config),
    )  # fmt: skip


def sentence(done: Done, say: Say) -> str:
    """Return a result as a sentence."""
    return say.text(f"done.{done.word}", detail=done.detail, number=done.number or 1)


def _result(done: Done, say: Say) -> Item:
    title = " · ".join(filter(None, (str(done.number or ""), sentence(done, say) if done.understood else "")))
    return Item(done.number, title or "–", who=done.who, why="" if done.understood else sentence(done, say),
                words=done.words)  # fmt: skip
