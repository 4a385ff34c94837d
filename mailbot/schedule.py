"""The rules of time: when a mail-out is due, how long it may still go, and whether this person is owed it now.

Pure: moments in, moments and words out. It never reads a clock (`now` is given), never looks at the registry or the
outbox, and never sends. Moments that it returns are UTC; those that it takes may carry any zone, but must carry one.

**When.** "7 days before" is a calendar rule: the wall clock in the event's zone stays the same across a clock change.
If that wall clock does not exist on the day (it falls into the gap of a clock set forward), the first moment after the
gap counts; if it comes twice, the earlier of the two. "30 minutes before" is exact. A mail-out of `late = "at once"`
may go until the event ends, one of `late = "never"` until it starts (or ends, if it is due at the very start).

**Who.** `owed` answers with a word, by the first row that fits. *since* is when the person became eligible: registered,
and of the mail-out's audience. At the due moment itself a mail is due, and whoever is eligible then is in time; at the
expiry itself it is expired.

| since      | now                         | late    | answer                | should leave |
|------------|-----------------------------|---------|-----------------------|--------------|
| not at all | any                         | any     | `not_eligible`        |              |
| any        | expiry or later             | any     | `expired`             |              |
| after due  | any                         | never   | `too_late_registered` |              |
| any        | before due less `ahead`     | any     | `not_yet`             |              |
| until due  | due or later, see below     | never   | `guide_instead`       |              |
| until due  | due less `ahead`, or later  | any     | `owed`                | when due     |
| after due  | since or later              | at once | `owed`                | at once      |

`guide_instead` is for whom a mail-out due earlier (the guide) reaches only now, or reached at the due moment of this
one (the reminder) or after it.

So whoever registers an hour before the start gets the guide at once and the reminder half an hour later; whoever
registers ten minutes before gets the guide alone; and after a downtime that swallowed both moments the guide alone
goes. Moving an event changes its start and thereby every answer here; that what was sent for the old start is owed
again follows from the outbox's key, which holds the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from math import ceil
from typing import Literal
from zoneinfo import ZoneInfo

from mailbot.config import EventConfig, MailoutConfig
from mailbot.config.wallclock import settle

Word = Literal["owed", "not_eligible", "expired", "too_late_registered", "not_yet", "guide_instead"]
"""The answers of `owed`; each but the first is a reason not to send, for the log and for `show`."""

COMPOSE_AHEAD = timedelta(minutes=10)
"""How long before it leaves a mail-out is composed: a thousand mails take seconds, a restart a minute."""


@dataclass(frozen=True, slots=True)
class Owed:
    """Whether somebody is owed a mail-out: `word` says why or why not; it is true where they are.

    `at` is when this person's mail should leave (the due moment, or when they became eligible after it), and
    `expires_at` from when on it must not; both are UTC, and set whatever the word is.
    """

    word: Word
    at: datetime
    expires_at: datetime

    def __bool__(self) -> bool:
        """Say whether it is owed now."""
        return self.word == "owed"


@dataclass(frozen=True, slots=True)
class Moment:
    """One mail-out of an event, and when: due and expired (UTC)."""

    mailout: MailoutConfig
    due_at: datetime
    expires_at: datetime


def due_at(event: EventConfig, mailout: MailoutConfig) -> datetime:
    """Return when a mail-out should have reached its last recipient (UTC)."""
    lead = mailout.before
    day = settle(event.start - timedelta(days=lead.days), event.zone) if lead.days else event.starts
    return day.astimezone(UTC) - lead.exact


def expires_at(event: EventConfig, mailout: MailoutConfig) -> datetime:
    """Return from when on a mail-out must not be sent any more (UTC)."""
    starts, ends = event.starts.astimezone(UTC), event.ends.astimezone(UTC)
    return ends if mailout.late == "at once" or due_at(event, mailout) >= starts else starts


def owed(
    event: EventConfig,
    mailout: MailoutConfig,
    eligible_since: datetime | None,
    now: datetime,
    *,
    ahead: timedelta = timedelta(0),
    got: Mapping[str, datetime] | None = None,
    among: Iterable[MailoutConfig] | None = None,
) -> Owed:
    """Say whether a person is owed a mail-out now, and if not why, by the table above.

    `ahead` lets a mail-out begin before its due moment (see `start_early`, `COMPOSE_AHEAD`). `got` holds, by name, when
    other mail-outs for this start reached the person. `among` are the event's mail-outs whose audience the person is
    in, by default those that go to everyone in this one's audience.

    Before the due moment an earlier mail-out may still arrive in time, so `guide_instead` is answered only from then
    on; ask again right before a mail leaves.
    """
    own = _alone(event, mailout, eligible_since, now, ahead)
    if not own or mailout.late != "never" or now < own.at:
        return own
    for other in _shared_audience(event, mailout) if among is None else among:
        if other.name == mailout.name or due_at(event, other) >= own.at:
            continue
        leaves_now = now if _alone(event, other, eligible_since, now, timedelta(0)) else None
        reached = (got or {}).get(other.name, leaves_now)
        if reached is not None and reached >= own.at:
            return replace(own, word="guide_instead")
    return own


def _alone(event: EventConfig, mailout: MailoutConfig, since: datetime | None, now: datetime, ahead: timedelta) -> Owed:
    """Answer for one mail-out, as if it were the only one."""
    due, expires = due_at(event, mailout), expires_at(event, mailout)
    at = due if since is None else max(due, since.astimezone(UTC))
    word: Word = "owed"
    if since is None:
        word = "not_eligible"
    elif now >= expires:
        word = "expired"
    elif since > due and mailout.late == "never":
        word = "too_late_registered"
    elif now < due - ahead:
        word = "not_yet"
    return Owed(word, at, expires)


def _shared_audience(event: EventConfig, mailout: MailoutConfig) -> list[MailoutConfig]:
    """Return the event's mail-outs that go to everyone to whom this one goes."""
    return [other for other in event.mailouts if other.to in (mailout.to, "everyone")]


def start_early(count: int, per_minute: int) -> timedelta:
    """Return how long before the due moment a mail-out to `count` people starts, so that the last is on time.

    `per_minute` is the provider's limit, 0 for none. Rounded up to whole seconds.
    """
    return timedelta(seconds=ceil(60 * count / per_minute)) if per_minute > 0 and count > 0 else timedelta(0)


def leaves_from(event: EventConfig, mailout: MailoutConfig, count: int, per_minute: int) -> datetime:
    """Return when the first of `count` mails should leave (UTC)."""
    return due_at(event, mailout) - start_early(count, per_minute)


def composed_from(event: EventConfig, mailout: MailoutConfig, count: int, per_minute: int) -> datetime:
    """Return from when on a mail-out to `count` people is composed (UTC), so that later only the wire is left."""
    return leaves_from(event, mailout, count, per_minute) - COMPOSE_AHEAD


def moments(event: EventConfig) -> list[Moment]:
    """Return an event's mail-outs with their moments, in the order of time; a cancelled event has none."""
    mailouts = () if event.cancelled else event.mailouts
    found = [Moment(mailout, due_at(event, mailout), expires_at(event, mailout)) for mailout in mailouts]
    return sorted(found, key=lambda moment: (moment.due_at, moment.mailout.name))


def wake_at(
    events: Iterable[EventConfig], now: datetime, early: Mapping[tuple[str, str], timedelta] | None = None
) -> datetime | None:
    """Return the next moment after `now` (UTC) at which something changes by itself, None where nothing will.

    That is whenever a mail-out is composed, leaves, is due or expires, and an event's start and end. `early` holds, by
    event slug and
    mail-out name, how much earlier than due that mail-out leaves.
    """
    early = early or {}
    coming: list[datetime] = []
    for event in events:
        coming += [event.starts.astimezone(UTC), event.ends.astimezone(UTC)]
        for moment in moments(event):
            leaves = moment.due_at - early.get((event.slug, moment.mailout.name), timedelta(0))
            coming += [leaves - COMPOSE_AHEAD, leaves, moment.due_at, moment.expires_at]
    return min((moment for moment in coming if moment > now), default=None)


def kept_until(event: EventConfig, days: int) -> datetime:
    """Return when what is kept for `days` after an event's end goes (UTC); the wall clock stays, as with mail-outs."""
    return settle(event.end + timedelta(days=days), event.zone).astimezone(UTC)


def next_at(wall: time, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the next moment after `after` (UTC) at which a zone's wall clock shows this time of day."""
    today = after.astimezone(zone).date()
    # Three days ahead: a clock change can move one of them to before `after`, and a zone can skip a whole day.
    coming = (settle(datetime.combine(today + timedelta(days=n), wall), zone).astimezone(UTC) for n in range(4))
    return next(moment for moment in coming if moment > after)
