"""Pictures as inline SVG: a timeline, and bars. Numbers in, markup out; every text in them is escaped.

They carry no colours and no sizes of their own (the page's style does), every bar has its number beside it, and each
has a title and a description, so that they can be read without colour and without eyes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from mailbot.report.numbers import Step, Timeline


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a list: what it is called, how many, and its length as a share of the longest (None: no bar)."""

    label: str
    number: int
    share: float | None


def bars(counts: Sequence[tuple[str, int]], most: int, rest: Callable[[int], str]) -> list[Bar]:
    """Make bars of counts, at most `most` of them; what is left over becomes a line, called by `rest(how many kinds)`.

    That line has no bar: as long as it would be, it would dwarf what one wants to compare.
    """
    shown, left = (counts, []) if len(counts) <= most else (counts[: most - 1], counts[most - 1 :])
    top = max((n for _, n in shown), default=1) or 1
    found = [Bar(label, n, n / top) for label, n in shown]
    return [*found, Bar(rest(len(left)), sum(n for _, n in left), None)] if left else found


def bar(share: float) -> Markup:
    """Draw one horizontal bar of a share (0 to 1) of the width; its label and number stand beside it as text."""
    width = max(0.0, min(1.0, share)) * 100
    rect = Markup('<rect width="{}%" height="10" rx="1"/>').format(f"{width:.2f}")
    return Markup('<svg class="bar" width="100%" height="10" aria-hidden="true" focusable="false">{}</svg>').format(
        rect
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """A day to point out in a timeline, with its label."""

    day: date
    label: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things stand in the timeline's drawing, in SVG units (CSS pixels at full size)."""

    width: int
    bars_top: int = 26
    bars_height: int = 84
    gap: int = 38
    total_height: int = 84
    left: int = 6
    right: int = 46

    @property
    def bars_foot(self) -> int:
        """The base line of the bars."""
        return self.bars_top + self.bars_height

    @property
    def total_foot(self) -> int:
        """The base line of the cumulated curve."""
        return self.bars_foot + self.gap + self.total_height

    @property
    def height(self) -> int:
        """The whole drawing, with room for the dates below."""
        return self.total_foot + 24


@dataclass(frozen=True, slots=True)
class Labels:
    """A timeline's words: its title, what it shows as a sentence, the captions of its two parts, how to say a day."""

    title: str
    about: str
    new: str
    total: str
    day: Callable[[date], str]


def timeline(line: Timeline, width: int, name: str, labels: Labels, marks: Iterable[Mark] = ()) -> Markup:
    """Draw registrations a step and, below it on the same axis, cumulated; "" where there is nothing to draw.

    `name` makes the ids unique on the page, `width` is in CSS pixels.
    """
    if not line.steps:
        return Markup("")
    frame = Frame(width)
    slot = (frame.width - frame.left - frame.right) / len(line.steps)
    caption = Markup('<text class="caption" x="{}" y="{}">{}</text>')
    parts = [
        caption.format(frame.left, 14, labels.new),
        _bars(line, frame, slot),
        caption.format(frame.left, frame.bars_foot + frame.gap - 12, labels.total),
        _curve(line.steps, frame, slot),
        _axis(line, frame, slot, labels.day),
        *(_mark(m, line, frame, slot) for m in marks),
    ]
    return Markup(
        '<svg class="timeline" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-labelledby="{n}-t {n}-d">'
        '<title id="{n}-t">{title}</title><desc id="{n}-d">{about}</desc>{body}</svg>'
    ).format(w=frame.width, h=frame.height, n=name, title=labels.title, about=labels.about, body=Markup("").join(parts))


def _bars(line: Timeline, frame: Frame, slot: float) -> Markup:
    """Draw the bars; the number stands above a bar where there is room for it, else above the highest only."""
    top = max(s.new for s in line.steps) or 1
    highest = line.busiest
    drawn = []
    for i, step in enumerate(line.steps):
        if not step.new:
            continue
        height = step.new / top * (frame.bars_height - 14)
        x, y = frame.left + i * slot, frame.bars_foot - height
        thick = max(1.0, slot - max(1.0, slot * 0.18))
        drawn.append(
            Markup('<rect class="new" x="{}" y="{}" width="{}" height="{}"/>').format(
                _n(x), _n(y), _n(thick), _n(height)
            )
        )
        if slot >= 13 or step is highest:
            drawn.append(
                Markup('<text class="number" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                    _n(x + thick / 2), _n(y - 4), step.new
                )
            )
    base = Markup('<path class="axis" d="M{} {}H{}"/>').format(
        frame.left, frame.bars_foot + 0.5, frame.width - frame.right
    )
    return Markup("").join([*drawn, base])


def _curve(steps: Sequence[Step], frame: Frame, slot: float) -> Markup:
    """Draw the cumulated number as stairs, with the last number at its end."""
    top = steps[-1].total or 1
    d = [f"M{_n(frame.left)} {frame.total_foot}"]
    y = float(frame.total_foot)
    for i, step in enumerate(steps):
        y = frame.total_foot - step.total / top * (frame.total_height - 10)
        d.append(f"V{_n(y)}H{_n(frame.left + (i + 1) * slot)}")
    end = frame.width - frame.right
    area = Markup('<path class="under" d="{}V{}Z"/>').format(" ".join(d), frame.total_foot)
    line = Markup('<path class="total" d="{}"/>').format(" ".join(d))
    text = Markup('<text class="last" x="{}" y="{}">{}</text>').format(_n(end + 6), _n(y + 5), steps[-1].total)
    base = Markup('<path class="axis" d="M{} {}H{}"/>').format(frame.left, frame.total_foot + 0.5, end)
    return Markup("").join([area, line, text, base])


def _axis(line: Timeline, frame: Frame, slot: float, day: Callable[[date], str]) -> Markup:
    """Write dates below, as many as fit (about one every 90 pixels), always the first."""
    every = max(1, -(-90 // max(1, int(slot)))) if slot < 90 else 1
    texts = []
    for i in range(0, len(line.steps), every):
        x = frame.left + i * slot
        if x > frame.width - frame.right - 40 and i:
            break
        tick = Markup('<path class="tick" d="M{} {}v5"/>').format(_n(x + 0.5), frame.total_foot)
        text = Markup('<text class="date" x="{}" y="{}">{}</text>').format(
            _n(x), frame.total_foot + 18, escape(day(line.steps[i].day))
        )
        texts.append(tick + text)
    return Markup("").join(texts)


def _mark(mark: Mark, line: Timeline, frame: Frame, slot: float) -> Markup:
    """Point out a day by a dashed line through both parts; nothing where it lies outside."""
    days = (mark.day - line.steps[0].day).days
    if not 0 <= days < len(line.steps) * line.days:
        return Markup("")
    x = frame.left + (days / line.days + 0.5) * slot
    end = x > frame.width * 0.6
    y = 14 if end else frame.bars_foot + 13  # above the bars, but not over the caption at the left
    text = Markup('<text class="date" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        _n(x + (0 if end else 4)), y, "end" if end else "start", escape(mark.label)
    )
    return Markup('<path class="mark" d="M{} {}V{}"/>').format(_n(x), 18, frame.total_foot) + text


def _n(value: float) -> str:
    """Write a coordinate briefly."""
    return f"{value:.1f}".removesuffix(".0")
