"""Every command on a small database: its exit code, its JSON, its CSV, its help, and errors that are sentences."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailbot import cli, log
from tests.core.conftest import CONFIG
from tests.crashes.service import wall
from tests.journeys.conftest import registration

COMMANDS = ("init", "check", "run", "once", "read", "registry", "show", "outbox", "report", "preview", "demo",
            "backup", "review", "status", "invite", "forget", "export")  # fmt: skip
EVIL = '=HYPERLINK("https://evil.example";"Awa")'
WEBEX = '[event.webex]\npassword = { env = "MAILBOT_TEST_WEBEX" }'
SIGNED_IN = 'host = "127.0.0.1"\nport = 1\nsecurity = "none"\nuser = "rsvp"\npassword = { file = "smtp.password" }'
NOBODY = 'host = "127.0.0.1"\nport = 1\nsecurity = "none"\nuser = ""\ntimeout = 2'


@dataclass
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


Mailbot = Callable[..., Done]


@pytest.fixture
def mailbot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Mailbot]:
    """Run a command line in an empty folder, as a shell would."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("MAILBOT_CONFIG", raising=False)
    root = logging.getLogger()
    before = root.handlers[:], root.level, log.LOG.level

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["mailbot", *map(str, words)])
        code: object = 0
        try:
            cli.main()
        except SystemExit as e:
            code = e.code or 0
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        assert isinstance(code, int)
        return Done(code, shown.out, shown.err)

    yield run
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    log.LOG.setLevel(before[2])


@dataclass
class Desk:
    """A configuration on folders, whose event is in three days."""

    folder: Path
    count: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def receive(self, text: str = "", *, sender: str = "Awa Ndiaye <awa@cnts.sn.example>", **headers: str) -> None:
        self.count += 1
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "rsvp@workers-network.example", "Re: webinaire"
        mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), f"<{self.count}@mail.example>"
        mail["In-Reply-To"] = "<invite-fr@workers-network.example>"
        for name, told in headers.items():
            mail[name.replace("_", "-")] = told
        mail.set_content(text or registration())
        (self.folder / "inbox" / "new" / f"{self.count}.mail").write_bytes(mail.as_bytes())

    def sent(self) -> list[EmailMessage]:
        files = [p for p in (self.folder / "sent").rglob("*") if p.is_file()]
        found = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in files]
        return [mail for mail in found if isinstance(mail, EmailMessage)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for box in ("inbox", "sent"):
        for part in ("new", "cur", "tmp"):
            (tmp_path / "desk" / box / part).mkdir(parents=True)
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    text = CONFIG.format(start=wall(start), end=wall(start + timedelta(hours=2)), smtp='maildir = "sent"', extra="",
                         mailbox="")  # fmt: skip
    (tmp_path / "desk" / "config.toml").write_text(text, "utf-8")
    return Desk(tmp_path / "desk")


@pytest.fixture
def working(desk: Desk, mailbot: Mailbot) -> Desk:
    """A desk with three participants, one of whom is up to no good."""
    desk.receive()
    desk.receive(registration("en", name="Grace Achieng", phone="+254 722 418 563"), sender="Grace <grace@x.example>")
    desk.receive(registration("es", name="Ana Paz", organisation=EVIL), sender="Ana Paz <ana@x.example>")
    assert mailbot("once", "-c", desk.config).code in (0, 3)
    return desk


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_needs_nothing(mailbot: Mailbot, command: str) -> None:
    done = mailbot(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: mailbot {command} " in done.out
    assert len(done.out.splitlines()) > 6


def test_every_command_is_tested(mailbot: Mailbot) -> None:
    from mailbot.cli.app import app

    names = {c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands}
    assert set(COMMANDS) == names | {group.name for group in app.registered_groups}


def test_the_version_and_a_word_that_is_no_command(mailbot: Mailbot) -> None:
    assert mailbot("--version").out.startswith("mailbot ")
    done = mailbot("registrate")
    assert (done.code, "No such command" in done.err) == (2, True)


@pytest.mark.parametrize("command", ["check", "run", "once", "registry", "outbox", "report"])
def test_without_a_configuration_a_sentence_says_what_to_do(mailbot: Mailbot, command: str) -> None:
    done = mailbot(command)
    assert done.code == 2
    assert "mailbot init DIR" in done.err


@pytest.mark.parametrize("command", ["check", "run", "once", "registry"])
def test_a_broken_configuration_is_told_whole(mailbot: Mailbot, desk: Desk, command: str) -> None:
    text = desk.config.read_text().replace("[smtp]", "[smtp]\nmax_per_minit = 3\nconnections = 0")
    desk.config.write_text(text)
    done = mailbot(command, "-c", desk.config)
    assert done.code == 2
    assert done.err.startswith("2 problems in the configuration:")
    assert "max_per_minute" in done.err


@pytest.mark.parametrize("command", [("registry",), ("outbox",), ("show", "awa"), ("report",)])
def test_looking_before_anything_was_there_is_a_sentence_and_makes_nothing(
    mailbot: Mailbot, desk: Desk, command: tuple[str, ...]
) -> None:
    done = mailbot(*command, "-c", desk.config)
    assert done.code == 1
    assert "is not there yet" in done.err
    assert not list(desk.folder.glob("*.db*"))


def test_init_makes_a_folder_to_edit_and_touches_no_other(mailbot: Mailbot, tmp_path: Path) -> None:
    done = mailbot("init", tmp_path / "new")
    assert done.code == 0
    assert "Next: edit" in done.out
    assert (tmp_path / "new" / "templates" / "guide" / "fr.md").exists()
    (tmp_path / "new" / "config.toml").write_text("mine")
    assert mailbot("init", tmp_path / "new").code == 2
    assert (tmp_path / "new" / "config.toml").read_text() == "mine"
    unchanged = mailbot("check", "-c", tmp_path / "new" / "config.toml")
    assert unchanged.code == 2


def test_check_shows_the_schedule_and_says_what_is_wrong_with_a_template(mailbot: Mailbot, desk: Desk) -> None:
    done = mailbot("check", "-c", desk.config)
    assert done.code == 0, done.out
    for what in ("guide", "reminder", "Africa/Dakar", "not there yet"):
        assert what in done.out
    told = json.loads(mailbot("check", "-c", desk.config, "--json").out)
    assert [m["mail"] for m in told["schedule"]] == ["guide", "reminder"]

    shutil.copytree(Path(cli.__file__).parents[2] / "templates", desk.folder / "templates")
    (desk.folder / "templates" / "guide" / "fr.md").write_text("Subject: Guide\n\nBonjour {{ persn.name }}\n")
    desk.config.write_text('templates = "templates"\n' + desk.config.read_text())
    done = mailbot("check", "-c", desk.config)
    assert (done.code, "persn" in done.out) == (2, True)


def test_check_online_says_of_each_server_what_is_there(mailbot: Mailbot, desk: Desk) -> None:
    done = mailbot("check", "-c", desk.config, "--online", "--json")
    assert done.code == 0
    assert [s["problem"] for s in json.loads(done.out)["servers"]] == ["", ""]


def test_once_reads_sends_and_says_by_its_code_whether_anybody_is_needed(mailbot: Mailbot, desk: Desk) -> None:
    desk.receive()
    done = mailbot("once", "-c", desk.config, "--json")
    assert done.code == 0
    assert json.loads(done.out)["trouble"] == []
    assert sorted(str(m["X-Mailbot-Mail"]) for m in desk.sent()) == ["acknowledgement", "guide"]

    desk.receive("Bonjour,\n\nLe webinaire sera-t-il enregistré ?\n\nMerci,\nAwa Ndiaye\n")
    done = mailbot("once", "-c", desk.config)
    assert (done.code, "1 questions" in done.out) == (3, True)
    shutil.rmtree(desk.folder / "inbox")
    (desk.folder / "inbox").write_text("no mailbox")
    done = mailbot("once", "-c", desk.config, "--json")
    assert done.code == 1
    assert len(json.loads(done.out)["trouble"]) == 1


def test_read_says_what_messages_say_and_records_nothing(mailbot: Mailbot, desk: Desk, tmp_path: Path) -> None:
    desk.receive()
    (tmp_path / "here" / "a.eml").write_bytes(next((desk.folder / "inbox" / "new").iterdir()).read_bytes())
    (tmp_path / "here" / "b.eml").write_bytes(b"\xff\x00 nothing")
    (tmp_path / "here" / "c.txt").write_text("no message")
    with_config = mailbot("read", ".", "--json", "-c", desk.config)
    assert with_config.out == mailbot("read", ".", "--json").out  # a configuration helps, but is not needed
    done = mailbot("read", ".", "--json")
    first, second = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, first["file"], second["file"]) == (0, "a.eml", "b.eml")
    assert (first["kind"], first["language"], first["participants"][0]["name"]) == ("registration", "fr", "Awa Ndiaye")
    assert set(first["participants"][0]) >= {"email", "name", "title", "phone", "organisation", "mode", "needs_access"}
    assert "secrétaire" in mailbot("read", "a.eml").out
    done = mailbot("read", "missing.eml")
    assert (done.code, "there is no file missing.eml" in done.err) == (2, True)
    assert not list(desk.folder.glob("*.db"))


def test_registry_as_table_json_and_csv(mailbot: Mailbot, working: Desk) -> None:
    table = mailbot("registry", "-c", working.config)
    assert (table.code, "Awa Ndiaye" in table.out, "3 registered" in table.out) == (0, True, True)
    told = json.loads(mailbot("registry", "-c", working.config, "--json").out)
    assert [p["name"] for p in told] == ["Awa Ndiaye", "Grace Achieng", "Ana Paz"]
    text = mailbot("registry", "-c", working.config, "--csv").out
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [r["email"] for r in rows] == ["awa@cnts.sn.example", "grace@x.example", "ana@x.example"]
    none = mailbot("registry", "-c", working.config, "--event", "nothing")
    assert (none.code, "webinaire-2" in none.err) == (2, True)


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", EVIL, "=cmd|' /C calc'!A0"])
def test_no_cell_of_the_csv_is_a_formula(mailbot: Mailbot, working: Desk, evil: str) -> None:
    with closing(sqlite3.connect(working.folder / "registry.db")) as connection, connection:
        connection.execute("UPDATE participant SET name = ?, title = ?, organisation = ?", (evil, evil, evil))
    text = mailbot("registry", "-c", working.config, "--csv").out
    for row in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        begins = [cell for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
        assert all(re.fullmatch(r"\+[0-9]{12}", cell) for cell in begins)  # a number at worst, that can be dialled


def test_no_name_steers_the_terminal_or_is_taken_for_markup(mailbot: Mailbot, working: Desk) -> None:
    evil = "[bold red]Awa[/] \x1b]0;owned\x07\x1b[2J \u202e"
    with closing(sqlite3.connect(working.folder / "registry.db")) as connection, connection:
        connection.execute("UPDATE participant SET name = ?, title = ?, review = ?", (evil, evil, evil))
        connection.execute("UPDATE change SET words = ?, new = ? WHERE field = 'name'", (evil, evil))
        connection.execute("UPDATE outbox SET recipient = ?, reason = ?, state = 'failed'", (evil, evil))
    for command in (("registry",), ("show", "awa@cnts.sn.example"), ("outbox",)):
        done = mailbot(*command, "-c", working.config)
        assert done.code == 0
        assert not set(done.out) & set("\x1b\x07"), command
        assert "[bold" in done.out, command


def test_show_tells_one_persons_story_with_the_words(mailbot: Mailbot, working: Desk) -> None:
    for who in ("awa@cnts.sn.example", "AWA@CNTS.sn.example", "ndiaye"):
        done = mailbot("show", who, "-c", working.config)
        assert done.code == 0
        for what in ("Awa Ndiaye", "+221774501234", "“+221 77 450 12 34”", "guide to awa@cnts.sn.example", "was taken"):
            assert what in done.out, what
    (told,) = json.loads(mailbot("show", "awa@cnts.sn.example", "-c", working.config, "--json").out)
    assert set(told) == {"participant", "history", "mails"}
    assert {m["mail"] for m in told["mails"]} == {"acknowledgement", "guide"}
    nobody = mailbot("show", "nobody@x.example", "-c", working.config)
    assert (nobody.code, nobody.err.strip()) == (1, "mailbot: nobody like 'nobody@x.example' is in the registry")


def test_outbox_explains_what_waits_and_with_all_what_left(mailbot: Mailbot, working: Desk) -> None:
    assert mailbot("outbox", "-c", working.config).out.strip() == "Nothing waits."
    assert json.loads(mailbot("outbox", "-c", working.config, "--json").out) == []
    rows = json.loads(mailbot("outbox", "-c", working.config, "--json", "--all").out)
    assert [r["state"] for r in rows] == ["sent"] * 6
    with closing(sqlite3.connect(working.folder / "registry.db")) as connection, connection:
        connection.execute("UPDATE outbox SET state = 'failed', reason = 'no such [user]' WHERE id = 1")
    assert "no such [user]. Nothing more happens" in mailbot("outbox", "-c", working.config).out


def test_the_report_is_one_page_and_appears_whole(mailbot: Mailbot, working: Desk, tmp_path: Path) -> None:
    done = mailbot("report", "page.html", "-c", working.config)
    assert (done.code, str(tmp_path / "here" / "page.html") in done.out) == (0, True)
    page = (tmp_path / "here" / "page.html").read_text("utf-8")
    assert "Awa Ndiaye" in page
    assert not list((tmp_path / "here").glob("*.part"))


def test_the_report_comes_as_files_and_only_as_those_that_were_asked_for(
    mailbot: Mailbot, working: Desk, tmp_path: Path
) -> None:
    asked = ("--xlsx", "a.xlsx", "--sign-in", "sign.html", "--webex", "webex.csv")
    done = mailbot("report", *asked, "--lang", "en", "-c", working.config)
    here = tmp_path / "here"
    assert (done.code, sorted(p.name for p in here.iterdir())) == (0, ["a.xlsx", "sign.html", "webex.csv"])
    assert "The workbook (3 participants) is in" in done.out
    assert zipfile.is_zipfile(here / "a.xlsx")
    assert "Sign-in sheet" in (here / "sign.html").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO((here / "webex.csv").read_text("utf-8"), newline="")))
    online = [p for p in json.loads(mailbot("report", "--json", "-c", working.config).out) if p["mode"] == "online"]
    assert [(r["email"], r["workPhone"]) for r in rows] == [(p["email"], p["phone"] or "") for p in online]
    text = mailbot("report", "--csv", "--bom", "-c", working.config).out
    assert text.startswith("\ufeff")
    assert text[1:] == mailbot("registry", "--csv", "-c", working.config).out
    assert not (here / "report.html").exists()
    for wrong in (("--csv", "--json"), ("--bom",), ("--event", "nothing"), ("--lang", "sw")):
        assert mailbot("report", *wrong, "-c", working.config).code == 2


@pytest.mark.parametrize("option", ["--xlsx", "--sign-in", "--webex"])
def test_a_file_of_the_report_that_can_not_be_written_is_a_sentence_and_leaves_nothing(
    mailbot: Mailbot, working: Desk, tmp_path: Path, option: str
) -> None:
    target = tmp_path / "nowhere" / "file"
    done = mailbot("report", option, target, "-c", working.config)
    assert (done.code, done.err) == (1, f"mailbot: {target}: No such file or directory\n")


@pytest.mark.parametrize("mail", ["acknowledgement", "guide", "reminder"])
@pytest.mark.parametrize("language", ["fr", "en", "es", "pt"])
def test_preview_shows_every_mail_in_every_language(mailbot: Mailbot, desk: Desk, mail: str, language: str) -> None:
    text = mailbot("preview", mail, "--lang", language, "-c", desk.config)
    assert (text.code, len(text.out) > 200) == (0, True)
    assert "<html" in mailbot("preview", mail, "--lang", language, "--as", "html", "-c", desk.config).out


def test_preview_of_what_is_not_there_is_a_sentence(mailbot: Mailbot, desk: Desk) -> None:
    for words in (("nothing",), ("guide", "--lang", "xx"), ("guide", "--as", "pdf")):
        done = mailbot("preview", *words, "-c", desk.config)
        assert done.code in (1, 2), words
        assert done.err, words


def test_preview_shows_what_somebody_of_the_registry_would_get(mailbot: Mailbot, working: Desk) -> None:
    before = (working.folder / "registry.db").read_bytes()
    for mail in ("acknowledgement", "guide", "moved", "event_cancelled"):
        done = mailbot("preview", mail, "--participant", "GRACE@x.example", "-c", working.config)
        assert (done.code, "Grace Achieng" in done.out) == (0, True), (mail, done.err)
    said = mailbot("preview", "acknowledgement", "--participant", "grace@x.example", "-c", working.config)
    assert "+254 722 418563" in said.out
    french = mailbot("preview", "guide", "--lang", "fr", "--participant", "grace@x.example", "-c", working.config)
    assert "Bonjour Grace Achieng" in french.out.replace("\u00a0", " ")
    page = mailbot("preview", "guide", "--as", "html", "--participant", "grace@x.example", "-c", working.config)
    assert '<html lang="en"' in page.out
    raw = mailbot("preview", "guide", "--as", "eml", "--participant", "grace@x.example", "-c", working.config)
    assert "To: Grace Achieng <grace@x.example>" in raw.out
    assert (working.folder / "registry.db").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [("guide", "--participant", "nobody@x.example"), ("office_roster", "--participant", "grace@x.example"),
     ("nothing", "--participant", "grace@x.example"), ("guide", "--event", "nothing")],
)  # fmt: skip
def test_preview_of_what_nobody_would_get_is_a_sentence(
    mailbot: Mailbot, working: Desk, words: tuple[str, ...]
) -> None:
    done = mailbot("preview", *words, "-c", working.config)
    assert done.code in (1, 2)
    assert done.err
    assert "Traceback" not in done.err


def test_a_database_of_a_newer_version_and_a_damaged_one_are_sentences(mailbot: Mailbot, working: Desk) -> None:
    with closing(sqlite3.connect(working.folder / "registry.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("registry", "once", "run"):
        done = mailbot(command, "-c", working.config)
        assert (done.code, "newer mailbot" in done.err) == (1, True)
    (working.folder / "registry.db").write_bytes(b"a letter" * 1000)
    for command in ("registry", "once", "run"):
        done = mailbot(command, "-c", working.config)
        assert (done.code, "no SQLite file" in done.err) == (1, True)
    assert mailbot("check", "-c", working.config).code == 1


def test_a_database_that_breaks_under_a_command_is_a_sentence(
    mailbot: Mailbot, working: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(working.folder / "registry.db")) as connection, connection:
        connection.execute("ALTER TABLE participant RENAME COLUMN review TO gone")
    done = mailbot("registry", "-c", working.config)
    assert (done.code, done.err.startswith("mailbot: the database does not answer as it should")) == (1, True)


def test_the_configuration_may_be_named_by_the_environment_or_lie_here(
    mailbot: Mailbot, working: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILBOT_CONFIG", str(working.config))
    assert mailbot("registry").code == 0
    monkeypatch.delenv("MAILBOT_CONFIG")
    monkeypatch.chdir(working.folder)
    assert mailbot("registry").code == 0
    assert mailbot("-c", working.config, "registry").code == 0


def test_a_file_that_the_system_refuses_is_a_sentence_with_its_name(
    mailbot: Mailbot, working: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "nowhere" / "page.html"
    done = mailbot("report", page, "-c", working.config)
    assert (done.code, done.err) == (1, f"mailbot: {page}: No such file or directory\n")
    (tmp_path / "file").write_text("no folder")
    done = mailbot("demo", tmp_path / "file" / "demo")
    assert (done.code, done.err) == (1, f"mailbot: {tmp_path / 'file' / 'demo'}: Not a directory\n")

    def refused(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.eml").write_bytes(b"Subject: x\n\nx\n")
    monkeypatch.setattr(Path, "read_bytes", refused)
    done = mailbot("read", tmp_path / "a.eml")
    assert (done.code, done.err) == (1, f"mailbot: {tmp_path / 'a.eml'}: Permission denied\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full device")
def test_output_that_can_not_be_written_is_a_sentence_and_a_reader_who_leaves_is_none(working: Desk) -> None:
    words = [sys.executable, "-m", "mailbot", "registry", "--csv", "-c", str(working.config)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 -- ours
    assert (done.returncode, done.stderr.endswith("No space left on device\n"), done.stderr.count("\n")) == (1, True, 1)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(words, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 -- ours
    assert (done.returncode, done.stderr) == (1, "")


def test_a_secret_that_can_not_be_had_is_told_before_anything_starts(
    mailbot: Mailbot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAILBOT_TEST_WEBEX", raising=False)
    text = desk.config.read_text("utf-8").replace("[event.webex]", WEBEX).replace('maildir = "sent"', SIGNED_IN)
    desk.config.write_text(text, "utf-8")
    for command in ("check", "run", "once"):
        done = mailbot(command, "-c", desk.config)
        told = done.out + done.err
        assert done.code == 2, command
        assert "event[1].webex.password: the environment variable MAILBOT_TEST_WEBEX is not set" in told
        assert f"smtp.password: the file {desk.folder / 'smtp.password'} can't be read" in told
    assert not list(desk.folder.glob("*.db"))
    monkeypatch.setenv("MAILBOT_TEST_WEBEX", "hunter2")
    (desk.folder / "smtp.password").write_text("hunter2")
    done = mailbot("check", "-c", desk.config)
    assert (done.code, "hunter2" in done.out + done.err) == (0, False)


def test_once_says_when_no_mail_can_leave_and_why_it_waits(mailbot: Mailbot, desk: Desk) -> None:
    text = desk.config.read_text("utf-8").replace('maildir = "sent"', NOBODY)
    desk.config.write_text(text, "utf-8")
    desk.receive()
    done = mailbot("once", "-c", desk.config)
    assert (done.code, "\nmailbot: smtp: " in done.err, "smtp_unreachable" in done.err) == (1, True, True)
    assert "could not be sent yet: no connection: " in mailbot("outbox", "-c", desk.config).out


def test_once_needs_a_person_when_a_mail_can_not_be_composed(mailbot: Mailbot, desk: Desk) -> None:
    shutil.copytree(Path(cli.__file__).parents[2] / "templates", desk.folder / "templates")
    for file in (desk.folder / "templates" / "guide").glob("*.md"):
        file.write_text("Subject: Guide\n\n{{ nothing.there }}\n")
    desk.config.write_text('templates = "templates"\n' + desk.config.read_text("utf-8"), "utf-8")
    desk.receive()
    done = mailbot("once", "-c", desk.config)
    assert (done.code, "1 not composed" in done.out, "`mailbot outbox` says why" in done.out) == (3, True, True)


def test_check_says_that_an_event_is_over_and_that_nothing_will_be_sent(mailbot: Mailbot, desk: Desk) -> None:
    assert "nothing will be sent" not in mailbot("check", "-c", desk.config).out
    lines = desk.config.read_text("utf-8").splitlines()
    moved = {"start": "start = 2018-10-23T14:00:00", "end": "end = 2018-10-23T17:15:00"}
    desk.config.write_text("\n".join(moved.get(line.partition(" ")[0], line) for line in lines), "utf-8")
    done = mailbot("check", "-c", desk.config)
    assert "webinaire-2 ended on Tue 2018-10-23 17:15 (Europe/Zurich): nothing will be sent." in done.out


def test_check_says_that_the_databases_folder_can_not_be_written(
    mailbot: Mailbot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the tests as root may write everywhere.
    monkeypatch.setattr(os, "access", lambda _path, mode, **_: not mode & os.W_OK)
    done = mailbot("check", "-c", desk.config)
    assert (done.code, f"its folder {desk.folder} can't be written to" in done.out) == (1, True)
    assert "not there yet" not in done.out


def test_check_does_not_call_unused_what_stands_beside_a_missing_template(mailbot: Mailbot, desk: Desk) -> None:
    shutil.copytree(Path(cli.__file__).parents[2] / "templates", desk.folder / "templates")
    (desk.folder / "templates" / "guide" / "fr.md").rename(desk.folder / "templates" / "guide" / "de.md")
    desk.config.write_text('templates = "templates"\n' + desk.config.read_text("utf-8"), "utf-8")
    done = mailbot("check", "-c", desk.config)
    assert (done.code, "guide/fr.md: there is no such template" in done.out) == (2, True)
    assert "is not used by anything" not in done.out


def test_a_language_that_there_is_not_is_an_error_that_names_those_there_are(mailbot: Mailbot, working: Desk) -> None:
    for words, there in ((("preview", "guide"), "ar, en, es, fr, pt, ru"), (("report",), "en, es, fr, pt")):
        done = mailbot(*words, "--lang", "xx", "-c", working.config)
        told = " ".join(done.err.replace("│", " ").split())
        assert (done.code, f"there is none in 'xx'; there are {there}" in told) == (2, True), words


def test_a_folder_without_messages_is_told(mailbot: Mailbot, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = mailbot("read", tmp_path / "empty")
    assert (done.code, done.err) == (1, f"mailbot: there is no message (*.eml) in {tmp_path / 'empty'}\n")


def test_all_times_of_a_persons_story_are_in_one_zone_that_is_named_once(mailbot: Mailbot, working: Desk) -> None:
    done = mailbot("show", "awa@cnts.sn.example", "-c", working.config)
    assert (done.out.count("Europe/Zurich"), "UTC" in done.out) == (1, False)
