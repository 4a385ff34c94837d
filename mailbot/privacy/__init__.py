"""What is kept of people, and how it goes: all of one person on their word, everything of an event once its time is up.

`belongings` finds what is one person's, `forget` erases it, `retention` erases what is too old, `export` shows it to
whom it is about. What stays is a count, and of each message where it lay, so that it is not read again. The mail in the
organisers' own mailboxes is theirs, and is never touched.
"""
