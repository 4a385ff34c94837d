"""Houses that a signature names on several lines: a faculty above its university, a division above its authority.

Joins the lines that belong together; what a line is otherwise, is for signature to say.
"""

from __future__ import annotations

import re

from mailbot.rsvp import roles, words
from mailbot.rsvp.fold import fold

_PART = re.compile(
    r"(?:departe?ment|departamento|dipartimento|dep(?:artemen)?t|dpto|depto|division|divisao|divisione|abteilung|"
    r"referat|fachbereich|faculty|facult|facolta|fakultat|school of|ecole de|escuela de|escola de|scuola di|"
    r"service d|servicio de|servico de|servizio|direction|direccion|direc[cg]ao|direzione|directorate|section|"
    r"seccion|sec[cg]ao|sezione|unite |unidad|unidade|unita|unit |bureau d|cellule|lehrstuhl|chaire|catedra|"
    r"laborato|subdireccion|gerencia|jefatura|secretaria de|inspection |nucleo de)|"
    r".{3,50} (?:branch|unit|division|department|section|directorate)$"
)
"""How a line begins or ends that names a part of a house, folded."""
_BODY_OF = re.compile(
    r"(?:institut|instituto|istituto|cent(?:re|er)|centro|zentrum|observator|osservator|graduate school)"
)
_PARENT = re.compile(
    r"\b(?:universi|hochschule|college|ministe|ministry|ministerio|ministerium|politecnico|polytechnic)"
)
"""Houses that have institutes and centres as their parts, folded."""


def joined(kept: list[str], named: int | None) -> list[str]:
    """Join the part of a house with the house in the line below: "Institut du travail", "Université de l'Escaut".

    What stands above the name stays as it is: a letterhead.
    """
    lines = list(kept)
    for at in range(len(kept) - 1, 0, -1):
        above, below = kept[at - 1], lines[at]
        if named is not None and at - 1 <= named:
            break
        if above and below and _is_part_of(above, below):
            lines[at - 1], lines[at] = f"{above}\n{below}", ""
    return lines


def _is_part_of(above: str, below: str) -> bool:
    """Say whether a line names a part of the house in the next: it begins as one, and no title stands in either."""
    house = words.of(words.scan(fold(below)), "organisations.heads", "organisations.units")
    office = any(t.start == 0 for line in (above, below) for t in roles.titles(line))
    if not house or office or any(c.isdigit() for c in above + below):
        return False
    if _PART.match(fold(above)):
        return True
    return _BODY_OF.match(fold(above)) is not None and _PARENT.search(fold(below)) is not None
