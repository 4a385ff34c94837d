"""One outbox row → recipient, in batches that share their commits; never a transaction open across the wire.

claim (commit) → still owed? → hand over all but the dot → `in_doubt` (commit) → the dot → result (commit). Only 250
means sent and only 400–599 means refused; everything else stays in doubt until evidence settles it. Nothing here
decides who is owed, and nothing is composed after a mail's first claim: a repetition has the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import health, mailouts, notices, outbox, returned, tokens
from mailbot.briefing import brief_for
from mailbot.compose import Composer
from mailbot.compose.brief import TO_ORGANISERS, compose_brief
from mailbot.config import Config
from mailbot.database import Database
from mailbot.errors import GiveUp, InDoubt, MailbotError, Pause, TryLater
from mailbot.letters import digest_of, letter_for, templates_stamp
from mailbot.log import say, warn
from mailbot.models import Outbox, Participant
from mailbot.schedule import COMPOSE_AHEAD
from mailbot.wire import MailSink

BATCH = 20  # mails claimed per connection and turn: a turn ends within seconds, so that `now` stays true
PREPARED = 200  # mails composed ahead per turn: about a second of work
SETTLE_AFTER = timedelta(minutes=5)  # a provider files a copy in the Sent folder late; absence proves nothing before
PACE = timedelta(minutes=1)  # the window in which `max_per_minute` counts
LONGEST_PAUSE = timedelta(hours=2)  # a pause that seems longer was noted by a clock that ran ahead
PAUSED_LEAST = timedelta(0)  # of a pause for which the server named no time: ours is waited
PATIENT = 3  # pauses in a row, each for now only (4xx), after which organisers should hear of it
UNPROVEN = 5  # attempts after which a mail in doubt without any evidence is no longer repeated: a person decides

Evidence = Callable[[Outbox], bool | None]
"""Says whether a mail in doubt has left: True, False (looked, and it is not there), None (there is no telling).

Raises NotYet where it is too early to say, another MailbotError where whoever could tell can't be reached.
"""


class NotYet(MailbotError):
    """Whether this mail has left can be told later."""


@dataclass
class Deliverer:
    """Sends what is due over a few reused connections; `trouble` says why the last turn could not, "" when it could."""

    database: Database
    config: Config
    composer: Composer
    sinks: Sequence[MailSink]
    evidence: Evidence
    stopping: Callable[[], bool] = lambda: False
    clock: Callable[[], datetime] | None = None  # for what lasts: a slow server's answers may take minutes
    trouble: str = field(default="", init=False)
    believe_absence_from: datetime | None = field(default=None, init=False)  # None: at any time
    _in_the_way: str = field(default="", init=False)
    _told_not_composed: set[tuple[str, str]] = field(default_factory=set, init=False)

    def prepare(self, now: datetime) -> int:
        """Compose mail that will be due within minutes, so that at its moment only the wire is left."""
        with self.database.write() as session:
            soon = sa.select(Outbox).where(
                Outbox.state == "waiting", Outbox.body.is_(None), Outbox.attempts == 0,
                Outbox.next_attempt_at > now, Outbox.next_attempt_at <= now + COMPOSE_AHEAD,
                sa.not_(Outbox.reason.startswith(outbox.NOT_COMPOSED)),  # those are tried again when they are due
            )  # fmt: skip
            rows = session.scalars(soon.order_by(Outbox.next_attempt_at, Outbox.id).limit(PREPARED)).all()
            for row in rows:
                self._compose(session, row, row.next_attempt_at)
        return len(rows)

    def deliver(self, now: datetime) -> int:
        """Send one batch of due mail; returns how many rows came to a result, 0 when there is nothing to do now."""
        with self.database.write() as session:
            outbox.recover(session, now, starting=False)  # we are the only one who sends, and between two batches
            outbox.expire(session, now)
            pause = health.paused(session)
            allowed = self._allowance(session, pause, now)
            claimed = outbox.claim(session, now, allowed, probing=pause is not None) if allowed > 0 else []
            rows = [row for row in claimed if self._fit(session, row, now)]
        while rows:
            some, rows = rows[: len(self.sinks)], rows[len(self.sinks) :]
            if self.stopping() or not self._send(some, now):
                self._release([row for row in (*some, *rows) if row.state == "claimed"], now)
                return 0
        return len(claimed)

    def _allowance(self, session: Session, pause: health.Paused | None, now: datetime) -> int:
        most = BATCH * len(self.sinks)
        if pause is not None:
            by_a_clock_ahead = pause.noted is not None and pause.noted > now + outbox.AHEAD
            if now < pause.until <= now + LONGEST_PAUSE and not by_a_clock_ahead:
                return 0
            most = 1  # one mail tries the way before the others follow
        if self.config.smtp.max_per_minute:
            most = min(most, self.config.smtp.max_per_minute - outbox.sent_since(session, now - PACE))
        return most

    def _fit(self, session: Session, row: Outbox, now: datetime) -> bool:
        """Check that a claimed mail is still owed and has its bytes; False where it came to a result here."""
        try:
            event = self.config.event(row.event)
        except KeyError:
            outbox.withdraw(session, row, "event_gone", now)
            return False
        if reason := mailouts.still_owed(session, row, event, now):
            outbox.withdraw(session, row, reason, now)
            say("mail_withdrawn", mail=row.mail, to=row.recipient, reason=reason)
            return False
        self._readdress(session, row)
        if row.attempts > 1 and row.body is not None:
            return True  # it may have been accepted before: the same bytes, whatever has changed since
        return self._compose(session, row, now)

    def _readdress(self, session: Session, row: Outbox) -> None:
        """Send a mail-out to where its person wants mail now: they may have corrected their address since it waits."""
        person = session.get(Participant, row.participant_id) if row.participant_id else None
        if person and person.write_to and row.mail != "acknowledgement" and person.write_to != row.recipient:
            row.recipient, row.body = person.write_to, None

    def _compose(self, session: Session, row: Outbox, now: datetime) -> bool:
        """Fix a mail's bytes, unless those composed ahead still say what is true."""
        try:
            if row.mail in TO_ORGANISERS:
                brief = brief_for(session, row, self.config, now)
                digest, body = brief.digest, partial(compose_brief, brief, self.config)
            else:
                letter = letter_for(session, row, self.config, now)
                digest = digest_of(letter, templates_stamp(self.composer.templates))
                body = partial(self.composer.compose, letter)
            if row.body is None or row.digest != digest:
                row.body, row.digest = body(), digest
        except Exception as e:  # noqa: BLE001 -- a template's fault must not stop the other mails
            self._not_composed(session, row, f"{outbox.NOT_COMPOSED}: {e}", now)
            return False
        if row.reason.startswith(outbox.NOT_COMPOSED):
            row.reason = ""
            self._told_not_composed.clear()  # what fails from now on is worth a word again
            notices.over(session, "not_composed", f"{row.mail} {row.language}", now)
        return True

    def _not_composed(self, session: Session, row: Outbox, why: str, now: datetime) -> None:
        """Let a mail wait whose template fails, and say so once: it leaves as soon as the template is mended."""
        about = f"{row.mail} {row.language}"
        if (about, why) not in self._told_not_composed:
            self._told_not_composed.add((about, why))
            warn("not_composed", mail=row.mail, language=row.language, to=row.recipient, reason=why)
        notices.tell(session, "not_composed", about, now, detail=why, event=row.event)
        if row.state == "claimed":
            outbox.release(session, row, why, now)  # nothing was tried: the attempt does not count
        else:
            row.reason = why[:500]

    def _release(self, rows: Sequence[Outbox], now: datetime) -> None:
        """Give back what was claimed but can't be tried: the server is out of reach, or we are to stop."""
        why = "the worker was stopped" if self.stopping() else self._in_the_way
        with self.database.write() as session:
            for row in rows:
                outbox.release(session, row, why, now)

    def _send(self, rows: Sequence[Outbox], now: datetime) -> bool:
        """Send at most as many mails as there are connections, all at once; False where no connection could be had."""
        pairs = list(zip(self.sinks, rows, strict=False))
        offers = _together([_attempt(self._offer, sink, row) for sink, row in pairs])
        # Absence proves something only some minutes after the dot, which the turn's own moment may be long before.
        now = self.clock() if self.clock else now
        taken = [(sink, row) for (sink, row), error in zip(pairs, offers, strict=True) if error is None]
        try:
            with self.database.write() as session:
                until = self._pause_after(session, offers, now)
                for (_, row), error in zip(pairs, offers, strict=True):
                    if error is not None:
                        self._note(session, row, error, now, until)
                outbox.note_in_doubt(session, [row for _, row in taken], now)
        except BaseException:
            for sink, _ in taken:
                sink.close()  # what can't be noted is not sent: without its dot nothing was accepted
            raise
        answers = _together([_attempt(_finish, sink, row) for sink, row in taken])
        now = self.clock() if self.clock else now
        with self.database.write() as session:
            until = self._pause_after(session, answers, now) or until
            for (_, row), answer in zip(taken, answers, strict=True):
                self._note(session, row, answer, now, until)
            if until is None and any(isinstance(answer, str) for answer in answers):
                health.end_pause(session)
        return until is None and not all(isinstance(error, _NoConnection) for error in offers)

    def _pause_after(self, session: Session, results: Sequence[object], now: datetime) -> datetime | None:
        """Note a pause if the server takes nothing from us, and return until when; None where it does.

        A connection too many is no reason to pause as long as others are let in.
        """
        found: list[MailbotError] = [
            e for e in results if isinstance(e, Pause) or (isinstance(e, InDoubt) and e.code == 421)
        ]
        if results and all(isinstance(e, _NoConnection) for e in results):
            self._unreachable(session, str(results[0]), now)
            found = [e for r in results if isinstance(e := getattr(r, "__cause__", None), Pause | GiveUp)]
        if not found:
            return None
        before = health.paused(session)
        count = before.count + 1 if before else 1
        until = outbox.pause_until(now, count, max(getattr(e, "after", None) or PAUSED_LEAST for e in found))
        health.note_pause(session, until, count, now)
        error = found[0]
        self._in_the_way = f"the way out waits: {error}"
        if not self.trouble:
            warn("smtp_paused", reason=str(error), seconds=int((until - now).total_seconds()))
        code = getattr(error, "code", None) or 0
        if isinstance(error, GiveUp) or code >= 500 or count >= PATIENT:
            self.trouble = str(error)
            health.note_trouble(session, health.SMTP, str(error), now)
        return until

    def _unreachable(self, session: Session, reason: str, now: datetime) -> None:
        """Say that there is no way out, once until there is one again."""
        if not self.trouble:
            warn("smtp_unreachable", reason=reason, again_in=int(outbox.SERVER_PAUSE.total_seconds()))
        self.trouble, self._in_the_way = reason, f"no connection: {reason}"
        health.note_trouble(session, health.SMTP, reason, now)

    def _reached(self, session: Session, now: datetime) -> None:
        if self.trouble:
            say("smtp_reached")
        self.trouble = ""
        health.note_contact(session, health.SMTP, now)

    def _offer(self, sink: MailSink, row: Outbox) -> None:
        try:
            sink.open()
        except Exception as e:  # whatever it is, no mail was offered yet
            raise _NoConnection(str(e) if isinstance(e, MailbotError) else f"{type(e).__name__}: {e}") from e
        recipients = [row.recipient]
        if self.config.smtp.evidence == "copy" and self.config.smtp.maildir is None:
            recipients.append(self.config.smtp.copy_address)
        try:
            sink.offer(self._sender(row), recipients, row.body or b"", row.message_id.strip("<>"))
        except MailbotError:
            raise
        except Exception as e:  # the dot was not sent, so nothing was accepted, whatever the fault
            sink.close()
            raise TryLater(f"{type(e).__name__}: {e}") from e

    def _sender(self, row: Outbox) -> str:
        """Return the envelope's sender, to which reports go: with a part that names the mail, where that may be."""
        own = self.config.smtp.from_.email
        word = tokens.of_message_id(row.message_id)
        plus = self.config.smtp.envelope_sender == "plus" and word
        return tokens.plus_address(own, tokens.ENVELOPE, word) if plus else own

    def _note(self, session: Session, row: Outbox, result: object, now: datetime, until: datetime | None) -> None:
        """Write down what became of a mail; `until` is when the pause ends, if there is one."""
        about = {"mail": row.mail, "to": row.recipient, "id": row.id}
        match result:
            case _NoConnection():
                outbox.release(session, row, f"no connection: {result}", now)
            case Pause():
                outbox.hold_back(session, row, result.reason, now, until or now)
            case TryLater():
                outbox.note_later(session, row, result.reason, now, after=result.after)
                say("mail_later", **about, reason=result.reason)
            case GiveUp():
                outbox.note_failed(session, row, result.reason, now)
                returned.refused(session, row, result.reason, self.config, now)
                warn("mail_failed", **about, reason=result.reason)
            case InDoubt():
                outbox.note_no_answer(session, row, now)
                warn("mail_in_doubt", **about, reason=result.reason)
            case str():
                self._reached(session, now)
                self._note_sent(session, row, result, now)
                say("mail_sent", **about)
            case _:  # a fault of ours after which nobody knows what the server took
                outbox.note_no_answer(session, row, now)
                warn("mail_in_doubt", **about, reason=repr(result))

    def _note_sent(self, session: Session, row: Outbox, response: str, now: datetime) -> None:
        try:
            outbox.note_sent(session, row, response, now)
        except outbox.Changed:
            # A person decided about it while its dot was under way: it was taken all the same, and must not go again.
            outbox.note_taken_after_all(session, row, response, now)

    def settle(self, now: datetime, *, starting: bool = False) -> int:
        """Settle mails in doubt by evidence: sent, or waiting again with the same bytes; returns how many were.

        At the start nobody else can be sending, so what is found is believed at once; what is not found is only
        believed some minutes after the dot.
        """
        with self.database.read() as session:
            rows = outbox.in_doubt(session)
        settled = 0
        for row in rows:
            if self.stopping():
                break
            try:
                settled += self._settle_one(row, now, starting=starting)
            except NotYet:
                continue
            except MailbotError as e:
                # Whoever could tell can't be reached: nothing is sent again before they can, and asking about the
                # next mail would only hold up those that are due.
                say("doubt_not_settled", mail=row.mail, to=row.recipient, reason=str(e))
                break
        return settled

    def _settle_one(self, row: Outbox, now: datetime, *, starting: bool) -> bool:
        age = now - (row.in_doubt_at or now)
        if not starting and age < PACE:
            return False  # its connection may still be waiting for the answer
        found = self.evidence(row)
        if found is False and age < SETTLE_AFTER and self.config.smtp.maildir is None:
            return False
        if found is False and self.believe_absence_from is not None and now < self.believe_absence_from:
            return False  # the clock was set, so nobody knows how long ago the dot was
        if found is None and self.config.smtp.in_doubt == "ask":
            return False
        with self.database.write() as session:
            if found:
                outbox.note_sent(session, row, "found after a crash or a lost answer", now)
            elif found is None and row.attempts >= UNPROVEN:
                outbox.note_failed(session, row, outbox.MAY_BE_THERE, now)
            else:
                outbox.note_again(session, row, "not found, so it is sent again", now)
        say("doubt_settled", mail=row.mail, to=row.recipient, found=found)
        return True

    def close(self) -> None:
        """Close every connection."""
        for sink in self.sinks:
            sink.close()


class _NoConnection(MailbotError):
    """The server could not be reached or did not let us in: no mail is at fault."""


def _finish(sink: MailSink, _row: Outbox) -> str:
    return sink.finish()


def _attempt(do: Callable[[MailSink, Outbox], object], sink: MailSink, row: Outbox) -> Callable[[], object]:
    """Return the call whose error is its result."""

    def run() -> object:
        try:
            return do(sink, row)
        except Exception as e:  # noqa: BLE001 -- whatever happened, it must be noted beside the mail
            return e

    return run


def _together(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Make calls at the same time, each on its own connection, and return their results in order."""
    if len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(len(calls), thread_name_prefix="smtp") as pool:
        return list(pool.map(lambda call: call(), calls))
