"""Where the configuration is looked for, what it may leave out, and what its values mean once they are read."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from mailbot.config import Config, Lead, builtin_config, builtin_templates, find, load, parse
from mailbot.errors import ConfigRefused

Read = Callable[..., Config]


class TestFinding:
    def test_the_file_that_is_named_comes_first_then_the_environments_then_the_one_here(self, tmp_path: Path) -> None:
        for name in ("named.toml", "environment.toml", "config.toml"):
            (tmp_path / name).touch()
        environ = {"MAILBOT_CONFIG": "environment.toml"}
        assert find(Path("named.toml"), environ, tmp_path) == tmp_path / "named.toml"
        assert find(None, environ, tmp_path) == tmp_path / "environment.toml"
        assert find(None, {}, tmp_path) == tmp_path / "config.toml"
        assert find(None, {"MAILBOT_CONFIG": ""}, tmp_path) == tmp_path / "config.toml"

    def test_a_folder_stands_for_the_configuration_in_it(self, tmp_path: Path) -> None:
        (tmp_path / "webinar").mkdir()
        (tmp_path / "webinar" / "config.toml").touch()
        assert find(Path("webinar"), {}, tmp_path) == tmp_path / "webinar" / "config.toml"

    @pytest.mark.parametrize(
        ("explicit", "environ", "name", "how"),
        [
            (Path("a.toml"), {"MAILBOT_CONFIG": "b.toml"}, "a.toml", "-c names it"),
            (None, {"MAILBOT_CONFIG": "b.toml"}, "b.toml", "$MAILBOT_CONFIG names it"),
            (None, {}, "config.toml", "neither -c nor $MAILBOT_CONFIG names one"),
        ],
    )
    def test_a_missing_file_is_answered_with_what_was_looked_for_and_a_way_out(
        self, tmp_path: Path, explicit: Path | None, environ: dict[str, str], name: str, how: str
    ) -> None:
        with pytest.raises(ConfigRefused) as refused:
            find(explicit, environ, tmp_path)
        told = str(refused.value)
        assert told.startswith(f"{tmp_path / name}: there is no such file ({how}); `mailbot init DIR`")

    def test_a_file_that_can_not_be_read_is_said_so(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigRefused, match="it can't be read: No such file or directory"):
            load(tmp_path / "config.toml")

    def test_a_file_that_is_no_configuration_at_all_costs_little(self, tmp_path: Path) -> None:
        (tmp_path / "video.mp4").write_bytes(b"\0" * 1_000_001)
        with pytest.raises(ConfigRefused, match="it is too large for a configuration"):
            load(tmp_path / "video.mp4")

    def test_lists_nested_a_hundred_thousand_deep_are_refused_like_any_other_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigRefused, match="this is not TOML"):
            parse("languages = " + "[" * 100_000, tmp_path / "config.toml")


class TestDefaults:
    def test_what_is_needed_is_enough(self, read: Read, tmp_path: Path) -> None:
        config = read()
        assert config.path == tmp_path / "config.toml"
        assert config.database == f"sqlite:///{tmp_path}/registry.db"
        assert config.templates == builtin_templates()
        assert config.languages == ("fr", "en", "es", "pt")
        assert config.organisers.digest == time(8, 0)
        mailbox, smtp, event = config.mailboxes[0], config.smtp, config.events[0]
        assert (mailbox.port, mailbox.security, mailbox.user, mailbox.password) == (993, "tls", "", None)
        assert (smtp.port, smtp.security, smtp.user, smtp.password) == (587, "starttls", "", None)
        assert (smtp.from_.name, smtp.from_.email) == ("Network", "rsvp@workers.example")
        assert event.required == ("name", "title", "phone", "organisation", "mode")
        assert not event.webex
        assert not event.place

    def test_an_event_that_names_no_mailouts_has_the_two_that_the_invitation_promises(self, read: Read) -> None:
        told = [(m.name, m.before, m.to, m.late) for m in read().events[0].mailouts]
        assert told == [
            ("guide", Lead(days=7), "online", "at once"),
            ("reminder", Lead(exact=timedelta(minutes=30)), "online", "never"),
        ]

    @pytest.mark.parametrize(
        ("table", "security", "port"),
        [
            ("[[mailbox]]", "tls", 993),
            ("[[mailbox]]", "starttls", 143),
            ("[smtp]", "tls", 465),
            ("[smtp]", "starttls", 587),
        ],
    )
    def test_the_port_goes_with_the_security(self, read: Read, table: str, security: str, port: int) -> None:
        config = read({table: f'security = "{security}"'})
        assert (config.smtp if table == "[smtp]" else config.mailboxes[0]).port == port

    def test_this_machine_itself_needs_no_encryption(self, least: str, tmp_path: Path) -> None:
        for host in ("127.0.0.1", "::1", "[::1]", "localhost", "127.9.9.9"):
            text = least.replace('host = "mail.workers.example"', f'host = "{host}"\nsecurity = "none"')
            config = parse(text, tmp_path / "config.toml")
            assert (config.mailboxes[0].port, config.smtp.port) == (143, 25)
            assert config.mailboxes[0].host == host.strip("[]")

    def test_where_there_is_no_sent_folder_evidence_is_not_looked_for_there(self, least: str, tmp_path: Path) -> None:
        inbox = least.replace('host = "mail.workers.example"', 'maildir = "inbox"', 1)
        assert parse(least, tmp_path / "c").smtp.evidence == "sent"
        assert parse(inbox, tmp_path / "c").smtp.evidence == "none"
        rehearsal = inbox.replace('host = "mail.workers.example"', 'maildir = "sent"', 1)
        assert parse(rehearsal, tmp_path / "c").smtp.evidence == "sent"


class TestMeaning:
    def test_paths_are_relative_to_the_file_whatever_the_working_directory(
        self, least: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "webinar"
        (folder / "mails").mkdir(parents=True)
        (folder / "invitation.txt").write_text("Please answer.", "utf-8")
        text = least.replace('host = "mail.workers.example"', 'maildir = "inbox"', 1)
        text = text.replace('slug = "webinar-2"', 'slug = "webinar-2"\ninvitation_text = ["invitation.txt"]')
        (folder / "config.toml").write_text(f'database = "sqlite:///data/r.db"\ntemplates = "mails"\n{text}', "utf-8")
        monkeypatch.chdir(tmp_path)
        config = load(Path("webinar/config.toml"))
        assert config.database == f"sqlite:///{folder}/data/r.db"
        assert config.templates == folder / "mails"
        assert config.mailboxes[0].maildir == folder / "inbox"
        assert config.events[0].invitation_text == (folder / "invitation.txt",)

    @pytest.mark.parametrize(
        ("told", "meant"),
        [
            ("sqlite:////var/lib/mailbot/r.db", "sqlite:////var/lib/mailbot/r.db"),
            ("postgresql://me@db/mailbot", "postgresql+psycopg://me@db/mailbot"),
            ("postgresql+psycopg://me@db/mailbot", "postgresql+psycopg://me@db/mailbot"),
        ],
    )
    def test_a_database_is_a_file_or_a_server(self, read: Read, told: str, meant: str) -> None:
        assert read(top=f'database = "{told}"').database == meant

    def test_a_databases_password_is_used_but_never_shown(self, read: Read) -> None:
        config = read(top='database = "postgresql://me:hunter2@db/mailbot"')
        assert "hunter2" in config.database
        assert config.database_shown == "postgresql+psycopg://me:***@db/mailbot"
        assert "hunter2" not in repr(config) + str(config.model_dump()) + config.model_dump_json()

    @pytest.mark.parametrize(
        ("before", "lead"),
        [
            ("7 days", Lead(days=7)),
            ("1 day", Lead(days=1)),
            ("1 week", Lead(days=7)),
            ("2 weeks", Lead(days=14)),
            ("30 minutes", Lead(exact=timedelta(minutes=30))),
            ("1 minute", Lead(exact=timedelta(minutes=1))),
            ("2 hours", Lead(exact=timedelta(hours=2))),
            ("0 minutes", Lead()),
            (" 90 Minutes ", Lead(exact=timedelta(minutes=90))),
            ("7days", Lead(days=7)),
        ],
    )
    def test_a_time_before_the_start_is_a_number_and_a_unit(self, read: Read, before: str, lead: Lead) -> None:
        config = read(end=f'[[event.mailout]]\nname = "m"\nbefore = "{before}"')
        assert config.events[0].mailouts[0].before == lead

    @pytest.mark.parametrize(
        ("told", "size"), [('"25 MB"', 25_000_000), ('"1 MiB"', 1_048_576), ("50000", 50_000), ('"10KB"', 10_000)]
    )
    def test_a_size_is_bytes_or_has_a_unit(self, read: Read, told: str, size: int) -> None:
        assert read({"[[mailbox]]": f"max_bytes = {told}"}).mailboxes[0].max_bytes == size

    def test_an_events_start_is_the_wall_clock_of_its_zone(self, read: Read) -> None:
        event = read().events[0]
        assert event.starts.isoformat() == "2018-10-23T14:00:00+02:00"
        assert event.ends == datetime(2018, 10, 23, 15, 15, tzinfo=UTC)
        assert str(event.zone) == "Europe/Zurich"

    def test_a_title_falls_back_to_the_first_language_and_then_to_any(self, least: str, tmp_path: Path) -> None:
        def titled(title: str) -> list[str]:
            event = parse(least.replace('title = "Second webinar"', title), tmp_path / "config.toml").events[0]
            return [event.title_in(language) for language in ("fr", "en", "es")]

        assert titled('title = "Webinar"') == ["Webinar"] * 3
        assert titled('title.en = "Webinar"\ntitle.fr = "Webinaire"') == ["Webinaire", "Webinar", "Webinaire"]
        assert titled('title.pt = "Webinário"') == ["Webinário"] * 3

    @pytest.mark.parametrize(
        ("lines", "name"),
        [
            ('user = "rsvp@workers.example"\npassword = { env = "X" }', "rsvp@workers.example/INBOX"),
            ('user = "rsvp"\npassword = { env = "X" }\nfolder = "Answers"', "rsvp@mail.workers.example/Answers"),
            ("", "mail.workers.example/INBOX"),
            ('name = "answers"', "answers"),
        ],
    )
    def test_a_mailbox_has_a_name_that_people_recognise(self, read: Read, lines: str, name: str) -> None:
        assert read({"[[mailbox]]": lines}).mailboxes[0].name == name

    def test_a_folder_of_messages_is_called_by_its_name(self, least: str, tmp_path: Path) -> None:
        text = least.replace('host = "mail.workers.example"', 'maildir = "somewhere/inbox/"', 1)
        assert parse(text, tmp_path / "config.toml").mailboxes[0].name == "inbox"

    @pytest.mark.parametrize(
        ("leave", "read_as", "moves_to"),
        [("untouched", "untouched", ""), ("flag", "flag", ""), ("move: Read mail ", "move:Read mail", "Read mail")],
    )
    def test_recorded_messages_stay_or_move(self, read: Read, leave: str, read_as: str, moves_to: str) -> None:
        mailbox = read({"[[mailbox]]": f'leave = "{leave}"'}).mailboxes[0]
        assert (mailbox.leave, mailbox.move_to) == (read_as, moves_to)

    def test_own_addresses_are_everybodys_whose_mail_is_no_answer(self, read: Read) -> None:
        config = read({"[[mailbox]]": 'user = "Answers@workers.example"\npassword = { env = "X" }'})
        own = {"registrar@workers.example", "rsvp@workers.example", "answers@workers.example"}
        assert config.own_addresses == own | {"rsvp+mailbot-copy@workers.example"}

    def test_the_sent_folder_is_looked_for_in_the_senders_own_mailbox(self, read: Read) -> None:
        own = '[[mailbox]]\nhost = "imap.workers.example"\nuser = "rsvp"\npassword = { env = "X" }'
        config = read({"[smtp]": 'user = "rsvp"\npassword = { env = "X" }'}, end=own)
        assert config.evidence_mailbox is config.mailboxes[1]
        assert read().evidence_mailbox is not None

    def test_this_machine_names_itself_by_the_senders_domain(self, least: str, tmp_path: Path) -> None:
        assert parse(least, tmp_path / "c").smtp.helo == "workers.example"
        international = least.replace("rsvp@workers.example", "rsvp@réseau.example")
        assert parse(international, tmp_path / "c").smtp.helo == "xn--rseau-bsa.example"
        assert parse(least + "", tmp_path / "c").smtp.domain == "workers.example"

    def test_events_and_mailouts_are_found_by_name(self, read: Read) -> None:
        config = read()
        assert config.event("webinar-2") is config.events[0]
        assert config.events[0].mailout("guide") is config.events[0].mailouts[0]
        assert config.events[0].mailout("nothing") is None
        with pytest.raises(KeyError):
            config.event("nothing")

    def test_nothing_changes_after_it_was_read(self, read: Read) -> None:
        with pytest.raises(ValueError, match="frozen"):
            read().smtp.port = 25

    @pytest.mark.parametrize(
        "raw",
        [
            "Réseau".encode(),
            b"\xef\xbb\xbf" + "Réseau".encode(),
            "Réseau".encode("cp1252"),
            "Réseau".encode("utf-16"),
        ],
        ids=["utf-8", "utf-8 with its mark", "windows-1252", "utf-16"],
    )
    def test_an_invitations_text_is_read_as_it_was_saved(self, read: Read, tmp_path: Path, raw: bytes) -> None:
        (tmp_path / "invitation.txt").write_bytes(raw)
        event = read({'slug = "webinar-2"': 'invitation_text = ["invitation.txt"]'}).events[0]
        assert event.invitation_texts == ("Réseau",)

    @pytest.mark.parametrize("ends", ["\n", "\r\n"])
    def test_a_file_from_any_editor_is_read(self, least: str, tmp_path: Path, ends: str) -> None:
        raw = b"\xef\xbb\xbf" + least.replace("\n", ends).encode()
        (tmp_path / "config.toml").write_bytes(raw)
        assert load(tmp_path / "config.toml").events[0].slug == "webinar-2"


def test_the_samples_folder_of_templates_may_be_missing(tmp_path: Path) -> None:
    text = builtin_config().read_text("utf-8")
    assert parse(text, tmp_path / "config.toml").templates == builtin_templates()
    (tmp_path / "templates").mkdir()
    assert parse(text, tmp_path / "config.toml").templates == tmp_path / "templates"
