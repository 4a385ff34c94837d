"""Answers with a label before them: "Nom : …", "[Phone] …", "TELEPHONE   …", a table's columns, label above answer.

A label is a label by the lexicons (all languages, typing errors allowed); the value is whatever was written behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.rsvp import attendance, phrases, roles, words
from mailbot.rsvp.fold import fold

FIELDS = (
    "name",
    "given",
    "family",
    "title",
    "phone",
    "mobile",
    "office",
    "fax",
    "organisation",
    "mode",
    "email",
    "other",
)
_LEAD = 25
"""Characters that may stand before the first of several labels in a line: a greeting, not a sentence."""
_MAX_LABEL = 60
"""Characters of a label; the invitation's own longest is 73, and it is known as a whole."""

_ENUMERATOR = re.compile(r"^\s*(?:[-*•–—=>+◦▪·✓✔➢➤→#]+\s*|\(?\d{1,2}\s?[.)/°:-]+\s*|\(?[a-hA-H][.)]\s+)+")
_SEPARATORS = (
    re.compile(r"\s*[.…_]{2,}\s*:?\s*|\s+\.\s+"),
    re.compile(r"\s*(?::-|:=|[:：]|=>?)\s*"),
    re.compile(r"\]\s*:?\s*"),
    re.compile(r"\s*\?\s*:?\s*"),
    re.compile(r"\t+\s*|\s{2,}"),
    re.compile(r"\s+[-–—>|»→;]\s*|[-–—»→]\s*(?=\s|\w)|;\s+"),
)
_INLINE = re.compile(r"(?:^|(?<=[;,|•/.\s]))\s*([^\W\d_][^:=;,|\n]{0,40}?)\s*(?::-|[:=])\s*")
_SIGNS = {
    "👤": "name", "🙋": "name", "🧑": "name", "👩": "name", "👨": "name", "📛": "name", "🪪": "name",
    "💼": "title", "🎓": "title", "🧰": "title", "🛠": "title", "🎖": "title",
    "🏢": "organisation", "🏛": "organisation", "🏭": "organisation", "🏫": "organisation", "🏦": "organisation",
    "📞": "phone", "☎": "phone", "📱": "mobile", "📲": "mobile", "🤙": "phone", "☏": "phone",
    "✉": "email", "📧": "email", "📩": "email", "📨": "email",
    "💻": "mode", "🖥": "mode", "📍": "mode", "🌐": "mode", "🎧": "mode", "📹": "mode", "🎥": "mode", "🧳": "mode",
}  # fmt: skip


_ONLY_ALONE = frozenset([
    "me", "as", "what", "person", "type", "option", "choice", "form", "forma", "sou", "art", "tipo", "moi",
    "chez", "maison", "meio", "who", "where", "from", "how", "pour", "qui", "via", "no", "quien", "quem",
    "chi", "come", "wie", "wer", "como", "comment", "officer", "department", "group", "network", "institute",
    "university", "firm", "doing", "level", "status", "ministry", "de", "woher", "ente", "provenance",
    "origine", "origem", "modo", "remark", "persona", "pessoa", "labor", "amt", "rolle", "beruf",
    "funcionario", "funcionaria", "organo", "dependencia", "gremio", "colectivo", "coletivo", "collettivo",
    "collectif", "reseau", "position", "travail", "einrichtung", "behorde", "carica", "incarico", "compito",
    "tarea", "papel", "puesto", "desempeno", "teilnehmer", "recapito", "fono", "asistencia", "assistencia",
    "represento", "participo", "parteciperò", "partecipero", "participarei", "tatigkeit", "entreprise",
    "etablissement",
    "groupe", "groupement", "boite", "mutuelle", "cooperative", "asso", "mouvement", "compagnie",
    "federation", "confederation", "grupo", "asociacion", "sindicato", "cooperativa", "movimiento",
    "federacion", "associacao", "movimento", "federacao", "gruppe", "verein", "verband", "genossenschaft",
    "gewerkschaft", "firma", "gruppo", "associazione", "sindacato", "federazione", "azienda",
])  # fmt: skip
"""Labels that say nothing as a word of a longer one."""
_WHO_OR_WHAT = frozenset(
    ["je suis", "i am", "soy", "sou", "sono", "ich bin", "qui je suis", "who i am", "quien soy", "moi"]
)
_ASKING = re.compile(
    r"(?:what|who|where|how|which|for whom|qui|que|quoi|quel\w*|ou|comment|pour qui|quien|donde|de donde|como|a que|"
    r"cual|para quien|haciendo|quem|onde|qual|wer|wo|wie|welch\w*|was|fur wen|chi|dove|come|cosa|che)\b"
)
_DOTTED = re.compile(r"[^\s.][ .…_]*[.…_]{3,}\s*[^\W\d_][^.:]{1,40}$")
_AMBIGUOUS = frozenset(
    ["m", "t", "p", "f", "me", "ngo", "ong", "as", "how", "direct", "work", "gsm", "union", "company"]
)
"""Labels that in brackets behind something may as well be said of it."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled answer: which field, what was answered (may be ""), how surely the label is one, and the label."""

    field: str
    value: str
    certainty: float
    label: str


@cache
def _known() -> dict[str, str]:
    """Return every label of every language, in comparable form, with its field; the first field listed wins."""
    found: dict[str, str] = {}
    for tables in words.lexicon().tables.values():
        for name in FIELDS:
            for label in tables.get("labels", {}).get(name, ()):
                found.setdefault(_plain(label), name)
    return found


@cache
def _single() -> dict[str, str]:
    """Return the labels of one word that tell their field inside a longer label ("tfno. de contacto")."""
    return {
        k: v
        for k, v in _known().items()
        if " " not in k and len(k) > 2 and k not in _ONLY_ALONE and v not in ("other", "office")
    }


@lru_cache(maxsize=words.REMEMBERED)
def field_of(label: str) -> tuple[str, float]:
    """Return the field that a label asks for and how surely, ("", 0) where it is no label."""
    if len(label) > 90:
        return "", 0.0
    plain = _plain(label)
    if not plain:
        return "", 0.0
    exact = _known().get(plain)
    if exact:
        return exact, 1.0
    for part in re.split(r"[/|\\()]| - ", label):
        name = _known().get(_plain(part))
        if name and name != "other":
            return name, 0.95
    asked_so = _known().get(_question(plain)) if label.rstrip().endswith("?") or _ASKING.match(plain) else None
    if asked_so:
        return asked_so, 0.9
    asked = attendance.modes(label, hints=True)
    if asked and len(plain.split()) <= 4 and not roles.organisations(label):
        return "mode", 0.9  # "In person: no", "Online: yes"
    return _like(plain)


def split(line: str, *, loose: bool = False) -> list[Labelled]:
    """Return the labelled answers of a line, [] where it has none; `loose` also takes "nombre krisia portillo"."""
    sign = _by_sign(line)
    if sign:
        return [sign]
    several = _several(line)
    if len(several) > 1:
        return several
    turned = behind(line) if _DOTTED.search(line) else None
    if turned:
        return [turned]
    bare = _ENUMERATOR.sub("", line).strip()
    bare = bare[1:].strip() if bare.startswith("[") else bare
    for separator in _SEPARATORS:
        for mark in _marks(separator, bare):
            label, value = bare[: mark.start()], bare[mark.end() :]
            name, certainty = field_of(label)
            if name and certainty >= _needed(separator, label, value):
                return [Labelled(name, value.strip(), certainty, label.strip())]
    alone, certainty = field_of(bare.rstrip(":?. "))
    if (
        alone
        and certainty >= 0.95
        and len(bare) <= _MAX_LABEL
        and not ("(" in bare and certainty < 1 and bare[-1:] != ":")
    ):
        return [Labelled(alone, "", certainty, bare)]
    return _without_separator(bare) if loose else []


def behind(text: str) -> Labelled | None:
    """Return an answer whose label stands behind it in brackets: "chef de service (fonction)", "0917 … (mobile)"."""
    found = re.fullmatch(r"(.{2,140}?)\s*[(\[]\s*([^()\[\]]{2,60})[)\]]\W*", text.strip(), re.DOTALL)
    found = found or re.fullmatch(r"(.{2,140}?)\s*(?:[.…_]{3,}|\s[-=]+>?\s)\s*([^\W\d_][^:=]{1,40})", text.strip())
    if not found:
        return None
    for label in (found[2], found[2].partition(",")[0]):
        name = _known().get(_plain(label))
        if name and name not in ("other", "office", "fax") and _plain(label) not in _AMBIGUOUS:
            return Labelled(name, found[1].strip(), 0.95, label)
    return None


def asked_for(prompt: str) -> list[str]:
    """Return the fields that the quoted words above an answer ask for, in order: what is the last asked comes last."""
    folded = re.sub(r"[^\w'& ]", " ", fold(prompt))
    plain = f" {' '.join(folded.split())} ".replace("'", " ")
    spans: list[tuple[int, int, str]] = []
    for label, name in sorted(_prompts().items(), key=lambda row: -len(row[0])):
        for found in re.finditer(rf"(?<= ){re.escape(label)}(?= )", plain):
            if not any(a < found.end() and found.start() < b for a, b, _ in spans):
                spans.append((found.start(), found.end(), name))
    ordered = [name for _, _, name in sorted(spans) if name != "skip"]
    return list(dict.fromkeys(ordered))


@cache
def _prompts() -> dict[str, str]:
    """Return the words of the invitation that ask for a field; "skip" for what only looks like one of them."""
    asked = {
        "name": "nom nombre name nome noms names",
        "title": "titre cargo title titolo titel fonction función position função",
        "phone": "téléphone|teléfono|telephone number|telefone|telefon|numéro de téléphone|"
        "número de teléfono|número de telefone|telephone|phone",
        "organisation": "nom de l organisation|nombre de la organización|name of the organization|nome da organização|"
        "organisation|organización|organization|organização|name of the organisation|organizzazione",
        "mode": "en ligne ou en personne|en línea o en persona|online or in person|"
        "em linha ou presencial|online oder persönlich|"
        "participation sera|participación será|take part online|participação será",
        "skip": "nom du|au nom de|e mail|correo de invitación|courrier d invitation|invitation e mail|"
        "correio de convite|"
        "participants en ligne|participantes en línea|online participants|participantes em linha",
    }
    found = {}
    for name, listed in asked.items():
        for phrase in listed.split("|") if "|" in listed else listed.split():
            found[re.sub(r"[^\w ]", " ", fold(phrase))] = name
    return found


def columns(cells: Sequence[str]) -> list[str]:
    """Return the field of each cell of a table's head, [] where the row is no head."""
    if sum(bool(re.search(r"[=:]\s*\w", c)) for c in cells) > 1:
        return []  # "Role = secretary | Org = …": each cell brings its own label
    fields = [field_of(c)[0] if c and field_of(c)[1] >= 0.75 and len(c) <= _MAX_LABEL else "" for c in cells]
    named = [f for f in fields if f and f != "other"]
    return fields if len(named) >= 2 and len(set(named)) >= max(2, len([c for c in cells if c]) // 2) else []


def by_answer(found: Labelled) -> Labelled:
    """Tell "Je suis → trésorier" from "Je suis → Ann Poole": a label of who one is asks for either."""
    if found.field != "name" or not found.value or _plain(found.label) not in _WHO_OR_WHAT:
        return found
    hits = words.of(words.scan(fold(found.value)), "titles.heads")
    what = bool(hits) and hits[0].start < 14
    return Labelled("title", found.value, found.certainty, found.label) if what else found


def enumerator(line: str) -> str:
    """Return the bullet or number that a line begins with, "" where it has none."""
    found = _ENUMERATOR.match(line)
    return found.group().strip() if found and found.end() < len(line) else ""


def without_enumerator(line: str) -> str:
    """Return a line without its bullet or number."""
    return line if line.lstrip().startswith("+") else _ENUMERATOR.sub("", line, count=1).strip()


def _plain(label: str) -> str:
    text = re.sub(r"[^\w/&,' ]+", " ", fold(label).replace("_", " "))
    text = re.sub(r"[/&,']", " ", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(
        r"^(?:\d+|votre|vos|notre|nos|our|nuestr[oa]|noss[oa]|unsere?|nostr[oa]|il mio|la mia|your|mon|ma|su|"
        r"mi|seu|sua|o seu|a sua|ihr|ihre|il suo|mein|meine|my|minha|meu|the|le|la|el|o|leur) ",
        "",
        text,
    )


def _like(plain: str) -> tuple[str, float]:
    """Return the field of the label that a mistyped or longer one is most like."""
    from rapidfuzz import fuzz, process

    spoken = plain.split()
    if len(spoken) <= 4 and len(plain) >= 4:
        close = process.extractOne(plain, _known().keys(), scorer=fuzz.ratio, score_cutoff=84)
        if close and abs(len(close[0]) - len(plain)) <= 3:
            return _known()[close[0]], 0.9 if close[1] >= 88 else 0.8
    if 2 <= len(spoken) <= 8:
        inside = [_single()[word] for word in spoken if word in _single()]
        if inside:
            # "nom de la structure", "name of union": the name asked for is not the person's.
            named = [f for f in inside[1:] if f != "name"] if inside[0] in ("name", "office") else []
            return (named or inside)[0], 0.8 if len(spoken) <= 4 else 0.7
    return "", 0.0


def _question(plain: str) -> str:
    """Return the longest known label that a question begins with: "what do i do" of "what do i do all day"."""
    spoken = plain.split()
    for count in range(min(8, len(spoken)), 1, -1):
        if " ".join(spoken[:count]) in _known():
            return " ".join(spoken[:count])
    return ""


def _marks(separator: re.Pattern[str], line: str) -> Iterator[re.Match[str]]:
    found = separator.search(line)
    if found and 0 < found.start() <= _MAX_LABEL + 30:
        yield found


def _needed(separator: re.Pattern[str], label: str, value: str) -> float:
    """Return how sure a label must be: a dash or blanks also stand in plain text, a colon with a long label too."""
    count = len(label.split())
    if separator is _SEPARATORS[1] or separator is _SEPARATORS[0]:
        return 0.7 if count <= 6 else 0.95
    if separator is _SEPARATORS[3]:
        return 0.7 if count <= 7 and len(value) < 90 else 1.1
    return 0.8 if separator is not _SEPARATORS[5] else 0.85 if count <= 3 else 0.95


def _by_sign(line: str) -> Labelled | None:
    """Read "📞 06 38 41 72 05": a picture for a label."""
    for at, char in enumerate(line[:4]):
        if char in _SIGNS:
            return Labelled(_SIGNS[char], line[at + 1 :].strip("\ufe0f\u200d :-–\t"), 0.95, char)
        if char.isalnum():
            break
    return None


def _several(line: str) -> list[Labelled]:
    """Split "Attendee = X; role = Y; phone = Z" at its labels."""
    marks: list[tuple[int, int, str, str]] = []
    for found in _INLINE.finditer(line):
        spoken = list(re.finditer(r"[^\s.]+", found[1]))
        for back in range(min(4, len(spoken)), 0, -1):
            label = found[1][spoken[-back].start() :]
            name, certainty = field_of(label)
            if re.search(r"\s[/|–—-]+\s", label) and not _known().get(_plain(label)):
                continue  # "… Example / TITRE": the stroke parts answers
            if name and certainty >= 0.95:
                marks.append((found.start(1) + spoken[-back].start(), found.end(), name, label))
                break
    if len(marks) < 2 or (marks[0][0] > _LEAD and len(marks) < 3):
        return []
    ends = [m[0] for m in marks[1:]] + [len(line)]
    return [Labelled(m[2], line[m[1] : end].strip(" ;,|/•-\t"), 0.95, m[3]) for m, end in zip(marks, ends, strict=True)]


def _without_separator(line: str) -> list[Labelled]:
    """Read "telefono 0426 731 90 52": the longest known label that the line begins with."""
    spoken = line.split()
    for count in range(min(5, len(spoken) - 1), 0, -1):
        label = " ".join(spoken[:count])
        name = _known().get(_plain(label))
        goes_on = phrases.is_connector(fold(spoken[count]).split("'")[0])  # "Institut de travail": no label but a name
        if name and not goes_on and not words.of(words.scan(fold(label)), "titles.heads"):
            return [Labelled(name, " ".join(spoken[count:]), 0.85, label)]
    if len(spoken) < 2 or phrases.is_connector(fold(spoken[1]).split("'")[0]):
        return []
    close = _like(_plain(spoken[0])) if len(spoken[0]) >= 5 else ("", 0.0)
    return [Labelled(close[0], " ".join(spoken[1:]), 0.8, spoken[0])] if close[1] >= 0.8 else []
