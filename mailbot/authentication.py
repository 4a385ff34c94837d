"""Whether the server that took a message vouches for its From: Authentication-Results (RFC 8601), read.

Only the topmost field counts that bears the name of the organisation's own server: everything below may be the
sender's invention. Nothing here checks a signature or asks the DNS, and no text makes it raise or take long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mailbot import addresses
from mailbot.message import Message

Verdict = Literal["", "pass", "fail", "none"]
"""`pass`: From is whose it says; `fail`: DMARC says it is not; `none`: the server looked and nothing shows it; "": the
server did not look, or none is configured."""

FIELD = "authentication-results"
NAMELESS = "microsoft365"
"""How the configuration names a server that leaves its name out of the field, as Exchange Online does."""

MAX_TEXT = 8192
"""Characters of one field that are read; real ones have some hundred."""

MAX_RESULTS = 50
"""Results of one field that are read: a message has some ten signatures at most."""

_TOKEN = re.compile(r"""[^\s;="()\\]+""")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Result:
    """One result: `dkim` and `pass`, with its properties by name (`header.d`), all in lower case but for the values."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def of(self, name: str) -> str:
        """Return the first value of a property, "" where it is missing."""
        return next((value for known, value in self.properties if known == name), "")


@dataclass(frozen=True, slots=True)
class Results:
    """One field, read: whose it is ("" where it does not say), and its results in order."""

    server: str
    results: tuple[Result, ...]


def parse(text: str) -> Results:
    """Return what one field says (RFC 8601 section 2.2); what is no result is passed over."""
    groups = list(_groups(text[:MAX_TEXT]))
    head = groups[0] if groups else []
    named = bool(head) and "=" not in head
    results = (_result(words) for words in (groups[1:] if named else groups)[:MAX_RESULTS])
    return Results(head[0].lower() if named else "", tuple(r for r in results if r is not None))


def _groups(text: str) -> Iterator[list[str]]:
    """Yield what stands between semicolons as words and equals signs; comments are dropped, quotes taken off."""
    words: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == ";":
            yield words
            words, at = [], at + 1
        elif char == "=":
            words.append("=")
            at += 1
        elif char == "(":
            at = _behind_comment(text, at)
        elif char == '"':
            quoted, at = _quoted(text, at + 1)
            words.append(quoted)
        elif found := _TOKEN.match(text, at):
            words.append(found[0])
            at = found.end()
        else:
            at += 1
    yield words


def _behind_comment(text: str, at: int) -> int:
    """Return the place behind a comment, nested ones included (RFC 5322 3.2.2); the end where it never closes."""
    depth = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in "()":
            depth += 1 if text[at] == "(" else -1
            if depth == 0:
                return at + 1
        at += 1
    return at


def _quoted(text: str, at: int) -> tuple[str, int]:
    """Return a quoted string's content and the place behind it."""
    piece: list[str] = []
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\"
        piece.append(text[at : at + 1])
        at += 1
    # An equals sign by itself would be taken for the one between a name and its value.
    return "".join(piece).strip("=") or '""', at + 1


def _result(words: list[str]) -> Result | None:
    """Read `method[/version]=result` and the `ptype.property=value` behind it."""
    if len(words) < 3 or words[1] != "=" or "=" in (words[0], words[2]):
        return None
    pairs: list[tuple[str, str]] = []
    for at in range(3, len(words) - 2):
        name, equals, value = words[at : at + 3]
        if equals == "=" and "." in name and value != "=":
            pairs.append((name.lower(), value))
    return Result(words[0].partition("/")[0].lower(), words[2].lower(), tuple(pairs))


def verdict(message: Message, server: str) -> Verdict:
    """Return what the configured server found out about a message's From; "" where it did not look."""
    found = _of_server(message, server.strip().lower())
    if found is None or not found.results or message.from_ is None:
        return ""
    if len(message.all("from")) > 1:
        return "none"  # which of them it vouches for can't be told (RFC 7489 section 6.6.1)
    domain = addresses.domain(message.from_.email)
    dmarc = [r for r in found.results if r.method == "dmarc"]
    if any(r.result == "fail" for r in dmarc):
        return "fail"
    # Exchange Online says "bestguesspass" where From's domain publishes nothing, but would pass.
    if any(r.result in ("pass", "bestguesspass") and _meant(r, domain) for r in dmarc):
        return "pass"
    return "pass" if any(_aligned(r, domain) for r in found.results) else "none"


def _of_server(message: Message, server: str) -> Results | None:
    """Return the topmost field of that server, None where there is none."""
    if not server:
        return None
    wanted = "" if server == NAMELESS else server
    return next((one for value in message.all(FIELD) if (one := parse(value)).server == wanted), None)


def _meant(dmarc: Result, domain: str) -> bool:
    """Say whether a DMARC result speaks of the From that we see: some messages show programs different ones."""
    said = dmarc.of("header.from")
    return not said or addresses.domain(f"@{said.rpartition('@')[2]}") == domain


def _aligned(result: Result, domain: str) -> bool:
    """Say whether DKIM or SPF passed for From's domain or one above it, as relaxed alignment (RFC 7489 3.1) has it.

    Not for one below: without the list of public suffixes we can't tell whose that is.
    """
    if result.result != "pass" or result.method not in ("dkim", "spf"):
        return False
    names = ("header.d", "header.i") if result.method == "dkim" else ("smtp.mailfrom", "smtp.mail")
    said = next((value for name in names if (value := result.of(name))), "")
    passed = addresses.domain(f"@{said.rpartition('@')[2]}")
    return "." in passed and bool(domain) and (domain == passed or domain.endswith(f".{passed}"))
