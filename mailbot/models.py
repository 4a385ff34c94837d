"""The tables: what was received, who comes, what changed, and what waits to leave.

Only shapes and constraints. Nothing here decides anything, opens a database or reads a clock. All moments are UTC.
The same models serve SQLite and PostgreSQL; `migrations/` brings a database to this shape.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    column,
    func,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Integer, TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER PRIMARY KEY up by itself


class Moment(TypeDecorator[datetime]):
    """A moment in time, kept in UTC; refuses naive datetimes, since nobody could say what they mean."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored moment its zone back (SQLite forgets it)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can speak of them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment, bytes: LargeBinary}  # noqa: RUF012 -- SQLAlchemy's own interface

    def __repr__(self) -> str:
        """Show the row's key only: rows hold personal data, and a repr ends up in logs."""
        return f"<{type(self).__name__} {getattr(self, 'id', '?')}>"


class Received(Base):
    """One message as it lay in the mailbox, and what became of it.

    `disposition` is `new` until it is read, then one of DISPOSITIONS. `raw` is None once retention removed it.
    """

    __tablename__ = "received"
    __table_args__ = (UniqueConstraint("mailbox", "folder", "uidvalidity", "uid"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(255))
    folder: Mapped[str] = mapped_column(String(255))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    collected_at: Mapped[datetime]
    size: Mapped[int]
    truncated: Mapped[bool] = mapped_column(default=False)
    raw: Mapped[bytes | None]
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    disposition: Mapped[str] = mapped_column(String(32), default="new", index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    rule: Mapped[str] = mapped_column(String(255), default="")
    event: Mapped[str | None] = mapped_column(String(255))
    duplicate_of: Mapped[int | None] = mapped_column(BigId, ForeignKey("received.id", ondelete="SET NULL"))
    read_at: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(Text, default="")
    thread: Mapped[str] = mapped_column(Text, default="")  # its References and its own Message-ID, space-separated
    sender: Mapped[str] = mapped_column(Text, default="")
    sender_name: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None]  # its Date header, where one could be read
    language: Mapped[str] = mapped_column(String(16), default="")
    question: Mapped[str] = mapped_column(Text, default="")
    review: Mapped[str] = mapped_column(Text, default="")
    from_address: Mapped[str] = mapped_column(Text, default="", server_default="")  # what its From says; `sender` may
    # be what Reply-To says instead, which nobody vouches for
    addresses: Mapped[str] = mapped_column(Text, default="", server_default="")  # others that its own text names
    text_digest: Mapped[str] = mapped_column(String(32), default="", server_default="")  # its own text's
    settled_at: Mapped[datetime | None]  # when a person settled what was held or asked in it
    settled_by: Mapped[str] = mapped_column(Text, default="", server_default="")  # who that was


class Participant(Base):
    """A person and an event: the registry's row.

    `identity` says who it is within the event: "mailto:" and the address, or "name:" and the folded name with the
    address of whoever registered them. `status` is one of STATUSES, `reachable` one of REACHABLE.
    `write_to` is where mail to them goes: their own address, else that of whoever registered them.
    """

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("event", "identity"),
        Index("ix_participant_write_to", func.lower(column("write_to"))),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event: Mapped[str] = mapped_column(String(255), index=True)
    identity: Mapped[str] = mapped_column(String(512))
    email: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(String(64))
    organisation: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[str | None] = mapped_column(String(16))
    needs_access: Mapped[bool | None]
    language: Mapped[str] = mapped_column(String(16), default="")
    status: Mapped[str] = mapped_column(String(16), index=True)
    reachable: Mapped[str] = mapped_column(String(16), default="yes")
    write_to: Mapped[str | None] = mapped_column(Text)
    utc_offset: Mapped[int | None]  # minutes east of UTC in the Date header of their latest message
    registered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    confidence: Mapped[float] = mapped_column(default=1.0)
    review: Mapped[str] = mapped_column(Text, default="")
    received_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("received.id", ondelete="SET NULL")
    )  # latest message


class Change(Base):
    """One change of one field of one participant: when, by whom, from what to what, and the words it was read from."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    participant_id: Mapped[int] = mapped_column(BigId, ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(Text)  # the sender's address, "organiser …", "command", "retention"
    received_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("received.id", ondelete="SET NULL"), index=True)
    field: Mapped[str] = mapped_column(String(32))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(32), default="")
    rule: Mapped[str] = mapped_column(String(255), default="")
    confidence: Mapped[float] = mapped_column(default=1.0)


class Outbox(Base):
    """One mail that is owed, and what became of it.

    `key` is unique: "guide 17 2018-10-23T12:00:00+00:00" for mail-outs (mail, participant, event start), and
    "acknowledgement 42" (received row) for answers. `message_id` is fixed when the row is written, `body` at its first
    claim. `state` is one of OUTBOX_STATES. `mail` is the template's folder.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next", "state", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    mail: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(255), index=True)
    event_start: Mapped[datetime]
    participant_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )
    received_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("received.id", ondelete="SET NULL"))
    recipient: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(16))
    case: Mapped[str] = mapped_column(String(32), default="")
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    reason: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    body: Mapped[bytes | None]
    digest: Mapped[str] = mapped_column(String(64), default="")  # of what a body composed ahead was made from
    response: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]  # when its last attempt began, or the moment of the next one was noted
    in_doubt_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class Returned(Base):
    """One mail that came back, or that somebody complained of: the address (as `addresses.key` writes it) and why.

    `how` is `hard`, `soft` or `complaint`. `void_at` is set once the address wrote to us: from then on it says nothing
    any more. A complaint stays.
    """

    __tablename__ = "returned"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(String(320), index=True)
    how: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    received_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("received.id", ondelete="SET NULL"))
    outbox_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("outbox.id", ondelete="SET NULL"))
    void_at: Mapped[datetime | None]


class Notice(Base):
    """One thing that the organisers should know: `kind` is one of NOTICES, `key` says what makes it the same thing.

    `told_at` is when it was put into an alert, `alert` that one's number. `settled_at` is set once it is over:
    by itself, or by a person's decision (`settled_by`).
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    event: Mapped[str | None] = mapped_column(String(255))
    participant_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )
    received_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("received.id", ondelete="SET NULL"))
    address: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    told_at: Mapped[datetime | None]
    alert: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(Text, default="", server_default="")


class Seat(Base):
    """One wish for a computer in a country office, and what became of it; a later wish is a row of its own.

    `state` is one of SEAT_STATES. Of a wish that waits `office` is "": any office of the `country` will do. `asked_at`
    and `asked_order` (the change that says so) give the place on the waiting list. `ended_at` and `why` (a word) say
    when and why it was over, `who` who decided, "" where the rules did.
    """

    __tablename__ = "seat"
    __table_args__ = (Index("ix_seat_event_state", "event", "state"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event: Mapped[str] = mapped_column(String(255))
    participant_id: Mapped[int] = mapped_column(BigId, ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    country: Mapped[str] = mapped_column(String(2))
    office: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    asked_order: Mapped[int] = mapped_column(BigInteger, default=0)
    given_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(32), default="")
    who: Mapped[str] = mapped_column(Text, default="")


class Guest(Base):
    """One address that was invited to an event by `mailbot invite`, with what the list says of it.

    `address` is `email` as `addresses.key` writes it: nobody is invited twice to an event.
    """

    __tablename__ = "guest"
    __table_args__ = (UniqueConstraint("event", "address"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event: Mapped[str] = mapped_column(String(255), index=True)
    address: Mapped[str] = mapped_column(String(320), index=True)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    organisation: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    listed_at: Mapped[datetime]


class Fact(Base):
    """A small thing to remember across starts, by name (last contact with a server, planned starts of events)."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


DISPOSITIONS = (
    "registration",
    "decline",
    "question",
    "calendar_reply",
    "auto_reply",
    "bounce",
    "unrelated",
    "duplicate",
    "held",
)
STATUSES = ("registered", "tentative", "declined")
REACHABLE = ("yes", "unreachable", "complained")
RETURNED = ("hard", "soft", "complaint")
NOTICES = (
    "unreachable",
    "complained",
    "came_back",
    "answered_too_often",
    "answers_itself",
    "not_composed",
    "event_gone",
    "held",
    "question",
    "computer",
    "mail_failed",
    "mail_late",
    "mailbox_down",
)
SEAT_STATES = ("seated", "waiting", "ended")
OUTBOX_STATES = ("waiting", "claimed", "in_doubt", "sent", "failed", "expired", "withdrawn")


def row_values(row: Base) -> dict[str, Any]:
    """Return a row's columns by name, for output; never its relations."""
    return {c.name: getattr(row, c.name) for c in row.__table__.columns}
