"""The configuration: read once, checked whole, reported whole, then trusted.

`find` says which file, `load` reads it; everything that it can say is in `Config` and the models below it. Secrets are
only named here and looked up when they are first needed. Nothing here opens a connection or reads a clock.
"""

from mailbot.config.builtin import builtin_config, builtin_templates
from mailbot.config.load import find, load, parse
from mailbot.config.model import (
    Config,
    EventConfig,
    Limits,
    MailboxConfig,
    MailoutConfig,
    OAuth2,
    OfficeConfig,
    Organisers,
    Place,
    Requirements,
    Retention,
    SmtpConfig,
    Webex,
)
from mailbot.config.needed import missing_secrets
from mailbot.config.secret import Secret
from mailbot.config.values import Lead

__all__ = [
    "Config",
    "EventConfig",
    "Lead",
    "Limits",
    "MailboxConfig",
    "MailoutConfig",
    "OAuth2",
    "OfficeConfig",
    "Organisers",
    "Place",
    "Requirements",
    "Retention",
    "Secret",
    "SmtpConfig",
    "Webex",
    "builtin_config",
    "builtin_templates",
    "find",
    "load",
    "missing_secrets",
    "parse",
]
