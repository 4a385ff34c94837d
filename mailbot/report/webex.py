"""Who takes part online, as a file that WebEx imports: the site's own template, filled in.

WebEx names what it knows of a registrant firstName, lastName (required), email, jobTitle, companyName, countryRegion
and workPhone (developer.webex.com, "Batch register Meeting Registrants"). Those are the columns that we ship, as
`templates/webex.csv`. A WebEx site hands out a template of its own, whose headings differ between sites and releases
and are documented nowhere: whoever saves that one over ours gets it filled in, comma or tab, UTF-8 or UTF-16, since
headings are known by what they mean ("Email Address", "E-Mail"). A heading that means nothing to us stays empty.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from sqlalchemy.orm import Session

from mailbot.config import EventConfig
from mailbot.report import numbers, rows
from mailbot.report.rows import Row
from mailbot.report.surnames import split
from mailbot.report.tables import harmless
from mailbot.report.words import find

TEMPLATE = "webex.csv"
"""The file among the templates whose first line names the columns."""

NO_NAME = "–"
"""What stands for a given name where somebody has but one name: WebEx asks for both."""

MEANINGS = {
    "first": "firstname givenname first prenom nombre nome",
    "last": "lastname familyname surname last nom apellido apellidos apelido sobrenome",
    "name": "name displayname fullname attendeename nomcomplet nombrecompleto nomecompleto",
    "email": "email emailaddress mail attendeeemail inviteeemail adresseemail courriel correoelectronico correo",
    "title": "jobtitle title position fonction cargo",
    "organisation": "companyname company organization organisation societe empresa organizacion organizacao",
    "country": "countryregion country pays pais",
    "phone": "workphone phone phonenumber telephone businessphone telefono telefone",
}
"""What headings mean, without case, accents, spaces and signs."""


@dataclass(frozen=True, slots=True)
class Filled:
    """How many stand in the file, and how many who come online do not: no address, or one that stands there already."""

    written: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Form:
    """A template: its headings, its separator, its encoding."""

    headings: tuple[str, ...]
    separator: str
    encoding: str


def write(session: Session, events: Sequence[EventConfig], target: Path, templates: Path) -> Filled:
    """Write the file; raises OSError where it can't be written, ValueError where the template has no e-mail column."""
    form = _form(find(templates, TEMPLATE))
    meant = [_meaning(heading) for heading in form.headings]
    if "email" not in meant:
        raise ValueError(f"{TEMPLATE} has no column for e-mail addresses: {', '.join(form.headings)}")
    seen: set[str] = set()
    left_out = 0
    with target.open("w", encoding=form.encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=form.separator, lineterminator="\r\n")
        writer.writerow(form.headings)
        for event in events:
            for row in (r for batch in rows.batches(session, event.slug, event.starts) for r in batch):
                if not row.coming or row.mode != "online":
                    continue
                key = row.write_to.casefold()
                if not key or key in seen:
                    left_out += 1
                    continue
                seen.add(key)
                cells = _cells(row)
                writer.writerow([harmless(cells.get(meaning, "")) for meaning in meant])
    return Filled(len(seen), left_out)


def _form(path: Path) -> _Form:
    """Read a template's first line; what WebEx hands out in UTF-16 goes back in UTF-16."""
    raw = path.read_bytes()
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = raw.decode("utf-16" if wide else "utf-8-sig")
    first = text.splitlines()[0] if text.strip() else ""
    separator = max("\t,;", key=first.count)
    encoding = "utf-16" if wide else "utf-8-sig" if raw.startswith(codecs.BOM_UTF8) else "utf-8"
    headings = next(csv.reader(io.StringIO(first), delimiter=separator), [])
    return _Form(tuple(heading.strip() for heading in headings), separator, encoding)


def _meaning(heading: str) -> str:
    """Return what a heading asks for, as a key of MEANINGS; "" where it can't be told."""
    plain = "".join(c for c in numbers.fold(heading) if c.isalnum())
    return next((what for what, said in MEANINGS.items() if plain in said.split()), "")


def _cells(row: Row) -> dict[str, str]:
    """Return what WebEx may ask for of one person, by what it means; countries are named in English."""
    given, family = split(row.name)
    family = family or row.write_to.partition("@")[0]
    return {
        "first": given or NO_NAME,
        "last": family,
        "name": row.shown_name,
        "email": row.write_to,
        "title": row.title,
        "organisation": row.organisation,
        "country": str(Locale("en").territories.get(row.country, "")),
        "phone": row.phone,
    }
