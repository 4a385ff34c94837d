"""A list of people to invite: CSV with name, address, language and organisation, checked whole.

Takes what spreadsheets save: commas, semicolons or tabs; UTF-8, UTF-16 or Windows-1252; a first line that names the
columns in one of four languages, or else the columns in that order. Every mistake is told with its line. Nothing here
knows who was invited before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailbot.addresses import is_address, key, parse
from mailbot.errors import Problem

COLUMNS = ("name", "address", "language", "organisation")
"""The columns, in the order that counts where no line names them."""

CALLED = {
    "name": ("name", "nom", "nombre", "nome", "full name", "nom complet"),
    "address": (
        "address", "e-mail", "email", "mail", "e-mail address", "email address", "adresse", "adresse e-mail",
        "courriel", "correo", "correo electrónico", "dirección", "endereço", "endereço eletrónico",
    ),
    "language": ("language", "lang", "langue", "idioma", "língua", "lengua"),
    "organisation": (
        "organisation", "organization", "org", "organización", "organização", "union", "syndicat", "sindicato",
    ),
}  # fmt: skip
"""What people call the columns, in small letters."""

LONGEST = 500  # characters of one cell: more is no name
MOST = 50_000  # lines of one list: more is no list of people to invite by name
MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the list; `number` is the line's in the file, `language` "" where it says none."""

    number: int
    email: str
    name: str = ""
    language: str = ""
    organisation: str = ""

    @property
    def key(self) -> str:
        """The address as it is compared."""
        return key(self.email)


@dataclass(frozen=True, slots=True)
class GuestList:
    """A list as it was read: `people` in order, each address once; `problems` stop it, `notes` don't."""

    people: tuple[Line, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def read(data: bytes, name: str, languages: Sequence[str]) -> GuestList:
    """Read a list from a file's bytes; `name` is the file's, for messages. Never raises."""
    if len(data) > MOST_BYTES:
        return GuestList((), (Problem(name, "it is too large for a list of guests", "name another file"),))
    text, note = _text(data)
    try:
        rows = [row for row in _rows(text) if any(cell.strip() for cell in row[1])]
    except csv.Error as error:
        return GuestList((), (Problem(name, f"it is no CSV: {error}", "save it anew as CSV"),))
    if len(rows) > MOST:
        return GuestList((), (Problem(name, f"it has more than {MOST:,} lines", "part it"),))
    columns, rows = _columns(rows)
    if "address" not in columns:
        told = Problem(f"{name}:1", "no column holds addresses", f"write a first line {','.join(COLUMNS)}")
        return GuestList((), (told,))
    return _checked(name, [_line(number, cells, columns) for number, cells in rows], tuple(languages), note)


def _text(data: bytes) -> tuple[str, tuple[str, ...]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), ("it is not UTF-8 and was read as Windows-1252: look at the accents",)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of the line on which it begins."""
    first = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _columns(rows: list[tuple[int, list[str]]]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return what each column holds, and the rows without the line that says so."""
    if not rows:
        return list(COLUMNS), []
    if any("@" in cell for cell in rows[0][1]):
        return list(COLUMNS), rows
    said = [" ".join(cell.casefold().replace("_", " ").split()) for cell in rows[0][1]]
    return [next((c for c, names in CALLED.items() if word in names), "") for word in said], rows[1:]


def _line(number: int, cells: list[str], columns: list[str]) -> Line:
    given = {
        column: " ".join(cell.split()) for column, cell in zip(columns, cells, strict=False) if column and cell.strip()
    }
    email, name = given.get("address", ""), given.get("name", "")
    if "<" in email and (found := parse(email)):  # as mail programs copy it: Awa Ndiaye <awa@union.example>
        email, name = found[0].email, name or found[0].name
    return Line(number, email, name, given.get("language", "").casefold(), given.get("organisation", ""))


def _checked(name: str, lines: list[Line], languages: tuple[str, ...], notes: tuple[str, ...]) -> GuestList:
    problems: list[Problem] = []
    found: dict[str, Line] = {}
    told = list(notes)
    for line in lines:
        where = f"{name}:{line.number}"
        if fault := _fault(line, languages):
            problems.append(Problem(where, *fault))
        elif (first := found.get(line.key)) is not None:
            told.append(f"line {line.number}: the address of line {first.number} again; it is written to once")
        else:
            found[line.key] = line
    if not lines:
        problems.append(Problem(name, "nobody is in it", "name another file"))
    return GuestList(tuple(found.values()), tuple(problems), tuple(told))


def _fault(line: Line, languages: tuple[str, ...]) -> tuple[str, str] | None:
    """Return what is wrong with a line and what to write instead, None where nothing is."""
    if not line.email:
        return "there is no address", "add it, or leave the line out"
    if not is_address(line.email) or any(c in line.email for c in '<>,;"') or line.email.startswith("="):
        return f'"{line.email[:80]}" is no mail address', "correct it, or leave the line out"
    if line.language and line.language not in languages:
        return f'there are no mails in the language "{line.language[:20]}"', f"write one of {', '.join(languages)}"
    if max(len(line.name), len(line.organisation)) > LONGEST:
        return f"a cell has more than {LONGEST} characters", "shorten it"
    return None
