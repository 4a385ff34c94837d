"""Template and values in; subject, text and HTML out, which say the same.

A template is Markdown with Jinja2. It is rendered once: every text that comes from outside is first written in
characters that Markdown and HTML know nothing of, and gets its own characters back at the very end, escaped for where
it stands. So nothing that a participant wrote can become markup, a template or a header, whatever the template does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

LAYOUT = "layout.html"
"""The file below the templates that the HTML part is put into."""

MOST = 300
"""Characters of one value that a mail shows: more than any name or organisation, less than a screen."""

MASK = 0xE000
"""Where the private-use twins of ASCII punctuation begin (U+E021 for "!")."""

PUNCTUATION = "".join(chr(c) for c in range(0x21, 0x7F) if not chr(c).isalnum())
_MASKED = str.maketrans({c: chr(MASK + ord(c)) for c in PUNCTUATION})
_BARE = str.maketrans({chr(MASK + ord(c)): c for c in PUNCTUATION})
_ESCAPED = str.maketrans({chr(MASK + ord(c)): escape(c) for c in PUNCTUATION})
_BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
_ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")
_ONE_WORD = re.compile(r"[A-Za-z](?:[A-Za-z0-9._@-]*[A-Za-z0-9])?")
_LABELLED = re.compile(r"([^<:]{1,60}?)[\s\u00a0\u202f]*:[\s\u00a0\u202f]+(.+)", re.DOTALL)
_TAG_AT_END = re.compile(r"^(?!(?:[ \t]*\{%(?:[^%]|%(?!\}))*%\})+[ \t]*$).+%\}(?=$)", re.MULTILINE)
_SUBJECT = re.compile(r"\s*Subject:[ \t]*(?P<subject>[^\n]*)\n?(?P<body>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's three faces: `subject` on one line, `text` (lines end in LF), `html` whole."""

    subject: str
    text: str
    html: str


class NoSubject(ValueError):
    """The template's text does not begin with a subject."""


FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What a template that is wrong may raise while it is rendered."""


def tidy(value: str, most: int = MOST) -> str:
    """Return a text from outside on one line, without control, private and direction characters, cut at `most`."""
    kept = (" " if c.isspace() or c < " " else c for c in unicodedata.normalize("NFC", value))
    kept = (c for c in kept if c not in _BIDI and unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
    line = " ".join("".join(kept).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def mask(value: str, most: int = MOST) -> str:
    """Return a text from outside in characters that Markdown does not know; see the module."""
    return tidy(value, most).translate(_MASKED)


def isolate(text: str) -> str:
    """Return a text that stands in a sentence of whatever direction as one piece (UAX #9, 2.4.2); "" stays empty."""
    return f"\u2068{text}\u2069" if text else ""


def link(url: str) -> str:
    """Return an address of the configuration so that it can stand in Markdown's `(…)` and `<…>`."""
    return quote(url.strip(), safe="-._~:/?#@!$&+,;=%")


class LineEnds(Extension):
    """Lets only lines that hold nothing but block tags vanish; a line of text keeps its end, also after a tag.

    Jinja2's `trim_blocks` by itself would join such a line to the next, which nobody expects.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Put an empty expression after a tag that ends a line of text."""
        return _TAG_AT_END.sub(r'\g<0>{{ "" }}', source)


Templates = ImmutableSandboxedEnvironment
"""A folder of templates, ready to render."""


def environment(templates: Path) -> Templates:
    """Return the Jinja2 environment for a folder of templates: sandboxed, and strict about unknown names."""
    return Templates(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[LineEnds],
        autoescape=False,
    )


def render(env: Templates, name: str, values: dict[str, Any], typeset: Callable[[str], str]) -> Rendered:
    """Render the template `name`; `values` are masked, and hold `language` and `direction` for the layout.

    `typeset` puts the language's spaces into the body. Raises what Jinja2 raises, and NoSubject.
    """
    told = _only_needed(env.get_template(name).render(values), values["direction"])
    parts = _SUBJECT.fullmatch(told)
    if parts is None or not parts["subject"].strip():
        raise NoSubject('the text does not begin with "Subject: " and a subject')
    subject = " ".join(parts["subject"].split()).translate(_BARE)
    body = re.sub(r"\n{3,}", "\n\n", typeset(parts["body"])).strip() + "\n"
    page = env.get_template(LAYOUT).render(
        language=values["language"],
        direction=values["direction"],
        subject=escape(subject),
        content=_spans(to_html(body)),
    )
    return Rendered(subject, to_text(body), _inlined(page.translate(_ESCAPED)))


def _only_needed(text: str, direction: str) -> str:
    """Drop the isolates of what reads well without: they travel along when somebody copies a password or a number."""
    return _ISOLATED.sub(lambda found: found[0] if _turns(found[1].translate(_BARE), direction) else found[1], text)


def _turns(text: str, direction: str) -> bool:
    """Say whether a text would be torn or turned round in a sentence of a direction."""
    kinds = {unicodedata.bidirectional(char) for char in text}
    if direction == "rtl":
        return bool(kinds & {"L", "EN"}) and not _ONE_WORD.fullmatch(text)
    return bool(kinds & {"R", "AL"})


def _spans(html: str) -> str:
    """Isolate by elements what the text part isolates by characters: more programs know `dir`."""
    return _ISOLATED.sub(lambda found: f'<span dir="{_direction_of(found[1])}">{found[1]}</span>', html)


def _direction_of(text: str) -> str:
    """Return the direction of the first letter (UAX #9, P2); what has none, such as a phone number, goes ltr."""
    kinds = (unicodedata.bidirectional(char) for char in text.translate(_BARE))
    return "rtl" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else "ltr"


def to_text(markdown: str) -> str:
    """Return Markdown as plain text that reads well: the marks go, the words stay."""
    text = re.sub(r"\[([^\]\n]+)\]\(([^)\s]+)\)", r"\1\n\2", markdown)
    text = re.sub(r"<((?:https?|mailto):[^>\s]+)>", lambda found: found[1].removeprefix("mailto:"), text)
    text = re.sub(r"\*\*([^*\n]+)\*\*|(?<!\*)\*([^*\n]+)\*", lambda found: found[1] or found[2], text)
    text = re.sub(r"^#{1,3} ", "", text, flags=re.MULTILINE)
    text = re.sub(r"^---$", "-- ", text, flags=re.MULTILINE)
    text = re.sub(r"^\* ", "", text, flags=re.MULTILINE)  # a form's lines are read best without a mark before them
    return text.translate(_BARE)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True})


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)


def _inlined(page: str) -> str:
    return _inliner().inline(page)


def to_html(markdown: str) -> str:
    """Return Markdown as the HTML that goes into the layout (values still masked)."""
    footer, pieces = False, []
    markdown = re.sub(r"(?<=\d) (?=[^\W\d_]{3})", "\u00a0", markdown)  # "23 October" and "30 minutes" stay on one line
    for node in SyntaxTreeNode(_markdown().parse(markdown)).children:
        if node.type == "hr":
            footer = True
            pieces.append('<div class="rule">&nbsp;</div>')
        else:
            pieces.append(_block(node, footer))
    return "\n".join(pieces)


def _block(node: SyntaxTreeNode, footer: bool) -> str:
    match node.type:
        case "heading":
            return f"<h1>{_times(_inline(node.children[0]))}</h1>"
        case "paragraph":
            return _paragraph(node.children[0], footer)
        case "bullet_list":
            return _list(node)
    return str(_markdown().renderer.render(node.to_tokens(), _markdown().options, {}))


def _inline(node: SyntaxTreeNode) -> str:
    tokens = node.to_tokens()[0].children or []
    return str(_markdown().renderer.render(tokens, _markdown().options, {})).strip()


def _paragraph(inline: SyntaxTreeNode, footer: bool) -> str:
    """A link alone is a button, and a bold line with lines below it a card."""
    children = inline.children
    if len(children) == 1 and children[0].type == "link":
        return _button(children[0])
    html = _inline(inline)
    if footer:
        return f'<p class="footer">{html}</p>'
    lines = [line.strip() for line in re.split(r"<br ?/?>", html)]
    bold = next((child for child in children if not (child.type == "text" and not child.content)), children[0])
    if bold.type == "strong" and len(lines) > 1:
        return _box("card", f'<p class="card">{"<br>".join(map(_times, lines))}</p>')
    return f"<p>{html}</p>"


def _times(line: str) -> str:
    """Keep each of several times on one line, so that it breaks between them on a phone."""
    pieces = line.split(" · ")
    first, last = (f"{piece}&nbsp;·" for piece in pieces[:-1]), pieces[-1]
    return " ".join(f'<span class="time">{piece}</span>' for piece in (*first, last)) if len(pieces) > 1 else line


def _box(kind: str, html: str) -> str:
    return (
        f'<table role="presentation" class="box" width="100%" cellpadding="0" cellspacing="0" border="0">'
        f'<tr><td class="{kind}">{html}</td></tr></table>'
    )


def _button(node: SyntaxTreeNode) -> str:
    """A button that Outlook draws too: the cell has the colour, the link has the padding; the address stands below."""
    url = escape(str(node.attrs["href"]))
    label = escape("".join(child.content for child in node.children))
    shown = f'<p class="address"><a class="plain" dir="ltr" href="{url}">{url}</a></p>'
    return (
        f'<table role="presentation" class="button" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td class="button" bgcolor="#14506b"><a class="button" href="{url}">{label}</a></td></tr></table>{shown}'
    )


def _list(node: SyntaxTreeNode) -> str:
    """A list with "*" is a form to fill in, a list of "label: value" a table of facts; any other is a list."""
    items = [_item(item) for item in node.children]
    if node.markup == "*":
        # Paragraphs, so that whoever answers above a quoted form can type into it.
        return _box("form", "".join(f'<p class="fill">{item}&nbsp;</p>' for item in items))
    pairs = [_LABELLED.fullmatch(item) for item in items]
    if not all(pairs):
        return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"
    rows = "".join(_rows(pairs))
    return f'<table class="facts" width="100%" cellpadding="0" cellspacing="0" border="0">{rows}</table>'


def _rows(pairs: Sequence[re.Match[str] | None]) -> list[str]:
    """Rows of label and value; what is emphasised (where a value comes from) goes below the value."""
    values = [(p[1], re.sub(r"\s+(?=<em>)", "<br>", p[2])) for p in pairs if p]
    return [f'<tr><th scope="row">{label}</th><td class="fact">{value}</td></tr>' for label, value in values]


def _item(item: SyntaxTreeNode) -> str:
    return "<br>".join(
        _inline(child.children[0]) if child.type == "paragraph" else _block(child, False) for child in item.children
    )
