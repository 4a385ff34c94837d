"""From the writer's own lines to records: labelled answers, tables, lists of people, one thing a line; or prose.

Decides what each line is. What a line means is for labels, pieces and signature to say, and who the people are for
people.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailbot.rsvp import grammar, labels, layout, names, pieces, places, signature, tables, words
from mailbot.rsvp.answer import Where
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.fold import fold
from mailbot.rsvp.labels import Labelled
from mailbot.rsvp.noting import by_look, note
from mailbot.rsvp.own_words import Segment

_WRAP = 58
"""A labelled line at least this long may go on in the next one."""
SENTENCE = 170
"""Characters from which on a line without bullet or bars is a sentence, not a person's place in a list."""
_IN_BRACKETS = re.compile(r"^([^()]{5,70}?)\s*\(([^()]{8,})\)(.*)$")
_COLON = re.compile(r"^\W*([^\W\d_][\w .'’/-]{1,28}?)\s*(?::|=+>?|[-–]*>|→)\s*(\S.*)$")


@dataclass(slots=True)
class Reply:
    """The own words of a message, taken apart."""

    records: list[Record] = field(default_factory=list)
    single: list[Record] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)  # (prompt, what was answered)

    @property
    def text(self) -> str:
        """The sentences, without labelled answers, lists and signature."""
        return "\n".join(self.prose)


def take_apart(segments: Sequence[Segment], sender: str) -> Reply:
    """Sort the lines of the own words into records, prose and signature."""
    reply = Reply()
    prompted = Record(where="quote")
    marker = _marker([s for s in segments if s.prompt])
    for segment in segments:
        lines = segment.text.split("\n")
        if segment.where == "signature":
            reply.signature.extend(lines)
        elif segment.where == "forwarded":
            continue
        elif segment.prompt:
            _prompted(reply, prompted, segment.prompt, [x.removeprefix(marker).strip() for x in lines], sender)
        else:
            _lines(reply, lines, segment.where, sender)
    if prompted.size:
        reply.records.append(prompted)
    return reply


def _lines(reply: Reply, lines: list[str], where: Where, sender: str) -> None:
    lines = layout.continued([x.rstrip() for x in lines])
    rows = tables.rows(lines, reply.records) if where == "table" or any(" | " in x for x in lines) else set()
    rows |= tables.flattened(lines, reply.records)
    rows |= _labelled(lines, where, reply, rows)
    rows |= _people_lines(lines, where, reply, rows, sender)
    rows |= _one_a_line(lines, where, reply, rows, sender)
    left = [x for i, x in enumerate(lines) if i not in rows]
    if where == "body":
        at = signature.find(left, sender)
        reply.signature[:0] = left[at:]
        left = left[:at]
    reply.prose.extend(left)


def _labelled(lines: list[str], where: Where, reply: Reply, taken: set[int]) -> set[int]:
    """Read the labelled lines into records; one label alone counts only as a single value."""
    plain = [x for i, x in enumerate(lines) if i not in taken and len(x) < 130]
    loose = sum(bool(labels.split(x)) for x in plain) < 2 and sum(bool(labels.split(x, loose=True)) for x in plain) >= 3
    rows: dict[int, list[Labelled]] = {}
    for at, line in enumerate(lines):
        if at in taken or not line.strip() or len(line) > 600 or signature.is_closing(line):
            continue
        found = [labels.by_answer(x) for x in labels.split(line, loose=loose and len(line) < 130)]
        if found and not _only_talk(found, line):
            found[-1], rest = layout.without_talk(found[-1])
            reply.prose.extend([rest] if rest else [])
            rows[at] = found
            before = line.find(found[0].label) if len(found) > 1 else 0
            if before > 3:
                reply.prose.append(line[:before].strip())
    _unknown_labels(lines, rows, taken)
    fields = {f.field for found in rows.values() for f in found} - {"other"}
    used = _with_next_lines(lines, rows)
    if len(fields) < 2:
        return _lonely(rows, where, reply) if fields else set()
    _records(lines, rows, used, where, reply)
    return set(rows) | used


def _unknown_labels(lines: list[str], rows: dict[int, list[Labelled]], taken: set[int]) -> None:
    """Tell a label that nobody knows, between lines that have known ones, by its answer ("Fonksyon: …")."""
    alike = sum(bool(_COLON.match(x)) for i, x in enumerate(lines) if i not in taken)
    if len(rows) < 2 and (not rows or alike < 3):
        return
    have = {f.field for found in rows.values() for f in found}
    for at, line in enumerate(lines):
        near = at not in rows and at not in taken and any(n in rows for n in range(at - 2, at + 4))
        parts = _COLON.match(line) if near else None
        if not parts:
            continue
        value = parts[2]
        kind = by_look(value, have)
        if not kind:
            continue
        have.add(kind)
        rows[at] = [Labelled(kind, value, 0.75, parts[1])]


def _only_talk(found: list[Labelled], line: str) -> bool:
    """Say whether a line that seems to begin with a label is a sentence ("Contact me if …")."""
    one = found[0]
    if len(found) > 1 or ":" in line[: len(one.label) + 6] or not one.value:
        return False
    return len(one.value.split()) > 14


def _with_next_lines(lines: list[str], rows: dict[int, list[Labelled]]) -> set[int]:
    """Join what a long answer goes on with in the next line, and take the line below for a label that stands alone."""
    used: set[int] = set()
    for at in sorted(rows):
        found = rows[at][-1]
        below = at + 1
        while below < len(lines) and not lines[below].strip() and not found.value and below - at < 3:
            below += 1
        free = below < len(lines) and below not in rows and lines[below].strip() and below not in used
        if not free:
            continue
        alone = not found.value and not signature.is_closing(lines[below]) and len(lines[below]) < 140
        wraps = (
            bool(found.value)
            and below == at + 1
            and len(lines[at]) >= _WRAP
            and len(lines[below]) < 60
            and found.field in ("organisation", "title")
            and not signature.is_closing(lines[below])
            and not re.search(r"[.!?:]\s*$", lines[at])
        )
        if alone or wraps:
            rows[at][-1] = Labelled(
                found.field, f"{found.value} {lines[below].strip()}".strip(), found.certainty, found.label
            )
            used.add(below)
    return used


def _lonely(rows: dict[int, list[Labelled]], where: Where, reply: Reply) -> set[int]:
    for at, found in rows.items():
        one = found[0]
        if (
            one.certainty >= (0.8 if one.field == "organisation" and one.value[:1].isupper() else 0.9)
            and one.value
            and one.field in ("phone", "mobile", "organisation", "title", "name", "email")
            and len(one.value) < 120
        ):
            record = Record(where=where)
            note(record, one)
            reply.single.append(record)
            return {at} if one.field != "phone" else set()
    return set()


def _records(lines: list[str], rows: dict[int, list[Labelled]], used: set[int], where: Where, reply: Reply) -> None:
    """Group labelled answers into people: a name that comes again begins the next."""
    current = Record(where=where)
    before = -1
    for at in sorted(rows):
        heading = _heading(lines, rows, used, before, at)
        for found in rows[at]:
            again = found.field in ("name", "given", "family") and current.has(found.field)
            if current.size and (again or (heading is not None and found is rows[at][0])):
                reply.records.append(current)
                current = Record(where=where)
            if heading and found is rows[at][0]:
                current.add("name", heading, heading, "heading-name", 0.92)
            note(current, found)
        before = at
    if current.size:
        reply.records.append(current)


def _heading(lines: list[str], rows: dict[int, list[Labelled]], used: set[int], before: int, at: int) -> str | None:
    """Return the line between two labelled ones that begins a new person: "2) Orville St. Hill", "" for "(3)"."""
    for number in range(at - 1, before, -1):
        line = lines[number].strip()
        if not line or number in rows or number in used:
            continue
        bare = labels.without_enumerator(line)
        if names.is_name(bare) and number == at - 1 and not any(places.is_place(p) for p in bare.split(",")):
            lines[number] = ""
            return bare
        if re.fullmatch(r"\W*\d{1,2}\W*|[=\-*# ]*\w+\s*(?:n[°o.]*)?\s*\d{1,2}\W*", line):
            lines[number] = ""
            return ""
        break
    return None


def _people_lines(lines: list[str], where: Where, reply: Reply, taken: set[int], sender: str) -> set[int]:
    """Read lines that each hold one person: numbered, with bullets, or just one below the other."""
    found: dict[int, Record] = {}
    for at, line in enumerate(lines):
        if at in taken or not line.strip() or len(line) > 400:
            continue
        if len(line) > SENTENCE and not labels.enumerator(line) and not any(mark in line for mark in "|;"):
            continue
        record = pieces.record_of(_unbracketed(line), where, sender, listed=bool(labels.enumerator(line)))
        if record and _begins_with_name(line, record):
            found[at] = record
    if len(found) >= 2:
        found |= _neighbours(lines, found, taken, where, sender)
    marked = [at for at in found if labels.enumerator(lines[at])]
    if len(marked) >= 2 or (len(found) >= 2 and max(found) - min(found) <= 2 * len(found)):
        keep = marked if len(marked) >= 2 else sorted(found)
        _repeat([found[at] for at in keep])
        reply.records.extend(found[at] for at in keep)
        return set(keep)
    whole = [at for at, r in found.items() if len(found) == 1 and r.size >= 4 and _opens_with_name(lines[at], r)]
    reply.records.extend(found[at] for at in whole)
    return set(whole)


def _neighbours(
    lines: list[str], found: dict[int, Record], taken: set[int], where: Where, sender: str
) -> dict[int, Record]:
    """Read the lines right beside those of a list that say little of their person: a name and a number."""
    more: dict[int, Record] = {}
    for at in range(max(0, min(found) - 1), min(len(lines), max(found) + 2)):
        beside = at not in found and (at - 1 in found or at + 1 in found or at - 1 in more)
        if at in taken or not beside or not lines[at].strip() or len(lines[at]) > SENTENCE:
            continue
        record = pieces.record_of(_unbracketed(lines[at]), where, sender, listed=True)
        first = record.first("name") if record else None
        if record and first and names.is_name(first.words) and _begins_with_name(lines[at], record):
            more[at] = record
    return more


def _unbracketed(line: str) -> str:
    """Return a line whose name is followed by brackets as a list: "Ann Example (treasurer, 5418 2635)"."""
    found = _IN_BRACKETS.match(line)
    if not found or "," in found[1] or "(" in found[3] or not names.is_name(labels.without_enumerator(found[1])):
        return line
    said = fold(found[2]).split()[0].strip(",")
    inside = "" if said in words.lexicon().single_words("negation.words") else f", {found[2].replace(';', ',')}"
    rest = found[3].strip(" ,;:.–-")
    return f"{found[1]}{inside}, {rest}" if rest else f"{found[1]}{inside}"


def _opens_with_name(line: str, record: Record) -> bool:
    """Say whether a line is a list as a whole, not a sentence with a list in it."""
    first = record.first("name")
    bare = labels.without_enumerator(line)
    listed = any(mark in bare for mark in ("//", "|", ";", " / ")) or (
        bare.count(",") >= 3 and record.size >= 4 and not _says(bare)
    )
    return first is not None and names.is_name(first.words) and listed


def _says(line: str) -> bool:
    """Say whether somebody speaks in a line: it is a sentence then, though with commas."""
    spoken = {t.text for t in words.tokens(fold(line))}
    return bool(spoken & (grammar.words_that("first_person") | {"is", "will", "est", "sera", "es", "e", "ist"}))


def _begins_with_name(line: str, record: Record) -> bool:
    first = record.first("name")
    bare = labels.without_enumerator(line)
    return first is not None and fold(bare).find(fold(names.bare_name(first.words).split()[0])) <= 25


def _repeat(records: list[Record]) -> None:
    """Fill in "idem" from the person before."""
    for one, other in itertools.pairwise(records):
        if other.has("same"):
            for name in ("organisation", "mode"):
                if not other.has(name) and one.has(name):
                    other.values[name] = list(one.values[name])


def _one_a_line(lines: list[str], where: Where, reply: Reply, taken: set[int], sender: str) -> set[int]:
    """Read blocks of short lines that hold one thing each, in any order."""
    used: set[int] = set()
    block: list[int] = []
    for at in range(len(lines) + 1):
        line = lines[at].strip() if at < len(lines) else ""
        short = (
            bool(line) and len(line) < 95 and at not in taken and not _greets(line) and not signature.is_closing(line)
        )
        if short:
            block.append(at)
            continue
        used |= _block(lines, block, where, reply, sender)
        block = []
    return used


def _block(lines: list[str], block: list[int], where: Where, reply: Reply, sender: str) -> set[int]:
    while block and lines[block[0]].rstrip().endswith((":", ".", "!", "?")) and len(block) > 3:
        block = block[1:]
    if len(block) < 3:
        return set()
    record = pieces.of_pieces(layout.without_numbers([lines[i] for i in block]), where, sender)
    if not record.has("name") or record.size < 3:
        return set()
    below = any(x.strip() for x in lines[block[-1] + 1 :])
    first = next((i for i, x in enumerate(lines) if x.strip()), 0)  # "Saudações," first of all is a greeting
    signed = block[0] > 0 and any(signature.is_closing(x) for x in lines[first + 1 : block[0]])
    if where == "body" and (signed or (not below and not record.has("mode") and block[0] > 0)):
        return set()  # a signature: weaker than an answer
    record.text = "\n".join(lines[i] for i in block)
    reply.records.append(record)
    return set(block)


def _greets(line: str) -> bool:
    hits = words.of(words.scan(fold(line)), "letters.greetings")
    return any(h.start < 3 for h in hits) and len(line) < 60 and not re.search(r"\d{4}", line)


def _marker(prompted: Sequence[Segment]) -> str:
    """Return what a writer puts before each answer: "[MKT]", "==>", "R:"."""
    firsts = [re.match(r"\[\w{1,6}\]|=*>+|->|R\s?:|\*+|»+|A\s?:", s.text.strip()) for s in prompted]
    said = {m.group() for m in firsts if m}
    return said.pop() if len(said) == 1 and sum(m is not None for m in firsts) >= max(1, len(prompted) - 1) else ""


def _prompted(reply: Reply, record: Record, prompt: str, lines: list[str], sender: str) -> None:
    """Read what was answered below quoted words: they are the label, or one label each for several answers."""
    asked = labels.asked_for(prompt)
    name, sure = labels.field_of(prompt)
    if not asked and name and sure >= 0.9:
        asked = [name]
    lines = [re.sub(r"^(?:\[\w{1,6}\]|=*>+|->)\s*", "", x).strip() for x in lines]
    lines = [x for x in lines if x]
    answer = "\n".join(lines)
    if not answer:
        return
    if len(asked) == 1:
        value = " ".join(lines)
        note(record, Labelled(asked[0], _without_greeting(value, asked[0]), 1.0, prompt))
        reply.answers.append((prompt, answer))
        return
    if not asked:
        for line in lines:  # filled in behind a label of ours: the line brings its own ("> Titre : trésorière")
            for found in labels.split(line):
                note(record, found)
        reply.answers.append((prompt, answer))
        return
    nested = Reply()
    _lines(nested, lines, "quote", sender)
    if nested.records:
        for one in nested.records:
            one.where = "quote"
            reply.records.append(one)
    else:
        record.merge(_by_order(asked, lines, sender))
    reply.answers.append((prompt, answer))


def _by_order(asked: list[str], lines: list[str], sender: str) -> Record:
    parts = lines if len(lines) >= len(asked) else pieces.split(" ".join(lines))
    if len(parts) == len(asked) and len(asked) <= 3:
        record = Record(where="quote")
        for name, part in zip(asked, parts, strict=True):
            note(record, Labelled(name, part, 0.9, name))
        return record
    return pieces.of_pieces(parts, "quote", sender, "\n".join(lines))


def _without_greeting(value: str, name: str) -> str:
    """Return an answer without the greeting before it: "Dzień dobry! Zbigniew Wiśniewski-Łoś"."""
    head, mark, tail = value.partition("! ")
    return tail if name == "name" and mark and names.is_name(tail) and not names.is_name(head + "!") else value
