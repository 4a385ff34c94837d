"""The writer's own words: a message's body without what is quoted, forwarded, boilerplate, or the invitation that we sent.

`cut(message, invitation)` is linear and pure. It tells whose words they are and where they stand; it never tells what
they mean. Whatever it takes away of an older mail is kept beside, for corrections that refer to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from mailbot.message import Message
from mailbot.rsvp import quoting
from mailbot.rsvp.answer import Invitation, Where
from mailbot.rsvp.html import lines_of
from mailbot.rsvp.known import Known, known
from mailbot.rsvp.lines import Line, margin, of_text, unwrapped
from mailbot.rsvp.quoting import Break

_LINK = re.compile(r"(?<=\S)\s?<(?:mailto:|https?://|tel:)[^<>\s]{1,500}>")
_IMAGE = re.compile(r"\[(?:cid|image|inline image|logo)\b[^\[\]]{0,200}\]", re.IGNORECASE)
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]{1,80})\*(?![\w*])")
_SEPARATOR = re.compile(r"(?:--+|__+|—+|–+)\s*$")
_QUOTE_STARTS = re.compile(r"gmail_quote|<blockquote|divRplyFwdMsg|border-top:\s?solid|yahoo_quoted|appendonsend")
_TELLING = re.compile(r"<t[dh][\s>].*<t[dh][\s>]|<(?:s|del|strike)>|line-through", re.IGNORECASE | re.DOTALL)
"""Markup that may say what plain text can't: a table of two cells or more, words struck out."""
_COLOURED = re.compile(
    r"<(?:span|font|p|div|b|i|strong)\b[^<>]{0,300}\bcolor\s*[:=]\s*[\"']?\s*(?!black|windowtext|inherit|#0{3,6}\b|rgb\(0)",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"[(\[{]([^()\[\]{}]{2,120})[)\]}]")
_MAX_SIGNATURE = 16
"""Lines of a signature; some carry an organisation's whole address in three languages."""
_FEW_QUOTED = 12
"""Quoted lines above a single answer that it may still be an answer to; a whole mail quoted is no question."""
_MAX_PROMPT = 300
"""Characters of the quoted text above an answer that are kept with it, the last ones."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the writer's own words.

    `where` is "body", "signature", "quote" (typed between or into quoted lines), "table" (one segment a table, a line a
    row: "label: value" where it has two columns, "cell | cell | cell" where it has more), or "forwarded" (a third
    person's mail that the writer passes on, with its header lines). `prompt` is what of the invitation stands directly
    above or before an answer, "" where nothing does.
    """

    text: str
    where: Where
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What of a message is the writer's own, and what was cut.

    `quoted` is the older mail below, whoever wrote it; `earlier` what of it the writer had written before (an earlier
    registration); `forwarded` what was passed on, with the header lines that name people, our invitation's too.
    """

    segments: tuple[Segment, ...]
    quoted: str = ""
    forwarded: str = ""
    earlier: str = ""

    @property
    def text(self) -> str:
        """The segments, one below the other: what `Value.start` counts in."""
        return "\n".join(segment.text for segment in self.segments)


def cut(message: Message, invitation: Invitation) -> OwnWords:
    """Return the writer's own words of a message. Linear in the body's length; never raises on any text."""
    sent = known(invitation.invitation_texts)
    lines = _clean(of_text(message.text)) if message.text.strip() else []
    body = _Body(lines, message, invitation, sent)
    if message.html.strip() and _html_tells_more(message, body):
        rich = _Body(_clean(lines_of(message.html)), message, invitation, sent)
        if not lines or rich.tells_more():
            body = rich
    return body.own_words()


def _html_tells_more(message: Message, body: _Body) -> bool:
    """Say whether it is worth parsing the HTML beside a text: only it shows tables, colours and what was struck out."""
    if not body.lines:
        return True
    markup = message.html
    quote = _QUOTE_STARTS.search(markup)
    top_markup = markup[: quote.start()] if quote else markup
    if _TELLING.search(top_markup):
        return True
    own = sum(len(line.text) for line, tag in zip(body.lines, body.tags, strict=True) if tag == "own")
    if own < 200 and len(markup) > 20 * (len(message.text) + 50):
        return True
    # Answers in colour stand where the quote is not marked line by line, in pieces of another colour.
    return quote is not None and "old" in body.tags and _COLOURED.search(markup, quote.start()) is not None


def _clean(lines: list[Line]) -> list[Line]:
    """Take away what programs leave in a text of its HTML: link targets, image names, asterisks for bold."""
    for line in lines:
        text = line.text
        if "<" in text:
            text = _LINK.sub("", text)
        if "[" in text:
            text = _IMAGE.sub("", text)
        if "*" in text:
            text = _BOLD.sub(r"\1", text)
        line.text = text.strip()
    return lines


class _Body:
    """One form of a body (text or HTML), its lines tagged with whose they are.

    Tags: "own", "old" (an older mail), "earlier" (an older mail of the writer's), "forwarded", "header" (the header
    block above one of these), "break" (its intro or rule).
    """

    def __init__(self, lines: list[Line], message: Message, invitation: Invitation, sent: Known) -> None:
        self.lines, self.message, self.invitation, self.sent = lines, message, invitation, sent
        self.breaks = quoting.breaks(lines, invitation.own_addresses)
        self.forwards = quoting.is_forward_subject(message.subject)
        self.tags = self._tagged()
        self._unwrap()

    def tells_more(self) -> bool:
        """Say whether this form holds what the plain text can't: a table or colours among what counts."""
        own_table = any(line.table and tag == "own" for line, tag in zip(self.lines, self.tags, strict=True))
        return own_table or bool(self._coloured()) or self._much()

    def _much(self) -> bool:
        letters = sum(len(line.text) for line in self.lines)
        return letters > 3 * len(self.message.text.strip()) or "line-through" in self.message.html

    def _tagged(self) -> list[str]:
        tags = ["own"] * len(self.lines)
        starts = {b.start: b for b in self.breaks}
        zone, quote_zone, number = "own", "old", 0
        while number < len(self.lines):
            line, here = self.lines[number], starts.get(number)
            if here is not None:
                tags[here.start : here.end] = ["header" if here.header else "break"] * (here.end - here.start)
                quote_zone = self._zone(here)
                if not self._marked(here) and (here.depth == 0 or zone != "own"):
                    zone = quote_zone
                number = here.end
                continue
            if line.old and zone == "own":
                zone = "old"
            tags[number] = quote_zone if line.depth else zone
            number += 1
        return tags

    def _unwrap(self) -> None:
        """Take back the breaks at the margin: the writer's margin is one, each older mail has its own."""
        own_margin = margin(line for line, tag in zip(self.lines, self.tags, strict=True) if tag == "own")
        lines: list[Line] = []
        tags: list[str] = []
        for (tag, _), run in groupby(
            zip(self.tags, self.lines, strict=True), key=lambda pair: (pair[0], pair[1].depth)
        ):
            part = [line for _, line in run]
            if tag not in ("header", "break", "old"):
                part = unwrapped(part, own_margin if tag == "own" else margin(part))
            lines += part
            tags += [tag] * len(part)
        self.lines, self.tags = lines, tags

    def _marked(self, here: Break) -> bool:
        """Say whether the lines below a break are marked as quoted, so that their end can be seen."""
        below = next((line for line in self.lines[here.end : here.end + 6] if line.text), None)
        return below is not None and below.depth > here.depth

    def _zone(self, here: Break) -> str:
        """Say whose words stand below a break."""
        named = quoting.addresses_in(here.author)
        if any(address in self.invitation.own_addresses for address in named):
            return "old"
        sender = self.message.from_
        if sender is not None and any(address == sender.email.lower() for address in named):
            return "earlier"
        if here.forward or (self.forwards and here.header):
            # Without an address, the last block of a chain is the invitation that everything began with.
            later = any(b.header and b.start > here.start for b in self.breaks)
            return "forwarded" if named or later else "old"
        return "old"

    def own_words(self) -> OwnWords:
        """Put the tagged lines together."""
        segments = self._segments()
        if not any(s.where == "quote" for s in segments):
            segments += self._filled(alone=not any(s.where != "signature" for s in segments))
        forwarded = self._forwarded()
        third = [line for line, tag in zip(self.lines, self.tags, strict=True) if tag == "forwarded" and line.text]
        if third:
            segments.append(Segment(forwarded, "forwarded"))
        return OwnWords(
            tuple(segments),
            quoted=_joined(
                line for line, tag in zip(self.lines, self.tags, strict=True) if tag in ("old", "break", "header")
            ),
            forwarded=forwarded,
            earlier=_joined(line for line, tag in zip(self.lines, self.tags, strict=True) if tag == "earlier"),
        )

    def _forwarded(self) -> str:
        """Return what was passed on: a third person's text, and the header lines of every block if it is a forward."""
        if "forwarded" not in self.tags and not self.forwards and not any(b.forward for b in self.breaks):
            return ""
        return _joined(line for line, tag in zip(self.lines, self.tags, strict=True) if tag in ("forwarded", "header"))

    def _segments(self) -> list[Segment]:
        """Return the segments of the lines that stand outside every quote."""
        blocks = _blocks(self.lines, self.tags)
        last_quoted = max((n for n, tag in enumerate(self.tags) if tag == "old" and self.lines[n].depth), default=-1)
        found: list[Segment] = []
        interleaved = False
        for first, numbers in blocks:
            own = [self.lines[n] for n in numbers]
            after_quote = any(self.tags[n] == "old" and self.lines[n].depth for n in range(first))
            between = after_quote and first < last_quoted
            interleaved = interleaved or between
            where: Where = "quote" if between or (after_quote and interleaved) else "body"
            answers = after_quote and (where == "quote" or self._quoted_above(first) <= _FEW_QUOTED)
            found += self._block(self._subtracted(own), where, self._prompt(first) if answers else "")
        return found

    def _prompt(self, first: int) -> str:
        """Return the quoted paragraph directly above a line, "" where a whole mail is quoted there."""
        above: list[str] = []
        for number in range(first - 1, max(first - 40, -1), -1):
            line = self.lines[number]
            if self.tags[number] == "old" and line.text:
                above.append(line.text)
            elif above and (not line.text or self.tags[number] != "old"):
                break
        return " ".join(reversed(above))[-_MAX_PROMPT:]

    def _quoted_above(self, first: int) -> int:
        """Return how many quoted lines with text stand above a line."""
        return sum(1 for n in range(first) if self.tags[n] == "old" and self.lines[n].text)

    def _subtracted(self, own: list[Line]) -> list[Line]:
        """Take the invitation away where it was pasted without any mark: three of its lines, or one long one."""
        if not self.sent or sum(len(line.text) for line in own) < 60:
            return own
        shares = [self.sent.share(line.text) if len(line.text) > 12 else 0.0 for line in own]
        ours = [share >= 0.85 for share in shares]
        if sum(ours) < 3 and not any(our and len(line.text) > 90 for our, line in zip(ours, own, strict=True)):
            return own
        return [line for line, our in zip(own, ours, strict=True) if not our]

    def _block(self, own: list[Line], where: Where, prompt: str) -> list[Segment]:
        """Cut one run of own lines into body, tables and signature, without devices' and lawyers' additions."""
        own = _without_notices(own)
        edge = _signature_start(own)
        found: list[Segment] = []
        parts: tuple[tuple[list[Line], Where], ...] = ((own[:edge], where), (own[edge:], "signature"))
        for part, place in parts:
            for table, lines in _by_table(part):
                text = "\n".join(line.text for line in lines).strip("\n")
                if text.strip():
                    found.append(Segment(text, "table" if table else place, prompt if place != "signature" else ""))
        return found

    def _filled(self, *, alone: bool) -> list[Segment]:
        """Return what was typed into our own quoted text, in order: other colours, or words that we did not send.

        `alone` says that the message has no other words of the writer's; only then labels may tell what is theirs.
        """
        quoted = [line for line, tag in zip(self.lines, self.tags, strict=True) if tag == "old"]
        coloured = self._coloured()
        if coloured:
            return [Segment(text, "quote", before) for before, text in coloured]
        old = [line for line in quoted if line.text]
        shares: list[float] = []
        if self.sent.wrote([line.text for line in old]):
            old = [line for line in unwrapped(quoted, margin(quoted)) if line.text]
            shares = [self.sent.share(line.text) for line in old]
        ours = [n for n, share in enumerate(shares) if share >= 0.85 and len(old[n].text) > 20]
        found = self._beside_known(old, shares, ours) if len(ours) >= 2 or _partly(shares) else []
        return found or (self._by_label(old) if alone and self._is_first_reply() else [])

    def _coloured(self) -> list[tuple[str, str]]:
        """Return what stands in older text in the one colour that differs: (words before it, text)."""
        runs = [
            (before, colour, text)
            for line, tag in zip(self.lines, self.tags, strict=True)
            if tag == "old"
            for before, colour, text in line.coloured
            if text
        ]
        whole = sum(len(line.text) for line, tag in zip(self.lines, self.tags, strict=True) if tag == "old")
        sizes: Counter[str] = Counter()
        for _, colour, text in runs:
            sizes[colour] += len(text)
        # The quote's own colour (Outlook greys it, headings have one) covers most of it, or all of what is coloured.
        chosen = [colour for colour, size in sizes.items() if size * 2 < whole]
        found = [(before.strip()[-_MAX_PROMPT:], text) for before, colour, text in runs if colour in chosen]
        return [(before, text) for before, text in found if self.sent.share(text) < 0.85]

    def _beside_known(self, old: list[Line], shares: list[float], ours: list[int]) -> list[Segment]:
        """Return lines between the invitation's lines, and words inside its paragraphs, that we did not send."""
        found: list[Segment] = []
        for above, below in pairwise(ours):
            between = old[above + 1 : below]
            if between and self.sent.follows(old[above].text, old[below].text):
                typed = [line for line, share in zip(between, shares[above + 1 : below], strict=True) if share < 0.4]
                prompt = old[above].text[-_MAX_PROMPT:]
                found += [Segment(line.text, "quote", prompt) for line in typed if not self._mentions_us(line.text)]
        for line, share in zip(old, shares, strict=True):
            if 0.4 <= share < 0.97 and len(line.text) > 40:
                found += [
                    Segment(piece, "quote", before.strip()[-_MAX_PROMPT:])
                    for before, piece in self.sent.typed_into(line.text)
                    if sum(c.isalnum() for c in piece) >= 2 and not self._mentions_us(piece)
                ]
        return found

    def _by_label(self, old: list[Line]) -> list[Segment]:
        """Return what was filled in where the invitation's text is not known: after labels, or in parentheses."""
        found: list[Segment] = []
        for line in old:
            labelled = quoting.filled_label(line.text)
            if labelled is not None and not self._mentions_us(line.text):
                found.append(Segment(line.text, "quote", labelled[0]))
                continue
            groups = list(_PARENTHESES.finditer(line.text))
            if len(groups) >= 3:
                found += [
                    Segment(group[1].strip(), "quote", line.text[max(0, group.start() - 60) : group.start()].strip())
                    for group in groups
                ]
        return found

    def _mentions_us(self, text: str) -> bool:
        return any(address in self.invitation.own_addresses for address in quoting.addresses_in(text))

    def _is_first_reply(self) -> bool:
        """Say whether the message answers the invitation itself, not a mail that lists what we wrote down."""
        answered = self.message.in_reply_to
        return not answered or any(one in self.invitation.message_ids for one in answered)


def _partly(shares: list[float]) -> bool:
    """Say whether any line is partly the invitation's: something was typed into it, or it was changed."""
    return any(0.4 <= share < 0.85 for share in shares)


def _blocks(lines: Sequence[Line], tags: Sequence[str]) -> list[tuple[int, list[int]]]:
    """Return the runs of own lines: (number of the first, numbers of all)."""
    blocks: list[tuple[int, list[int]]] = []
    run: list[int] = []
    for number, tag in enumerate([*tags, "end"]):
        if tag == "own":
            run.append(number)
            continue
        filled = [n for n in run if lines[n].text] if run else []
        if filled:
            blocks.append((filled[0], list(range(filled[0], filled[-1] + 1))))
        run = []
    return blocks


def _without_notices(own: list[Line]) -> list[Line]:
    """Drop lines of devices, legal notices, and lines that hold no letter or digit, except the signature's mark."""
    kept: list[Line] = []
    number = 0
    while number < len(own):
        line = own[number]
        if line.text and not line.table:
            if quoting.is_mobile(line.text):
                number += 1
                continue
            end = number + 1
            while end < len(own) and own[end].text:
                end += 1
            starts_paragraph = number == 0 or not own[number - 1].text
            if (starts_paragraph or quoting.starts_disclaimer(line.text)) and quoting.is_disclaimer(
                " ".join(row.text for row in own[number:end])[:4000]
            ):
                number = end
                continue
        if not line.text or _SEPARATOR.match(line.text) or any(char.isalnum() for char in line.text):
            kept.append(line)
        number += 1
    return kept


def _signature_start(own: list[Line]) -> int:
    """Return the number of the first line of the signature, the number of lines where there is none."""
    filled = [n for n, line in enumerate(own) if line.text]
    for number in filled:
        if _SEPARATOR.match(own[number].text) and len([n for n in filled if n > number]) <= 2 * _MAX_SIGNATURE:
            own[number].text = ""
            return number
    for number in reversed(filled[1:]):
        below = [n for n in filled if n > number]
        if len(below) > _MAX_SIGNATURE:
            break
        if below and quoting.is_closing(own[number].text) and all(len(own[n].text) <= 160 for n in below):
            return number + 1
    return len(own)


def _by_table(lines: Iterable[Line]) -> list[tuple[int, list[Line]]]:
    """Group neighbouring lines by the table that they are rows of; 0 is no table."""
    groups: list[tuple[int, list[Line]]] = []
    for line in lines:
        if not groups or groups[-1][0] != line.table:
            groups.append((line.table, []))
        groups[-1][1].append(line)
    return groups


def _joined(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines).strip("\n")
