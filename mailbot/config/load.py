"""From a file to a trusted configuration: found, read once, checked whole, reported whole.

It raises ConfigRefused with every problem in the order of the file, each with its line, its key and what to write
instead. It never asks for a secret and never touches a server.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mailbot.config import places
from mailbot.config.cross import Found, contradictions, tables
from mailbot.config.explain import explain
from mailbot.config.model import Config
from mailbot.config.secret import Secret
from mailbot.config.values import under
from mailbot.errors import ConfigRefused, Problem

VARIABLE = "MAILBOT_CONFIG"
"""The environment variable that names the configuration where the command line does not."""

MOST_BYTES = 1_000_000
"""A configuration is a few kilobytes; something larger is another file named by mistake."""


def find(explicit: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the configuration file: the one named (-c), else $MAILBOT_CONFIG, else config.toml in `cwd`.

    Raises ConfigRefused, saying what was looked for and the way out, where there is no such file.
    """
    named = explicit or environ.get(VARIABLE)
    path = under(cwd, str(named or "config.toml"))
    if os.path.isdir(path):  # noqa: PTH112 -- unlike pathlib's it never raises, however odd the name
        path /= "config.toml"
    if os.path.isfile(path):  # noqa: PTH113 -- as above
        return path
    how = "-c names it" if explicit else f"${VARIABLE} names it" if named else f"neither -c nor ${VARIABLE} names one"
    instead = "`mailbot init DIR` makes a folder with one to edit, -c FILE names another"
    raise ConfigRefused([Problem(str(path), f"there is no such file ({how})", instead)])


def load(path: Path) -> Config:
    """Read and check a configuration; raises ConfigRefused with all of its problems."""
    path = Path(path).absolute()
    return parse(_text(path), path)


def parse(text: str, path: Path) -> Config:
    """Check a configuration's text as if it stood in the file `path`, to whose folder its paths are relative."""
    data = _toml(text, path)
    base = path.parent
    known = places.places(text)
    found: list[Found] = list(contradictions(data))
    texts: dict[Path, str] = {}
    found += _invitation_texts(data, base, texts)
    config = None
    try:
        config = Config.model_validate(data, context={"base": base, "path": path, "texts": texts})
    except ValidationError as error:
        found += explain(error)
    if found or config is None:
        raise ConfigRefused(_problems(found, known, path))
    _name_secrets(config, ())
    return config


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigRefused(
            [Problem(str(path), f"it can't be read: {error.strerror}", "name a file that can")]
        ) from None
    if len(raw) > MOST_BYTES:
        raise ConfigRefused([Problem(str(path), "it is too large for a configuration", "name another file")])
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = "a character here is not UTF-8"
        raise ConfigRefused([Problem(f"{path.name}:{line}", what, "save the file as UTF-8 in your editor")]) from None


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rpartition(" (at ")
        line = re.search(r"line (\d+)", where)
        number = int(line[1]) if line else text.count("\n") + 1
    except RecursionError:
        what, number = "Lists or tables are nested too deeply", 1
    lines = text.splitlines()
    shown = lines[number - 1].strip()[:60] if 0 < number <= len(lines) else ""
    if re.search("password|secret|token", shown, re.IGNORECASE):
        shown = shown.partition("=")[0] + "= …"
    instead = f"mend this: {shown}" if shown else "something before the end is not finished"
    raise ConfigRefused([Problem(f"{path.name}:{number}", f"this is not TOML: {_small(what)}", instead)]) from None


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _invitation_texts(data: dict[str, Any], base: Path, texts: dict[Path, str]) -> Iterator[Found]:
    """Read the invitations that were sent into `texts`; files that are not there are the models' matter."""
    for number, event in tables(data, "event"):
        names = event.get("invitation_text")
        for index, name in enumerate(names if isinstance(names, list) else []):
            path = under(base, str(name).strip())
            if not isinstance(name, str) or not os.path.isfile(path):  # noqa: PTH113 -- never raises, unlike pathlib's
                continue
            try:
                texts[path] = _decoded(path.read_bytes())
            except (OSError, ValueError):
                where: places.Path = ("event", number, "invitation_text", index)
                yield where, f"the file {path} can't be read as text", "save it as plain text in UTF-8"


def _decoded(raw: bytes) -> str:
    """Decode a text that a word processor may have saved: UTF-8, or UTF-16 with its mark, else Windows-1252."""
    for charset in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(charset)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n")
    raise ValueError("no text")


def _problems(found: list[Found], known: dict[places.Path, int], path: Path) -> list[Problem]:
    """Put everything found in the order of the file, each once."""
    lines = sorted(
        {(places.line_of(where, known), places.spelled(where), what, instead) for where, what, instead in found}
    )
    return [
        Problem(f"{path.name}:{line}: {key}" if key else f"{path.name}:{line}", what, instead)
        for line, key, what, instead in lines
    ]


def _name_secrets(value: object, where: places.Path, user: str = "") -> None:
    """Tell every secret its key, and its account, for error messages and keyrings."""
    if isinstance(value, Secret):
        value.where, value.user = places.spelled(where), user
    elif isinstance(value, BaseModel):
        user = getattr(value, "user", user)
        for name, field in type(value).model_fields.items():
            _name_secrets(getattr(value, name), (*where, field.alias or name), user)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            _name_secrets(one, (*where, number), user)
