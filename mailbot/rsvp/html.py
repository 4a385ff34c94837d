"""HTML to lines of text, with what only markup tells: quotes, tables, colours, what was struck out.

Parses once with selectolax (lexbor) and walks the tree without recursion. It never executes, fetches or renders
anything, skips what a reader would not see, and its cost is bounded by the length and the number of tags.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailbot.message.charset import tidy
from mailbot.rsvp.lines import Line

MAX_LENGTH = 1_000_000
"""Characters of HTML that are looked at; replies have some 10,000, with Word's styles 100,000."""
MAX_TAGS = 5_000
"""Elements that are walked; the parser's time grows with the square of how deep they are nested."""
MAX_TAG = 20_000
"""Characters of one tag: beyond it is an image or an attack inside an attribute."""
MAX_RUNS = 500
"""Pieces in another colour of one line."""
_BEFORE = 12
"""Pieces of text before one in another colour that are kept with it: more than any label."""
MAX_DEPTH = 2_000
"""Nested tags that are followed."""

_SKIPPED = frozenset("img style script head title noscript template svg select iframe object".split())  # noqa: SIM905 -- one line reads better
_STRUCK = frozenset(("s", "strike", "del"))
_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr html li"  # noqa: SIM905 -- a list reads worse
    " main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "dl", "hr"])
_LONG_TAG = re.compile(rf"<[^<>]{{{MAX_TAG},}}>?")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt)?\s*(?:;|$)"
)
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;]{1,40})", re.IGNORECASE)
_BORDER = re.compile(
    r"border-top\s*:\s*(?:solid|[^;]{0,30}\bsolid)|border-width\s*:\s*1pt\s+(?:medium|0)", re.IGNORECASE
)
_NO_MARGIN = re.compile(r"margin(?:-bottom)?\s*:\s*0|\bmso", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_CONTAINERS = re.compile(
    r"yahoo_quoted|protonmail_quote|tutanota_quote|gmx_quote|zmail_extra\b|moz-cite-block|replied-?content"
    r"|mail-quote|quoted-?message|mcntmcnt-quote|ydp\w*yahoo_quoted|cafe_quote|gmail_quote_container"
)
_STARTERS = re.compile(
    r"divrplyfwdmsg|appendonsend|mail-editor-reference-message-container|olk_src_body_section|zwchr|stopspelling"
)
_PLAIN_COLOURS = frozenset(
    (
        "",
        "black",
        "windowtext",
        "inherit",
        "initial",
        "auto",
        "currentcolor",
        "#000",
        "#000000",
        "rgb(0,0,0)",
        "#212121",
    )
)


@dataclass(slots=True)
class _State:
    """What holds at the place where the walk is; saved on entering a tag that changes it."""

    depth: int = 0
    colour: str = ""
    pre: bool = False


@dataclass(slots=True)
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    at: int = 0  # of the first line inside


def lines_of(markup: str) -> list[Line]:
    """Return the lines that a reader would see, in order; blank lines where paragraphs are set apart."""
    markup = _LONG_TAG.sub(" ", markup[:MAX_LENGTH])
    if markup.count("<") > 2 * MAX_TAGS:
        markup = _first_tags(markup)
    root = LexborHTMLParser(markup).body
    return _Walk().lines(root) if root is not None else []


def _first_tags(markup: str) -> str:
    at = 0
    for _ in range(2 * MAX_TAGS):
        at = markup.find("<", at) + 1
    return markup[:at]


class _Walk:
    """One pass over a tree, collecting lines."""

    def __init__(self) -> None:
        self.out: list[Line] = []
        self.pieces: list[str] = []
        self.runs: list[tuple[str, str, str]] = []
        self.state = _State()
        self.starts_old = False
        self.tables = 0

    def lines(self, root: LexborNode) -> list[Line]:
        """Walk with the tree's own links; `undo` holds what to do on the way out of each open tag."""
        node: LexborNode | None = root
        undo: list[tuple[str, _State, bool]] = []
        left = MAX_TAGS * 3
        while node is not None and left:
            left -= 1
            child = self._enter(node, undo)
            if child is not None and len(undo) < MAX_DEPTH:
                node = child
                continue
            if child is not None:
                self._leave(undo)
            while node is not None and node.next is None and undo:
                self._leave(undo)
                node = node.parent
            node = node.next if node is not None and undo else None
        while undo:
            self._leave(undo)
        self._flush()
        return self.out

    def _enter(self, node: LexborNode, undo: list[tuple[str, _State, bool]]) -> LexborNode | None:
        """Take up a node; return its first child if there is anything inside to walk."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
            return None
        if tag == "br":
            self._flush(force=True)
            return None
        if tag in _SKIPPED or tag[:1] in ("-", "!"):
            return None
        attributes = node.attributes
        style = (attributes.get("style") or "").lower() if attributes else ""
        if tag in _STRUCK or (style and (_HIDDEN.search(style) or "line-through" in style)):
            return None
        if tag == "table" and self._table(node):
            return None
        child = node.child
        if tag in _BLOCKS:
            self._begin(tag)
        before = self.state
        if attributes or tag in ("blockquote", "pre"):
            self._change(tag, attributes, style)
        if child is None:
            self.state = before
            return None
        undo.append((tag, before, _is_spaced(tag, attributes, style)))
        return child

    def _begin(self, tag: str) -> None:
        """Start the line that a block tag starts."""
        self._flush()
        if tag in _SPACED and tag != "p":
            self._gap()
        if tag == "li":
            self.pieces.append("- ")

    def _change(self, tag: str, attributes: dict[str, str | None], style: str) -> None:
        """Note what a tag's attributes say of quote and colour."""
        state = self.state
        marks = " ".join(attributes.get(name) or "" for name in ("class", "id", "data-marker")).lower()
        depth, colour = state.depth, state.colour
        if tag == "blockquote" or (tag == "div" and len(marks) > 2 and _CONTAINERS.search(marks)):
            depth += 1
        if (len(marks) > 2 and _STARTERS.search(marks)) or (tag == "div" and style and _BORDER.search(style)):
            self.starts_old = True
        if tag == "a":
            colour = ""
        elif style and "color" in style and (found := _COLOUR.search(style)):
            colour = _plain(found[1])
        elif tag == "font" and attributes.get("color"):
            colour = _plain(attributes["color"] or "")
        if depth != state.depth or colour != state.colour or tag == "pre":
            self.state = _State(depth, colour, state.pre or tag == "pre")

    def _leave(self, undo: list[tuple[str, _State, bool]]) -> None:
        tag, before, spaced = undo.pop()
        if tag in _BLOCKS:
            self._flush()
            if spaced:
                self._gap()
        self.state = before

    def _text(self, text: str) -> None:
        if self.state.pre:
            first, *more = text.split("\n")
            self.pieces.append(first)
            for line in more:
                self._flush(force=True)
                self.pieces.append(line)
            return
        if not self.pieces and not text.strip():
            return
        if self.state.colour and text.strip() and len(self.runs) < MAX_RUNS:
            self.runs.append(("".join(self.pieces[-_BEFORE:]), self.state.colour, _SPACES.sub(" ", tidy(text)).strip()))
        self.pieces.append(text)

    def _flush(self, *, force: bool = False) -> None:
        """End the line; an empty one counts only where it was `force`d by a break."""
        if not self.pieces and not force:
            return
        text = _SPACES.sub(" ", tidy("".join(self.pieces))).strip()
        if text in ("-", "- ") and self.pieces[0] == "- ":
            return  # a list item whose text stands in a paragraph of its own: the bullet waits for it
        self.pieces = []
        line = Line(text, self.state.depth, coloured=tuple(self.runs))
        self.runs = []
        if text and self.starts_old:
            line.old, self.starts_old = True, False
        self.out.append(line)

    def _gap(self) -> None:
        if self.out and self.out[-1].text:
            self.out.append(Line("", self.state.depth))

    def _table(self, node: LexborNode) -> bool:
        """Write a table of data as its rows; return False for one that only lays things out."""
        rows = _rows(node)
        if rows is None:
            return False
        self._flush()
        self._gap()
        self.tables += 1
        two = max(map(len, rows)) == 2
        for row in rows:
            text = _pair(row) if two else " | ".join(row)
            self.out.append(Line(text, self.state.depth, table=self.tables))
        self.out.append(Line("", self.state.depth))
        return True


def _is_spaced(tag: str, attributes: dict[str, str | None], style: str) -> bool:
    """Say whether a reader sees an empty line below a tag; Word's paragraphs have no margin."""
    if tag not in _SPACED or (style and _NO_MARGIN.search(style)):
        return False
    return tag != "p" or "mso" not in (attributes.get("class") or "").lower()


def _plain(colour: str) -> str:
    """Return a colour for comparison, "" for what readers see as black."""
    colour = colour.replace("!important", "").replace(" ", "").strip().lower()
    return "" if colour in _PLAIN_COLOURS else colour


def _pair(row: list[str]) -> str:
    """Write a row of two cells as "label: value"."""
    filled = [cell for cell in row if cell]
    if len(filled) < 2:
        return f"{filled[0].rstrip(' :')}:" if filled and row[0] else "".join(filled)
    label = row[0].rstrip(" :")
    return f"{label}{' ' if label.endswith('?') else ': '}{row[1]}"


def _rows(table: LexborNode) -> list[list[str]] | None:
    """Return a table's cells, None where it is no table of data.

    Data has two rows or more, two columns or more, short cells, and no table inside; everything else is how signatures
    and newsletters are laid out.
    """
    if table.css_first("td table, th table") is not None:
        return None
    rows: list[list[str]] = []
    for tr in table.css("tr")[:500]:
        cells = [
            _SPACES.sub(" ", tidy(cell.text(separator=" ", skip_empty=True))).strip()
            for cell in tr.iter()
            if cell.tag in ("td", "th")
        ]
        if any(cells):
            rows.append(cells)
    columns = max(map(len, rows), default=0)
    if len(rows) < 2 or columns < 2 or table.css_first("img") is not None:
        return None
    longest = max(len(cell) for row in rows for cell in row)
    wide = sum(1 for row in rows if len([cell for cell in row if cell]) > 1)
    return rows if longest <= 400 and wide * 2 >= len(rows) else None
