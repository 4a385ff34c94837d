"""People can have what is held of them: all of it, readable, and nothing of anybody else. Each test is one promise."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from mailbot.cli.app import app
from mailbot.cli.privacy import AddressArgument  # noqa: F401 -- registers the command
from mailbot.models import Change
from tests.core.conftest import Core
from tests.privacy.test_forget import AWA, TEXT, mail, take, with_everything

KOMLAN = "Komlan Mensah <k.mensah@cnts.sn.example>"


def exported(core: Core, *options: str) -> str:
    told = CliRunner().invoke(app, ["export", AWA, *options, "-c", str(core.folder / "config.toml")])
    assert told.exit_code == 0, told.output
    return told.stdout


def test_the_account_tells_registration_history_messages_and_mails(core: Core) -> None:
    with_everything(core)
    text = exported(core)
    assert "name: Awa Ndiaye" in text
    assert f"{AWA} – phone: +221774501234, from “+221 77 450 12 34”" in text
    assert "Re: webinaire (registration)" in text
    assert f"acknowledgement to {AWA} (sent)" in text
    assert f"{AWA} is full" in text


def test_nothing_of_anybody_else_is_in_it(core: Core) -> None:
    with_everything(core)
    text = TEXT.format(name="Komlan Mensah") + f"\r\nAwa Ndiaye ({AWA}) vous a écrit.\r\n"
    take(core, mail(2, sender=KOMLAN, text=text))
    for options in ((), ("--json",)):
        assert "Mensah" not in exported(core, *options)


def test_the_same_as_json_holds_every_change(core: Core) -> None:
    with_everything(core)
    told = json.loads(exported(core, "--json"))
    assert [one["email"] for one in told["registrations"]] == [AWA]
    assert len(told["registrations"][0]["history"]) == len(core.rows(Change))


def test_a_folder_gets_every_message_as_it_came_and_only_its_owner_may_look(core: Core) -> None:
    with_everything(core)
    exported(core, "--folder", str(core.folder / "out"))
    names = sorted(path.name for path in (core.folder / "out").iterdir())
    assert names == ["account.json", "account.txt", "mail-1-acknowledgement.eml", "message-1.eml"]
    assert (core.folder / "out" / "message-1.eml").read_bytes() == mail(1)
    assert (core.folder / "out").stat().st_mode & 0o077 == 0
