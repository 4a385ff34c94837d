"""What the rules find before anything is decided: a `Candidate` is one value.

And a `Record` what is said of one person.

Plain data with the few operations that all rules share. Nothing here looks at a lexicon.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailbot.rsvp.answer import Where


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible value of a field: as text, in the message's own words, where, by which rule, how surely."""

    field: str
    value: str
    words: str
    where: Where
    rule: str
    confidence: float


@dataclass(slots=True)
class Record:
    """What one place of a message says of one person: a labelled block, a line of a list, a sentence, a signature."""

    where: Where = "body"
    values: dict[str, list[Candidate]] = field(default_factory=dict)
    text: str = ""
    about_sender: bool | None = None
    order: int = 0

    def add(self, name: str, value: str, words: str, rule: str, confidence: float) -> None:
        """Note a value; a field may have several, the first ones count more."""
        if value.strip():
            row = self.values.setdefault(name, [])
            row.append(Candidate(name, value.strip(), words, self.where, rule, confidence))

    def first(self, name: str) -> Candidate | None:
        """Return the first value of a field, None where there is none."""
        return next(iter(self.values.get(name, ())), None)

    def has(self, *fields: str) -> bool:
        """Say whether any of the fields is given."""
        return any(self.values.get(f) for f in fields)

    def merge(self, other: Record) -> None:
        """Take over what the other record says and this one does not."""
        for name, row in other.values.items():
            self.values.setdefault(name, []).extend(row)
        self.text = f"{self.text}\n{other.text}".strip()

    @property
    def size(self) -> int:
        """How many fields are given."""
        return sum(1 for row in self.values.values() if row)
