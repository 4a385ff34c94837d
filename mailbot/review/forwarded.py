"""The participant's message inside one that an organiser passed on: attached whole, or with its head in the text.

Bytes in, bytes out, to be read like any message that came by itself. A reply that only quotes is no forward: those go
to the participant. Nothing here decides whose word counts.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage, Message
from email.utils import format_datetime, parsedate_to_datetime

from mailbot.addresses import Address, first
from mailbot.config import Config
from mailbot.message import Message as Mail

MOST_TEXT = 200_000  # characters of a message's text that are looked at
MOST_BYTES = 5_000_000  # of an attached message
HEAD_LINES = 14  # of a forwarded head, blank ones and folded ones included

_LABELS = {
    "from": r"from|de|von|da|expéditeur|remitente|remetente",
    "date": r"date|sent|envoyé|envoyée|enviado|enviada|enviado el|enviado em|fecha|data|datum|gesendet",
    "subject": r"subject|objet|sujet|asunto|assunto|betreff|oggetto",
    "to": r"to|à|para|an|a|cc|copie à|reply-to|répondre à|responder a|responder para",
}
_LABEL = re.compile(
    "|".join(rf"(?P<{name}>^[ \t*_>]{{0,6}}(?:{words})[ \t\u00a0*_]{{0,4}}:)" for name, words in _LABELS.items()), re.I
)


def original(raw: bytes, mail: Mail, text: str, config: Config) -> bytes | None:
    """Return the message that another one passes on, None where it passes none on; never one of ours."""
    for found in (*_attached(raw), *_inline(mail, text)):
        writer = first(str(found["From"] or ""))
        if writer is not None and not config.is_own(writer.email):
            return bytes(found.as_bytes(policy=email.policy.SMTP))
    return None


def _attached(raw: bytes) -> Iterator[Message]:
    """Yield messages that are attached whole (message/rfc822), as "forward as attachment" makes them."""
    if len(raw) > MOST_BYTES or b"message/rfc822" not in raw.lower():
        return
    whole = email.message_from_bytes(raw)
    for part in whole.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            if isinstance(inner, Message):
                yield inner
                return


def _inline(mail: Mail, text: str) -> Iterator[Message]:
    """Yield the message whose head stands in the text, with what follows as its body."""
    lines = text[:MOST_TEXT].splitlines()
    for at, line in enumerate(lines):
        label = _LABEL.match(line)
        if label is None or label.lastgroup != "from":
            continue
        head, end = _head(lines, at)
        writer = first(head["from"].replace("[mailto:", "<").replace("]", ">"))
        if writer is not None and "@" in writer.email and len(head) >= 2:
            yield _message(mail, writer, head, lines[end:])
            return


def _head(lines: list[str], at: int) -> tuple[dict[str, str], int]:
    """Return the fields of a forwarded head by name, and the line behind it."""
    head: dict[str, str] = {}
    name, end = "", at
    for end in range(at, min(at + HEAD_LINES, len(lines))):
        line = lines[end]
        label = _LABEL.match(line)
        bare = line.strip(" >\t")
        if label is not None and label.lastgroup:
            name = label.lastgroup
            head.setdefault(name, line[label.end() :].strip(" *_\t\u00a0"))
        elif not bare:
            return head, end + 1
        elif name and line[:1] in " \t":
            head[name] = f"{head[name]} {bare}"  # folded
        else:
            return head, end
    return head, end + 1


def _message(mail: Mail, writer: Address, head: dict[str, str], body: list[str]) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP)
    made["From"] = email.utils.formataddr((writer.name.strip("'\" "), writer.email))
    made["Subject"] = " ".join(head.get("subject", mail.subject).split())
    made["Date"] = _date(head.get("date", "")) or (format_datetime(mail.date) if mail.date else "")
    told = [line for line in body if line.strip()]
    if told and all(line.lstrip().startswith(">") for line in told):
        body = [re.sub(r"^\s*> ?", "", line) for line in body]
    made.set_content("\n".join(body).strip() + "\n")
    return made


def _date(text: str) -> str:
    """Return a date as headers have it, "" where a program wrote it in words."""
    try:
        return format_datetime(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError):
        return ""
