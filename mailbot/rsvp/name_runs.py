"""Runs of words that may be a name, by their capitals, or by the sender's name where none has.

Only shape and place count here; whether a run is a person is for prose to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from mailbot.rsvp import grammar, names, phrases, places, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit

_WORD = re.compile(r"[^\W\d_](?:[\w'’.-]*[^\W\d_.])?\.?(?!\w)")

_ABBREVIATION = 6
"""Letters up to which an honorific with a full stop is an abbreviation: a longer one ends its sentence."""
_NO_NAME = ("titles.heads", "organisations.heads", "attendance.yes", "attendance.no", "mode.online", "mode.in_person")


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
    if len(run) > 2 and low(run[0]) in grammar.words_that("and") and folded[: run[0].start()].endswith((". ", "\n")):
        run = run[1:]  # "… desde Barillas. Y Petrona Mateo, traductora"
    opening = names.small_words() | _introducing()
    polite = [i for i, w in enumerate(run) if i and len(low(w)) > 2 and names.is_honorific(w.group())]
    run = run[polite[-1] :] if polite and polite[-1] < len(run) - 1 else run
    while run and (
        low(run[0]) in opening
        or (low(run[0]) in names.particles() and len(low(run[0])) < 3 and run[0].group().islower())
    ):
        run = run[1:]
    if len(run) > 2 and words.of(words.scan(low(run[0])), "attendance.yes"):
        run = run[1:]  # "Iremos Marta Quintanilla y un servidor"
    run = _without_house(run, low)
    while run and (low(run[-1]) in names.particles() and run[-1].group().islower()):
        run = run[:-1]
    while len(run) > 2 and low(run[-1]) in names.small_words():
        run = run[:-1]
    if len(run) > 3 and low(run[-2]) in ("de", "from", "von", "di", "d") and places.is_place(run[-1].group()):
        run = run[:-2]
    return [(run[0].start(), run[-1].end())] if run else []


def _without_house(run: list[re.Match[str]], low: Callable[[re.Match[str]], str]) -> list[re.Match[str]]:
    """Cut an acronym behind "of" off a name that is not in capitals itself: "Fabricio Chango Toapanta del SUTAE"."""
    if len(run) < 4 or not phrases.is_acronym(run[-1].group()) or low(run[-2]) not in names.particles():
        return run
    return run if any(w.group().isupper() and len(w.group()) > 2 for w in run[:-2]) else run[:-2]


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
    return word.endswith(".") and len(bare) > 2 and (len(bare) > _ABBREVIATION or not names.is_honorific(word))


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
    """Find the writer's name in a text without capitals: behind "me llamo", or as far as it is like the sender's."""
    local = [p for p in re.split(r"[^a-z]+", fold(address.partition("@")[0])) if len(p) > 2]
    offices = words.lexicon().single_words("people.offices")
    parts = set(names.parts_of(sender)) | {p for p in local if p not in offices}
    toks = words.tokens(folded)
    naming = {h.end for h in words.of(hits, "people.naming")}
    introducing = {h.end for h in words.of(hits, "people.introductions")}
    for at, token in enumerate(toks):
        if not text[token.start].islower():
            continue
        behind = toks[at - 1].end if at and text[toks[at - 1].end : token.start].strip(" :") == "" else -1
        known = token.text in parts and len(token.text) > 2
        if behind in naming or (known and behind in introducing):
            last = _name_from(text, toks, at)
        elif known or _initial_and_family(toks, at, local):
            last = _like_sender(text, toks, at, parts, local, bool(sender))
        else:
            continue
        if last > at:
            return [(token.start, toks[last].end)]
    return []


def _name_from(text: str, toks: Sequence[words.Token], at: int) -> int:
    """Return the last word of a name in small letters that begins here: up to a comma, a verb or a title."""
    last = at
    for index in range(at, min(at + 6, len(toks))):
        word = toks[index].text
        if index > at and text[toks[index - 1].end : toks[index].start] != " ":
            break
        if word in names.particles():
            if index - at > 2:
                break  # "casimiro poma veizaga de llallagua" says where from
            continue
        if phrases.ends_phrase(word) or word in names.small_words() or words.of(words.scan(word), *_NO_NAME):
            break
        last = index
    return last


def _like_sender(  # noqa: PLR0917 -- a text, and what is known of its sender
    text: str, toks: Sequence[words.Token], at: int, parts: set[str], local: Sequence[str], named: bool
) -> int:
    """Return the last word of a name that begins here, as far as its words are the sender's."""
    last = at
    while last + 1 < len(toks) and text[toks[last].end : toks[last + 1].start] == " ":
        word = toks[last + 1].text
        free = named and last - at < 2 and not phrases.ends_phrase(word)
        if not (
            word in parts
            or (last == at and _initial_and_family(toks, at, local))
            or (free and word not in names.small_words() | names.particles())
        ):
            break
        last += 1
    return last


def _initial_and_family(toks: Sequence[words.Token], at: int, local: Sequence[str]) -> bool:
    """Say whether two words are those of which an address has initial and family name: "iouedraogo@"."""
    if at + 1 >= len(toks):
        return False
    one, other = toks[at].text, toks[at + 1].text
    return len(other) > 3 and any(p in (one[:1] + other, other + one[:1], one + other, other + one) for p in local)
