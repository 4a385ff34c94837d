"""Measure the reading of replies on the corpora: the table of scores and of calibration, part by part.

    python bench/score.py [--show-errors [CORPUS]] [--json]

Corpora 1 to 3 are the shared ones; the last third of each is held back. Further corpora are either for development, or
blind. What is held back or blind is read only for its sums, and no option of this program shows which message went
wrong. `--show-errors` lists the errors of the development part. Reads tests/corpus, writes nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
sys.path[:0] = [str(ROOT), str(CORPUS)]

import score  # type: ignore[import-not-found]  # noqa: E402 -- lies in tests/corpus, as it was handed over

from mailbot import message, reading  # noqa: E402 -- found through the path above
from mailbot.rsvp.answer import SURE, Invitation  # noqa: E402 -- found through the path above

HELD_BACK = {1: 80, 2: 87, 3: 80}
"""The shared corpora's files with a number above this one are held back (the last third)."""
SHARED = tuple(HELD_BACK)
FURTHER = (4, 5, 6, 7, 8, 11, 12, 13, 14, 15)
"""Our own further corpora, by other writers than the rules': scored before anybody saw their errors, then learnt."""
BLIND = (9, 10)
"""Our own corpora that are only measured, as the held-back part is."""
DEVELOPMENT = (*SHARED, *FURTHER)
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.01)
LANGUAGES = ("fr", "en", "es", "pt")


def invitation() -> Invitation:
    """Return what the corpora's organisers know beforehand."""
    return Invitation(
        message_ids=frozenset(f"<invite-20181023-{x}@workers-network.example>" for x in LANGUAGES),
        own_addresses=frozenset({"rsvp@workers-network.example", "registrar2@workers-network.example"}),
        invitation_texts=((CORPUS / "invitation.fr.txt").read_text(encoding="utf-8"),),
        subject_words=("webinaire", "webinar", "seminario web", "webinário"),
    )


def truths(*, held: bool, corpora: Iterable[int] = SHARED) -> Iterator[dict[str, Any]]:
    """Yield the truth of one part, `file` as "corpus/number.eml"; the other part's lines are not even parsed."""
    for corpus in corpora:
        last = HELD_BACK.get(corpus, 0 if corpus in BLIND else 10**6)
        if not (CORPUS / str(corpus) / "truth.jsonl").exists():
            continue
        for line in (CORPUS / str(corpus) / "truth.jsonl").read_text(encoding="utf-8").splitlines():
            number = re.search(r'"file": "(\d+)', line)
            if number and (int(number[1]) > last) == held:
                truth: dict[str, Any] = json.loads(line)
                truth["file"] = f"{corpus}/{truth['file']}"
                yield truth


def predictions(truth: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read the messages of a part."""
    known = invitation()
    found = {}
    for one in truth:
        said = reading.read(message.read((CORPUS / one["file"]).read_bytes()), known)
        found[one["file"]] = reading.to_json(one["file"], said) | {"values": _values(said)}
    return found


def calibration(truth: list[dict[str, Any]], said: dict[str, dict[str, Any]]) -> list[tuple[float, int, int]]:
    """Return for each bin of confidence: its lower bound, how many values it holds, how many of them are right."""
    counts = {low: [0, 0] for low in BINS[:-1]}
    for one in truth:
        if one["kind"] not in ("registration", "decline", "calendar_reply"):
            continue
        people = said[one["file"]]["participants"]
        for true, person in score.pair(score.people(one), people):
            confidences = said[one["file"]]["values"].get(str(people.index(person)), {}) if person else {}
            for field, confidence in confidences.items():
                value, right = score.value(field, person), score.value(field, true or {})
                if value is None:
                    continue
                low = max(b for b in BINS[:-1] if b <= confidence)
                counts[low][0] += 1
                counts[low][1] += right is not None and score.same(field, right, value)
    return [(low, n, ok) for low, (n, ok) in counts.items()]


def main() -> int:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--show-errors", type=int, nargs="?", const=0, help="list the errors of one corpus, or all")
    options.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    chosen = options.parse_args()
    parts = {
        "development": list(truths(held=False)),
        "held back": list(truths(held=True)),
        "further": list(truths(held=False, corpora=FURTHER)),
        "blind": list(truths(held=True, corpora=BLIND)),
    }
    parts = {name: part for name, part in parts.items() if part}
    started = time.perf_counter()
    said = {name: predictions(part) for name, part in parts.items()}
    seconds = time.perf_counter() - started
    results = {name: score.evaluate(part, said[name]) for name, part in parts.items()}
    total = score.evaluate(parts["development"] + parts["held back"], said["development"] | said["held back"])
    figures = {"shared": total[0]} | {name: result[0] for name, result in results.items()}
    if chosen.json:
        json.dump({name: _brief(part) for name, part in figures.items()}, sys.stdout, indent=1)
        return 0
    _print(figures)
    for name, part in parts.items():
        _print_calibration(name, calibration(part, said[name]))
    sys.stdout.write(f"\n{sum(map(len, parts.values()))} messages in {seconds:.1f} s\n")
    if chosen.show_errors is not None:
        shown = [c for c in DEVELOPMENT if chosen.show_errors in (0, c)]
        for corpus in shown:
            part = list(truths(held=False, corpora=(corpus,)))
            score.print_errors(score.evaluate(part, predictions(part))[1])
    return 0


def _values(said: Any) -> dict[str, dict[str, float]]:
    return {str(i): {f: v.confidence for f, v in a.values().items()} for i, a in enumerate(said.answers)}


def _brief(figures: dict[str, Any]) -> dict[str, float]:
    row = {k: figures[k] for k in ("messages", "kind_accuracy", "exact", "silently_wrong", "asked_to_look")}
    return row | {f: figures["fields"][f]["f1"] or 0.0 for f in score.FIELDS}


def _print(figures: dict[str, dict[str, Any]]) -> None:
    rows = {name: _brief(part) for name, part in figures.items()}
    names = list(rows["shared"])
    sys.stdout.write(f"{'':16}" + "".join(f"{name:>14}" for name in rows) + "\n")
    for name in names:
        cells = (row[name] for row in rows.values())
        sys.stdout.write(
            f"{name:16}" + "".join(f"{c:14d}" if name == "messages" else f"{c:14.3f}" for c in cells) + "\n"
        )


def _print_calibration(name: str, bins: list[tuple[float, int, int]]) -> None:
    sys.stdout.write(f"\ncalibration, {name}\n{'confidence':>12}{'values':>8}{'right':>8}{'share':>8}\n")
    for low, count, right in bins:
        if count:
            sys.stdout.write(f"{low:>11.2f}+{count:8d}{right:8d}{right / count:8.3f}\n")
    sure = [(n, ok) for low, n, ok in bins if low >= SURE]
    count, right = sum(n for n, _ in sure), sum(ok for _, ok in sure)
    sys.stdout.write(f"{'>= ' + str(SURE):>12}{count:8d}{right:8d}{right / max(1, count):8.3f}\n")


if __name__ == "__main__":
    sys.exit(main())
