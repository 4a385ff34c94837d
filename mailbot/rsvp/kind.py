"""Which kind of reply it is: a registration, a decline, a question, or something that does not concern the event.

Looks at what was found and how the message hangs together with the invitation; reads no field. The rules are asked in
their order, and the first that speaks decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailbot.message import Message
from mailbot.rsvp import attendance, belonging, people, refusals, words
from mailbot.rsvp.answer import Invitation, Kind
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material, other_people
from mailbot.rsvp.own_words import OwnWords
from mailbot.rsvp.signs import Signs

UNSURE = "reply-without-words"
"""The rule of a reply that says neither yes nor no: a person must look."""

DOUBTFUL = frozenset({
    UNSURE, "regrets", "denies", "only-signature", "declines-the-journey", "declines-and-confirms",
    "declines-in-answers", "is-away", "acknowledges", "undecided-way", "asks-and-joins", "asks-in-short",
    "asks-to-correct", "needs-a-computer", "declines-and-names-somebody", "takes-part-with-regret",
})  # fmt: skip
"""Rules by which a person shall look: the words speak for one kind, but some speak against it or too little is said."""

_A_NAME = re.compile(r"[^.!?\n]\s[A-ZÀ-Þ][\w'-]+\s(?:se\s)?$")

Verdict = tuple[Kind, str]


def decide(message: Message, invitation: Invitation, own: OwnWords, found: Material) -> Verdict:
    """Return the kind and the name of what decided it."""
    signs = Signs(found)
    related = belonging.relates(message, invitation, own)
    if not belonging.names_event(message, invitation, own) and belonging.is_unrelated(message, invitation, signs, own):
        return "unrelated", "not-about-the-event"
    if message.header("list-unsubscribe") and not belonging.in_thread(message, invitation):
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


def _cancels(signs: Signs) -> Verdict | None:
    cancel = signs.stance.cancel
    if cancel is None or signs.proxy or signs.labelled >= 3:
        return None
    later = [m for m in signs.ways if refusals.goes_over(signs.folded, cancel[1], m.start)]
    if later or (signs.sure and signs.sure[0] > cancel[1] + 12):
        return None
    if _A_NAME.search(signs.found.scene.text[: cancel[0]]) and signs.ways:
        return None  # "Troca pra presencial. O Damião desistiu": somebody else's
    return "decline", "cancels"


def _refuses_in_answer(signs: Signs) -> Verdict | None:
    """The way to take part is asked for, and the answer is "neither"."""
    for record in signs.found.reply.records:
        for given in (record.first("mode"), record.first("mode_text")):
            if given is None or attendance.modes(given.words):
                continue
            if words.of(words.scan(fold(given.words)), "kind.neither"):
                return "decline", "declines-in-answers"
    return None


def _refuses_in_letter(signs: Signs) -> Verdict | None:
    """The one list is rather the writer's name and post below a long letter, without a way to take part."""
    records, found = signs.found.reply.records, signs.found
    signers = [c for r in records if (c := r.first("name"))]
    if not signs.stance.no or signs.proxy or signs.comes_another_way or signs.stance.regret is None:
        return None
    if len(signers) != 1 or any(r.has("mode", "mode_text") for r in records):
        return None
    above = found.full_text.partition(signers[0].words)[0] if signers[0].rule == "list-name" else ""
    return ("decline", "declines") if len(above.split()) > 20 else None


def _refuses(signs: Signs) -> Verdict | None:
    no, sure = signs.stance.no, signs.sure
    if no is None or signs.proxy or signs.comes_another_way:
        return None
    if sure and sure[0] > no[0] + 12:
        return None
    if people.substitute(signs.found) is not None and signs.affirms_beside_no:
        return None
    if signs.may_be_the_journey and signs.needs_computer:
        return None
    if signs.only_the_journey:
        return "decline", "declines-the-journey"
    if any(m.start > no[1] for m in other_people(signs.found)):
        return "decline", "declines-and-names-somebody"
    return "decline", "declines-and-confirms" if sure and sure[1] < no[0] and signs.ways else "declines"


def _is_away(signs: Signs) -> Verdict | None:
    """Tells only why: on leave that day, in court, on a plane; "I shall be on leave" is no "I shall be there"."""
    away = [*signs.said("kind.away"), *signs.elsewhere]
    if signs.sure or signs.labelled >= 3 or signs.proxy:
        return None
    ways = [m for m in signs.ways if not any(refusals.outweighed(signs.folded, (m.start, m.end), a[1:3]) for a in away)]
    if ways or not (away or signs.said("kind.wish")):
        return None
    regrets = [h for h in signs.said("attendance.regret") if all(h.end <= a.start or a.end <= h.start for a in away)]
    return "decline", "is-away-and-regrets" if regrets else "is-away"


def _says_no(signs: Signs) -> Verdict | None:
    if refusals.says_no(signs.folded) and not signs.ways and not signs.labelled:
        return "decline", "declines"
    return None


def _denies(signs: Signs) -> Verdict | None:
    if signs.stance.denied and signs.stance.regret and not signs.ways:
        return "decline", "denies"
    return None


def _regrets(signs: Signs) -> Verdict | None:
    if signs.stance.denied or (signs.stance.regret and signs.labelled < 2):
        return "decline", "regrets"
    return None


# ---------------------------------------------------------------- questions


def _asks_before(signs: Signs) -> Verdict | None:
    if signs.stance.conditional and signs.found.asked and signs.labelled < 2:
        return "question", "asks-before"
    return None


def _asks(signs: Signs) -> Verdict | None:
    found = signs.found
    ways = [m for m in found.stated.modes if not m.weak]
    if not found.asked or signs.labelled >= 3 or signs.sure or ways:
        return None
    if signs.needs_computer and not signs.stance.conditional:
        return "registration", "takes-part" if signs.stance.yes or signs.stance.modes else "needs-a-computer"
    if signs.stance.sure and not refusals.asked_about(signs.folded, signs.stance.sure):
        return "registration", "asks-and-joins"
    changes = signs.said("kind.change")
    if all(words.within(changes, start, end) for start, end in found.asked):
        return "registration", "asks-to-correct"
    return "question", "only-asks"


def _answers_later(signs: Signs) -> Verdict | None:
    if not signs.undecided or signs.sure or signs.labelled >= 3 or signs.said("correction.cues"):
        return None
    if signs.ways and signs.found.stated.yes:
        return None
    return "question", "undecided-way" if signs.ways else "undecided"


def _acknowledges(signs: Signs) -> Verdict | None:
    """Only thanks for the mail, or says that it came."""
    return ("question", "acknowledges") if signs.said("kind.receipt") and not signs.labelled else None


def _asks_in_short(signs: Signs) -> Verdict | None:
    return ("question", "asks-in-short") if "?" in signs.found.scene.text else None


# ---------------------------------------------------------------- registrations


def _answers(signs: Signs) -> Verdict | None:
    if signs.labelled >= 3 or len(signs.found.reply.records) > 1:
        return "registration", "answers"
    return None


def _sends_somebody(signs: Signs) -> Verdict | None:
    return ("registration", "somebody-instead") if signs.proxy else None


def _takes_part(signs: Signs) -> Verdict | None:
    stance = signs.stance
    if not (signs.sure or stance.sure or stance.yes or stance.modes):
        return None
    regrets = stance.regret and not (signs.sure or stance.modes or signs.labelled)
    return "registration", "takes-part-with-regret" if regrets else "takes-part"


def _corrects(signs: Signs) -> Verdict | None:
    if signs.said("correction.cues") and not signs.stance.denied and not signs.stance.no:
        return "registration", "gives-details"
    return None


def _gives_details(signs: Signs) -> Verdict | None:
    return ("registration", "gives-details") if signs.labelled or signs.said("correction.cues") else None


_RULES: tuple[Callable[[Signs], Verdict | None], ...] = (
    _cancels, _refuses_in_answer, _refuses_in_letter, _answers, _asks_before, _says_no, _refuses, _sends_somebody,
    _asks, _answers_later, _is_away, _denies, _takes_part, _corrects, _regrets, _gives_details, _acknowledges,
    _asks_in_short,
)  # fmt: skip
