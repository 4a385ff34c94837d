"""What a reply says: the pure reader of replies (no I/O, no clock).

`rsvp.read(message, invitation)` takes a `mailbot.message.Message` and what is known of the invitation and returns a
`Reading`: the kind of reply, its language, and an `Answer` a person, each value with the words it was read from, the
rule that read it and a confidence. It never raises on any message, never guesses in silence, and never looks anything
up outside its arguments and its lexicons.
"""
