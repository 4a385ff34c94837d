"""A secret that the configuration names but does not hold: from where it comes, and how to get it when it is needed.

It never shows a value: not in a repr, not in a dump, not in an error.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from mailbot.errors import ConfigRefused, Problem

COMMAND_SECONDS = 30
"""How long a secret's command may take: enough to type a passphrase into an agent, short enough not to hang a start."""

SOURCES = ("env", "file", "command", "keyring")
WRITE = '{ env = "NAME" }, { file = "path" }, { command = ["program", "argument"] } or { keyring = "service" }'
"""The four ways to write a secret, as error messages show them."""


class Secret:
    """A password or the like, looked up when it is first revealed and kept in memory from then on.

    `source` is one of SOURCES or `plain`; `where` is its key in the configuration, for error messages. `user` is the
    account that a keyring is asked for, `base` the folder that a command runs in.
    """

    __slots__ = ("_base", "_told", "_value", "source", "user", "where")

    def __init__(
        self, source: str, told: str | tuple[str, ...], *, base: Path = Path(), user: str = "", where: str = "secret"
    ) -> None:
        self.source, self._told, self._base, self.user, self.where = source, told, base, user, where
        self._value: str | None = None

    def __repr__(self) -> str:
        """Show that there is a secret, nothing else."""
        return "***"

    def reveal(self) -> str:
        """Return the secret; raises ConfigRefused naming the key and the source if it can't be had."""
        if self._value is None:
            value = str(self._told) if self.source == "plain" else getattr(self, f"_from_{self.source}")()
            if not value:
                raise self._refused(f"{self._shown()} is empty", "put the secret there")
            self._value = value
        return self._value

    def _shown(self) -> str:
        """Name the source as a person would; of a command its program only, since arguments may be secret too."""
        match self.source:
            case "env":
                return f"the environment variable {self._told}"
            case "file":
                return f"the file {self._told}"
            case "command":
                return f"what the command {self._told[0]} prints"
            case "keyring":
                return f"the keyring's entry {self._told} for {self.user or 'nobody'}"
        return "the value"

    def _refused(self, what: str, instead: str) -> ConfigRefused:
        return ConfigRefused([Problem(self.where, what, instead)])

    def _from_env(self) -> str:
        name = str(self._told)
        if name not in os.environ:
            raise self._refused(
                f"the environment variable {name} is not set", f"set it before mailbot starts, or use {WRITE}"
            )
        return os.environ[name]

    def _from_file(self) -> str:
        path = Path(str(self._told))
        try:
            return path.read_text("utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            raise self._refused(f"the file {path} can't be read: {why}", "write the path of a text file") from None

    def _from_command(self) -> str:
        """Run the command without a shell, and take the first line that it prints (as `pass show` means it)."""
        program = self._told[0]
        try:
            done = subprocess.run(  # noqa: S603 -- the organiser's own command, from their own configuration, no shell
                list(self._told), cwd=self._base, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=COMMAND_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            why = f"the command {program} did not end within {COMMAND_SECONDS} seconds"
            raise self._refused(why, "use one that does not wait for a person") from None
        except OSError as error:
            raise self._refused(
                f"the command {program} can't be run: {error.strerror}", "write its full path"
            ) from None
        if done.returncode != 0:
            raise self._refused(
                f"the command {program} failed with exit code {done.returncode}", "try it by hand"
            ) from None
        return done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")

    def _from_keyring(self) -> str:
        try:
            import keyring
        except ImportError:
            raise self._refused(
                "the keyring support is not installed",
                'install it with "pip install mailbot[keyring]", or use another source',
            ) from None
        try:
            found = keyring.get_password(str(self._told), self.user)
        except Exception as error:  # noqa: BLE001 -- backends raise what they like, and their text may hold the secret
            raise self._refused(f"the keyring can't be asked: {type(error).__name__}", "unlock it first") from None
        if found is None:
            raise self._refused(
                f"the keyring has no entry {self._told} for {self.user}", f"keyring set {self._told} {self.user}"
            )
        return str(found)
