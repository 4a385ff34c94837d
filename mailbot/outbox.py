"""The mail waiting to leave, and what became of it: put, claim, note the result, when to try again.

| state | means | leads to |
|---|---|---|
| waiting | owed; the body may be composed ahead | claimed, withdrawn, expired |
| claimed | ours for one attempt; nothing was handed over yet | in_doubt, waiting, failed, withdrawn, expired |
| in_doubt | written right before the final dot: perhaps accepted | sent, failed, waiting (same bytes) |
| sent | the server took it | failed or waiting, if it comes back for good or for now |
| failed, expired, withdrawn | done | – |

Every change is a compare-and-set in the caller's transaction. Nothing here composes, connects or decides who is owed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from mailbot import tokens
from mailbot.models import Fact, Outbox

BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60))
"""Waits between the attempts on one mail; the last one repeats. Greylisting wants about 5 minutes."""
MAX_ATTEMPTS = 40  # at an hour each about two days: what servers themselves try (RFC 5321 4.5.4.1: 4-5 days) and less
PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15))
"""Waits of the way out as a whole, when the server takes nothing from us; the last one repeats, and costs it a MAIL."""
AHEAD = timedelta(minutes=1)  # what was noted further ahead than this was noted by a clock that ran ahead
SERVER_PAUSE = timedelta(seconds=30)  # the server itself can't be reached: the mail is not at fault, try again soon


@dataclass(frozen=True, slots=True)
class Owed:
    """One mail to be put: `key` is what makes it the same mail (see Outbox), times are aware."""

    key: str
    mail: str
    event: str
    event_start: datetime
    recipient: str
    language: str
    due_at: datetime
    expires_at: datetime | None
    participant_id: int | None = None
    received_id: int | None = None
    case: str = ""
    not_before: datetime | None = None  # may leave earlier than due, when the provider is slow


def put(session: Session, owed: Iterable[Owed], now: datetime, domain: str) -> int:
    """Write down mails that are owed and return how many now wait that did not before.

    A mail with the same key stays as it is, unless nobody ever took it: one that was withdrawn, or that failed before
    its recipient's address was corrected, waits again.
    """
    own_secret = secret(session, now)
    rows = [_row(one, now, domain, own_secret) for one in owed]
    if not rows:
        return 0
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Outbox)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={n: new[n] for n in _REVIVED} | {"body": sa.null()},
        # Constants stand in the statement: with parameters here, SQLAlchemy inserts thousands of rows one by one.
        where=sa.and_(
            Outbox.state.in_([sa.literal_column("'withdrawn'"), sa.literal_column("'failed'")]),
            Outbox.reason.not_like(sa.literal_column(f"'{BY_HAND}%'")),
        ),
    )
    return len(session.execute(statement.returning(Outbox.id), rows).all())


_REVIVED = ("state", "reason", "recipient", "language", "due_at", "expires_at", "next_attempt_at", "attempts", "digest")
"""What a mail that waits again takes over from the new row; its Message-ID stays."""


def _row(one: Owed, now: datetime, domain: str, own_secret: str) -> dict[str, Any]:
    local = tokens.token(own_secret, one.key, one.event, one.participant_id)
    return {
        "key": one.key, "mail": one.mail, "event": one.event, "event_start": one.event_start, "case": one.case,
        "participant_id": one.participant_id, "received_id": one.received_id, "recipient": one.recipient,
        "language": one.language, "due_at": one.due_at, "expires_at": one.expires_at, "created_at": now,
        "next_attempt_at": one.not_before or one.due_at, "message_id": f"<{local}@{domain}>",
        "state": "waiting", "reason": "", "attempts": 0, "response": "", "digest": "",
    }  # fmt: skip


def secret(session: Session, now: datetime) -> str:
    """Return this database's own secret, made at its first use: nobody else can make the tokens in our mails."""
    fact = session.get(Fact, "secret")
    if fact is None:
        fact = Fact(name="secret", value=random.SystemRandom().randbytes(32).hex(), at=now)
        session.add(fact)
        session.flush()
    return fact.value


BY_HAND = "by hand: "
"""How the reason begins where a person withdrew a mail: it does not wait again by itself, whatever is owed."""
MAY_BE_THERE = "handed over several times, never an answer: it may be there"
"""The reason of a mail that failed without anybody knowing whether it arrived."""
NOT_COMPOSED = "could not be composed"
"""How the reason begins of a mail that its template or its event's facts don't let us write."""


def claim(session: Session, now: datetime, limit: int, *, probing: bool = False) -> Sequence[Outbox]:
    """Take up to `limit` due mails for one attempt each, the most urgent first; what has expired is set aside.

    `probing` after a pause, the least tried goes first: a mail that the server takes amiss must not block the others.
    """
    expire(session, now)
    first: list[Any] = [Outbox.attempts] if probing else []
    query = (
        sa.select(Outbox)
        .where(Outbox.state == "waiting", Outbox.next_attempt_at <= now)
        .order_by(*first, Outbox.expires_at.is_(None), Outbox.expires_at, Outbox.due_at, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(query).all()
    for row in rows:
        row.state, row.claimed_at, row.attempts = "claimed", now, row.attempts + 1
        row.next_attempt_at = retry_at(row, now)
    return rows


def expire(session: Session, now: datetime) -> int:
    """Set aside what is too late to be of use; mail in doubt is left for its evidence."""
    late = sa.update(Outbox).where(Outbox.state.in_(("waiting", "claimed")), Outbox.expires_at <= now)
    result = session.execute(
        late.values(state="expired", done_at=now, reason="its time passed before it could be sent")
    )
    return int(getattr(result, "rowcount", 0))


def retry_at(row: Outbox, now: datetime) -> datetime:
    """Return when to try a mail again after its attempt number `row.attempts`: back-off with up to 20 % jitter.

    A mail that expires before then is tried again sooner, at half of the time that is left, but not within a minute.
    """
    wait = BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1] if row.attempts else timedelta(0)
    wait *= 1 + random.random() * 0.2  # noqa: S311 -- jitter spreads load, it guards nothing
    if row.expires_at is not None and now + wait >= row.expires_at:
        wait = max((row.expires_at - now) / 2, BACK_OFF[0])
    return now + wait


def note_in_doubt(session: Session, rows: Iterable[Outbox], now: datetime) -> None:
    """Note that the dot comes next; commit before it is sent."""
    for row in rows:
        _move(session, row, ("claimed",), state="in_doubt", in_doubt_at=now, reason="")


def note_no_answer(session: Session, row: Outbox, now: datetime) -> None:
    """Note when the wait for the answer to the dot came to its end: up to then it may have been accepted."""
    with suppress(Changed):  # a person decided about it meanwhile
        _move(session, row, ("in_doubt",), in_doubt_at=now)


def note_sent(session: Session, row: Outbox, response: str, now: datetime) -> None:
    """Note that the server took it (250), or that evidence shows it did."""
    _move(session, row, ("claimed", "in_doubt"), state="sent", response=response[:500], reason="", done_at=now)


def note_taken_after_all(session: Session, row: Outbox, response: str, now: datetime) -> None:
    """Note that the server took a mail about which somebody decided while its dot was under way."""
    _move(session, row, ("waiting", "claimed", "in_doubt", "withdrawn", "failed", "sent"), state="sent",
          response=response[:500], reason="", done_at=now)  # fmt: skip


def note_returned(session: Session, row: Outbox, reason: str, now: datetime, *, again: datetime | None = None) -> None:
    """Note that a mail which had been taken came back: whoever it was for did not get it.

    With `again` it came back for now only, and waits until then, unless that is too late to be of use.
    """
    if again is not None and (row.expires_at is None or again < row.expires_at) and row.attempts < MAX_ATTEMPTS:
        _move(session, row, ("sent", "in_doubt"), state="waiting", reason=reason[:500], next_attempt_at=again,
              claimed_at=now)  # fmt: skip
        return
    _move(session, row, ("sent", "in_doubt"), state="failed", reason=reason[:500], done_at=now)


def note_failed(session: Session, row: Outbox, reason: str, now: datetime) -> None:
    """Note that it was refused for good; the report and `mailbot outbox` show it to organisers."""
    _move(session, row, ("claimed", "in_doubt"), state="failed", reason=reason[:500], done_at=now)


def note_later(session: Session, row: Outbox, reason: str, now: datetime, *, after: timedelta | None = None) -> None:
    """Note that it was not taken now: it waits for its next attempt, at least as long as the server asked."""
    if row.attempts >= MAX_ATTEMPTS:
        note_failed(session, row, f"{reason} (after {row.attempts} attempts)", now)
        return
    again = max(row.next_attempt_at, now + after) if after else row.next_attempt_at
    _move(session, row, ("claimed", "in_doubt"), state="waiting", reason=reason[:500], next_attempt_at=again,
          claimed_at=now)  # fmt: skip


def note_again(session: Session, row: Outbox, reason: str, now: datetime) -> None:
    """Let a mail in doubt wait again, with the same bytes: evidence shows that it never left, or there is none.

    It keeps its back-off: some relays pass a mail on and answer 421 all the same, every time.
    """
    if row.attempts >= MAX_ATTEMPTS:
        note_failed(session, row, f"{reason} (after {row.attempts} attempts)", now)
        return
    again = max(now, row.next_attempt_at)
    _move(session, row, ("in_doubt",), state="waiting", reason=reason, next_attempt_at=again, claimed_at=now)


def release(session: Session, row: Outbox, reason: str, now: datetime) -> None:
    """Give a claimed mail back untried: the server could not be reached, so the attempt does not count."""
    _move(session, row, ("claimed",), state="waiting", reason=reason[:500], attempts=max(row.attempts - 1, 0),
          next_attempt_at=now + SERVER_PAUSE, claimed_at=now)  # fmt: skip


def hold_back(session: Session, row: Outbox, reason: str, now: datetime, until: datetime) -> None:
    """Let a mail wait whose server takes nothing from us now. It never becomes `failed` for that."""
    kept = min(row.attempts, max(row.attempts - 1, len(BACK_OFF)))
    _move(session, row, ("claimed", "in_doubt"), state="waiting", reason=reason[:500], attempts=kept,
          next_attempt_at=max(row.next_attempt_at, until), claimed_at=now)  # fmt: skip


def pause_until(now: datetime, count: int, least: timedelta | None) -> datetime:
    """Return until when nothing is sent after so many pauses in a row (from 1), with up to 20 % jitter."""
    wait = max(PAUSES[min(count, len(PAUSES)) - 1], least or timedelta(0))
    return now + wait * (1 + random.random() * 0.2)  # noqa: S311 -- jitter spreads load, it guards nothing


def withdraw(session: Session, row: Outbox, reason: str, now: datetime) -> None:
    """Set aside a mail that is no longer owed, with the reason as a word."""
    _move(session, row, ("waiting", "claimed"), state="withdrawn", reason=reason, done_at=now)


def decided_again(session: Session, row: Outbox, now: datetime) -> None:
    """Let a mail wait for its next attempt now, since a person wants it; what may have arrived keeps its bytes."""
    if row.state == "failed" and row.reason != MAY_BE_THERE:
        _move(session, row, ("failed",), state="waiting", reason="by hand", next_attempt_at=now, done_at=None,
              claimed_at=now, attempts=0, body=None)  # fmt: skip
    else:
        # From its second attempt on a mail keeps its bytes.
        attempts = min(max(row.attempts, 1), len(BACK_OFF)) if row.body is not None else 0
        _move(session, row, (row.state,), state="waiting", reason="by hand", next_attempt_at=now, done_at=None,
              claimed_at=now, attempts=attempts)  # fmt: skip


def decided_against(session: Session, row: Outbox, why: str, now: datetime) -> None:
    """Set a mail aside for good, since a person wants it."""
    _move(session, row, (row.state,), state="withdrawn", reason=f"{BY_HAND}{why}"[:500], done_at=now)


def recover(session: Session, now: datetime, *, starting: bool = True) -> int:
    """Give back what was claimed and not handed over: nothing of it was accepted. What is in doubt stays so.

    At the start it was a dead worker's, and is tried at once; later it is what an error of the database left behind.
    """
    set_right(session, now)
    rows = session.scalars(sa.select(Outbox).where(Outbox.state == "claimed")).all()
    for row in rows:
        again = now if starting else max(now, row.next_attempt_at)
        _move(session, row, ("claimed",), state="waiting", next_attempt_at=again, reason="stopped before the dot")
    return len(rows)


def set_right(session: Session, now: datetime) -> int:
    """Bring back to the present what a clock that ran ahead noted, or it would wait until that moment comes again.

    `claimed_at` is when the next attempt's moment was noted. What waits for a moment of the event, and was not tried
    yet, keeps it.
    """
    ahead = now + AHEAD
    noted_ahead = sa.or_(Outbox.claimed_at > ahead, Outbox.in_doubt_at > ahead, Outbox.created_at > ahead)
    rows = session.scalars(sa.select(Outbox).where(Outbox.state.in_(("waiting", "in_doubt")), noted_ahead)).all()
    for row in rows:
        noted = row.claimed_at or row.created_at
        if noted > ahead and (row.claimed_at is not None or row.due_at == row.created_at):
            row.next_attempt_at = now + max(row.next_attempt_at - noted, timedelta(0))
        row.created_at = min(row.created_at, now)
        row.claimed_at = min(row.claimed_at, now) if row.claimed_at else None
        row.in_doubt_at = min(row.in_doubt_at, now) if row.in_doubt_at else None
    return len(rows)


def in_doubt(session: Session) -> Sequence[Outbox]:
    """Return the mails in doubt, oldest first."""
    return session.scalars(sa.select(Outbox).where(Outbox.state == "in_doubt").order_by(Outbox.id)).all()


def next_due(session: Session) -> datetime | None:
    """Return when the next waiting mail may leave; None when nothing waits."""
    return session.scalar(sa.select(sa.func.min(Outbox.next_attempt_at)).where(Outbox.state == "waiting"))


def sent_since(session: Session, moment: datetime) -> int:
    """Return how many mails were handed over since a moment, those in doubt included: the provider counted them."""
    handed = sa.or_(
        sa.and_(Outbox.state == "sent", Outbox.done_at > moment),
        sa.and_(Outbox.state == "in_doubt", Outbox.in_doubt_at > moment),
    )
    return session.scalar(sa.select(sa.func.count()).select_from(Outbox).where(handed)) or 0


class Changed(RuntimeError):
    """Somebody else changed a row meanwhile: a person decided, or two workers met."""


def _move(session: Session, row: Outbox, expected: tuple[str, ...], **values: Any) -> None:
    """Change a row's state if it is still what we think it is; raises Changed otherwise."""
    update = sa.update(Outbox).where(Outbox.id == row.id, Outbox.state.in_(expected)).values(**values)
    if getattr(session.execute(update), "rowcount", 0) != 1:
        raise Changed(f"outbox row {row.id} is no longer {' or '.join(expected)}")
    for name, value in values.items():
        sa.orm.attributes.set_committed_value(row, name, value)


def describe(row: Outbox, zone: ZoneInfo | None = None) -> str:
    """Explain a mail's state in one sentence, for people; times in UTC, or in a zone that the reader knows of."""

    def at(moment: datetime | None) -> str:
        if moment is None:
            return "a moment that was not noted"
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if zone else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    tries = f"attempt {row.attempts}" if row.attempts == 1 else f"{row.attempts} attempts"
    match row.state:
        case "waiting" if row.attempts == 0 and row.reason:
            return f"could not be tried ({row.reason}); next at {at(row.next_attempt_at)}"
        case "waiting" if row.attempts == 0:
            return f"waits until {at(row.next_attempt_at)}"
        case "waiting":
            return f"not taken yet ({row.reason}); {tries} so far, next at {at(row.next_attempt_at)}"
        case "claimed":
            return "is being sent right now"
        case "in_doubt":
            return "was handed over, but no answer came back: it is looked for before anything is sent again"
        case "sent":
            return f"was taken by the server at {at(row.done_at)}"
        case _:
            return f"{row.state}: {row.reason}"
