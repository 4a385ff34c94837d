"""Where each key of a TOML file stands: key paths and their lines.

The standard library's reader keeps no positions, so this walks text that it has already accepted. It never judges TOML
and never makes values.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]
"""Keys and positions in lists (from 0), as pydantic gives them: ("event", 0, "mailout", 1, "before")."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def places(text: str) -> dict[Path, int]:
    """Return the line (from 1) on which each key, table and list element begins; `text` must be valid TOML."""
    return _Walk(text).document()


def line_of(path: Path, known: dict[Path, int]) -> int:
    """Return the line of a path, or of the nearest table around it that stands in the file; 1 where there is none."""
    while path and path not in known:
        path = path[:-1]
    return known.get(path, 1)


def spelled(path: Path) -> str:
    """Write a path as TOML would, list positions counted from 1: `event[1].mailout[2].before`."""
    told = ""
    for step in path:
        if isinstance(step, int):
            told += f"[{step + 1}]"
        else:
            key = step if _BARE.fullmatch(step) else '"' + step.replace('"', '\\"') + '"'
            told += f".{key}" if told else key
    return told


class _Walk:
    """One pass over a document; `at` is the offset reached."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.breaks = [match.start() for match in re.finditer("\n", text)]
        self.found: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}  # of the arrays of tables met so far

    def document(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self._takes("[["):
                table = self._header("]]", is_list=True)
            elif self._takes("["):
                table = self._header("]", is_list=False)
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self.found

    def _header(self, closing: str, *, is_list: bool) -> Path:
        start = self.at
        keys = self._keys()
        self._takes(closing)
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            last = number == len(keys) - 1
            if last and is_list:
                self.found.setdefault(path, self._line(start))
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
            self._note(path, start)
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._takes("=")
        self._skip(_SPACE)
        self._value(path)

    def _keys(self) -> list[str]:
        """Read a key, dotted or not, with the blanks around it."""
        keys = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] in "\"'":
                quoted = self._string()
                keys.append(_unquoted(quoted))
            else:
                keys.append(self._skip(_BARE))
            self._skip(_SPACE)
            if not self._takes("."):
                return keys

    def _value(self, path: Path) -> None:
        if self.text.startswith(('"', "'"), self.at):
            self._string()
        elif self._takes("["):
            number = 0
            while not self._closed("]"):
                self._note((*path, number), self.at)
                self._value((*path, number))
                number += 1
        elif self._takes("{"):
            while not self._closed("}"):
                self._pair(path)
        else:
            self._skip(_SCALAR)

    def _closed(self, closing: str) -> bool:
        """Step over blanks and commas; say whether the list or table ends here."""
        self._skip(_BLANK)
        if self._takes(","):
            self._skip(_BLANK)
        return self._takes(closing)

    def _string(self) -> str:
        for kind in _STRINGS:
            if match := kind.match(self.text, self.at):
                self.at = match.end()
                return match[0]
        raise ValueError("not TOML")

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError("not TOML")
        self.at = match.end()
        return match[0]

    def _takes(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def _note(self, path: Path, offset: int) -> None:
        self.found.setdefault(path, self._line(offset))

    def _line(self, offset: int) -> int:
        return bisect_right(self.breaks, offset - 1) + 1


def _unquoted(quoted: str) -> str:
    """Return the key that a quoted key stands for; its escapes are those of any TOML string."""
    value = tomllib.loads(f"k = {quoted}")["k"]
    return str(value)
