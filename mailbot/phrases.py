"""The set phrases of mail machines, and the few plain words of a message in which they are looked for.

Shared by the modules that tell the kinds of mail apart. The phrases are data (`rsvp/lexicon/robots.toml`, a table a
language); this module only finds them. It never decides what a phrase means.
"""

from __future__ import annotations

import functools
import html
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from mailbot.message import Message

PROSE = 6_000
"""Characters of a body that are looked at: machines say what they are at the top; the rest is quoted mail."""

HTML = 200_000
"""Characters of an HTML body that are turned into text for that: style sheets come first and may be long."""

_TAG = re.compile(r"<(/?)(\w{1,20})[^<>]{0,20000}>")
_UNSEEN = re.compile(r"<(style|script|head|title)\b|<!--", re.I)
_BREAKS = frozenset(["br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "ul", "ol", "hr"])
_SPACES = re.compile(r"[^\S\n]+")
_FOLDED = str.maketrans(
    {"’": "'", "‘": "'", "´": "'", "`": "'", "–": "-", "—": "-", "\u2010": "-", "\u2011": "-", "ø": "o", "ß": "ss"}
)

_GAP = r"(?:\W{1,3}|\W(?:[^.!?]|(?<=\d)\.|\.(?=\w)){0,60}?\W)"
"""Between two words of a phrase: at most 60 characters (some ten words) of the same sentence; "31. Oktober" goes on."""

# Where the copy of an older mail begins. Only what stands above it is looked at.
_OLDER = re.compile(
    r"^ {0,3}(?:-{2,} ?[^\n]{0,40}(?:original|copy of|weitergeleitet|forwarded|transfere|reenviado)"
    r"|_{20,}"
    r"|(?:from|de|von|da|van) ?: [^\n]{1,200}\n(?:[^\n]{0,200}\n){0,4}"
    r"(?:subject|objet|asunto|assunto|betreff|oggetto) ?:"
    r"|[^\n]{0,200}(?:\n[^\n]{0,100})?\b(?:a ecrit|wrote|escribio|escreveu|schrieb[^\n]{0,80}|ha scritto) ?: ?$"
    r"|(?:votre message|your message|su mensaje|sua mensagem|ihre nachricht) ?: ?$)",
    re.M,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that was found: its language and topic in the lexicon, and the words (folded) that matched."""

    language: str
    topic: str
    words: str
    start: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of the lexicon, ready to be looked for: one of `cues` must be in the text, and `source` must match."""

    language: str
    cues: tuple[str, ...]
    source: str


def fold(text: str) -> str:
    """Return the text in lower case, without accents, with plain apostrophes and dashes, single blanks; lines stay."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return _SPACES.sub(" ", "".join(c for c in text if not unicodedata.combining(c)))


def plain(message: Message) -> str:
    """Return the message's body as text: its text, else its HTML without the tags; at most `PROSE` characters."""
    if message.text.strip():
        return message.text[:PROSE]
    return from_html(message.html)[:PROSE]


def from_html(source: str) -> str:
    """Return what an HTML body shows, roughly: enough to find set phrases and addresses, no more."""
    if not source:
        return ""
    text = " ".join(_seen(source[:HTML]).split())
    text = _TAG.sub(lambda m: "\n" if m[2].lower() in _BREAKS else " ", text)
    lines = (_SPACES.sub(" ", line).strip() for line in html.unescape(text).splitlines())
    return "\n".join(line for line in lines if line)


def _seen(source: str) -> str:
    """Return HTML without style sheets, scripts, heads and comments; one that never ends hides nothing."""
    kept, at, lower = [], 0, source.lower()
    while found := _UNSEEN.search(source, at):
        closing = f"</{found[1].lower()}" if found[1] else "-->"
        end = lower.find(closing, found.end())
        if end < 0:
            break
        kept.append(source[at : found.start()])
        at = end
    return " ".join([*kept, source[at:]])


def own_text(message: Message, sent: Iterable[str] = ()) -> str:
    """Return what the body says above any older mail: no quoted lines, no lines of the texts `sent`."""
    known = known_lines(tuple(sent))
    pairs = [(line, fold(line).strip()) for line in plain(message).split("\n")]
    kept = [(line, f) for line, f in pairs if not f.startswith((">", "|")) and f not in known]
    older = _OLDER.search("\n".join(f for _, f in kept))
    # An answer typed below the older mail keeps its words: the cut is made only if something stands above it.
    if older and older.string[: older.start()].strip():
        kept = kept[: older.string.count("\n", 0, older.start())]
    return "\n".join(line for line, _ in kept).strip()


@functools.lru_cache(maxsize=64)
def known_lines(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the folded lines of texts that we sent; short ones are left out, anybody may write those."""
    return frozenset(line.strip() for text in texts for line in fold(text).splitlines() if len(line.strip()) > 20)


@functools.cache
def lexicon() -> dict[str, dict[str, list[str]]]:
    """Return the phrases as they stand in the file: language, topic, lines."""
    source = files("mailbot").joinpath("rsvp", "lexicon", "robots.toml").read_text("utf-8")
    return tomllib.loads(source)


@functools.cache
def phrases(topic: str) -> tuple[Phrase, ...]:
    """Return the phrases of a topic in every language."""
    return tuple(_phrase(language, line) for language, topics in lexicon().items() for line in topics.get(topic, ()))


def _phrase(language: str, line: str) -> Phrase:
    """Turn a line into an expression: `...` is a short gap, `[a/b]` one of several, `word(s)` and `word*` may go on."""
    folded = re.sub(r" *\.\.\. *", "...", fold(line))
    out: list[str] = []
    cues: tuple[str, ...] = ()
    for piece in re.findall(r"\.\.\.|\[[^\]]*\]|(?:[^\[\].]|\.(?!\.\.))+|.", folded):
        if piece == "...":
            out.append(_GAP)
            continue
        options = tuple(o.strip() for o in piece[1:-1].split("/")) if piece[0] == "[" and len(piece) > 1 else (piece,)
        out.append("(?:" + "|".join(map(_spaced, options)) + ")" if len(options) > 1 else _spaced(options[0]))
        words = tuple(max(re.sub(r"\([^)]*\)|\*", " ", o).split() or [""], key=len) for o in options)
        cues = max(cues, words, key=lambda c: min(map(len, c), default=0))
    before = r"(?<!\w)" if folded[0].isalnum() or folded[0] == "[" else ""
    after = r"(?!\w)" if folded[-1].isalnum() or folded[-1] in "])*" else ""
    return Phrase(language, cues, before + "".join(out) + after)


def _spaced(words: str) -> str:
    """Turn words into an expression; a blank in them may be a line's end."""
    out = []
    for part in re.split(r"(\*|\([^)]*\))", words):
        if part == "*":
            out.append(r"\w{0,20}")
        elif part.startswith("("):
            out.append("(?:" + re.escape(part[1:-1]) + ")?")
        else:
            out.append(re.escape(part).replace(r"\ ", r"\s{1,3}"))
    return "".join(out)


@functools.cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


def find(topic: str, text: str) -> Found | None:
    """Return the first phrase of a topic that stands in the folded text, None where there is none."""
    for phrase in phrases(topic):
        if any(cue in text for cue in phrase.cues) and (match := _compiled(phrase.source).search(text)):
            return Found(phrase.language, topic, match[0], match.start())
    return None


def opens(topic: str, text: str) -> Found | None:
    """Return the phrase of a topic with which the folded text begins, None where there is none."""
    for phrase in phrases(topic):
        if any(cue in text for cue in phrase.cues) and (match := _compiled(phrase.source).match(text)):
            return Found(phrase.language, topic, match[0], match.start())
    return None


def count(topic: str, text: str) -> int:
    """Return how many different phrases of a topic stand in the folded text."""
    return sum(
        any(cue in text for cue in phrase.cues) and _compiled(phrase.source).search(text) is not None
        for phrase in phrases(topic)
    )
