"""What to do after a refusal of the SMTP server: whether it speaks of the message, or of us and of the server itself.

A refusal of one recipient or one message must cost the others nothing; one of our sender, sign-in, rate or quota must
not fail message after message that nobody looked at. Decides by stage, code and enhanced status code (RFC 3463, RFC
5248 and what providers document). Nothing here talks to a server.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from mailbot.errors import GiveUp, Pause, TryLater
from mailbot.smtp.connection import Reply

Stage = Literal["session", "MAIL", "RCPT", "DATA", "message"]
"""Where it came: before any message, at a command, or about the whole message (amid the text or after the dot)."""

RATE_WAIT = timedelta(minutes=1)
"""The least wait after 432, 421 or a limit of rate before the dot: providers count by the minute."""

QUOTA_WAIT = timedelta(hours=1)
"""The least wait after a daily limit: a refusal by its code, but it passes."""

NOT_SIGNED_IN = frozenset({530, 534, 535, 538})
"""Codes that want a sign-in, or another one (RFC 4954 section 6)."""

_OF_US = frozenset(
    {
        "5.1.7", "5.1.8",  # our sender's address: its syntax, its domain; Microsoft 365: "bad outbound sender"
        "5.2.252", "5.7.60", "5.7.64",  # Microsoft 365: may not send as this sender, may not relay
        "5.7.3", "5.7.8", "5.7.9", "5.7.11", "5.7.14", "5.7.57",  # our sign-in
        "5.7.501", "5.7.502", "5.7.503", "5.7.511", "5.7.606",  # Microsoft 365: sender or address banned
        "5.7.705", "5.7.708", "5.7.750",  # Microsoft 365: the tenant's limit, its address, its domain
    }
)  # fmt: skip
"""Enhanced status codes that speak of who sends, at whatever stage they come."""

_OF_MESSAGE = re.compile(r"5\.(?:2\.3|3\.4|6\.\d+)")
"""Enhanced status codes that speak of one message, also in answer to MAIL: its size, its form."""

_QUOTA = re.compile(r"sending (?:limit|quota)|submissionquota|daily (?:user |message |mail )?(?:sending|quota)", re.I)
_RATE = re.compile(r"\brate\b|throttl|too (?:many|much|fast)|slow down|concurrent|limits? (?:exceeded|reached)", re.I)
_GREY = re.compile(r"gr[ea]y-?list|postgrey", re.I)
_RELAY = re.compile(r"\brelay(?:ing)?\b", re.I)


def refused(reason: str, reply: Reply, stage: Stage) -> TryLater | GiveUp:
    """Return what to do after a refusal that came before the dot, or instead of accepting.

    Pause where it speaks of us or of the server, TryLater or GiveUp where it speaks of this message or recipient.
    """
    if reply.status == "5.4.5" or (reply.code >= 500 and _QUOTA.search(reply.text)):
        return Pause(reason, code=reply.code, after=QUOTA_WAIT)
    if reply.code in (421, 432) or _is_rate(reply, stage):
        return Pause(reason, code=reply.code, after=RATE_WAIT)
    if stage != "session" and _is_of_us(reply, stage):
        return Pause(reason, code=reply.code)
    if 500 <= reply.code <= 599:
        return GiveUp(reason, code=reply.code)
    return TryLater(reason, code=reply.code if 400 <= reply.code <= 499 else None)


def _is_rate(reply: Reply, stage: Stage) -> bool:
    """Say whether a server asks us to slow down; greylisting (also 4.7.1) asks it of one recipient only."""
    if not 400 <= reply.code <= 499 or _GREY.search(reply.text):
        return False
    if _RATE.search(reply.text):
        return not (stage == "RCPT" and reply.status in ("4.5.3", "4.2.1"))  # too many for this recipient or envelope
    return reply.status.startswith("4.7.") and (stage != "RCPT" or reply.status != "4.7.1")


def _is_of_us(reply: Reply, stage: Stage) -> bool:
    """Say whether a refusal speaks of our sender or our sign-in: the next message would meet it as well."""
    if not reply.is_refusal:
        return False
    if reply.status in _OF_US or reply.code in NOT_SIGNED_IN:
        return True
    if stage == "MAIL":
        return reply.code != 552 and not _OF_MESSAGE.fullmatch(reply.status)
    return stage == "RCPT" and reply.code >= 500 and bool(_RELAY.search(reply.text))
