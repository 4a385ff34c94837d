"""The configuration as it is trusted once it was checked: one frozen model a table of config.toml.

Attribute names are the file's keys, except for plurals where the file has `[[tables]]`. Nothing here opens a file or
asks for a secret; `load` does the one, `Secret.reveal` the other. Every default stands here and nowhere else.
"""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_serializer,
    model_validator,
)

from mailbot.addresses import ascii_form, key
from mailbot.config import values as v
from mailbot.config.builtin import builtin_templates
from mailbot.config.checks import (
    read_country,
    read_database,
    read_field,
    read_mailout_name,
    read_office_language,
    read_slug,
    read_title,
    read_why,
    read_zone,
)
from mailbot.config.cross import mailbox_name, tables
from mailbot.config.wallclock import settle

PORTS = {"imap": {"tls": 993, "starttls": 143, "none": 143}, "smtp": {"tls": 465, "starttls": 587, "none": 25}}
"""The usual ports (RFC 8314 section 7; 25 for a receiver on this machine)."""

USUAL_TEMPLATES = "templates"
"""The folder that the sample names, beside it; `mailbot init` puts one there."""

REQUIRED = ("name", "title", "phone", "organisation", "mode")
"""What a registration should give unless an event says otherwise: what the invitation asks for."""

Port = Annotated[int, v.number("the port", 1, 65535, 993)]
Security = Annotated[Literal["tls", "starttls", "none"], v.choice("tls", "starttls", "none")]
Seconds = Annotated[int, v.number("seconds", 1, 3600, 60)]


class Table(BaseModel):
    """One table of the file: unknown keys are errors, and nothing changes after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def __bool__(self) -> bool:
        """Say whether the file gave anything for this table."""
        return bool(self.model_fields_set)


class OAuth2(Table):
    """How to get an access token where the provider wants OAuth 2.0 (RFC 6749) in place of a password.

    With a `refresh_token` it is exchanged; without, `client_secret` serves by itself (client credentials).
    """

    provider: Annotated[Literal["microsoft365", "google", "other"], v.choice("microsoft365", "google", "other")]
    tenant: v.AnyText = ""
    client_id: v.Text
    client_secret: v.HiddenSecret | None = None
    refresh_token: v.HiddenSecret | None = None
    token_url: v.Url = ""
    scope: v.AnyText = ""


class Server(Table):
    """What both wires need to reach a server: `timeout` is in seconds, `ca` a file of issuers to trust (PEM)."""

    host: Annotated[str, BeforeValidator(v.read_host)] = ""
    port: Port
    security: Security
    user: v.AnyText = ""
    password: v.HiddenSecret | None = None
    oauth2: OAuth2 | None = None
    ca: v.FileThere | None = None
    timeout: Seconds = 60
    maildir: v.AnyPath | None = None


class MailboxConfig(Server):
    """One mailbox that gets replies: an IMAP folder, or a Maildir on this machine.

    `name` is for people and for the database: `user@host/folder`, or the Maildir's folder name. `poll` is in seconds,
    `max_bytes` in bytes; `leave` is `untouched`, `flag` or `move:Folder`.
    """

    name: v.AnyText = ""
    port: Port = 993
    security: Security = "tls"
    folder: v.Text = "INBOX"
    sent_folder: v.AnyText = ""
    leave: Annotated[str, BeforeValidator(v.read_leave)] = "untouched"
    authserv_id: v.AnyText = ""
    poll: Seconds = 60
    max_bytes: v.Size = 25_000_000

    @model_validator(mode="before")
    @classmethod
    def _usual_port_and_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "name" not in data:
            data = {**data, "name": mailbox_name(data)}
        return usual_port(data, "imap", "tls")

    @property
    def move_to(self) -> str:
        """The folder that recorded messages move to, "" where they stay."""
        return self.leave.removeprefix("move:") if self.leave.startswith("move:") else ""


class SmtpConfig(Server):
    """The way out: a submission server (RFC 6409), or a Maildir where nothing leaves this machine.

    `max_per_minute` 0 is no limit; `evidence` says how a mail in doubt is settled, `in_doubt` what happens without any.
    """

    port: Port = 587
    security: Security = "starttls"
    from_: v.From = Field(alias="from")
    helo: v.AnyText = ""
    connections: Annotated[int, v.number("connections", 1, 50, 4)] = 4
    max_per_minute: Annotated[int, v.number("mails a minute", 0, 100_000, 30)] = 0
    evidence: Annotated[Literal["sent", "copy", "none"], v.choice("sent", "copy", "none")] = "sent"
    in_doubt: Annotated[Literal["repeat", "ask"], v.choice("repeat", "ask")] = "repeat"
    envelope_sender: Annotated[Literal["plain", "plus"], v.choice("plain", "plus")] = "plain"
    reply_to: Annotated[Literal["plain", "plus"], v.choice("plain", "plus")] = "plain"
    copy_to: Annotated[str, BeforeValidator(v.read_own_address)] = ""

    @model_validator(mode="before")
    @classmethod
    def _usual_port_and_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("helo") and isinstance(sender := data.get("from"), str):
            data = {**data, "helo": ascii_form(sender.strip(" >")).rpartition("@")[2]}
        return usual_port(data, "smtp", "starttls")

    @property
    def domain(self) -> str:
        """The sender's domain: where Message-IDs are made."""
        return self.from_.email.rpartition("@")[2]

    @property
    def copy_address(self) -> str:
        """Where copies to ourselves go with `evidence = "copy"`: `copy_to`, else the sender's plus-address."""
        local, _, domain = self.from_.email.rpartition("@")
        return self.copy_to or f"{local}+mailbot-copy@{domain}"


def usual_port(data: Any, wire: str, security: str) -> Any:
    """Fill in the port that goes with the security, where the file names none."""
    if not isinstance(data, dict) or "port" in data:
        return data
    chosen = data.get("security", security)
    port = PORTS[wire].get(chosen) if isinstance(chosen, str) else None
    return data if port is None else {**data, "port": port}


class Organisers(Table):
    """Who gets digest and alerts, and decides; `digest` is a time of day in the next event's zone, None: none.

    `language` is that of the mails to them, None: the configuration's first.
    """

    addresses: tuple[v.EmailText, ...] = Field(min_length=1)
    digest: Annotated[time | None, BeforeValidator(v.read_digest)] = time(8, 0)
    alerts: Annotated[bool, BeforeValidator(v.read_flag)] = True
    language: v.Language | None = None


class Requirements(Table):
    """What taking part online needs: least speed in megabits a second (0: none), and devices."""

    mbps: Annotated[float, BeforeValidator(v.read_mbps)] = 0.0
    devices: v.Texts = ()


class Webex(Table):
    """How participants connect; `connect_before` is how long before the start they should begin to."""

    url: v.Url = ""
    meeting_number: v.AnyText = ""
    password: v.SharedSecret | None = None
    phone: v.Texts = ()
    connect_before: v.Before = v.Lead(exact=v.UNITS["minute"] * 30)
    requirements: Requirements = Requirements()


class Place(Table):
    """Where people meet who come in person."""

    address: v.AnyLines = ""


class MailoutConfig(Table):
    """A mail owed to a group at a moment before the event; `name` is its template's folder."""

    name: Annotated[str, BeforeValidator(read_mailout_name)]
    before: v.Before
    to: Annotated[Literal["online", "in_person", "everyone"], v.choice("online", "in_person", "everyone")] = "online"
    late: Annotated[Literal["at once", "never"], v.choice("at once", "never")] = "at once"


class OfficeConfig(Table):
    """An office with computers for participants whose own connection falls short; `country` is ISO 3166-1 alpha-2.

    `address` and `phone` are for participants, as they should read them; `language` is the contact's, "" for the first
    of the configuration's that is official there.
    """

    country: Annotated[str, BeforeValidator(read_country)]
    name: v.Text
    contact: v.EmailText
    seats: Annotated[int, v.number("seats", 0, 10_000, 4)] = 1
    address: v.AnyText = ""
    phone: v.AnyText = ""
    language: Annotated[str, BeforeValidator(read_office_language)] = ""


MAILOUTS = (
    MailoutConfig(name="guide", before="7 days", to="online", late="at once"),  # type: ignore[arg-type]
    MailoutConfig(name="reminder", before="30 minutes", to="online", late="never"),  # type: ignore[arg-type]
)
"""The mail-outs of an event that names none: what the invitation promises."""


class EventConfig(Table):
    """What people register for. `start` and `end` are wall clocks in `timezone`; `starts` and `ends` are moments.

    `cancelled` says that it will not take place, `cancelled_because` why, by language.
    """

    slug: Annotated[str, BeforeValidator(read_slug)]
    title: Annotated[dict[str, str], BeforeValidator(read_title)]
    start: v.WallClock
    end: v.WallClock
    timezone: Annotated[str, BeforeValidator(read_zone)]
    invitations: tuple[v.MessageId, ...] = ()
    invitation_text: tuple[v.FileThere, ...] = ()
    subject_words: v.Texts = ()
    required: tuple[Annotated[str, BeforeValidator(read_field)], ...] = REQUIRED
    cancelled: Annotated[bool, BeforeValidator(v.read_flag)] = False
    cancelled_because: Annotated[dict[str, str], BeforeValidator(read_why)] = Field(default_factory=dict)
    webex: Webex = Webex()
    place: Place = Place()
    mailouts: tuple[MailoutConfig, ...] = Field(MAILOUTS, alias="mailout")
    offices: tuple[OfficeConfig, ...] = Field((), alias="office")
    _texts: tuple[str, ...] = PrivateAttr(())
    _first_language: str = PrivateAttr("")

    @property
    def zone(self) -> ZoneInfo:
        """The event's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def starts(self) -> datetime:
        """When it starts (aware, in the event's zone)."""
        return settle(self.start, self.zone)

    @property
    def ends(self) -> datetime:
        """When it ends (aware, in the event's zone)."""
        return settle(self.end, self.zone)

    @property
    def invitation_texts(self) -> tuple[str, ...]:
        """The plain texts of the invitations that were sent, read when the configuration was."""
        return self._texts

    def title_in(self, language: str) -> str:
        """Return the title in a language, else in the configuration's first language, else in any that there is."""
        return self.title.get(language) or self.title.get(self._first_language) or next(iter(self.title.values()))

    def because_in(self, language: str) -> str:
        """Return why it was cancelled, in a language; "" where that is not said in it, nor in one text for all."""
        return self.cancelled_because.get(language) or self.cancelled_because.get("", "")

    def mailout(self, name: str) -> MailoutConfig | None:
        """Return the mail-out of that name, None where there is none."""
        return next((m for m in self.mailouts if m.name == name), None)


class Limits(Table):
    """What is bounded so that nobody, by mistake or on purpose, makes mailbot write too much."""

    acknowledgements_per_address_and_day: Annotated[int, v.number("mails", 1, 1000, 10)] = 10


class Retention(Table):
    """How long personal data stays after an event's end, in days; then the worker erases it."""

    raw_days: Annotated[int, v.number("days", 1, 36_500, 90)] = 90
    registry_days: Annotated[int, v.number("days", 1, 36_500, 365)] = 365


def read_templates(value: object, info: ValidationInfo) -> Path:
    """Take the folder of templates; "templates", as the sample says, may be missing: then mailbot's own serve."""
    if value == USUAL_TEMPLATES and not (v.base(info) / USUAL_TEMPLATES).exists():
        return builtin_templates()
    return v.read_folder(value, info)


class Config(Table):
    """The whole configuration. `database` is an SQLAlchemy URL and `templates` a folder, both absolute."""

    database: Annotated[str, BeforeValidator(read_database)] = Field(
        "sqlite:///registry.db", validate_default=True, repr=False
    )
    templates: Annotated[Path, BeforeValidator(read_templates)] = Field(default_factory=builtin_templates)
    languages: tuple[v.Language, ...] = Field(("fr", "en", "es", "pt"), min_length=1)
    organisers: Organisers
    mailboxes: tuple[MailboxConfig, ...] = Field(alias="mailbox", min_length=1)
    smtp: SmtpConfig
    events: tuple[EventConfig, ...] = Field(alias="event", min_length=1)
    limits: Limits = Limits()
    retention: Retention = Retention()
    _path: Path = PrivateAttr(Path("config.toml"))

    @model_validator(mode="before")
    @classmethod
    def _evidence_that_there_is(cls, data: Any) -> Any:
        """Without any mailbox on a server and without a Maildir on the way out there is no Sent folder to look at."""
        if not isinstance(data, dict) or not isinstance(smtp := data.get("smtp"), dict):
            return data
        on_server = any(mailbox.get("host") for _, mailbox in tables(data, "mailbox"))
        if on_server or "evidence" in smtp or smtp.get("maildir"):
            return data
        return {**data, "smtp": {**smtp, "evidence": "none"}}

    def model_post_init(self, context: Any) -> None:
        """Take over what the loader knows beside the file's text."""
        known = context or {}
        self._path = known.get("path", self._path)
        for event in self.events:
            event._first_language = self.languages[0]
            event._texts = tuple(known.get("texts", {}).get(path, "") for path in event.invitation_text)

    @field_serializer("database")
    def _database_shown(self, _: str) -> str:
        return self.database_shown

    @property
    def path(self) -> Path:
        """The file that this was read from."""
        return self._path

    @property
    def database_shown(self) -> str:
        """The database's URL for people: without its password."""
        return v.without_password(self.database)

    @property
    def own_addresses(self) -> frozenset[str]:
        """The organisers' and the registrar's own addresses, lower case: never a participant's."""
        own = {self.smtp.from_.email, self.smtp.copy_address, self.smtp.user, *self.organisers.addresses}
        own |= {mailbox.user for mailbox in self.mailboxes}
        return frozenset(address.casefold() for address in own if "@" in address)

    @property
    def evidence_mailbox(self) -> MailboxConfig | None:
        """The IMAP mailbox whose Sent folder shows what left: the sender's own where it is here, else the first."""
        found = [mailbox for mailbox in self.mailboxes if mailbox.maildir is None]
        same = [mailbox for mailbox in found if mailbox.user and mailbox.user == self.smtp.user]
        return next(iter(same or found), None)

    def is_own(self, address: str) -> bool:
        """Say whether an address is ours, also with something behind a plus: never a participant's."""
        own, given = {key(one) for one in self.own_addresses}, key(address)
        local, _, domain = given.rpartition("@")
        return given in own or f"{local.partition('+')[0]}@{domain}" in own

    def event(self, slug: str) -> EventConfig:
        """Return the event with that slug; raises KeyError where there is none."""
        for event in self.events:
            if event.slug == slug:
                return event
        raise KeyError(slug)
