"""What we hold of one person, for themselves: a plain account to read, and the same as JSON. Reads only.

Also what others wrote of them is in it, as far as it was recorded; others' own messages are not, since they are theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot.models import Base, Guest, Outbox, Participant, Received, Returned, row_values
from mailbot.privacy.belongings import Belongings
from mailbot.registry import story
from mailbot.registry.history import SET_ASIDE, SPOKE
from mailbot.rsvp.answer import FIELDS

OURS = ("raw", "body", "digest", "fingerprint", "text_digest", "identity", "addresses")
"""Columns that serve the program only, or stand in files of their own; `addresses` are other people's."""


def of_person(session: Session, what: Belongings) -> dict[str, Any]:
    """Return everything as plain values; moments are datetimes in UTC."""
    people = session.scalars(sa.select(Participant).where(Participant.id.in_(what.people)).order_by(Participant.id))
    return {
        "address": what.address,
        "registrations": [_plain(p) | {"history": [_plain(c) for c in story(session, p.id)]} for p in people],
        "messages": [_plain(m) for m in _rows(session, Received, what.messages)],
        "mails": [_plain(m) for m in _rows(session, Outbox, what.mails)],
        "guest_lists": [_plain(g) for g in _rows(session, Guest, what.guests)],
        "returned": [_plain(r) for r in _rows(session, Returned, what.returned)],
        "named_by_others": len(what.shared),
    }


def files(session: Session, what: Belongings) -> dict[str, bytes]:
    """Return the messages as they came and the mails as they left, by a file name each."""
    found = {f"message-{m.id}.eml": m.raw for m in _rows(session, Received, what.messages)}
    found |= {f"mail-{m.id}-{m.mail}.eml": m.body for m in _rows(session, Outbox, what.mails)}
    return {name: data for name, data in found.items() if data is not None}


def account(told: dict[str, Any], zone: ZoneInfo, now: datetime) -> str:
    """Return the same as a text for people."""

    def at(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else "an unknown moment"

    lines = [f"What is held of {told['address']}", f"Written {at(now)}; times in {zone}.", ""]
    for one in told["registrations"]:
        lines += [f"Registration for {one['event']}: {one['status']}, since {at(one['registered_at'])}"]
        lines += [f"  {name}: {_said(one[name])}" for name in FIELDS if one[name] is not None]
        lines += ["  What happened:", *(f"    {at(c['at'])}  {sentence(c)}" for c in one["history"]), ""]
    lines += _listed("Messages from this address", [
        f"{at(m['sent_at'] or m['collected_at'])}  {m['subject'] or '(no subject)'} ({m['disposition']})"
        for m in told["messages"]])  # fmt: skip
    lines += _listed("Mails to this address", [
        f"{at(m['done_at'] or m['due_at'])}  {m['mail']} to {m['recipient']} ({m['state']})" for m in told["mails"]
    ])  # fmt: skip
    lines += _listed("Guest lists", [f"{g['event']}: {g['name']} <{g['email']}>" for g in told["guest_lists"]])
    lines += _listed("Mail that came back", [f"{at(r['at'])}  {r['words'] or r['how']}" for r in told["returned"]])
    if told["named_by_others"]:
        lines += [f"Messages of others that name this person: {told['named_by_others']}"]
    return "\n".join(lines) + "\n"


def sentence(change: dict[str, Any]) -> str:
    """Tell one change of a history as a sentence: who, what, from what to what, and the words."""
    who = change["who"] or "somebody unknown"
    if change["field"] == SPOKE:
        return f"{who} wrote: {change['new']}"
    if change["field"] == SET_ASIDE:
        return f"{who} had written earlier, which was set aside: {change['new']}"
    before = f" (was {change['old']})" if change["old"] else ""
    words = f", from “{change['words']}”" if change["words"] and change["words"] != change["new"] else ""
    return f"{who} – {change['field']}: {change['new'] or 'nothing'}{before}{words}"


def _listed(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines), ""] if lines else []


def _said(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _plain(row: Base) -> dict[str, Any]:
    return {name: value for name, value in row_values(row).items() if name not in OURS}


def _rows(session: Session, table: type[Any], ids: tuple[int, ...]) -> list[Any]:
    return list(session.scalars(sa.select(table).where(table.id.in_(ids)).order_by(table.id)))
