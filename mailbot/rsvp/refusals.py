"""What a "can't" is about: taking part, the journey only, or something else; and who is meant by a "no".

Grammar rather than phrases: words of inability from the lexicon's `kind.able`, then the first verb behind them. Works
on folded text; decides no kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import words
from mailbot.rsvp.words import Hit

REACH = 70
"""Characters behind a word of inability in which its verb stands; in German it ends the clause."""
_NEAR = 30
"""Characters beside "cancel" in which its object stands; what is cancelled by a passive stands before it."""
_ANOTHER = re.compile(
    r"\w+(?:\W+\w+){0,6}?\W+(?:"
    r"an?\s(?:\w+\s){0,2}(?:congress|conference|meeting|training|summit|retreat|course|hearing|wedding|funeral|symposium)"
    r"|(?:an?other|une?|uma?|un autre|une autre|otr[oa]|outr[oa]|ein(?:e[mnr]?)?|un'|un'altra|un altro)"
    r"\s?(?:\w+\s){0,2}(?:congr\w+|conferen\w+|konferenz|tagung|sitzung|messe|reunion|reuniao|riunione|formation|formacion|"
    r"formacao|formazione|meeting|training|audience|audiencia|mariage|boda|assemblee|asamblea|assembleia|assemblea|colloque|"
    r"coloquio|symposium|fortbildung|hochzeit|matrimonio|casamento|enterrement|entierro|funerale))\b"
)
_END = re.compile(r"[.!?;\n](?=\s|$)(?<!\d\.)")
_STOP = re.compile(r"[.!?;:\n]|(?<=\w),\s|\b(?:but|mais|pero|mas|ma|aber|sino|sondern)\b")
_AFTER = re.compile(r"\W{1,2}(?:\w+\W{1,2}){0,2}?(?:pas|plus|nicht|kein\w*)\b")
_ENDS_WITH_NOT = re.compile(r" (?:no|nao|not|non|nicht|pas)$")
_GOES_ON = re.compile(
    r" (?!(?:pour|for|this|por|para|per|fur|from|to|a|at|en|esta|desta|dessa|cette|questa|dies\w*)\b)[a-z]"
)
_OR = re.compile(r"\W*\b(?:o|or|ou|oder|od|u|y/o|and/or|et/ou|e/ou|/)\b\W*(?:\w+\W+){0,2}$|\s*/\s*$")
_WAYS = frozenset({"kind.travel", "mode.in_person", "mode.place", "mode.online"})
_BUT = re.compile(r"\b(?:but|mais|pero|mas|ma|aber|however|cependant|toutefois|sin embargo|porem|pero|jedoch)\b")
_ENDS_WISH = re.compile(rf"[.!?;\n]|{_BUT.pattern}")
_NO_THANKS = re.compile(r"^\W*(?:no|non|nao|nein)\W{1,2}(?:thank|merci|gracias|obrigad|danke|grazie)", re.MULTILINE)
_NEXT = re.compile(r"[.!?;:,\n]|\b(?:and|et|y|e|und|but|mais|pero|mas|ma|aber|instead|plutot|to)\b")
_CLAUSE = re.compile(r"[.!?;:,()\n]|\s(?:but|mais|pero|mas|ma|aber|et|and|y|e|und)\s")
_ASKED = re.compile(
    r"\b(?:how|when|where|whether|can i|could i|may i|can we|do i|comment|quand|est-ce que|puis-je|je peux|"
    r"pourrais-je|peut-on|como|"
    r"cuando|donde|hasta que|puedo|podria|quando|onde|posso|ate que|wie|wann|wo|ob|kann ich|koennen wir|darf ich|come|"
    r"dove|entro quando|si puo|possiamo)\b[^.!?;:\n]*$"
)
_IF = re.compile(
    r"\b(?:if|whether|si|se|caso|wenn|falls|sofern|ob|unless|in case|should|au cas ou|por si|en caso|qualora)\b"
    r"[^.!?;:\n]*$"
)


def about_another_matter(folded: str, hits: Sequence[Hit], hit: Hit) -> bool:
    """Say whether a word of inability or regret speaks of a file, a late answer and the like, not of taking part."""
    if not _is_inability(hits, hit):
        return False
    verb = _verb_behind(folded, hits, hit)
    return verb is not None and verb.key == "kind.other"


def goes_on(folded: str, hit: Hit) -> bool:
    """Say whether a phrase that ends with its "not" denies only what comes next: "desta vez não | é online"."""
    ends = _ENDS_WITH_NOT.search(folded[hit.start : hit.end]) is not None
    return ends and _GOES_ON.match(folded[hit.end :][:20]) is not None


def about_the_journey(folded: str, hits: Sequence[Hit], no: tuple[int, int]) -> bool:
    """Say whether a refusal is about travelling only, which leaves the ways without travel open."""
    end = _clause_end(folded, no[1], 0)
    behind = [h for h in hits if no[0] < h.start <= end and h.key in _WAYS]
    return bool(behind) and not any(h.key == "mode.online" for h in behind)


def cancels_a_thing(folded: str, hits: Sequence[Hit], hit: Hit) -> bool:
    """Say whether what is cancelled is a number, an older mail or a flight: that is a correction, and no refusal."""
    if about_another_matter(folded, hits, hit):
        return True
    verb = _verb_behind(folded, hits, hit)
    end = min(_clause_end(folded, hit.end, 0), hit.end + _NEAR, verb.start if verb else len(folded))
    start = max(_clause_start(folded, hit.start), hit.start - _NEAR)
    return any(
        (start <= h.start and h.end <= hit.start) or hit.end <= h.start < end for h in words.of(hits, "kind.thing")
    )


def another_event(folded: str, span: tuple[int, int]) -> bool:
    """Say whether a verb of taking part has another gathering behind it: "I attend a congress in Lomé that day"."""
    sentence = _END.split(folded[span[0] : span[1] + _NEAR + 50], maxsplit=1)[0]
    return _ANOTHER.match(sentence) is not None


def says_no(folded: str) -> tuple[int, int] | None:
    """Return the "no, thank you" with which a line begins, None where there is none."""
    found = _NO_THANKS.search(folded)
    return found.span() if found else None


def wished(folded: str, hits: Sequence[Hit], span: tuple[int, int]) -> bool:
    """Say whether something stands in a wish that did not come true: "I had hoped to join online, but"."""
    return any(
        h.start < span[0] and not _ENDS_WISH.search(folded[h.end : span[0]]) for h in words.of(hits, "kind.wish")
    )


def outweighed(folded: str, way: tuple[int, int], reason: tuple[int, int]) -> bool:
    """Say whether a reason follows a way to take part with a "but" between: "gladly online, but I am on leave"."""
    return way[1] <= reason[0] and _BUT.search(folded[way[1] : reason[0]]) is not None


def negated(folded: str, hits: Sequence[Hit], hit: Hit) -> bool:
    """Say whether a "not" stands before a verb in its clause, or right behind it as in "viens pas", "komme nicht"."""
    start = max(_clause_start(folded, hit.start), hit.start - 45)
    if any(start <= w.start and w.end <= hit.start for w in words.of(hits, "negation.words", "kind.nobody")):
        return True
    return _AFTER.match(folded[hit.end : hit.end + 40]) is not None


def denied(folded: str, hits: Sequence[Hit]) -> Hit | None:
    """Return the first verb of taking part that is denied, None where there is none."""
    return next((h for h in words.of(hits, "kind.verbs", "attendance.yes") if negated(folded, hits, h)), None)


def left_open(folded: str, one: tuple[int, int], other: tuple[int, int] | None) -> bool:
    """Say whether a way to take part is only one of two that are named ("online or in person"), or a supposition."""
    if other is not None and one[1] <= other[0] and _OR.search(folded[one[1] : other[0]]):
        return True
    return _IF.search(folded[max(0, one[0] - 80) : one[0]]) is not None


def goes_over(folded: str, one: int, other: int) -> bool:
    """Say whether a new thought begins between two places: "cancel my flight, I join by Webex"."""
    return _NEXT.search(folded[one:other]) is not None


def asked_about(folded: str, span: tuple[int, int]) -> bool:
    """Say whether a question asks whether, how or when one may take part: "how do I sign up" is no registration."""
    return _ASKED.search(folded[max(0, span[0] - 60) : span[0]]) is not None


def _is_inability(hits: Sequence[Hit], hit: Hit) -> bool:
    return any(h.start < hit.end and hit.start < h.end for h in words.of(hits, "kind.able"))


def _verb_behind(folded: str, hits: Sequence[Hit], hit: Hit) -> Hit | None:
    """Return what one is unable to do: the first verb behind, or one of taking part that the phrase itself holds."""
    end = _clause_end(folded, hit.end)
    inside = [h for h in words.of(hits, "kind.verbs") if hit.start < h.start < hit.end]
    verbs = [h for h in words.of(hits, "kind.verbs", "kind.other", "kind.travel") if hit.end <= h.start <= end]
    return min([*inside, *verbs], key=lambda h: (h.start, -h.end), default=None)


def _clause_end(folded: str, at: int, past: int = 2) -> int:
    """Return where the clause ends; a comma less than `past` characters away ends none ("unfortunately, I can't")."""
    stop = _STOP.search(folded, at + past, at + REACH)
    return stop.start() if stop else at + REACH


def _clause_start(folded: str, at: int) -> int:
    before = folded[max(0, at - 120) : at]
    return at - len(before) + max((m.end() for m in _CLAUSE.finditer(before)), default=0)
