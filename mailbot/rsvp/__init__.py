"""What a reply says: the pure reader of replies (no I/O, no clock).

`rsvp.read(message, invitation)` takes a `mailbot.message.Message` and what is known of the invitation and returns a
`Reading`: the kind of reply, its language, and an `Answer` a person, each value with the words it was read from, the
rule that read it and a confidence. It never raises on any message, never guesses in silence, and never looks anything
up outside its arguments and its lexicons.

The way of a message: `own_words` cuts it down to its writer's own words, `blocks` sorts them into labelled answers
(`labels`), lists (`pieces`), sentences (`prose`, `roles`) and signature (`houses` joins the lines of one house),
`attendance` weighs what the sentences mean (`ways` how somebody takes part, `each` which of several, `access` who needs
a computer), `kind` says which kind it is, `people` who registers, `values` gives each field its final form.
"""

from __future__ import annotations

from mailbot.message import Message
from mailbot.rsvp.answer import Invitation, Reading
from mailbot.rsvp.reader import language_of, read

__all__ = ["Invitation", "Message", "Reading", "language_of", "read"]
