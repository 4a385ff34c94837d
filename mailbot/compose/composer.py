"""`Composer`: one letter in, one message out (see the package)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from mailbot.compose import samples
from mailbot.compose.check import notes, problems, unused
from mailbot.compose.context import variables
from mailbot.compose.headers import address_header, header, ids_header
from mailbot.compose.ics import method_of
from mailbot.compose.invitation import entry_for
from mailbot.compose.letter import Letter
from mailbot.compose.render import FAULTS, Rendered, environment, render
from mailbot.compose.typeset import typeset
from mailbot.compose.words import FOLDER, Words, load
from mailbot.config import Config
from mailbot.errors import MailbotError, Problem

ACKNOWLEDGEMENT = "acknowledgement"
"""The mail that answers what somebody wrote; all others are mail-outs."""

BUILT_IN = (ACKNOWLEDGEMENT, "moved", "event_cancelled", "event_restored")
"""Mails that mailbot sends by itself, beside those that the configuration names."""

OFFICE = ("office_seat", "office_waiting", "office_roster")
"""Mails about a computer in an office: sent by itself too, where an event has offices."""

INVITING = ("invitation", "invitation_reminder")
"""Mails that `mailbot invite` sends; templates of one's own from before need not have them."""

NO_PARTICIPANTS = ("office_roster",)
"""Mails to people who have nothing to cancel."""


class Composer:
    """Makes messages of the templates in a folder, for the events of a configuration."""

    def __init__(self, templates: Path, config: Config) -> None:
        self.templates, self.config = templates, config
        self._env = environment(templates)
        self._words: dict[str, tuple[tuple[int, int], Words]] = {}

    def compose(self, letter: Letter) -> bytes:
        """Return the message, with CRLF line ends; raises MailbotError where a template fails.

        A language that has no such template gives way to the configuration's first.
        """
        words = self._words_for(letter)
        rendered = self._render(letter, words)
        body = _body(rendered, entry_for(letter, words, self.config.smtp), letter.message_id)
        return self._headers(letter, rendered.subject, words).encode("utf-8") + body

    def render(self, letter: Letter) -> Rendered:
        """Return subject, text and HTML of a letter without its headers, for looking at."""
        return self._render(letter, self._words_for(letter))

    def check(self) -> list[Problem]:
        """Return what is wrong with the templates, in every language and case that can occur; [] where all is well."""
        return problems(self)

    def notes(self) -> list[Problem]:
        """Return what is no mistake but good to know: mails that a language leaves to the configuration's first."""
        return notes(self)

    def unused(self) -> list[Path]:
        """Return templates that nothing in the configuration uses: mails nobody sends, languages nobody gets."""
        return unused(self)

    def preview(self, mail: str, language: str, case: str = "") -> bytes:
        """Return a mail made from sample data; raises MailbotError for a mail or case that there is none of."""
        return self.compose(self.sample(mail, language, case))

    def sample(self, mail: str, language: str, case: str = "") -> Letter:
        """Return the letter behind a preview: invented people, the configuration's first event; raises as `preview`."""
        if not (self.templates / mail / f"{language}.md").is_file():
            there = sorted(f"{file.parent.name} --lang {file.stem}" for file in self.templates.glob("*/*.md"))
            raise MailbotError(f"there is no mail {mail} in {language}; there are {', '.join(there)}")
        sample = samples.letter(mail, language, case or samples.cases(mail)[0], self.config.events[0])
        local = sample.message_id.strip("<>").partition("@")[0]
        return replace(sample, message_id=f"<{local}@{self.config.smtp.domain}>")

    def mails(self) -> tuple[str, ...]:
        """Return the names of all mails that the configuration can send."""
        outs = (mailout.name for event in self.config.events for mailout in event.mailouts)
        offices = OFFICE if any(event.offices for event in self.config.events) else ()
        invites = [mail for mail in INVITING if (self.templates / mail).is_dir()]
        return tuple(dict.fromkeys((*BUILT_IN, *offices, *invites, *outs)))

    def _words_for(self, letter: Letter) -> Words:
        """Return the words of the letter's language if there is such a mail in it, else of the first language."""
        there = (self.templates / letter.mail / f"{letter.language}.md").is_file()
        language = letter.language if there else self.config.languages[0]
        path = self.templates / FOLDER / f"{language}.toml"
        stat = path.stat() if path.exists() else None
        stamp = (stat.st_mtime_ns, stat.st_size) if stat else (0, 0)
        known = self._words.get(language)
        if known is None or known[0] != stamp:
            known = self._words[language] = (stamp, load(self.templates, language))
        return known[1]

    def _render(self, letter: Letter, words: Words) -> Rendered:
        name = f"{letter.mail}/{words.language}.md"
        values = variables(letter, words, self.config)
        try:
            return render(self._env, name, values, partial(typeset, language=words.language))
        except FAULTS as error:
            raise MailbotError(f"the template {name} can't be used: {error}") from error

    def _headers(self, letter: Letter, subject: str, words: Words) -> str:
        """Return the header lines that go before those of the body."""
        answers = letter.mail == ACKNOWLEDGEMENT
        no_cancelling = answers or letter.mail in NO_PARTICIPANTS
        extra = {name.lower(): (name, value) for name, value in letter.headers}
        lines = [
            address_header("From", [self.config.smtp.from_]),
            address_header("To", [letter.recipient]),
            header("Subject", subject),
            header("Date", format_datetime(letter.now.astimezone(letter.event.zone))),
            ids_header("Message-ID", [f"<{letter.message_id.strip('<>')}>"]),
            ids_header("In-Reply-To", [letter.in_reply_to]),
            ids_header("References", [*letter.references, letter.in_reply_to]),
            header("Auto-Submitted", "auto-replied" if answers else "auto-generated"),
            header("X-Auto-Response-Suppress", "All"),
            header("X-Mailbot-Mail", letter.mail),
            header("X-Mailbot-Id", letter.message_id.strip("<>")),
            header("Content-Language", words.language),
            "" if no_cancelling else header("List-Unsubscribe", self._unsubscribe(words, letter)),
        ]
        taken = {name for name in extra if name in {line.partition(":")[0].lower() for line in lines}}
        kept = [line for line in lines if line and line.partition(":")[0].lower() not in taken]
        return "".join(f"{line}\r\n" for line in (*kept, *(header(*pair) for pair in extra.values())))

    def _unsubscribe(self, words: Words, letter: Letter) -> str:
        """Return the mailto of RFC 2369: a message that says, in their language, that they won't take part.

        It goes where answers to this mail go, since nothing else in it shows whose registration is meant.
        """
        said = quote(words.decline)
        told = dict(letter.headers)
        to = told.get("Reply-To", self.config.smtp.from_.email)
        return f"<mailto:{quote(to, safe='@+')}?subject={said}&body={said}>"


def _body(rendered: Rendered, entry: str, message_id: str) -> bytes:
    """Return the body with its own headers: text and HTML, and the calendar entry the way that programs know it.

    As an alternative it makes Gmail, Outlook and Apple show their buttons; as a file it serves everybody else. The same
    letter gives the same bytes: boundaries come from the message id, not from chance.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit", max_line_length=78))
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    if entry:
        data = entry.encode("utf-8")
        told = {"method": method_of(entry), "charset": "utf-8"}
        # Base64 keeps the CRLF and the folding of the entry as they are.
        message.add_alternative(data, maintype="text", subtype="calendar", cte="base64", params=told)
        message.add_attachment(data, maintype="application", subtype="ics", filename="invite.ics", cte="base64")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        # A line that begins with "=_" can't occur in quoted-printable text or in base64 (RFC 2045 6.7).
        part.set_boundary(f"=_{hashlib.sha256(message_id.encode('utf-8', 'replace')).hexdigest()[:24]}_{number}")
    return message.as_bytes()
