"""Where somebody else than the writer is written to, as the sentences have it: at their own address or at the writer's.

Looks at the sentences around addresses and names; weighs no headers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import attendance, grammar, names, words
from mailbot.rsvp.candidates import Candidate
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material

_BEFORE = 45
"""Characters before an address in which its owner's first name may stand: "El correo de don Tomás: …"."""
_TOKEN = re.compile(r"[^\W_]+")
_ALL = frozenset(
    ["all", "alle", "ambas", "ambos", "beide", "both", "deux", "duas", "dois", "dos", "due", "everybody", "everyone",
     "three", "todas", "todo", "todos", "tous", "tout", "toutes", "tre", "tres", "trois", "tutte", "tutti", "tutto",
     "zwei", "drei", "entrambe", "entrambi", "tudo", "everything", "alles"]
)  # fmt: skip
"""Words that count everybody in, or everything: "send all of it here", "les mails ici pour les trois"."""
_SHORTEST = 3
"""Letters from which on a word of a name is looked for in the text."""


def named_before(found: Material, name: str, spoken: Sequence[Candidate]) -> Candidate | None:
    """Return the address that a sentence gives as somebody's: "Hauwa's mail is …"."""
    own = _called(name)
    others = {w for other in _everybody(found) if not names.same_person(other, name) for w in _called(other)} - own
    for one in not_anothers(found, name, spoken):
        at = found.scene.text.find(one.value)
        before = found.scene.folded[max(0, at - _BEFORE) : max(0, at)]
        near = _TOKEN.findall(before.rpartition(". ")[2])
        called = [w for w in near if w in own or w in others]
        if called and called[-1] in own:
            return one
    return None


def not_anothers(found: Material, name: str, given: Sequence[Candidate]) -> list[Candidate]:
    """Return the addresses that are nobody else's by their look, and are not to be taken off the list."""
    others = [n for n in _everybody(found) if not names.same_person(n, name)]
    striking = tuple(grammar.words_that("striking"))
    kept = []
    for one in given:
        at = found.scene.text.find(one.value)
        near = _TOKEN.findall(found.scene.folded[max(0, at - _BEFORE // 2) : max(0, at)])
        struck = any(w.startswith(striking) for w in near)
        if not struck and not any(names.fits_address(other, one.value) >= 0.6 for other in others):
            kept.append(one)
    return kept


def at_the_writers(found: Material, name: str, said_of_them: str, *, alone: bool) -> bool:
    """Say whether somebody is to be written to at the writer's address: "A Greivin escríbanle al mío"."""
    here = words.of(found.scene.hits, "attendance.this_address")
    if alone and here:
        return True
    if words.of(words.scan(fold(said_of_them)), "attendance.this_address"):
        return True
    own = _called(name)
    for start, end in attendance.sentences(found.scene.text):
        if not words.within(here, start, end):
            continue
        said = set(_TOKEN.findall(found.scene.folded[start:end]))
        if said & own or words.within(words.of(found.scene.hits, "attendance.both"), start, end):
            return True  # theirs, or everybody's: "para as duas serve este endereço"
        if said & _ALL:
            return True
        before = [m for m in found.scene.mentions if m.start < start and not m.part]
        last = max(before, key=lambda m: m.start, default=None)
        if said & grammar.words_that("third_person") and last and names.same_person(last.name, name):
            return True
    return False


def _called(name: str) -> set[str]:
    """Return the words by which somebody may be called: first and last name."""
    parts = [p for p in names.parts_of(name) if len(p) >= _SHORTEST]
    return {parts[0], parts[-1]} if parts else set()


def _everybody(found: Material) -> list[str]:
    listed = [c.value for r in found.reply.records if (c := r.first("name"))]
    return [*listed, *(m.name for m in found.scene.mentions)]
