"""The signs by which the kind of a reply is told: what is affirmed, refused, wished or left open, and by whom.

Each is looked for once, when a rule first asks for it. Nothing here decides a kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mailbot.rsvp import access, refusals, words
from mailbot.rsvp.attendance import Mode, Stance
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material, other_people
from mailbot.rsvp.words import Hit

_SENTENCE = re.compile(r"[.!?;\n]")


@dataclass(frozen=True)
class Signs:
    """What is weighed for one reply."""

    found: Material

    @property
    def stance(self) -> Stance:
        return self.found.stance

    @property
    def hits(self) -> Sequence[Hit]:
        return self.found.scene.hits

    @cached_property
    def folded(self) -> str:
        return fold(self.found.scene.text)

    @cached_property
    def labelled(self) -> int:
        """How many fields the fullest answer gives."""
        return max((r.size for r in self.found.reply.records), default=0)

    @cached_property
    def ways(self) -> list[Mode]:
        """The ways to take part that are affirmed, without those that are left open, and without a mere place."""
        modes = self.stance.modes
        spans = [(m.start, m.end) for m in modes]
        following = [*spans[1:], None] if spans else []
        opened = [refusals.left_open(self.folded, s, n) for s, n in zip(spans, following, strict=True)]
        both = [o or (n > 0 and opened[n - 1] and modes[n - 1].value != modes[n].value) for n, o in enumerate(opened)]
        kept = [m for m, o in zip(modes, both, strict=True) if not o and not m.weak]
        return [m for m in kept if not self._is_wished((m.start, m.end))]

    def _is_wished(self, span: tuple[int, int]) -> bool:
        return refusals.wished(self.folded, self.hits, span)

    @cached_property
    def undecided(self) -> list[Hit]:
        """Words of somebody who answers later."""
        return [
            h for h in words.of(self.hits, "attendance.undecided") if not refusals.negated(self.folded, self.hits, h)
        ]

    @cached_property
    def sure(self) -> tuple[int, int] | None:
        """Where somebody says unmistakably that they take part; not in "I confirm by Friday"."""
        sure = self.found.stated.sure and self.stance.sure
        if sure is None or any(h.start < sure[1] and sure[0] < h.end for h in self.undecided) or self._is_wished(sure):
            return None
        return sure

    @cached_property
    def proxy(self) -> bool:
        """Whether somebody comes for the writer: it is said by a verb, or the colleague is said to take part."""
        if not other_people(self.found):
            return False
        said = [h for h in words.of(self.hits, "attendance.proxy") if not refusals.negated(self.folded, self.hits, h)]
        peers = {(h.start, h.end) for h in words.of(self.hits, "kind.peer")}
        verbs = [h for h in said if (h.start, h.end) not in peers]
        return bool(verbs) or (bool(said) and (self.stance.no is None or self.affirms_beside_no))

    @cached_property
    def affirms_beside_no(self) -> bool:
        """Whether another clause than the refusal says that somebody takes part."""
        no = self.stance.no
        if no is None:
            return False
        sure = self.sure
        return bool(sure and sure[0] > no[1] and self._apart(no[1], sure[0])) or self.comes_another_way

    @cached_property
    def comes_another_way(self) -> bool:
        """Whether a "can't" is about the place only: another clause says that the writer takes part in another way."""
        no = self.stance.no
        if no is None:
            return False
        ways = [m for m in self.ways if self.may_be_the_journey or self._takes_part_in_sentence(m)]
        return any(self._apart(no[1], m.start) or self._apart(m.end, no[0]) for m in ways)

    @cached_property
    def may_be_the_journey(self) -> bool:
        """Whether the refusal is a "can't", which may be about the journey, rather than a plain "no"."""
        no = self.stance.no
        if no is None:
            return False
        return self.only_the_journey or any(h.start < no[1] and no[0] < h.end for h in self.said("kind.able"))

    @cached_property
    def only_the_journey(self) -> bool:
        """Whether the refusal itself names the journey or the room."""
        no = self.stance.no
        return no is not None and refusals.about_the_journey(self.folded, self.hits, no)

    @cached_property
    def elsewhere(self) -> list[Hit]:
        """Verbs of taking part in something else."""
        verbs = self.said("kind.verbs", "attendance.yes", "attendance.sure")
        return [h for h in verbs if refusals.another_event(self.folded, (h.start, h.end))]

    @cached_property
    def needs_computer(self) -> bool:
        """Whether the writer asks for the computer that the invitation offers."""
        need = access.needed(self.found.scene.text)
        return need is not None and need.wanted

    def said(self, *keys: str) -> list[Hit]:
        return words.of(self.hits, *keys)

    def _takes_part_in_sentence(self, mode: Mode) -> bool:
        start = max((m.end() for m in _SENTENCE.finditer(self.folded[: mode.start])), default=0)
        no = self.stance.no
        if no is not None and no[1] <= mode.start:
            start = max(start, no[1])
        ends = _SENTENCE.search(self.folded, mode.end)
        inside = words.within(
            self.said("kind.verbs", "attendance.yes", "attendance.sure"),
            start,
            ends.start() if ends else len(self.folded),
        )
        return any(not refusals.negated(self.folded, self.hits, h) for h in inside)

    def _apart(self, one: int, other: int) -> bool:
        return one <= other and any(one <= mark <= other for mark in self.stance.breaks)
