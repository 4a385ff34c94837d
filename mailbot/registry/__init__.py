"""Who comes: what a reading changes in the registry, and the history that says why.

`record(session, event, reading, source)` applies one reading inside the caller's transaction. Every value that changes
leaves a `Change` with the words it was read from. This package never reads a message, never sends one, never commits.
"""

from mailbot.registry.history import latest_values, people_of, story
from mailbot.registry.record import (
    Recorded,
    Source,
    change_field,
    correct,
    note_reachable,
    note_unreachable,
    record,
)
from mailbot.registry.suggest import note_slip
from mailbot.registry.vouched import Vouched

__all__ = [
    "Recorded",
    "Source",
    "Vouched",
    "change_field",
    "correct",
    "latest_values",
    "note_reachable",
    "note_slip",
    "note_unreachable",
    "people_of",
    "record",
    "story",
]
