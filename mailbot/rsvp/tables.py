"""Tables: people in rows or in columns, labels and answers by turns, and tables that a program flattened into lines.

Takes lines, gives records; what a cell means is for labels to say.
"""

from __future__ import annotations

import re

from mailbot.rsvp import attendance, labels
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.labels import Labelled
from mailbot.rsvp.noting import by_look, note

_NOISE = re.compile(r"\W*(?:\(?\w{1,2}[.)])?\W*")
"""A cell that only numbers its row or draws a dash."""


def rows(lines: list[str], found: list[Record]) -> set[int]:
    """Read rows "cell | cell": under a head of labels, beside a column of labels, or labels and answers by turns."""
    rows = {i: [c.strip() for c in x.split("|")] for i, x in enumerate(lines) if " | " in f" {x} "}
    if not any(len(labels.columns(cells)) > 2 and not _by_turns(cells) for cells in rows.values()):
        rows = {i: [c for c in cells if not _NOISE.fullmatch(c)] or cells for i, cells in rows.items()}
    for at in [i for i, cells in rows.items() if sum(bool(c) for c in cells) == 1]:
        lines[at] = next(c for c in rows.pop(at) if c)
    used = _people_in_columns(rows, found)
    head: list[str] = []
    names_of_head: list[str] = []
    for at, cells in rows.items():
        if at in used or len(cells) < 2:
            continue
        fields = labels.columns(cells)
        if fields and len(cells) > 2 and not head and not _by_turns(cells):
            head, names_of_head = fields, cells
            used.add(at)
        elif head and len(cells) >= len(head) - 1 and any(cells):
            used.add(at)
            found.append(_row(cells, head, names_of_head))
        elif not head:
            lines[at] = _as_lines(cells, lines[at])
    return used


def _people_in_columns(rows: dict[int, list[str]], found: list[Record]) -> set[int]:
    """Read a table on its side: labels in the first column, a person in each of the others."""
    labelled = {i: labels.field_of(c[0])[0] for i, c in rows.items() if len(c) >= 3 and labels.field_of(c[0])[1] >= 0.8}
    beside = sum(labels.field_of(rows[i][1])[1] >= 0.8 or labels.field_of(rows[i][2])[1] >= 0.8 for i in labelled)
    if len(labelled) < 3 or beside * 2 > len(labelled) or "name" not in labelled.values():
        return set()
    for column in range(1, max(len(rows[i]) for i in labelled)):
        cells = [rows[i][column] if column < len(rows[i]) else "" for i in labelled]
        if any(cells):
            found.append(_row(cells, list(labelled.values())))
    return set(labelled)


def _by_turns(cells: list[str]) -> bool:
    """Say whether a row is label, answer, label, answer."""
    told = [labels.field_of(c)[1] >= 0.8 for c in cells]
    answered = [known and not attendance.modes(c) for known, c in zip(told, cells, strict=True)]
    return len(cells) in (4, 6) and all(told[0::2]) and not any(answered[1::2])


def _as_lines(cells: list[str], line: str) -> str:
    """Return a row without a head as labelled answers: "Phone | X | Tel" (two languages), or by turns."""
    if _by_turns(cells):
        return "; ".join(f"{label}: {cell}" for label, cell in zip(cells[0::2], cells[1::2], strict=True) if cell)
    if len(cells) == 2 and labels.field_of(cells[0])[1] >= 0.9 and ":" not in cells[0]:
        return f"{cells[0]}: {cells[1]}"
    if len(cells) == 3:
        left, right = labels.field_of(cells[0])[0], labels.field_of(cells[2])[0]
        if right and (left == right or not labels.field_of(cells[1])[0]):
            return f"{cells[2]}: {cells[1]}"
        if left:
            return f"{cells[0]}: {cells[1]}"
    return line


def _row(cells: list[str], head: list[str], written: list[str] | None = None) -> Record:
    record = Record(where="table", text=" | ".join(cells))
    for at, (name, cell) in enumerate(zip(head, cells, strict=False)):
        if name == "mode" and written and re.fullmatch(r"\W*[xX✓✔☑☒]\W*|oui|yes|s[ií]|sim|ja", cell.strip()):
            note(record, Labelled(name, written[at], 1.0, cell))
        elif name and cell and not (name == "mode" and record.has("mode_text")):
            note(record, Labelled(name, cell, 1.0, name))
    for name, cell in zip(head, cells, strict=False):
        kind = "" if name or not cell else by_look(cell, set(record.values) | {"name"})
        if kind:
            note(record, Labelled(kind, cell, 0.8, kind))
    return record


def flattened(lines: list[str], found: list[Record]) -> set[int]:
    """Read a table that was flattened into single lines: all labels first, then all answers, person by person."""
    filled = [(i, x.strip()) for i, x in enumerate(lines) if x.strip()]
    best: tuple[int, int] = (0, 0)
    start = 0
    while start < len(filled):
        end = start
        while end < len(filled) and _is_bare_label(filled[end][1]):
            end += 1
        if end - start > best[1] - best[0]:
            best = (start, end)
        start = max(end, start + 1)
    count = best[1] - best[0]
    if count < 3:
        return set()
    head = [labels.field_of(x)[0] for _, x in filled[best[0] : best[1]]]
    used = {i for i, _ in filled[best[0] : best[1]]}
    rest = filled[best[1] :]
    while len(rest) >= count and _fits(head, [x for _, x in rest[:count]]):
        found.append(_row([x for _, x in rest[:count]], head))
        used |= {i for i, _ in rest[:count]}
        rest = rest[count:]
    return used if len(used) > count else set()


def _is_bare_label(line: str) -> bool:
    if ":" in line:  # what follows a colon is the answer, and the line is no bare label
        return False
    name, sure = labels.field_of(line)
    return bool(name) and sure >= 0.8 and len(line) < 45


def _fits(head: list[str], cells: list[str]) -> bool:
    """Say whether cells may stand under a head: numbers where numbers belong."""
    for name, cell in zip(head, cells, strict=True):
        if name in ("phone", "mobile") and not re.search(r"\d{2}", cell):
            return False
        if name == "email" and "@" not in cell and len(cell) > 12:
            return False
        if name == "name" and re.search(r"\d", cell):
            return False
    return True
