"""Bytes in, a message we can read out: odd mail is data, not an error.

`read(raw)` never raises and its cost is bounded by `Limits`. It decodes; it does not judge: what kind of message it is
and what it says belongs to the floors above. It never touches a network, a file or a clock.

Inside: `bounds` looks at the bytes before any parser does, `parse` runs mail-parser in a guard and walks its tree,
`body` chooses what of the tree is the message's own text; `charset`, `headers`, `flowed`, `smime` and `pgp` each know
one encoding.
"""

from mailbot.addresses import Address
from mailbot.message.model import Limits, Message, Part
from mailbot.message.parse import read

__all__ = ["Address", "Limits", "Message", "Part", "read"]
