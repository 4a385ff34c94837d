"""The IMAP wire: one mailbox over one connection, read without leaving a trace (RFC 3501 and 9051)."""

from mailbot.imap.mailbox import ImapMailbox

__all__ = ["ImapMailbox"]
