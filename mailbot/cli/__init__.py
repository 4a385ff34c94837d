"""The commands: the only place where parts are built, arguments are read and people are spoken to.

Nothing here decides anything about mail. Exit codes: 0 all is well, 1 something went wrong, 2 the command or the
configuration is wrong, 3 something needs a person.
"""

from mailbot.cli.app import main

__all__ = ["main"]
