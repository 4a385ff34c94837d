"""What mail programs and habits do to the lines of a reply: joined sentences, lists that go on, numbers before lines.

Makes lines and answers ready for blocks; decides nothing of what they mean.
"""

from __future__ import annotations

import re

from mailbot.rsvp import grammar, labels, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.labels import Labelled

_LEAST_NUMBERED = 3
"""Lines that begin with 1, 2, 3 …: fewer may be quantities."""
_SPEAKS = re.compile(
    r"(?<=[^\W\d_]{4})[.!]\s+(?=[^\W\d_]+ )|"
    r"(?<=[^\W\d_]{3})\s(?:Je|J['’]\w+|I|I['’](?:ll|m)|We|Nous|Yo|Eu|Ich|Wir|Io)\s(?=[^\W\d_A-ZÀ-Þ])"
)
"""Where somebody begins to speak in the middle of an answer."""
_CONTINUES = re.compile(r"\s*[/|;,•·]\s")
"""How a line begins that goes on with the list of the line above."""


def continued(lines: list[str]) -> list[str]:
    """Join a line that begins with the mark by which the line above parts its answers."""
    joined: list[str] = []
    for line in lines:
        mark = _CONTINUES.match(line)
        if mark and joined and f" {mark.group().strip()} " in f"{joined[-1]} ":
            joined[-1] = f"{joined[-1]} {line.strip()}"
        else:
            joined.append(line)
    return joined


def without_talk(found: Labelled) -> tuple[Labelled, str]:
    """Part an answer from a sentence that a mail program joined to it: "Union des X Je vais suivre ça en ligne"."""
    talk = _SPEAKS.search(found.value) if found.field in ("organisation", "title", "name") else None
    if talk is None:
        return found, ""
    kept, rest = found.value[: talk.start()], found.value[talk.end() if talk.group()[0] in ".!" else talk.start() + 1 :]
    heard = {t.text for t in words.tokens(fold(rest))[:3] if not t.start or rest[t.start].islower()}
    speaks = heard & (grammar.ends() | grammar.words_that("first_person"))
    if not speaks or len(rest.split()) < 4:
        return found, ""
    return Labelled(found.field, kept.strip(), found.certainty, found.label), rest.strip()


def without_numbers(lines: list[str]) -> list[str]:
    """Return the lines of a block without bullets and numbers, also bare ones: "1 Ann Poole", "2 nurse"."""
    numbered = [re.match(r"\s*(\d)\s+(?=\D|\d{2})", x) for x in lines]
    count = next((at for at, m in enumerate(numbered) if m is None or int(m[1]) != at + 1), len(lines))
    if count < _LEAST_NUMBERED:
        return [labels.without_enumerator(x) for x in lines]
    return [
        x[m.end() :].strip() if m and at < count else x for at, (x, m) in enumerate(zip(lines, numbered, strict=True))
    ]
