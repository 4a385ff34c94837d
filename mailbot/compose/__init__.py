"""Templates and facts become the bytes of a message, ready for the wire.

`Composer` is the face; `Letter`, `Person` and `Shown` are what it is given. It decides nothing about who is owed what,
sends nothing, reads no clock (`Letter.now` is handed down), and reads no files but the templates.
"""

from mailbot.compose.composer import Composer
from mailbot.compose.ics import uid_of
from mailbot.compose.letter import CASES, Letter, Person, Shown

__all__ = ["CASES", "Composer", "Letter", "Person", "Shown", "uid_of"]
