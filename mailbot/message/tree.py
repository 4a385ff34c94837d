"""The MIME tree as the parser left it, walked by hand into leaves and into the message's own body.

mail-parser's own `text_plain` joins the text of attached messages and calendar parts into the body, and takes a text
part with a name out of it; so the tree is walked here. This module decodes; it never judges what a text says.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from email.message import Message as Tree

from mailbot.message import pgp, smime
from mailbot.message.charset import decode, tidy
from mailbot.message.flowed import unflow
from mailbot.message.headers import parameters, unfold
from mailbot.message.model import Limits, Part

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_ENRICHED = re.compile(r"<(/?)([A-Za-z0-9-]{1,60})>")
_READABLE = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown")
_CMS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")


@dataclass(slots=True)
class Body:
    """A piece of body in its two forms; "" where a form is missing."""

    text: str = ""
    html: str = ""

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.html.strip())


@dataclass(slots=True)
class Harvest:
    """What the walk gathers beside the body."""

    limits: Limits
    parts: list[Part] = field(default_factory=list)
    attached: list[Tree] = field(default_factory=list)  # messages attached to this one, in order
    inner: list[bytes] = field(default_factory=list)  # entities found inside opaque signatures, yet to be parsed
    defects: set[str] = field(default_factory=set)
    encrypted: bool = False
    winmail: bool = False
    too_deep: bool = False


def own_body(root: Tree, harvest: Harvest) -> Body:
    """Walk a tree: return the message's own body, and put leaves, attached messages and oddities into `harvest`."""
    return _walk(root, "1", 1, harvest)


def text_of(body: Body) -> Body:
    """Return a finished body: clear-signed text without its armour."""
    return Body(pgp.unwrap(body.text), body.html)


def _walk(node: Tree, path: str, depth: int, harvest: Harvest) -> Body:
    named = _named(node)
    main, params = parameters(unfold(named.get("content-type", "")))
    content_type = main if "/" in main else node.get_default_type()
    if depth > harvest.limits.depth:
        harvest.too_deep = True
        return Body()
    # Asking a leaf for its payload would decode it by the declared charset, which may raise; see `_payload`.
    children = node.get_payload() if node.is_multipart() else None
    if not isinstance(children, list):
        return _leaf(node, path, (content_type, params, _disposition(named)), harvest)
    if content_type.startswith("message/"):
        harvest.attached += [child for child in children if isinstance(child, Tree)]
        harvest.parts.append(_part(path, (content_type, params, _disposition(named)), b"", ""))
        return Body()
    if content_type == "multipart/encrypted":
        harvest.encrypted = True
    bodies = [
        _walk(child, f"{path}.{number}", depth + 1, harvest)
        for number, child in enumerate(children, start=1)
        if isinstance(child, Tree)
    ]
    if _disposition(named)[0] == "attachment" and depth > 1:
        return Body()
    return _alternatives(bodies) if content_type == "multipart/alternative" else _joined(bodies)


def _alternatives(bodies: list[Body]) -> Body:
    """One of each form: the fullest plain text, the last HTML (RFC 2046 5.1.4: the richest stands last)."""
    text = max((b.text for b in bodies), key=len, default="")
    rich = next((b.html for b in reversed(bodies) if b.html.strip()), "")
    return Body(text, rich)


def _joined(bodies: list[Body]) -> Body:
    """All of it, one after the other; each form is whole or empty, so that nobody reads half a message.

    Apple Mail writes text and HTML in turns around attachments, and lists add a plain footer to HTML.
    """
    bodies = [body for body in bodies if body]
    if len(bodies) < 2:
        return bodies[0] if bodies else Body()
    text = "\n".join(b.text for b in bodies) if all(b.text.strip() or not _shows(b.html) for b in bodies) else ""
    if not any(_shows(b.html) for b in bodies):
        return Body(text)
    rich = "\n".join(b.html if b.html.strip() else f"<pre>{html.escape(b.text, quote=False)}</pre>" for b in bodies)
    return Body(text, rich)


def _shows(markup: str) -> bool:
    """Say whether HTML shows any word: Apple's empty frame around an attachment does not."""
    if not markup.strip():
        return False
    bare = re.sub(
        r"(?is)<(style|script|head|title)\b.{0,20000}?</\1\s*>|<[^<>]{0,2000}>|&nbsp;|&#160;", "", markup[:50_000]
    )
    return bool(bare.strip())


_Kind = tuple[str, dict[str, str], tuple[str, dict[str, str]]]
"""A part's content type, its parameters, and its disposition with parameters."""


def _leaf(node: Tree, path: str, kind: _Kind, harvest: Harvest) -> Body:
    content_type, params, disposition = kind
    payload = _payload(node)
    if content_type.startswith("multipart/"):
        # A multipart whose delimiters never came: what is there is read as text, so that nothing is lost.
        harvest.defects.add("no_boundary")
        content_type = "text/plain"
    text = _text(payload, content_type, params, harvest) if content_type.startswith(("text/", "message/")) else ""
    part = _part(path, (content_type, params, disposition), payload, text)
    harvest.parts.append(part)
    if content_type in _CMS or part.filename.lower() == "smime.p7m":
        _open_cms(payload, params, harvest)
    elif content_type in _TNEF or part.filename.lower() == "winmail.dat":
        harvest.winmail = True
    elif content_type == "application/pgp-encrypted":
        harvest.encrypted = True
    # A name without a disposition is a mail program's habit, not an attachment; with "attachment" it is one.
    if content_type not in _READABLE or part.disposition == "attachment":
        return Body()
    if part.disposition == "inline" and part.filename and harvest.parts[:-1]:
        return Body()
    if content_type == "text/html":
        return Body("", text)
    return Body(_ENRICHED.sub("", text) if content_type in ("text/enriched", "text/richtext") else text)


def _open_cms(payload: bytes, params: dict[str, str], harvest: Harvest) -> None:
    kind = smime.kind(payload)
    if kind == "signed":
        content = smime.signed_content(payload)
        if content:
            harvest.inner.append(content)
    elif kind == "enveloped" or params.get("smime-type", "").lower() in ("enveloped-data", "authenveloped-data"):
        harvest.encrypted = True


def _payload(node: Tree) -> bytes:
    try:
        payload = node.get_payload(decode=True)
    except Exception:  # noqa: BLE001 -- the parser's decoders leak errors of their own; what is undecodable is empty
        return b""
    return payload if isinstance(payload, bytes) else b""


def _text(payload: bytes, content_type: str, params: dict[str, str], harvest: Harvest) -> str:
    declared = params.get("charset", "")
    if content_type == "text/html" and (not declared or declared.lower() in ("us-ascii", "utf-8")):
        meta = _META_CHARSET.search(payload[:4096])
        if meta and not declared:
            declared = meta[1].decode("ascii")
    text, odd = decode(payload[: 4 * harvest.limits.text], declared)
    if odd:
        harvest.defects.add(odd)
    if len(text) > harvest.limits.text:
        harvest.defects.add("text_cut")
        text = text[: harvest.limits.text]
    text = tidy(text.replace("\r\n", "\n").replace("\r", "\n"))
    if content_type == "text/plain" and params.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=params.get("delsp", "").lower() == "yes")
    return text


def _part(path: str, kind: _Kind, payload: bytes, text: str) -> Part:
    content_type, params, (disposition, named) = kind
    filename = named.get("filename", "") or params.get("name", "")
    return Part(path, content_type, params, disposition, filename, payload, text)


def _disposition(named: dict[str, str]) -> tuple[str, dict[str, str]]:
    value = named.get("content-disposition", "")
    return parameters(unfold(value)) if value else ("", {})


def _named(node: Tree) -> dict[str, str]:
    """Return a part's own description, as it stood on the wire: the first of each Content- field."""
    found: dict[str, str] = {}
    for name, value in node.raw_items():
        if name[:8].lower() == "content-":
            found.setdefault(name.lower(), str(value))
    return found
