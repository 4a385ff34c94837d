"""In which language somebody writes: by the small words that every sentence needs, and by the script.

Fed with the writer's own words only; answers "" where there are too few of them, and never looks at headers.
"""

from __future__ import annotations

from functools import cache

from mailbot.rsvp import words
from mailbot.rsvp.fold import fold

_SHORT = 4.0
"""Small words above which they tell the language by themselves."""
_TELLING = frozenset({"attendance", "mode", "question", "letters"})
"""Tables of phrases that are said in one language alone, on the whole."""
_EVERYWHERE = frozenset({"online", "virtual", "zoom", "webex"})
"""Words of those tables that every language uses."""
_TELLS_FROM = 6
"""Characters of a phrase from which it tells: shorter ones look alike."""
_ORDINALS = str.maketrans("ºª", "  ")
"""The signs of "2.º" and "3.ª", which are no articles though they fold to them."""
_LEAST = 2
"""Small words that must be found: one may be a name."""


@cache
def _stops() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, tables in words.lexicon().tables.items():
        for word in tables.get("words", {}).get("stop", ()):
            for token in words.tokens(fold(word)):
                found.setdefault(token.text, []).append(language)
    return {word: tuple(dict.fromkeys(languages)) for word, languages in found.items()}


def tell(text: str) -> str:
    """Return the language of a text as ISO 639-1, "mixed" where two are equally at home in it, "" where none shows."""
    script = _by_script(text)
    if script:
        return script
    counts: dict[str, float] = {}
    table = _stops()
    for token in words.tokens(fold(text[:4000].translate(_ORDINALS))):
        for language in table.get(token.text, ()):
            # A word that several languages share counts less for each.
            counts[language] = counts.get(language, 0.0) + 1.0 / len(table[token.text])
    if max(counts.values(), default=0.0) < _SHORT:
        _add_phrases(counts, fold(text[:400]))
    ranked = sorted(counts.items(), key=lambda row: -row[1])[:2]
    if not ranked or ranked[0][1] < _LEAST * 0.4:
        return ""
    if len(ranked) == 2 and ranked[1][1] > 0.7 * ranked[0][1] and ranked[1][1] >= 4:
        return "mixed"
    return ranked[0][0]


def _add_phrases(counts: dict[str, float], folded: str) -> None:
    """Count what is said of taking part too: a reply of three words has few small ones ("Participaré en línea")."""
    weights: dict[tuple[int, int, str], float] = {}
    for hit in words.scan(folded):
        said = folded[hit.start : hit.end]
        if _tells(hit.key) and len(said) >= _TELLS_FROM and said not in _EVERYWHERE:
            span = (hit.start, hit.end, hit.language)
            # A whole form tells more than a stem: "participarei" is no Spanish, though "participar*" fits.
            weights[span] = max(weights.get(span, 0.0), 1.5 if hit.key == "attendance.sure" else 1.0)
    for (_, _, language), weight in weights.items():
        counts[language] = counts.get(language, 0.0) + weight


def _tells(key: str) -> bool:
    """Say whether a list's phrases are one language's own: what things are called that go with taking part is not."""
    table, _, name = key.partition(".")
    return table in _TELLING and (table != "mode" or name in ("online", "in_person", "place"))


def _by_script(text: str) -> str:
    letters = [c for c in text[:2000] if c.isalpha()]
    if not letters:
        return ""
    arabic = sum("\u0600" <= c <= "\u06ff" for c in letters)
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in letters)
    if arabic * 2 > len(letters):
        return "ar"
    return "ru" if cyrillic * 2 > len(letters) else ""
