"""Which part of a name is the family's: for lists by family name, and for programs that ask for the two apart.

People write one name, and nobody can tell for certain which part is which. So lists show the name as it was written,
and a guess only decides where it stands. Nothing here changes a name.
"""

from __future__ import annotations

PARTICLES = frozenset({
    "al", "ap", "bar", "bat", "ben", "bin", "bint", "d", "da", "dal", "das", "de", "degli", "dei", "del",
    "della", "den", "der", "di", "do", "dos", "du", "e", "el", "ibn", "la", "las", "le", "los", "mac", "mc",
    "ould", "san", "st", "ten", "ter", "van", "vande", "vander", "vom", "von", "y", "zu", "zum", "zur",
})  # fmt: skip
"""Small words that belong to the family name behind them, in the languages in which people write to us."""


def split(name: str) -> tuple[str, str]:
    """Return the given names and the family name, either "" where there is but one.

    What stands in capitals beside what does not is the family name ("NDIAYE Awa"), as French and Spanish forms ask for;
    so is what stands before a comma; else the last word, with the particles before it ("Maria dos Santos").
    """
    before, comma, behind = (part.strip() for part in name.partition(","))
    if comma and before and behind:
        return behind, before
    words = name.replace(",", " ").split()
    if len(words) < 2:
        return "", " ".join(words)
    loud = [_loud(word) for word in words]
    if any(loud) and not all(loud):
        first = loud.index(True)
        last = len(loud) - loud[::-1].index(True)
        if all(loud[first:last]) and (first == 0 or last == len(words)):
            first = _with_particles(words, first)
            return " ".join(words[:first] + words[last:]), " ".join(words[first:last])
    first = _with_particles(words, len(words) - 1)
    return " ".join(words[:first]), " ".join(words[first:])


def _loud(word: str) -> bool:
    """Return whether a word is in capitals, initials and the like apart."""
    letters = [c for c in word if c.isalpha()]
    return len(letters) > 1 and "." not in word and all(c.isupper() for c in letters)


def _with_particles(words: list[str], first: int) -> int:
    """Return where the family name begins that has its main word here; something is left for the given name."""
    while first > 1 and words[first - 1].casefold().strip("'’.") in PARTICLES:
        first -= 1
    return first
