"""The writer's own words: a body without what is quoted, forwarded, boilerplate, or the invitation that we sent.

`cut(message, invitation)` is linear and pure. It tells whose words they are and where they stand; it never tells what
they mean. Whatever it takes away of an older mail is kept beside, for corrections that refer to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from mailbot.message import Message
from mailbot.rsvp import filled_in
from mailbot.rsvp.answer import Invitation, Where
from mailbot.rsvp.html import lines_of
from mailbot.rsvp.known import Known, known
from mailbot.rsvp.lines import Line, of_text
from mailbot.rsvp.notices import is_separator, signature_start, without_notices
from mailbot.rsvp.zones import Zones

_LINK = re.compile(r"(?<=\S)\s?<(?:mailto:|https?://|tel:)[^<>\s]{1,500}>")
_IMAGE = re.compile(r"\[(?:cid|image|inline image|logo)\b[^\[\]]{0,200}\]", re.IGNORECASE)
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]{1,80})\*(?![\w*])")
_QUOTE_STARTS = re.compile(r"gmail_quote|<blockquote|divRplyFwdMsg|border-top:\s?solid|yahoo_quoted|appendonsend")
_STRUCK = re.compile(r"<(?:s|del|strike)>|line-through", re.IGNORECASE)
_CELL = re.compile(r"<t[dh][\s>]", re.IGNORECASE)
_COLOURED = re.compile(
    r"<(?:span|font|p|div|b|i|strong)\b[^<>]{0,300}\bcolor\s*[:=]\s*[\"']?\s*(?!black|windowtext|inherit|#0{3,6}\b|rgb\(0)",
    re.IGNORECASE,
)
_FEW_QUOTED = 12
"""Quoted lines above a single answer that it may still be an answer to; a whole mail quoted is no question."""
_MAX_OWN = 20_000
"""Characters of own words that are handed on; people write some hundred, and whoever reads fields looks closely."""
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
    lines = _clean(of_text(message.text)) if message.text.strip() else []
    body = Zones(lines, message, invitation)
    sent = known(invitation.invitation_texts)
    if message.html.strip() and _html_may_tell_more(message, body):
        rich = Zones(_clean(lines_of(message.html)), message, invitation)
        if not lines or _tells_more(rich, message, sent):
            body = rich
    return _OwnPart(body, message, invitation, sent).words()


def _html_may_tell_more(message: Message, body: Zones) -> bool:
    """Say whether it is worth parsing the HTML beside a text: only it shows tables, colours and what was struck out."""
    if not body.lines:
        return True
    markup = message.html
    quote = _QUOTE_STARTS.search(markup)
    top = quote.start() if quote else len(markup)
    if _CELL.search(markup, 0, top) or _STRUCK.search(markup, 0, top):
        return True
    if len(markup) > 20 * (len(message.text) + 50):
        return True
    # Answers in colour stand where the quote is not marked line by line, in pieces of another colour.
    return quote is not None and "old" in body.zones and _COLOURED.search(markup, quote.start()) is not None


def _tells_more(rich: Zones, message: Message, sent: Known) -> bool:
    """Say whether HTML holds what the plain text beside it lacks."""
    if any(line.table for line in rich.of("own")) or filled_in.coloured(rich.of("old"), sent):
        return True
    letters = sum(len(line.text) for line in rich.lines)
    return letters > 3 * len(message.text.strip()) or _STRUCK.search(message.html) is not None


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


class _OwnPart:
    """Puts the writer's lines together into segments."""

    def __init__(self, body: Zones, message: Message, invitation: Invitation, sent: Known) -> None:
        self.body, self.message, self.invitation, self.sent = body, message, invitation, sent

    def words(self) -> OwnWords:
        """Return the segments, in the order of the body, and what was cut."""
        segments = self._outside_quotes()
        if not any(segment.where == "quote" for segment in segments):
            segments += self._inside_quotes(alone=all(segment.where == "signature" for segment in segments))
        forwarded = self.body.passed_on()
        if any(line.text for line in self.body.of("forwarded")):
            segments.append(Segment(forwarded, "forwarded"))
        return OwnWords(
            tuple(_within(segments)),
            quoted=self.body.text("old", "break", "header"),
            forwarded=forwarded,
            earlier=self.body.text("earlier"),
        )

    def _outside_quotes(self) -> list[Segment]:
        """Return the segments of the lines that stand outside every quote."""
        marked = [number for number, (line, zone) in enumerate(self.body) if zone == "old" and line.depth and line.text]
        last = marked[-1] if marked else -1
        found: list[Segment] = []
        interleaved = False
        above = 0  # quoted lines above the block at hand
        for first, own in self._blocks():
            while above < len(marked) and marked[above] < first:
                above += 1
            interleaved = interleaved or (above > 0 and first < last)
            answers = above > 0 and (interleaved or above <= _FEW_QUOTED)
            where: Where = "quote" if above > 0 and interleaved else "body"
            found += self._block(self._subtracted(own), where, self._prompt(first) if answers else "")
        return found

    def _blocks(self) -> list[tuple[int, list[Line]]]:
        """Return the runs of own lines without blank lines around them: (number of the first, lines)."""
        blocks: list[tuple[int, list[Line]]] = []
        number = 0
        for own, run in groupby(self.body, key=lambda pair: pair[1] == "own"):
            lines = [line for line, _ in run]
            if own:
                filled = [n for n, line in enumerate(lines) if line.text]
                if filled:
                    blocks.append((number + filled[0], lines[filled[0] : filled[-1] + 1]))
            number += len(lines)
        return blocks

    def _prompt(self, first: int) -> str:
        """Return the quoted paragraph directly above a line."""
        above: list[str] = []
        for number in range(first - 1, max(first - 40, -1), -1):
            line, zone = self.body.lines[number], self.body.zones[number]
            if zone == "old" and line.text:
                above.append(line.text)
            elif above:
                break
        return " ".join(reversed(above))[-_MAX_PROMPT:]

    def _subtracted(self, own: list[Line]) -> list[Line]:
        """Take the invitation away where it was pasted without any mark: three of its lines, or one long one."""
        if not self.sent or sum(len(line.text) for line in own) < 60:
            return own
        ours = [len(line.text) > 12 and self.sent.share(line.text) >= 0.85 for line in own]
        if sum(ours) < 3 and not any(our and len(line.text) > 90 for our, line in zip(ours, own, strict=True)):
            return own
        return [line for line, our in zip(own, ours, strict=True) if not our]

    def _block(self, own: Sequence[Line], where: Where, prompt: str) -> list[Segment]:
        """Cut one run of own lines into body, tables and signature, without devices' and lawyers' additions."""
        own = without_notices(own)
        edge = signature_start(own)
        found: list[Segment] = []
        parts: tuple[tuple[list[Line], Where, str], ...] = ((own[:edge], where, prompt), (own[edge:], "signature", ""))
        for part, place, asked in parts:
            for table, rows in groupby(part, key=lambda line: line.table):
                text = "\n".join(row.text for row in rows if not is_separator(row.text)).strip("\n")
                if text.strip():
                    found.append(Segment(text, "table" if table else place, asked))
        return found

    def _inside_quotes(self, *, alone: bool) -> list[Segment]:
        """Return what was filled into our own quoted text.

        `alone` says that the message has no other words of the writer's: only then labels, and what stands below an
        unmarked quote, may be theirs.
        """
        old, ours = self.body.of("old"), self.invitation.own_addresses
        found = filled_in.coloured(old, self.sent) or filled_in.typed(old, self.sent, ours)
        if not found and alone and self._answers_invitation():
            found = filled_in.labelled(old, ours)
        if found or not alone:
            return [Segment(answer.text, "quote", answer.prompt) for answer in found]
        return self._block(filled_in.below(old, self.sent, ours), "body", "")

    def _answers_invitation(self) -> bool:
        """Say whether the message answers the invitation itself, not a mail of ours that lists what we wrote down."""
        answered = self.message.in_reply_to
        return not answered or any(one in self.invitation.message_ids for one in answered)


def _within(segments: list[Segment]) -> list[Segment]:
    """Return the segments up to `_MAX_OWN` characters in all."""
    left, kept = _MAX_OWN, []
    for segment in segments:
        if left > 0:
            kept.append(segment if len(segment.text) <= left else replace(segment, text=segment.text[:left]))
        left -= len(segment.text)
    return kept
