"""A person's decisions about single mails: send it again, or never.

Each is refused where it could double a mail that a worker has in its hands, and each is written down: in the
participant's history, in the row's reason, and in the log. Nothing here sends; the next turn does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from mailbot import outbox
from mailbot.errors import MailbotError
from mailbot.log import say
from mailbot.models import Change, Outbox, Participant

UNDER_WAY = timedelta(minutes=10)
"""How long the answer to a dot may take (RFC 5321 section 4.5.3.2.6): before, a worker may still be waiting for it."""


class Refused(MailbotError):
    """A decision that can't be carried out now, with the reason as a sentence."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, when, and whether a worker is at work meanwhile."""

    who: str
    now: datetime
    working: bool

    def again(self, session: Session, row: Outbox) -> None:
        """Let a mail be sent (again) at the next turn; raises Refused with the reason why not."""
        if reason := self._why_not_again(session, row):
            raise Refused(f"{row.key}: {reason}")
        before = row.state
        outbox.decided_again(session, row, self.now)
        self._write_down(session, row, before, "")

    def never(self, session: Session, row: Outbox, why: str) -> None:
        """Withdraw a mail for good; raises Refused with the reason why not."""
        if row.state not in ("waiting", "failed", "in_doubt"):
            raise Refused(f"{row.key}: {self._in_hand(row) or _DONE.get(row.state, 'it is done')}")
        if reason := self._in_hand(row):
            raise Refused(f"{row.key}: {reason}")
        before = row.state
        outbox.decided_against(session, row, why, self.now)
        self._write_down(session, row, before, why)

    def _why_not_again(self, session: Session, row: Outbox) -> str:
        if reason := self._in_hand(row):
            return reason
        by_hand = row.state == "withdrawn" and row.reason.startswith(outbox.BY_HAND)
        if row.state not in ("waiting", "failed", "in_doubt") and not by_hand:
            return _DONE[row.state]
        if row.state == "waiting" and row.next_attempt_at <= self.now:
            return "it is due already: the next turn sends it"
        if row.state == "waiting" and row.attempts == 0 and not row.reason and row.due_at > self.now:
            return "it waits for its moment: nothing was tried yet"
        if row.expires_at is not None and row.expires_at <= self.now:
            return "its time has passed"
        person = session.get(Participant, row.participant_id) if row.participant_id else None
        if person is not None and person.reachable != "yes" and row.mail != "acknowledgement":
            return f"{person.write_to} is marked {person.reachable}: they have to write to us first"
        return ""

    def _in_hand(self, row: Outbox) -> str:
        """Return why a worker may have this mail in its hands right now, "" where none can."""
        if row.state == "claimed":
            return ("a worker is sending it right now: see what becomes of it" if self.working else
                    "a worker that is gone had taken it: the next start gives it back by itself")  # fmt: skip
        if row.state == "in_doubt" and self.working and row.in_doubt_at is not None:
            end = row.in_doubt_at + UNDER_WAY
            if self.now < end:
                minutes = max(1, round((end - self.now) / timedelta(minutes=1)))
                return f"its answer may still come: decide in {minutes} minutes, or stop the worker first"
        return ""

    def _write_down(self, session: Session, row: Outbox, before: str, why: str) -> None:
        if row.participant_id is not None:
            new = f"{row.mail}: {row.state}" + (f" ({why})" if why else "")
            session.add(Change(participant_id=row.participant_id, at=self.now, who=self.who, field="mail",
                               old=f"{row.mail}: {before}", new=new, rule="by hand"))  # fmt: skip
        say("mail_decided", who=self.who, mail=row.mail, to=row.recipient, id=row.id, was=before, now=row.state,
            why=why or None)  # fmt: skip


def may_have_arrived(row: Outbox) -> bool:
    """Return whether sending a mail again may double it."""
    unknown = row.state == "failed" and row.reason == outbox.MAY_BE_THERE
    return row.state == "in_doubt" or unknown or (row.state == "withdrawn" and row.in_doubt_at is not None)


_DONE = {
    "sent": "the server has taken it: sending it again would double it",
    "expired": "its time has passed",
    "withdrawn": "it is no longer owed, and waits again by itself once it is",
}
