"""The history, asked: what each value was read from, whom a message spoke of, a person's story.

Reads only; nothing here changes a row.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot.models import Change, Participant
from mailbot.rsvp.answer import FIELDS

SPOKE = "message"  # the field of the change that says only: this message spoke of this participant
SET_ASIDE = "set_aside"  # the field of the change that says what an older message said otherwise, and changed nothing


def latest_values(session: Session, participant_id: int) -> dict[str, Change]:
    """Return, for each field that has a value, the change that set it last."""
    newest: dict[str, Change] = {}
    query = sa.select(Change).where(Change.participant_id == participant_id, Change.field.in_(FIELDS))
    for change in session.scalars(query.order_by(Change.id)):
        if change.new is None:
            newest.pop(change.field, None)
        else:
            newest[change.field] = change
    return newest


def people_of(session: Session, received_id: int) -> Sequence[Participant]:
    """Return the participants whom one message spoke of, in the order in which it did."""
    query = (
        sa.select(Participant)
        .join(Change, Change.participant_id == Participant.id)
        .where(Change.received_id == received_id, Change.field == SPOKE)
        .order_by(Change.id)
    )
    return list(dict.fromkeys(session.scalars(query)))


def story(session: Session, participant_id: int) -> Sequence[Change]:
    """Return everything that ever changed for one participant, oldest first."""
    return session.scalars(sa.select(Change).where(Change.participant_id == participant_id).order_by(Change.id)).all()
