"""Bytes to text when the declared charset may be wrong.

UTF-8 proves itself, so it is tried first; then what was declared; then windows-1252, which takes any byte. This module
never raises on any bytes or charset name, and never guesses a language.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_ALIASES = {
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "iso-8859-15": "iso8859-15",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "unknown-8bit": "cp1252",
    "x-unknown": "cp1252",
    "ansi": "cp1252",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-9": "cp1254",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
"""What a declared name means in practice: browsers' readings (WHATWG), and the larger sets that programs really use."""

_SHIFTED = re.compile(r"iso2022|utf-?7|utf-?16|utf-?32|hz")
"""Charsets whose bytes are valid ASCII or contain NUL, so that UTF-8 can't be tried before them."""

_MOJIBAKE = re.compile(
    "[ÂÃ][\x80-\xbf\u20ac\u201a-\u203a\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2122]"
)
_ODD_SPACES = re.compile("[\u00a0\u202f\u2007\u2009]")
_ODD = re.compile("[\x00\u00a0\u2007\u2009\u202f\ufeff\u200b\u2060\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # would steer a terminal; no mail needs them
_UNSEEN = re.compile("[\x00\ufeff\u200b\u2060\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINES = re.compile(r"[^\n]*\n?")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Return the text of `data`, and the word of what was odd ("" if nothing was).

    `declared` is the charset's name as the message gives it, in any case, possibly nonsense. The words are `charset`
    (the declared one was wrong or unknown) and `mojibake` (UTF-8 that had been taken for windows-1252 on its way).
    """
    name = codec(declared)
    if name and _SHIFTED.search(name):
        try:
            text = data.decode(name)
            text.encode("utf-8")  # UTF-7 can spell half a character, which nothing could store or send
            return text, ""
        except (UnicodeError, ValueError):
            pass
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _not_utf8(data, name)
    if data.isascii():
        return text, ""
    text, repaired = _unmangled(text)
    return text, "mojibake" if repaired else ("" if name in ("utf-8", "") else "charset")


def tidy(text: str) -> str:
    """Return text with odd spaces made plain and what nobody sees (NUL, zero widths, direction marks) taken out.

    Phone numbers copied from an address book often come wrapped in direction marks.
    """
    text = _CONTROL.sub("", text)
    if text.isascii() or _ODD.search(text) is None:
        return text
    return _UNSEEN.sub("", _ODD_SPACES.sub(" ", text))


@lru_cache(maxsize=256)
def codec(declared: str) -> str:
    """Return the name of a Python codec for bytes-to-text that fits a declared charset, "" where there is none."""
    name = declared.strip().strip("\"'").lower()[:40]
    name = _ALIASES.get(name, name)
    if not name or not name.isascii() or not name.isprintable():
        return ""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # `rot13`, `hex`, `zlib`, `idna` and their like are codecs too, but no charsets; a private flag tells most of them.
    if not getattr(info, "_is_text_encoding", True) or info.name in ("idna", "punycode", "undefined", "mbcs", "oem"):
        return ""
    return "" if "escape" in info.name else info.name


def _not_utf8(data: bytes, name: str) -> tuple[str, str]:
    if name and name not in ("utf-8", "cp1252"):
        try:
            return data.decode(name), ""
        except (UnicodeError, ValueError):
            pass
    if name == "utf-8":
        # A cut or a stray byte in real UTF-8 leaves more characters right than wrong; anything else was never UTF-8.
        text = data.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        if sum(1 for char in text if char > "\x7f") >= 2 * wrong:
            return text, "charset"
    return data.decode("cp1252", "replace"), "" if name == "cp1252" else "charset"


def _unmangled(text: str) -> tuple[str, bool]:
    """Undo UTF-8 that was read as windows-1252 and encoded again, line by line: "AndrÃ©" is nobody's name."""
    if not _MOJIBAKE.search(text):
        return text, False
    lines, repaired = [], False
    for line in _LINES.findall(text):
        if _MOJIBAKE.search(line):
            try:
                line = line.encode("cp1252").decode("utf-8")
                repaired = True
            except UnicodeError:
                pass
        lines.append(line)
    return "".join(lines), repaired
