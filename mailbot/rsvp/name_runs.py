"""Runs of words that may be a name, by their capitals, or by the sender's name where none has.

Only shape and place count here; whether a run is a person is for prose to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from mailbot.rsvp import grammar, names, phrases, places, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit

_WORD = re.compile(r"[^\W\d_](?:[\w'’.-]*[^\W\d_.])?\.?(?!\w)")


def runs(text: str, folded: str) -> list[tuple[int, int]]:
    """Return runs of capitalised words, particles between them included."""
    found: list[tuple[int, int]] = []
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        joined = run and text[run[-1].end() : word.start()] == " " and not _ends_sentence(run[-1].group(), folded)
        capital = names.begins_name(word.group())
        particle = folded[word.start() : word.end()] in names.particles()
        if run and joined and (capital or particle):
            run.append(word)
            continue
        found.extend(_trimmed(run, folded))
        run = (
            [word]
            if capital or (not word.group().islower() and particle) or _lower_honorific(folded, word, text)
            else []
        )
    found.extend(_trimmed(run, folded))
    return found


def _lower_honorific(folded: str, word: re.Match[str], text: str) -> bool:
    """Say whether a small-written "sig.", "doctor", "señor" begins a name."""
    low = word.group().lower().replace(".", "")
    return (
        len(low) > 1
        and names.is_honorific(word.group())
        and low not in names.particles()
        and text[word.end() : word.end() + 2].strip()[:1].isupper()
    )


def _trimmed(run: list[re.Match[str]], folded: str) -> list[tuple[int, int]]:
    """Cut small words off both ends of a run: "Bonjour Marie Dupont", "Ciarán Ó Dálaigh de"."""

    def low(word: re.Match[str]) -> str:
        return folded[word.start() : word.end()].strip(".")

    run = _behind_title(run, folded)
    opening = names.small_words() | _introducing()
    polite = [i for i, w in enumerate(run) if i and len(low(w)) > 2 and names.is_honorific(w.group())]
    run = run[polite[-1] :] if polite and polite[-1] < len(run) - 1 else run
    while run and (
        low(run[0]) in opening
        or (low(run[0]) in names.particles() and len(low(run[0])) < 3 and run[0].group().islower())
    ):
        run = run[1:]
    while run and (low(run[-1]) in names.particles() and run[-1].group().islower()):
        run = run[:-1]
    while len(run) > 2 and low(run[-1]) in names.small_words():
        run = run[:-1]
    if len(run) > 3 and low(run[-2]) in ("de", "from", "von", "di", "d") and places.is_place(run[-1].group()):
        run = run[:-2]
    return [(run[0].start(), run[-1].end())] if run else []


def _behind_title(run: list[re.Match[str]], folded: str) -> list[re.Match[str]]:
    """Cut an English title off the head of a run: "Our Benefits Counsellor Ann Example" names Ann Example."""
    if len(run) < 3:
        return run
    start = run[0].start()
    heads = words.of(words.scan(folded[start : run[-1].end()]), "titles.heads")
    ends = [start + h.end for h in heads if h.language == "en"]
    behind = [w for w in run if ends and w.start() >= max(ends)]
    polite = names.is_honorific(run[0].group())
    return behind if len(behind) >= 2 and not polite else run


def _ends_sentence(word: str, folded: str) -> bool:
    """Say whether a word with a full stop ends a sentence: not an initial, not "Dr."."""
    bare = fold(word).replace(".", "")
    return word.endswith(".") and len(bare) > 2 and not names.is_honorific(word)


@cache
def _introducing() -> frozenset[str]:
    """Return the single words that may stand right before a name at the head of a sentence ("Soy", "Assino")."""
    found = {w for p in ("introductions", "me") for w in words.lexicon().single_words(f"people.{p}")}
    chained = {
        "chamo-me",
        "cest",
        "soy",
        "sou",
        "sono",
        "assino",
        "aqui",
        "ici",
        "if",
        "our",
        "your",
        "also",
        "when",
        "then",
    }
    return frozenset(found | chained | {w for w in grammar.ends() if len(w) > 1})


def quiet_names(text: str, folded: str, hits: Sequence[Hit], sender: str, address: str) -> list[tuple[int, int]]:
    """Find the writer's name in a text without capitals: behind "soy", "c'est", as far as it is like the sender's."""
    if not sender and not address:
        return []
    local = [p for p in re.split(r"[^a-z]+", fold(address.partition("@")[0])) if len(p) > 2]
    offices = words.lexicon().single_words("people.offices")
    parts = set(names.parts_of(sender)) | {p for p in local if p not in offices}
    found = []
    toks = words.tokens(folded)
    at = 0
    while at < len(toks):
        if toks[at].text in parts and text[toks[at].start].islower() and len(toks[at].text) > 2:
            last = at
            while (
                last + 1 < len(toks)
                and text[toks[last].end : toks[last + 1].start] == " "
                and (
                    toks[last + 1].text in parts
                    or (
                        sender
                        and last - at < 2
                        and not phrases.ends_phrase(toks[last + 1].text)
                        and toks[last + 1].text not in names.small_words() | names.particles()
                    )
                )
            ):
                last += 1
            if last > at:
                found.append((toks[at].start, toks[last].end))
            at = last
        at += 1
    return found[:1]
