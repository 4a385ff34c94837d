"""The SMTP wire: a session over which messages leave, one by one and in two steps (RFC 5321, RFC 6409)."""

from mailbot.smtp.session import SmtpSession

__all__ = ["SmtpSession"]
