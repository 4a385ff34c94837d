"""People named in sentences: the writer ("I am X, secretary of Y"), a colleague, the head for whom an assistant writes.

Finds names by their shape and place, tells whether each is the writer, and reads what the sentence says of them. Says
nothing of who registers: that is for people to weigh.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailbot.rsvp import domains, grammar, language, name_runs, names, phrases, places, roles, talked_about, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.phrases import Phrase
from mailbot.rsvp.words import Hit

_INTRODUCED = re.compile(r"[^\w.!?;]{0,3}(?:\w{1,3}\W)?")
_THEY = re.compile(
    r"\b(?:she|he|her|his|elle|lui|il|ella|su|ela|seu|sua|dela|dele|sie|er|ihr|sein|lei|egli)\W{1,2}"
    r"(?:c[ ']?est|name is|s[ ']appelle|se llama|nombre es|chama-se|se chama|nome e|heisst|name ist|"
    r"si chiama|is|es|e|ist)\W*$"
)
"""What introduces somebody else: "elle c'est Rafiatou Kpatcha", "her name is …"."""
_AND = re.compile(r"\s*(?:,|&|\b(?:and|et|y|e|und)\b)[^.;:!?\n]{0,25}")
_OF = re.compile(r"\b(?:of|de|du|des|del|de la|de l|da|do|dos|das|d|der|des|di|della|dell|van)['’]?\s*$")
_IN = re.compile(r"\b(?:in|em|en|near|aus|nach|at|chez|bei|beim|presso|na|no|nel|nella|dans)\s*$")
"""Before a place, not a person."""
_FOR_SOMEBODY = re.compile(
    r"(?:on behalf of|au nom de|de la part de|en nombre de|en nombre del|em nome de|em nome do|"
    r"a nome di|im namen von|instrucciones d\w+|part d\w+|nombre d\w+|nome d\w+|demande d\w+|"
    r"pedido d\w+|diary for|calendar for|conto d\w+|auftrag von|behalf|encargo d\w+)\W*$"
)


@dataclass(slots=True)
class Mention:
    """One person named in the text: where, whether it is the writer, and what the sentence says of them."""

    name: str
    start: int
    end: int
    is_self: bool
    introduced: bool
    honorific: str = ""
    title: Phrase | None = None
    organisation: Phrase | None = None
    part: str = ""
    """Why they do not register though they are named (see talked_about), "" for everybody else."""
    aliases: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scene:
    """A text with everything found in it once: the ground on which people are told."""

    text: str
    folded: str
    hits: tuple[Hit, ...]
    organisations: tuple[Phrase, ...]
    titles: tuple[Phrase, ...]
    mentions: tuple[Mention, ...]


def scene(text: str, sender: str, known: str = "", address: str = "") -> Scene:
    """Look at a text once. `known` is folded text that names no participants: the invitation that we sent."""
    folded = fold(text)
    hits = words.scan(folded)
    cues = words.of(hits, "attendance.assistant", "attendance.proxy")
    orgs = [o for o in roles.organisations(text, hits) if not (known and len(o.text) > 5 and fold(o.text) in known)]
    orgs = [o for o in orgs if not any(h.start < o.start < h.end for h in cues)]  # "d'ordre de Madame X" is no order
    titles = roles.titles(text, orgs, hits)
    mentions = _mentions(text, folded, hits, orgs, titles, sender, known, address)
    for one in mentions:
        _roles_of(one, text, folded, orgs, titles, mentions)
    return Scene(text, folded, tuple(hits), tuple(orgs), tuple(titles), tuple(mentions))


def _mentions(  # noqa: PLR0917 -- one text and what was found in it go together
    text: str,
    folded: str,
    hits: Sequence[Hit],
    orgs: Sequence[Phrase],
    titles: Sequence[Phrase],
    sender: str,
    known: str,
    address: str,
) -> list[Mention]:
    found: list[Mention] = []
    intros = words.of(hits, "people.introductions")
    me = words.of(hits, "people.me")
    german = language.tell(text) == "de"
    quiet = name_runs.quiet_names(text, folded, hits, sender, address)
    for start, end in [*name_runs.runs(text, folded), *quiet]:
        run = text[start:end]
        polite = names.honorific(run)
        bare = names.bare_name(run)
        introduced = any(
            h.end <= start and re.fullmatch(r"[^\w.!?;]{0,3}(?:\w{1,3}\W)?", text[h.end : start]) for h in intros
        )
        introduced = introduced or any(h.end <= start and re.fullmatch(r"\s?[,:(]\s?", text[h.end : start]) for h in me)
        introduced = introduced and not _THEY.search(folded[max(0, start - 40) : start])
        like_sender = bool(sender) and names.same_person(bare, sender)
        unnamed = not sender or names.is_partial(sender)
        like_sender = like_sender or (unnamed and len(bare.split()) > 1 and names.fits_address(bare, address) >= 0.8)
        if names.is_honorific(bare) or (not like_sender and _is_post(bare, polite)):
            continue
        if (start, end) not in quiet and not _may_be_person(
            text,
            folded,
            start,
            end,
            run,
            orgs,
            titles,
            known,
            introduced or like_sender or bool(polite),
            german,
            address,
        ):
            continue
        part = talked_about.part_of(text, folded, hits, start, end)
        if part == talked_about.WRONG or (part and like_sender):
            continue
        if not part and not sender and not like_sender and talked_about.signs(text, start, end):
            part = talked_about.SIGNS
        if (
            not part
            and found
            and found[-1].part == talked_about.PASSING
            and _AND.fullmatch(folded[found[-1].end : start])
        ):
            part = talked_about.PASSING
        if any(names.same_person(bare, m.name) for m in found):
            same = next(m for m in found if names.same_person(bare, m.name))
            same.aliases.append((start, end))
            same.part = same.part and part
            if len(names.parts_of(bare)) > len(names.parts_of(same.name)):
                same.name, same.start, same.end = bare, start, end
            same.is_self = same.is_self or like_sender or (introduced and not polite)
            continue
        found.append(
            Mention(
                bare,
                start,
                end,
                like_sender or (introduced and not part and not (polite and not like_sender)),
                introduced,
                polite,
                part=part,
            )
        )
    return found


def _is_post(bare: str, polite: str) -> bool:
    """Say whether a run of capitals is what somebody does: "the Credit Manager", "Chief Research Officer"."""
    heads = words.of(words.scan(fold(bare)), "titles.heads")
    first = next((p for p in bare.split() if fold(p) not in names.particles()), bare)
    if not heads:
        return False
    if not polite or words.of(words.scan(fold(polite)), "titles.heads"):
        return True
    return heads[0].start <= bare.find(first)


def _may_be_person(  # noqa: PLR0917, C901 -- rules in their order, one after the other
    text: str,
    folded: str,
    start: int,
    end: int,
    run: str,
    orgs: Sequence[Phrase],
    titles: Sequence[Phrase],
    known: str,
    vouched: bool,
    german: bool,
    address: str,
) -> bool:
    if any(o.start < end and start < o.end for o in orgs if o.strong):
        return False
    parts = names.bare_name(run).split()
    capitals = [p for p in parts if p[:1].isupper() or not p.islower()]
    if len(capitals) < 2 and not (vouched and capitals):
        return False
    if any(c.isdigit() for c in run) or places.is_place(run) or places.is_place(names.bare_name(run)):
        return False
    if not vouched:
        if not names.is_name(run) or all(p.isupper() and len(p) < 6 for p in parts):
            return False
        before = folded[max(0, start - 30) : start]
        if german and not _german_person(text, folded, start, end, titles):
            return False
        if before.endswith("(") and any(t.start < start and end < t.end for t in titles):
            return False  # "Chief Planner (Social Security)"
        if (_OF.search(before) or _IN.search(before)) and not _FOR_SOMEBODY.search(before):
            return False
        if known and fold(run) in known:
            return False
        if domains.fits(run, address) and not names.fits_address(run, address):
            return False  # "Ceylon Tea Hands" of kw@ceylonteahands: who writes, not somebody
    elif any(t.start <= start and end <= t.end for t in titles) and not names.honorific(run):
        return False
    if vouched and words.of(words.scan(fold(names.bare_name(run).split()[0])), "titles.heads") and names.honorific(run):
        return False  # "Senhor Provedor-Adjunto da Segurança Social"
    return (
        not words.of(words.scan(fold(names.bare_name(run))), "titles.heads", "mode.place", "organisations.units")
        or vouched
    )


def _german_person(text: str, folded: str, start: int, end: int, titles: Sequence[Phrase]) -> bool:
    """German writes every noun with a capital: a name needs a title before or behind it, or a "Kollegin"."""
    if re.search(r"(?:kolleg\w+|frau|herrn?|chef\w*|genoss\w+)\s$", folded[:start]):
        return True
    if any(0 <= start - t.end <= 2 for t in titles):
        return True
    return any(0 <= t.start - end <= 12 for t in titles) and text[end : end + 2] in (", ", " (")


def _roles_of(  # noqa: PLR0917 -- one text and what was found in it go together
    one: Mention, text: str, folded: str, orgs: Sequence[Phrase], titles: Sequence[Phrase], mentions: Sequence[Mention]
) -> None:
    """Read title and organisation that stand right behind or right before a name."""
    following = min((m.start for m in mentions if m.start > one.end), default=len(text))
    border = min(following, _sentence_end(text, one.end))
    behind = [t for t in titles if one.end <= t.start < border and _apposed(_without(text, one.end, t.start, orgs))]
    behind = [t for t in behind if not any(_leads_name(folded, t, m) for m in mentions)]
    before = [t for t in titles if t.end <= one.start and _leads_to(text[t.end : one.start])]
    before = before or _before_with_organisation(one, text, orgs, titles)
    own = behind[0] if behind else before[-1] if before else None
    if own:
        one.title = own
    if own and own.end < one.start:
        between = [o for o in orgs if own.end <= o.start and o.end <= one.start and o.strong]
        if between:
            one.organisation = between[0]
            return
    anchor = own.end if own and own.start > one.start else one.end
    later = [o for o in orgs if anchor <= o.start < border and o.strong]
    if later and (own is None or len(text[anchor : later[0].start]) < 60):
        one.organisation = later[0]
    elif own and not any(o.strong for o in orgs):
        one.title, one.organisation = _split_title(text, own)


def _before_with_organisation(
    one: Mention, text: str, orgs: Sequence[Phrase], titles: Sequence[Phrase]
) -> list[Phrase]:
    """Return a title before a name with its organisation between: "the President of the Union of X, Ms Y"."""
    near = [o for o in orgs if o.strong and o.end <= one.start and _leads_to(text[o.end : one.start])]
    return [t for t in titles for o in near if 0 <= o.start - t.end <= 12]


def _split_title(text: str, title: Phrase) -> tuple[Phrase, Phrase | None]:
    """Take the organisation out of a title where no known word tells it ("Secretary of Garments Sramik Oikya")."""
    of = roles.behind_title(text, title)
    if of is None or of.start >= title.end:
        return title, of
    kept = phrases.without_connector(text[title.start : of.start])
    return Phrase(title.start, title.start + len(kept), kept, title.language), of


def beside(scene: Scene, one: Mention) -> Phrase | None:
    """Return what stands right behind a name between commas, where no known word tells that it is a title."""
    found = re.match(r"\s?[,(–-]\s?([^,.;:()\n]{3,60})(?=[,.;)\n]|$)", scene.text[one.end :])
    if not found:
        return None
    start, end = one.end + found.start(1), one.end + found.end(1)
    if any(o.start < end and start < o.end for o in scene.organisations) or places.is_place(found[1]):
        return None
    inside = words.within(scene.hits, start, end)
    if words.of(
        inside,
        "attendance.yes",
        "attendance.no",
        "mode.online",
        "mode.in_person",
        "mode.place",
        "people.introductions",
        "letters.closings",
    ):
        return None
    spoken = words.tokens(scene.folded[start:end])
    talk = any(t.text in grammar.ends() for t in spoken) or any(c.isdigit() for c in found[1])
    return (
        None
        if talk or not 0 < len(spoken) <= 7 or names.is_name(found[1])
        else Phrase(start, end, found[1].strip(), "", strong=False)
    )


def _leads_name(folded: str, title: Phrase, other: Mention) -> bool:
    """Say whether a title stands right before somebody's name and so is theirs: "and our treasurer Omar Aziz"."""
    if not title.start < other.start <= title.end + 2:
        return False
    led = folded[title.start : other.start].split()
    return not led or led[-1] not in grammar.connectors()


def _without(text: str, start: int, end: int, orgs: Sequence[Phrase]) -> str:
    """Return what stands between name and title without the organisation there: "X, Union of Y, treasurer"."""
    for one in reversed(orgs):
        if start <= one.start and one.end <= end and one.strong and text[one.end : end].strip() == ",":
            return text[start : one.start]
    return text[start:end]


def _apposed(between: str) -> bool:
    """Say whether a title belongs to the name before it: only articles, commas and "who is" stand between."""
    folded = fold(between)
    if re.search(r"[;.!?]\s", between):
        return False
    verbs = [t for t in words.tokens(folded) if t.text not in grammar.words_that("linking")]
    return len(verbs) <= (0 if len(between) < 5 else 1) and len(between) < 50


def _leads_to(between: str) -> bool:
    """Say whether a title stands right before a name: "notre président, M. X", "ma collègue X"."""
    return (
        len(between) <= 22
        and not re.search(r"[.;:!?]\s", re.sub(r"\b\w{1,4}\.", "", between))
        and len(words.tokens(between)) <= 2
    )


def _sentence_end(text: str, at: int) -> int:
    for mark in re.finditer(r"[.!?;]\s|\n", text[at:]):
        word = re.search(r"(\w+)$", text[: at + mark.start()])
        if mark.group()[0] == "." and word and len(word[1]) <= 2:
            continue
        return at + mark.start()
    return len(text)
