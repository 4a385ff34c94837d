"""Secrets come from where the configuration says, only when they are needed, and are shown nowhere."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mailbot.config import Config, Secret, secret
from mailbot.errors import ConfigRefused

Read = Callable[..., Config]
VALUE = "hunter2 with spaces"
USER = "rsvp@workers.example"


def password(read: Read, told: str) -> Secret:
    """Read a configuration whose second mailbox has this password."""
    second = f'[[mailbox]]\nhost = "imap.workers.example"\nuser = "{USER}"\npassword = {told}'
    found = read(end=second).mailboxes[1].password
    assert found is not None
    return found


def command(read: Read, code: str) -> Secret:
    """Read a configuration whose password a Python program prints."""
    return password(read, f"{{ command = {json.dumps([sys.executable, '-c', code])} }}")


def refusal(found: Secret) -> str:
    with pytest.raises(ConfigRefused) as refused:
        found.reveal()
    assert VALUE not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value)


def fake_keyring(monkeypatch: pytest.MonkeyPatch, get_password: Callable[[str, str], str | None]) -> None:
    keyring = ModuleType("keyring")
    vars(keyring)["get_password"] = get_password
    monkeypatch.setitem(sys.modules, "keyring", keyring)


class TestSources:
    def test_the_environment(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        found = password(read, '{ env = "MAILBOT_TEST_SECRET" }')
        monkeypatch.setenv("MAILBOT_TEST_SECRET", VALUE)  # only now: it is looked up when it is needed
        assert found.reveal() == VALUE

    @pytest.mark.parametrize("end", ["", "\n", "\r\n"])
    def test_a_file_beside_the_configuration(self, read: Read, tmp_path: Path, end: str) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "imap").write_bytes((VALUE + end).encode())
        assert password(read, '{ file = "secrets/imap" }').reveal() == VALUE

    def test_the_first_line_that_a_command_prints(self, read: Read) -> None:
        assert command(read, f"print({VALUE!r}); print('user: rsvp')").reveal() == VALUE

    def test_a_command_runs_in_the_configurations_folder(self, read: Read, tmp_path: Path) -> None:
        assert command(read, "import os; print(os.getcwd())").reveal() == str(tmp_path)

    def test_a_command_has_no_shell_that_could_read_more_into_it(self, read: Read) -> None:
        echo = [sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; `id` *"]
        assert password(read, f"{{ command = {json.dumps(echo)} }}").reveal() == "$HOME; `id` *"

    def test_a_keyring_knows_it_by_service_and_user(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        fake_keyring(monkeypatch, lambda service, user: VALUE if (service, user) == ("mailbot", USER) else None)
        assert password(read, '{ keyring = "mailbot" }').reveal() == VALUE
        missing = password(read, '{ keyring = "other" }')
        assert refusal(missing) == (
            f"mailbox[2].password: the keyring has no entry other for {USER}; keyring set other {USER}"
        )

    def test_a_meetings_password_may_stand_in_the_file_since_participants_are_told_it(self, read: Read) -> None:
        found = read(end='[event.webex]\npassword = "Geneva-2018"').events[0].webex.password
        assert found is not None
        assert found.reveal() == "Geneva-2018"

    def test_it_is_asked_for_once_and_then_remembered(self, read: Read, tmp_path: Path) -> None:
        count = "from pathlib import Path; p = Path('count'); p.write_text(p.read_text() + 'x'); print('s')"
        (tmp_path / "count").write_text("")
        found = command(read, count)
        assert (tmp_path / "count").read_text() == ""
        assert (found.reveal(), found.reveal()) == ("s", "s")
        assert (tmp_path / "count").read_text() == "x"

    def test_what_failed_is_asked_for_again(self, read: Read, tmp_path: Path) -> None:
        found = password(read, '{ file = "later" }')
        refusal(found)
        (tmp_path / "later").write_text(VALUE)
        assert found.reveal() == VALUE


class TestRefusals:
    """Each names the key and the source, says what to do, and never the value."""

    def test_an_environment_variable_that_is_not_set(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MAILBOT_TEST_SECRET", raising=False)
        told = refusal(password(read, '{ env = "MAILBOT_TEST_SECRET" }'))
        begin = (
            "mailbox[2].password: the environment variable MAILBOT_TEST_SECRET is not set; set it before mailbot starts"
        )
        assert told.startswith(begin)

    def test_an_environment_variable_that_is_empty(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MAILBOT_TEST_SECRET", "")
        told = refusal(password(read, '{ env = "MAILBOT_TEST_SECRET" }'))
        assert "the environment variable MAILBOT_TEST_SECRET is empty" in told

    def test_a_file_that_is_not_there(self, read: Read, tmp_path: Path) -> None:
        told = refusal(password(read, '{ file = "secret" }'))
        assert f"the file {tmp_path}/secret can't be read: No such file or directory" in told

    def test_a_file_that_is_no_text(self, read: Read, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"\xff\xfe\xfa")
        assert "it is no UTF-8 text" in refusal(password(read, '{ file = "secret" }'))

    def test_a_command_that_fails_keeps_what_it_printed_to_itself(self, read: Read) -> None:
        told = refusal(command(read, f"import sys; print({VALUE!r}); sys.exit({VALUE!r})"))
        assert told.endswith("failed with exit code 1; try it by hand")

    def test_a_command_that_prints_nothing(self, read: Read) -> None:
        assert f"what the command {sys.executable} prints is empty" in refusal(command(read, "pass"))

    def test_a_command_that_does_not_exist(self, read: Read) -> None:
        told = refusal(password(read, '{ command = ["no-such-program-here", "hunter2"] }'))
        assert "the command no-such-program-here can't be run: No such file or directory" in told
        assert "hunter2" not in told

    def test_a_command_that_waits_for_a_person(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(secret, "COMMAND_SECONDS", 0.2)
        told = refusal(command(read, "import time; time.sleep(30)"))
        assert "did not end within 0.2 seconds" in told

    def test_a_command_can_not_ask_at_the_terminal(self, read: Read) -> None:
        assert "failed with exit code 1" in refusal(command(read, "input()"))

    def test_a_keyring_that_is_not_installed(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)
        told = refusal(password(read, '{ keyring = "mailbot" }'))
        assert 'the keyring support is not installed; install it with "pip install mailbot[keyring]"' in told

    def test_a_keyring_that_is_locked(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        def locked(service: str, user: str) -> str:
            raise RuntimeError(VALUE)

        fake_keyring(monkeypatch, locked)
        assert "the keyring can't be asked: RuntimeError" in refusal(password(read, '{ keyring = "mailbot" }'))


class TestHiding:
    def test_a_revealed_secret_is_shown_nowhere(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MAILBOT_TEST_SECRET", VALUE)
        config = read(
            {"[smtp]": f'user = "{USER}"\npassword = {{ env = "MAILBOT_TEST_SECRET" }}'},
            end=f'[event.webex]\npassword = "{VALUE}"',
        )
        found = config.smtp.password
        assert found is not None
        assert found.reveal() == VALUE
        shown = [repr(config), str(config), str(config.model_dump()), config.model_dump_json(), f"{found} {found!r}"]
        assert VALUE not in "\n".join(shown)
        dumped, written = config.model_dump(), json.loads(config.model_dump_json())
        assert {dumped["smtp"]["password"], written["events"][0]["webex"]["password"]} == {"***"}

    def test_every_secret_knows_its_key(self, read: Read) -> None:
        oauth2 = (
            '{ provider = "google", client_id = "42", client_secret = { env = "A" }, refresh_token = { env = "B" } }'
        )
        config = read(
            {"[smtp]": f'user = "{USER}"\noauth2 = {oauth2}'}, end='[event.webex]\npassword = { env = "MAILBOT_W" }'
        )
        signs_in = config.smtp.oauth2
        assert signs_in is not None
        found = (signs_in.client_secret, signs_in.refresh_token, config.events[0].webex.password)
        assert [one.where for one in found if one] == [
            "smtp.oauth2.client_secret",
            "smtp.oauth2.refresh_token",
            "event[1].webex.password",
        ]
        assert signs_in.client_secret is not None
        assert signs_in.client_secret.user == USER
