"""What the organisers should know: the one place where it is written down, each thing once.

Whoever mails or shows it asks `still_open`; what is over by itself is settled. Nothing here mails anything, and nothing
here decides what becomes of a participant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot.log import warn
from mailbot.models import NOTICES, Notice

MAX_DETAIL = 1000  # characters; a server's words are one line


def tell(
    session: Session,
    kind: str,
    what: str,
    at: datetime,
    *,
    address: str = "",
    detail: str = "",
    event: str | None = None,
    participant_id: int | None = None,
    received_id: int | None = None,
) -> bool:
    """Write down that organisers should know something; `kind` and `what` together make it the same thing.

    Returns whether it is new: what is known and still open is left as it is, what was settled is opened again.
    """
    if kind not in NOTICES:
        raise ValueError(f"no such kind of notice: {kind}")
    key = f"{kind} {what}"[:255]
    known = session.scalar(sa.select(Notice).where(Notice.key == key))
    if known is not None and known.settled_at is None:
        return False
    notice = known or Notice(key=key, kind=kind)
    notice.at, notice.told_at, notice.settled_at = at, None, None
    notice.event, notice.participant_id, notice.received_id = event, participant_id, received_id
    notice.address, notice.detail = address, detail[:MAX_DETAIL]
    session.add(notice)
    session.flush()
    warn("organisers_should_know", kind=kind, address=address or None, event=event)
    return True


def settle(session: Session, participant_id: int, kinds: Iterable[str], at: datetime) -> None:
    """Note that what organisers should know of a participant is over by itself."""
    over = sa.update(Notice).where(
        Notice.participant_id == participant_id, Notice.kind.in_(tuple(kinds)), Notice.settled_at.is_(None)
    )
    session.execute(over.values(settled_at=at))


def over(session: Session, kind: str, what: str, at: datetime) -> None:
    """Note that one thing is over by itself."""
    key = f"{kind} {what}"[:255]
    known = sa.update(Notice).where(Notice.key == key, Notice.settled_at.is_(None))
    session.execute(known.values(settled_at=at))


def decided(session: Session, notice: Notice, who: str, at: datetime) -> None:
    """Note that a person settled something."""
    notice.settled_at, notice.settled_by = at, who
    session.flush()


def still_open(session: Session) -> Sequence[Notice]:
    """Return what organisers should know and what is not over, oldest first."""
    return session.scalars(sa.select(Notice).where(Notice.settled_at.is_(None)).order_by(Notice.at, Notice.id)).all()
