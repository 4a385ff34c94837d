"""Registration by e-mail: mailbot reads the replies to an invitation, keeps the registry and mails on time.

Importing this package does nothing and reads nothing; `mailbot.cli` is where parts are built.
"""

__version__ = "0.1.0"
