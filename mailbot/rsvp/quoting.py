"""What mail programs write around a quote: intros, header blocks, rules.

Recognises them by the phrases in `lexicon/quoting.toml`, with lookups and bounded expressions only. It never decides
what becomes of a line; that is `own_words`' part.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from mailbot.rsvp.lines import Line

_ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:]{1,80}@[^\s<>\[\]()\"',;:]{1,120}")
_DATED = re.compile(r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_GROUPWISE = re.compile(r">>>\s*\S.{0,200}(?:>>>|:)\s*$")
_OLD_GMAIL = re.compile(r"\d{4}[-/]\d\d[-/]\d\d.{0,80}<[^<>\s]{1,120}@[^<>\s]{1,120}>\s*:$")
_RULE = re.compile(r"[-_=*~—–•#]{2,}")
_RULES = frozenset("-_=*~—–>#")
_LONG_RULE = re.compile(r"[_\-=*—–]{10,}$")
_ACCENTS = re.compile("[\u0300-\u036f\u064b-\u0652]")
TRIM = " \t*_:：-–—=>~<|"
_MAX_INTRO = 400
_MAX_HEADER_LINES = 16


@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Return a text without case and accents, typographic apostrophes and odd spaces made plain."""
    if text.isascii():
        return text.lower()
    text = text.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


@dataclass(frozen=True, slots=True)
class Break:
    """Lines between a reply and an older mail: they belong to neither.

    `start` and `end` are line numbers (end excluded), `depth` the quote depth at which they stand; `author` is whom
    they name as the older mail's writer; `forward` says that they speak of forwarding; `header` that they are a block
    of header lines.
    """

    start: int
    end: int
    depth: int
    author: str = ""
    forward: bool = False
    header: bool = False


@dataclass(frozen=True, slots=True)
class _Phrases:
    intro_start: tuple[str, ...]
    intro_end: tuple[str, ...]
    labels: dict[str, frozenset[str]]
    divider: frozenset[str]
    forward: tuple[str, ...]
    forward_subject: frozenset[str]
    closing: frozenset[str]
    closing_start: tuple[str, ...]
    mobile: tuple[str, ...]
    disclaimer: tuple[str, ...]
    legal: tuple[str, ...]
    notice: tuple[str, ...]
    thanks: frozenset[str]
    asked: frozenset[str]
    asked_phrases: tuple[str, ...]


@cache
def phrases() -> _Phrases:
    """Read the phrases of all languages at once: a writer's mail program need not speak the writer's language."""
    text = resources.files("mailbot.rsvp").joinpath("lexicon/quoting.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, list[str]]] = tomllib.loads(text)

    def every(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(fold(phrase) for table in tables.values() for phrase in table.get(key, ())))

    labels: dict[str, set[str]] = {}
    for kind in ("from", "date", "to", "subject", "other"):
        for label in every(kind):
            labels.setdefault(label, set()).add(kind)
    closing = every("closing")
    return _Phrases(
        intro_start=tuple(f"{start} " for start in every("intro_start")),
        intro_end=every("intro_end"),
        labels={label: frozenset(kinds) for label, kinds in labels.items()},
        divider=frozenset(every("divider")),
        forward=every("forward"),
        forward_subject=frozenset(every("forward_subject")),
        closing=frozenset(closing),
        closing_start=tuple(phrase for phrase in closing if len(phrase) > 7),
        mobile=every("mobile"),
        disclaimer=every("disclaimer"),
        legal=every("legal"),
        notice=every("notice"),
        thanks=frozenset(every("thanks")),
        asked=frozenset(word for word in every("asked") if " " not in word),
        asked_phrases=tuple(phrase for phrase in every("asked") if " " in phrase),
    )


def breaks(lines: Sequence[Line], ours: frozenset[str] = frozenset()) -> list[Break]:
    """Return the breaks of a body in order, none overlapping another. Linear: each looks at a few lines only.

    `ours` are the addresses that the older mail may have come from: a line "From: …" with one of them is a break even
    where the rest of the header was lost.
    """
    found: list[Break] = []
    end, forwarded = 0, False
    for number, line in enumerate(lines):
        text = line.text
        if number < end or not text:
            continue
        here: Break | None = None
        if ":" in text or "：" in text:
            here = _header_block(lines, number) or _intro(lines, number, end) or _lone_from(lines, number, ours)
        if here is None and (not line.depth or forwarded):
            # Inside a marked quote, rules and single words are the older mail's own.
            if text[0] in _RULES:
                here = _divider(lines, number)
            if here is None and len(text) < 60:
                here = _forward_words(lines, number) or _notes_header(lines, number)
        if here is not None:
            found.append(here)
            end = here.end
            forwarded = forwarded or here.forward
    return found


def label_kinds(text: str) -> tuple[frozenset[str], str]:
    """Return what kinds of header label a line starts with (empty: none), and what follows the colon."""
    head, colon, _ = text[:60].partition(":")
    if not colon or len(head) > 32:
        return frozenset(), ""
    return phrases().labels.get(fold(head).strip(TRIM), frozenset()), text[len(head) + 1 :].strip(" *_\t")


def _header_block(lines: Sequence[Line], start: int) -> Break | None:
    """Read "From: … Sent: … To: … Subject: …": two kinds beside the sender make one, in any order."""
    kinds, value = label_kinds(lines[start].text)
    if not kinds - {"other"}:
        return None
    depth, seen, author = lines[start].depth, [kinds], value if "from" in kinds else ""
    end, strange, subject = start + 1, 0, "subject" in kinds
    for number in range(start + 1, min(start + _MAX_HEADER_LINES, len(lines))):
        line = lines[number]
        if line.depth != depth:
            break
        if not line.text:
            if subject or (number + 1 < len(lines) and not label_kinds(lines[number + 1].text)[0]):
                break
            continue
        kinds, value = label_kinds(line.text)
        if kinds:
            seen.append(kinds)
            author = author or (value if "from" in kinds else "")
            subject = subject or "subject" in kinds
            end, strange = number + 1, 0
        else:
            # A long value wraps into the next line or two; anything longer is the mail itself.
            strange += 1
            if strange > 2 or (subject and "subject" not in seen[-1]):
                break
            if number == end and _continues(lines[number - 1].text):
                end = number + 1
    if not _is_header(seen) or not author:
        return None
    return Break(start, end, depth, author, header=True)


def _lone_from(lines: Sequence[Line], number: int, ours: frozenset[str]) -> Break | None:
    """Read a single "From:" with one of our addresses, or with the line "Message of 1/10/18 8:12" above it."""
    kinds, author = label_kinds(lines[number].text)
    if "from" not in kinds or not author:
        return None
    start = number
    above = lines[number - 1].text if number else ""
    if above and len(above) < 60 and _DATED.search(above) and lines[number - 1].depth == lines[number].depth:
        start = number - 1
    if start == number and not ours.intersection(addresses_in(author)):
        return None
    end = number + 1
    while end < len(lines) and end < number + 8 and label_kinds(lines[end].text)[0]:
        end += 1
    return Break(start, end, lines[number].depth, author, header=True)


def _is_header(seen: list[frozenset[str]]) -> bool:
    if not any("from" in kinds for kinds in seen[:3]):
        return False
    others = {kind for kind in ("date", "to", "subject") if any(kind in kinds for kinds in seen)}
    return len(seen) >= 3 and len(others) >= 2


def _continues(before: str) -> bool:
    """Say whether a header line is so long that the next one may be its continuation."""
    return len(before) > 55


def _intro(lines: Sequence[Line], last: int, floor: int) -> Break | None:
    """Read "On Monday, X wrote:", which may wrap over four lines; `last` is the line with the colon."""
    text = lines[last].text
    line_end = text.rstrip(" *_>")
    if not line_end.endswith((":", "：")) or len(text) > _MAX_INTRO:
        return None
    if _GROUPWISE.match(text) or _OLD_GMAIL.match(text):
        return Break(last, last + 1, lines[last].depth, text.strip(TRIM))
    known = phrases()
    quote_follows = _quote_follows(lines, last)
    folded = fold(line_end).rstrip(TRIM)
    known_end = _ends_with(folded, known.intro_end)
    if not known_end and not (quote_follows and (_ADDRESS.search(text) or _DATED.search(text))):
        ahead = _says_then_date(folded)
        if not ahead:
            return None
    start = _intro_start(lines, last, floor)
    whole = " ".join(line.text for line in lines[start : last + 1])
    if len(whole) > _MAX_INTRO:
        return None
    if not quote_follows and not _ADDRESS.search(whole) and not _DATED.search(whole):
        return None
    if start == last and not quote_follows and not fold(whole).startswith(known.intro_start) and "@" not in whole:
        return None
    return Break(start, last + 1, lines[last].depth, whole)


def _says_then_date(folded: str) -> bool:
    """Say whether a line runs "X <x@y> schrieb am 1.10.2018 um 08:12": the verb first, the date after it."""
    if not _DATED.search(folded):
        return False
    return any(f" {end} " in folded for end in phrases().intro_end if len(end) > 4) and "@" in folded


def _intro_start(lines: Sequence[Line], last: int, floor: int) -> int:
    """Return the line where an intro that ends at `last` starts: the nearest that begins like one and has a date."""
    depth, starts = lines[last].depth, phrases().intro_start
    second = last
    for number in range(last, max(last - 4, floor - 1, -1), -1):
        line = lines[number]
        if not line.text or line.depth != depth:
            break
        if fold(line.text).startswith(starts):
            if any(char.isdigit() for char in line.text):
                return number
            second = number
    return second


def _ends_with(folded: str, phrases: tuple[str, ...]) -> bool:
    if not folded.endswith(phrases):
        return False
    return any(folded.endswith(p) and (len(folded) == len(p) or not folded[-len(p) - 1].isalnum()) for p in phrases)


def _quote_follows(lines: Sequence[Line], number: int) -> bool:
    """Say whether the next line with text is quoted deeper than this one."""
    for line in lines[number + 1 : number + 4]:
        if line.text:
            return line.depth > lines[number].depth
    return False


def _divider(lines: Sequence[Line], number: int) -> Break | None:
    """Read "-----Original Message-----" with the header block below it, or a long rule above a header block."""
    line = lines[number]
    if _GROUPWISE.match(line.text):
        return Break(number, number + 1, line.depth, line.text.strip(TRIM))
    known = phrases()
    if _LONG_RULE.match(line.text) is None:
        words = fold(_RULE.sub("", line.text)).strip(TRIM)
        forward = words.startswith(known.forward) and len(words) < 120
        if words not in known.divider and not forward:
            return None
        below = _block_below(lines, number)
        if below is None:
            return Break(number, number + 1, line.depth, forward=forward)
        return Break(number, below.end, line.depth, below.author, forward, below.header)
    below = _block_below(lines, number)
    return Break(number, below.end, line.depth, below.author, below.forward, below.header) if below else None


def _forward_words(lines: Sequence[Line], number: int) -> Break | None:
    """Read "Begin forwarded message:", which Apple writes without a rule."""
    line = lines[number]
    words = fold(line.text).strip(TRIM)
    if words not in phrases().forward:
        return None
    below = _block_below(lines, number)
    if below is None:
        return None
    return Break(number, below.end, line.depth, below.author, forward=True, header=True)


def _block_below(lines: Sequence[Line], number: int) -> Break | None:
    """Return the header block whose first line is the next line with text, at any depth."""
    for below in range(number + 1, min(number + 4, len(lines))):
        if lines[below].text:
            return _header_block(lines, below) or (
                _forward_words(lines, below) if lines[below].text[0] not in "-_" else _divider(lines, below)
            )
    return None


def _notes_header(lines: Sequence[Line], number: int) -> Break | None:
    """Read the header that old Notes sets as a grid: "To" alone on a line, the name below it, then "Subject"."""
    labels = phrases().labels
    if "to" not in labels.get(fold(lines[number].text).strip(TRIM), frozenset()) or len(lines[number].text) < 2:
        return None
    for below in range(number + 1, min(number + 12, len(lines))):
        if "subject" in labels.get(fold(lines[below].text).strip(TRIM), frozenset()):
            start = number
            for above in range(number - 1, max(number - 6, -1), -1):
                if _ADDRESS.search(lines[above].text) or _DATED.search(lines[above].text):
                    start = above
            end = next((n + 1 for n in range(below + 1, min(below + 4, len(lines))) if lines[n].text), below + 1)
            return Break(start, end, lines[number].depth, lines[start].text, header=True)
    return None


def addresses_in(text: str) -> list[str]:
    """Return the e-mail addresses in a piece of text, lower case."""
    return [found.lower().strip(".") for found in _ADDRESS.findall(text)]


def is_forward_subject(subject: str) -> bool:
    """Say whether a subject's first prefix says that the message is forwarded."""
    head, colon, _ = subject.partition(":")
    return bool(colon) and fold(head).strip() in phrases().forward_subject


def filled_label(text: str) -> tuple[str, str] | None:
    """Return label and value of a line that fills in what an invitation asks for ("Name: Marie"), None of any other."""
    head, mark, value = text.partition(":")
    if not mark:
        head, mark, value = text.partition("=")
    if not mark or not value.strip() or len(head) > 60 or len(value) > 300:
        return None
    folded = fold(head).strip(TRIM)
    words = re.findall(r"\w+", folded)
    known = phrases()
    if len(words) > 8 or not (known.asked.intersection(words) or any(p in folded for p in known.asked_phrases)):
        return None
    return head.strip(TRIM), value.strip()
