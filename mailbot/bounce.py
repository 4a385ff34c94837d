"""Delivery reports: who was not reached, for good or for now, and which of our mails came back.

Reads RFC 3464 reports itself, then asks flufl.bounce, then looks for the words of reports that are text only, and reads
complaints (RFC 5965). It never decides what becomes of a participant, and never takes an absence notice for a bounce.
"""

from __future__ import annotations

import email.message
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import flufl.bounce

from mailbot import phrases
from mailbot.dsn import Fields, is_hard, recipient_of, report_groups, returned_fields, status_of
from mailbot.message import Message

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded", "complaint"]
_ACTIONS: tuple[Action, ...] = ("failed", "delayed", "delivered", "relayed", "expanded")

MAX_RECIPIENTS = 200
"""Recipients that are read from one report: our mails go to one person each, so more is noise."""

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_ALIAS = re.compile(r"\((?:ultimately )?(?:generated|expanded) from:? <?([^\s<>()@]{1,128}@[^\s<>()]{1,255})>?\)")
_MACHINE = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|double-?bounce|bounce-?handler|microsoftexchange[0-9a-f]{32})@", re.I
)
_MACHINE_NAME = re.compile(r"mail delivery (?:sub)?system|mail delivery service|mail administrator|postmaster", re.I)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a report.

    `address` is the one that we wrote to (Original-Recipient where it is given), `final` where it was sent on to; match
    either. `status` is the enhanced status code (RFC 3463), "" where none is given. `hard` says that the address itself
    is no good; a full mailbox, a policy or a delay is not hard.
    """

    address: str
    final: str
    action: Action
    status: str
    diagnostic: str
    hard: bool

    @property
    def addresses(self) -> tuple[str, ...]:
        """Both addresses, without doubles."""
        return tuple(dict.fromkeys(a for a in (self.address, self.final) if a))


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says.

    `message_ids` are those of the mail that came back, best first, in angle brackets; `mailbot_id` and `mailbot_mail`
    are its own X-Mailbot-Id and X-Mailbot-Mail, "" where missing. `rule` names how it was recognised.
    """

    recipients: tuple[Recipient, ...]
    message_ids: tuple[str, ...]
    mailbot_id: str
    mailbot_mail: str
    rule: str

    @property
    def message_id(self) -> str:
        """The id of the mail that came back, "" where the report does not show it."""
        return self.message_ids[0] if self.message_ids else ""

    @property
    def failed(self) -> tuple[Recipient, ...]:
        """Those who were not reached."""
        return tuple(r for r in self.recipients if r.action == "failed")

    @property
    def complaint(self) -> bool:
        """Whether this is a feedback report: the recipient called our mail spam, and wants no more of it."""
        return any(r.action == "complaint" for r in self.recipients)


def read(message: Message) -> Bounce | None:
    """Return what a delivery report says, None where the message is none."""
    if found := _feedback(message) or _report(message):
        return found
    if not _may_be(message):
        return None
    return _detected(message) or _in_words(message)


def _bounce(message: Message, recipients: Iterator[Recipient] | list[Recipient], rule: str) -> Bounce:
    """Put recipients and what is known of the returned mail together."""
    seen: dict[str, Recipient] = {}
    for one in recipients:
        key = one.address.casefold() or one.final.casefold()
        # Of an alias that is named twice, the entry that also knows the mailbox behind it says more.
        if len(seen) < MAX_RECIPIENTS and (key not in seen or one.final.casefold() != key):
            seen[key] = one
    back = returned_fields(message)
    return Bounce(tuple(seen.values()), back.message_ids, back.mailbot_id, back.mailbot_mail, rule)


# ---------------------------------------------------------------- reports made for machines


def _report(message: Message) -> Bounce | None:
    """Read RFC 3464: a delivery-status part, whatever stands around it."""
    groups = report_groups(message, "delivery")
    if groups is None:
        return None
    failed = _addresses(message.header("x-failed-recipients"))
    recipients = [r for group in groups if (r := _recipient(group)) is not None]
    if not recipients:
        recipients = [_of_text(a, message) for a in failed] or list(_found_in_words(message))
    return _bounce(message, recipients, "delivery_status")


def _recipient(group: Fields) -> Recipient | None:
    """Read the fields of one recipient (RFC 3464 2.3); None for the group that describes the message."""
    final, original = recipient_of(group.get("final-recipient", "")), recipient_of(group.get("original-recipient", ""))
    if not (final or original):
        return None
    word = group.get("action", "").split("(")[0].strip().casefold()
    diagnostic = group.get("diagnostic-code", "")
    status = status_of(group.get("status", ""), diagnostic)
    # A report without an Action is a failure unless its status says otherwise (2 delivered, 4 not yet).
    missing: dict[str, Action] = {"2": "delivered", "4": "delayed"}
    action: Action = next((a for a in _ACTIONS if a == word), missing.get(status[:1], "failed"))
    hard = action == "failed" and is_hard(status, phrases.fold(diagnostic))
    return Recipient(original or final, final or original, action, status, diagnostic, hard)


def _feedback(message: Message) -> Bounce | None:
    """Read RFC 5965: somebody pressed the spam button."""
    groups = report_groups(message, "feedback")
    if groups is None:
        return None
    addresses = [recipient_of(g[f]) for g in groups for f in ("original-rcpt-to", "removal-recipient") if g.get(f)]
    addresses += [a.email for nested in message.nested for a in nested.to if nested.message_id]
    complaints = [Recipient(a, a, "complaint", "", "", hard=False) for a in addresses if a]
    if not complaints:
        complaints = [Recipient("", "", "complaint", "", "", hard=False)]
    return _bounce(message, complaints, "feedback_report")


# ---------------------------------------------------------------- reports made for people


def _may_be(message: Message) -> bool:
    """Say whether a message may be a delivery report at all: its sender is a mail system, or its subject says so."""
    if message.header("x-failed-recipients"):
        return True
    sender = message.from_
    if sender and (_MACHINE.match(sender.email) or _MACHINE_NAME.search(sender.name)):
        return True
    null = any(v.strip() == "<>" for v in message.all("return-path"))
    if sender is None and not null:
        return False
    subject = phrases.fold(message.subject)
    return phrases.opens("bounce_subject", subject) is not None and (null or not message.in_reply_to)


def _detected(message: Message) -> Bounce | None:
    """Ask flufl.bounce, which knows dozens of old formats; it reads a copy of what matters."""
    try:
        later, never = flufl.bounce.all_failures(_as_email(message))
    except Exception:  # noqa: BLE001 -- it raises on odd input (IndexError without From): then its word is missing
        return None
    own = _own(message)
    found = [_of_text(a, message, "delayed") for a in sorted(map(_text, later)) if a.casefold() not in own]
    found += [_of_text(a, message) for a in sorted(map(_text, never)) if a.casefold() not in own]
    found = [r for r in found if _ADDRESS.fullmatch(r.address)]
    return _bounce(message, found, "flufl") if found else None


def _as_email(message: Message) -> email.message.Message:
    copy = email.message.Message()
    for name in ("From", "Subject", "To", "X-Failed-Recipients", "X-Mailer", "Return-Path"):
        if value := message.header(name):
            copy[name] = value
    if message.from_ is None:
        copy["From"] = "mailer-daemon@invalid"
    copy["Content-Type"] = "text/plain; charset=utf-8"
    copy.set_payload(phrases.plain(message).encode("utf-8", "replace").decode("latin-1"))
    return copy


def _text(address: bytes | str) -> str:
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)


def _in_words(message: Message) -> Bounce | None:
    """Read a report that is text only, in the languages of the lexicon."""
    text = own_text(message)
    subject = phrases.opens("bounce_subject", phrases.fold(message.subject))
    body = phrases.find("bounce", phrases.fold(text))
    recipients = list(_found_in_words(message))
    if not (body or subject) or not (recipients or (body and subject)):
        return None
    found = body or subject
    return _bounce(message, recipients, f"bounce_words.{found.language if found else ''}")


def _found_in_words(message: Message) -> Iterator[Recipient]:
    named = _addresses(message.header("x-failed-recipients"))
    for address in named or _addresses(own_text(message)):
        if address.casefold() not in _own(message):
            yield _of_text(address, message)


def _of_text(address: str, message: Message, action: Action = "failed") -> Recipient:
    """Describe a recipient by the words that stand near the address in the text."""
    text = own_text(message)
    at = text.casefold().find(address.casefold())
    near = text[max(0, at - 200) : at + 500] if at >= 0 else text[:700]
    folded = phrases.fold(near)
    if action == "failed" and phrases.find("delayed", phrases.fold(text)):
        action = "delayed"
    status = status_of("", near)
    if status.startswith("4") and not phrases.find("no_such_user", folded):
        hard = False
    else:
        hard = action == "failed" and is_hard(status, folded)
    words = " ".join(near[near.casefold().find(address.casefold()) + len(address) if at >= 0 else 0 :].split())
    # Exim and Postfix name the alias that we wrote to beside the mailbox behind it.
    alias = _ALIAS.search(near, max(near.find(address), 0))
    return Recipient(alias[1] if alias else address, address, action, status, words[:200].strip(" <>:"), hard)


def own_text(message: Message) -> str:
    """Return the report's own text for people, without the mail that it returns."""
    text = phrases.plain(message)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if number and _is_divider(phrases.fold(line)):
            return "\n".join(lines[:number])
    return text


def _is_divider(line: str) -> bool:
    if line.startswith(("received: from", "return-path: <")):
        return True
    marked = line.lstrip().startswith(("-", "=", "*", "_")) or line.rstrip().endswith((":", "."))
    return len(line) < 90 and marked and phrases.find("copy_follows", line) is not None


def _own(message: Message) -> frozenset[str]:
    """Addresses in the text that are not recipients: ours, and the mail system's."""
    own = {a.email.casefold() for a in message.to + message.cc}
    own |= {message.from_.email.casefold()} if message.from_ else set()
    return frozenset(own)


def _addresses(text: str) -> list[str]:
    found = dict.fromkeys(m[0].strip(".'") for m in _ADDRESS.finditer(text))
    return [a for a in found if not _MACHINE.match(a)][:MAX_RECIPIENTS]
