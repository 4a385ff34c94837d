"""Evidence in the Sent folder: whether a message with a certain header was filed there.

A hit counts only if the header says exactly what was asked for (SEARCH looks for substrings, and "42" is in "142").
Where the search finds nothing the latest headers are read one by one: providers index late, or not every header.
Nothing there is ever changed.
"""

from __future__ import annotations

import re
from typing import Any

from mailbot.imap.connection import Connection, Refusal

LATEST = 300
"""Messages at the end of the folder whose headers are compared where the search finds nothing."""

HITS = 200
"""Hits that are compared: an own header's value is unique, so more are a search that does not mind the value."""

SENT_FLAG = b"\\Sent"  # RFC 6154 section 2

SENT_NAMES = frozenset(
    {
        "sent", "sent items", "sent mail", "sent messages", "sent-mail", "sentmail",
        "envoyés", "messages envoyés", "éléments envoyés", "courrier envoyé", "envoyes",
        "enviados", "elementos enviados", "mensajes enviados", "correo enviado",
        "itens enviados", "mensagens enviadas", "e-mails enviados", "correio enviado",
        "gesendet", "gesendete elemente", "gesendete objekte", "gesendete nachrichten",
        "inviati", "posta inviata", "messaggi inviati", "inviata",
        "verzonden", "verzonden items", "verzonden berichten",
        "wysłane", "отправленные", "已发送邮件", "已发送", "المرسلة", "العناصر المرسلة",
    }
)  # fmt: skip
"""What servers without SPECIAL-USE call it, in the languages of the people that we write for and around."""


def sent_folder(connection: Connection, configured: str) -> str | None:
    """Return the folder of sent messages: as configured, as flagged, or by its usual names; None if there is none."""
    if configured:
        return configured
    with connection.guarded() as client:
        folders: list[tuple[tuple[bytes, ...], bytes | None, str]] = client.list_folders()
    usable = [(flags, mark, name) for flags, mark, name in folders if b"\\noselect" not in {f.lower() for f in flags}]
    for flags, _, name in usable:
        if SENT_FLAG.lower() in {flag.lower() for flag in flags}:
            return name
    for _, mark, name in usable:
        last = name.rpartition(mark.decode("ascii", "replace"))[2] if mark else name
        if last.casefold() in SENT_NAMES:
            return name
    return None


def find(connection: Connection, folder: str, header: str, value: str) -> bool:
    """Say whether a message in the folder has this header with exactly this value; leaves the folder selected."""
    selected = connection.select(folder)
    if selected.exists == 0:
        return False
    wanted = " ".join(value.split())
    with connection.guarded() as client:
        hits: list[int] = []
        if wanted.isascii():
            try:
                hits = client.search(["HEADER", header, wanted])
            except Refusal:
                hits = []  # a server that can't search this header can still show it
        item = f"BODY.PEEK[HEADER.FIELDS ({header.upper()})]"
        if _shows(client.fetch(hits[-HITS:], [item]), wanted):
            return True
        exists = selected.exists or 0
        client.use_uid = False
        try:
            latest = client.fetch(list(range(max(1, exists - LATEST + 1), exists + 1)), [item])
        finally:
            client.use_uid = True
        return _shows(latest, wanted)


def _shows(answer: dict[int, dict[bytes, Any]], wanted: str) -> bool:
    for entry in answer.values():
        for key, text in entry.items():
            if key.startswith(b"BODY[HEADER.FIELDS") and isinstance(text, bytes):
                for value in _values(text):
                    if value == wanted:
                        return True
    return False


def _values(text: bytes) -> list[str]:
    """Return the values of a header's fields, unfolded and with single spaces."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", text.decode("utf-8", "replace"))
    return [" ".join(line.partition(":")[2].split()) for line in unfolded.splitlines() if ":" in line]
