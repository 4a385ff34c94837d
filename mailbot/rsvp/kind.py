"""Which kind of reply it is: a registration, a decline, a question, or something that does not concern the event.

Looks at what was found and how the message hangs together with the invitation; reads no field. The rules are asked in
their order, and the first that speaks decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mailbot.message import Message
from mailbot.rsvp import access, attendance, people, refusals, words
from mailbot.rsvp.answer import Invitation, Kind
from mailbot.rsvp.attendance import Mode, Stance
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material, other_people
from mailbot.rsvp.own_words import OwnWords
from mailbot.rsvp.words import Hit

UNSURE = "reply-without-words"
"""The rule of a reply that says neither yes nor no: a person must look."""

DOUBTFUL = frozenset({
    UNSURE, "regrets", "denies", "only-signature", "declines-the-journey", "declines-and-confirms",
    "declines-in-answers", "is-away", "acknowledges", "undecided-way", "asks-and-joins", "asks-in-short",
    "asks-to-correct", "takes-part-with-regret",
})  # fmt: skip
"""Rules by which a person shall look: the words speak for one kind, but some speak against it or too little is said."""

_A_NAME = re.compile(r"[^.!?\n]\s[A-ZÀ-Þ][\w'-]+\s(?:se\s)?$")
_REPLY = re.compile(r"\s*[^\W\d_]{1,4}(?:\[\d+\])?\s?:")

_SENTENCE = re.compile(r"[.!?;\n]")

Verdict = tuple[Kind, str]


@dataclass(frozen=True)
class _Signs:
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
        return [m for m, o in zip(modes, both, strict=True) if not o and not m.weak]

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
        if sure is None or any(h.start < sure[1] and sure[0] < h.end for h in self.undecided):
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
        return no is not None and any(h.start < no[1] and no[0] < h.end for h in words.of(self.hits, "kind.able"))

    @cached_property
    def only_the_journey(self) -> bool:
        no = self.stance.no
        return no is not None and refusals.about_the_journey(self.folded, self.hits, Hit("attendance.no", *no, ""))

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


def decide(message: Message, invitation: Invitation, own: OwnWords, found: Material) -> Verdict:
    """Return the kind and the name of what decided it."""
    signs = _Signs(found)
    related = relates(message, invitation, own)
    if not _names_event(message, invitation, own) and _is_unrelated(message, invitation, signs, own):
        return "unrelated", "not-about-the-event"
    if message.header("list-unsubscribe") and not _in_thread(message, invitation):
        return "unrelated", "not-about-the-event"
    verdict = next((v for rule in _RULES if (v := rule(signs)) is not None), None)
    if verdict is not None:
        return verdict
    titled = words.of(words.scan(fold(message.subject)), "kind.about")
    related = related or bool(titled)
    if related and any(found.signature.has(f) for f in ("phone", "title")):
        return "registration", "only-signature"
    return ("registration", UNSURE) if related else ("unrelated", "nothing-said")


# ---------------------------------------------------------------- refusals


def _cancels(signs: _Signs) -> Verdict | None:
    cancel = signs.stance.cancel
    if cancel is None or signs.proxy or signs.labelled >= 3:
        return None
    later = [m for m in signs.ways if refusals.goes_over(signs.folded, cancel[1], m.start)]
    if later or (signs.sure and signs.sure[0] > cancel[1] + 12):
        return None
    if _A_NAME.search(signs.found.scene.text[: cancel[0]]) and signs.ways:
        return None  # "Troca pra presencial. O Damião desistiu": somebody else's
    return "decline", "cancels"


def _refuses_in_answer(signs: _Signs) -> Verdict | None:
    """The way to take part is asked for, and the answer is "neither"."""
    for record in signs.found.reply.records:
        for given in (record.first("mode"), record.first("mode_text")):
            if given is None or attendance.modes(given.words):
                continue
            if words.of(words.scan(fold(given.words)), "kind.neither"):
                return "decline", "declines-in-answers"
    return None


def _refuses_in_letter(signs: _Signs) -> Verdict | None:
    """The one list is rather the writer's name and post below a long letter, without a way to take part."""
    records, found = signs.found.reply.records, signs.found
    signers = [c for r in records if (c := r.first("name"))]
    if not signs.stance.no or signs.proxy or signs.comes_another_way or signs.stance.regret is None:
        return None
    if len(signers) != 1 or any(r.has("mode", "mode_text") for r in records):
        return None
    above = found.full_text.partition(signers[0].words)[0] if signers[0].rule == "list-name" else ""
    return ("decline", "declines") if len(above.split()) > 20 else None


def _refuses(signs: _Signs) -> Verdict | None:
    no, sure = signs.stance.no, signs.sure
    if no is None or signs.proxy or signs.comes_another_way:
        return None
    if sure and sure[0] > no[0] + 12:
        return None
    if people.substitute(signs.found) is not None and signs.affirms_beside_no:
        return None
    if signs.only_the_journey:
        return "decline", "declines-the-journey"
    return "decline", "declines-and-confirms" if sure and sure[1] < no[0] and signs.ways else "declines"


def _is_away(signs: _Signs) -> Verdict | None:
    """Tells only why: on leave that day, in court, on a plane; "I shall be on leave" is no "I shall be there"."""
    away = signs.said("kind.away")
    if not away or signs.sure or signs.ways or signs.labelled >= 3 or signs.proxy:
        return None
    regrets = [h for h in signs.said("attendance.regret") if all(h.end <= a.start or a.end <= h.start for a in away)]
    return "decline", "is-away-and-regrets" if regrets else "is-away"


def _denies(signs: _Signs) -> Verdict | None:
    if signs.stance.denied and signs.stance.regret and not signs.ways:
        return "decline", "denies"
    return None


def _regrets(signs: _Signs) -> Verdict | None:
    if signs.stance.denied or (signs.stance.regret and signs.labelled < 2):
        return "decline", "regrets"
    return None


# ---------------------------------------------------------------- questions


def _asks_before(signs: _Signs) -> Verdict | None:
    if signs.stance.conditional and signs.found.asked and signs.labelled < 2:
        return "question", "asks-before"
    return None


def _asks(signs: _Signs) -> Verdict | None:
    found = signs.found
    ways = [m for m in found.stated.modes if not m.weak]
    if not found.asked or signs.labelled >= 3 or signs.sure or ways or _asks_for_computer(found):
        return None
    if signs.stance.sure and not refusals.asked_about(signs.folded, signs.stance.sure):
        return "registration", "asks-and-joins"
    changes = signs.said("kind.change")
    if all(words.within(changes, start, end) for start, end in found.asked):
        return "registration", "asks-to-correct"
    return "question", "only-asks"


def _answers_later(signs: _Signs) -> Verdict | None:
    if not signs.undecided or signs.sure or signs.labelled >= 3 or signs.said("correction.cues"):
        return None
    if signs.ways and signs.found.stated.yes:
        return None
    return "question", "undecided-way" if signs.ways else "undecided"


def _acknowledges(signs: _Signs) -> Verdict | None:
    """Only thanks for the mail, or says that it came."""
    return ("question", "acknowledges") if signs.said("kind.receipt") and not signs.labelled else None


def _asks_in_short(signs: _Signs) -> Verdict | None:
    return ("question", "asks-in-short") if "?" in signs.found.scene.text else None


# ---------------------------------------------------------------- registrations


def _answers(signs: _Signs) -> Verdict | None:
    if signs.labelled >= 3 or len(signs.found.reply.records) > 1:
        return "registration", "answers"
    return None


def _sends_somebody(signs: _Signs) -> Verdict | None:
    return ("registration", "somebody-instead") if signs.proxy else None


def _takes_part(signs: _Signs) -> Verdict | None:
    stance = signs.stance
    if not (signs.sure or stance.sure or stance.yes or stance.modes):
        return None
    regrets = stance.regret and not (signs.sure or stance.modes or signs.labelled)
    return "registration", "takes-part-with-regret" if regrets else "takes-part"


def _corrects(signs: _Signs) -> Verdict | None:
    if signs.said("correction.cues") and not signs.stance.denied and not signs.stance.no:
        return "registration", "gives-details"
    return None


def _gives_details(signs: _Signs) -> Verdict | None:
    return ("registration", "gives-details") if signs.labelled or signs.said("correction.cues") else None


_RULES: tuple[Callable[[_Signs], Verdict | None], ...] = (
    _cancels, _refuses_in_answer, _refuses_in_letter, _answers, _asks_before, _refuses, _sends_somebody, _asks,
    _answers_later, _is_away, _denies, _takes_part, _corrects, _regrets, _gives_details, _acknowledges, _asks_in_short,
)  # fmt: skip


# ---------------------------------------------------------------- what does not concern the event


def relates(message: Message, invitation: Invitation, own: OwnWords) -> bool:
    """Say whether a message hangs together with the invitation: by what it names, or by our mail below."""
    quoted = fold(own.quoted + own.forwarded)
    return _names_event(message, invitation, own) or any(address in quoted for address in invitation.own_addresses)


def _names_event(message: Message, invitation: Invitation, own: OwnWords) -> bool:
    """Say whether it belongs to the invitation's thread, or names the event in its subject or in what it quotes."""
    if _in_thread(message, invitation):
        return True
    subject, quoted = fold(message.subject), fold(own.quoted + own.forwarded)
    return any(fold(word) in subject or fold(word) in quoted for word in invitation.subject_words)


def _in_thread(message: Message, invitation: Invitation) -> bool:
    return bool({*message.in_reply_to, *message.references} & invitation.message_ids)


def _is_unrelated(message: Message, invitation: Invitation, signs: _Signs, own: OwnWords) -> bool:
    """Say whether a message of no thread of ours is somebody else's business."""
    titled = words.scan(fold(message.subject))
    about = words.of(titled, "kind.about")
    if words.of(titled, "unrelated.cues") and not about:
        return True
    if signs.said("unrelated.cues") and (signs.labelled < 4 or not about):
        return True
    if not message.in_reply_to and not _REPLY.match(message.subject):
        return False
    named = any(fold(w) in fold(own.text) for w in invitation.subject_words)
    spoken = named or bool(about or signs.said("kind.about", "correction.cues"))
    # Where nobody told us our own address, whatever we are shown was sent to us.
    direct = not invitation.own_addresses or any(a.key in invitation.own_addresses for a in message.to)
    return not spoken and (signs.labelled < 3 or not direct)


def _asks_for_computer(found: Material) -> bool:
    """Say whether what is asked is the computer that the invitation offers, from somebody who wants to take part."""
    told = access.needed(found.scene.text)
    return told is not None and told.wanted and bool(found.stance.yes or found.stance.modes)
